"""Live models as they are: what is built has their dtype and lies on their device, unless the call says otherwise."""

from __future__ import annotations

import copy
import gc
import weakref
from functools import cache
from typing import Any

import pytest

from shapespec import Spec, load_spec

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

pytestmark = pytest.mark.models


@cache
def _llama() -> Any:
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(
        vocab_size=99, hidden_size=32, intermediate_size=37, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=64,
    )).eval()  # fmt: skip


def llama() -> Any:
    return copy.deepcopy(_llama())


def vit() -> Any:
    return transformers.ViTModel(transformers.ViTConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=37, image_size=30, patch_size=2,
    )).eval()  # fmt: skip


def kinds(spec: Spec, component: str, **how: Any) -> set[str]:
    """The types of what is built."""
    return {str(tensor.dtype).removeprefix("torch.") for tensor in spec.build(component, flat=True, **how).values()}


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64"])
def test_the_dtype_follows_the_model(dtype: str) -> None:
    model = llama().to(getattr(torch, dtype))
    spec = load_spec(model)
    assert kinds(spec, "model_with_past") == {"int64", dtype}
    assert kinds(spec, "model_with_past", dtype="float32", int_dtype="int32") == {"int32", "float32"}
    with torch.no_grad():
        assert model(**spec.build("model_with_past")).logits.dtype == getattr(torch, dtype)
    built = spec.build("model_with_past", flat=True)
    assert spec.nbytes("model_with_past") == sum(tensor.nbytes for tensor in built.values())


def test_the_device_follows_the_model() -> None:
    model = vit().to("meta", torch.bfloat16)
    spec = load_spec(model)
    built = spec.build()
    assert built["pixel_values"].device.type == "meta" and built["pixel_values"].dtype == torch.bfloat16
    assert model(**built).last_hidden_state.shape == spec.outputs()["last_hidden_state"].shape
    assert spec.build(device="cpu")["pixel_values"].device.type == "cpu"
    assert spec.build(framework="numpy", dtype="float32")["pixel_values"].shape == built["pixel_values"].shape


def test_by_name_and_by_contract_they_mean_float32_on_the_cpu() -> None:
    for spec in (load_spec("vit"), load_spec(load_spec(vit().bfloat16()).contract)):
        built = spec.build()["pixel_values"]
        assert (built.dtype, built.device.type) == (torch.float32, "cpu")


def test_of_mixed_dtypes_the_first_floating_point_one_counts() -> None:
    model = llama().bfloat16()
    model.lm_head.float()
    assert load_spec(model).home.dtype == "bfloat16"
    model = llama()
    model.model.layers.half()
    assert load_spec(model).home.dtype == "float32"
    model = llama().half()
    embedding = model.model.embed_tokens
    embedding.weight = torch.nn.Parameter(torch.zeros(99, 32, dtype=torch.int8), requires_grad=False)
    assert load_spec(model).home.dtype == "float16"


def test_a_spec_keeps_what_the_model_was_and_not_the_model() -> None:
    model = llama().bfloat16()
    spec = load_spec(model)
    alive = weakref.ref(model)
    del model
    gc.collect()
    assert alive() is None
    assert kinds(spec, "model_with_past") == {"int64", "bfloat16"}
    assert kinds(spec.at(batch_size=3), "model_with_past") == {"int64", "bfloat16"}


def test_one_model_after_another_is_not_mixed_up() -> None:
    first, second = load_spec(llama()), load_spec(llama().bfloat16())
    assert (first.home.dtype, second.home.dtype) == ("float32", "bfloat16")
    assert first != second and first.contract == second.contract
    assert load_spec("llama").home.dtype == "float32"
    model = llama()
    before = load_spec("llama", config=model)
    after = load_spec("llama", config=model.bfloat16())
    assert (before.home.dtype, after.home.dtype) == ("float32", "bfloat16")
