"""What exporters ask for: torch.export takes the shapes, and the exported program runs at other sizes."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.models
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from shapespec import load_spec  # noqa: E402  # after the guard: without torch these tests are skipped


def llama() -> Any:
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=61, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=20,
    )  # fmt: skip
    return transformers.LlamaForCausalLM(config).eval()


def exported(model: Any, component: str) -> Any:
    spec = load_spec(model)
    return torch.export.export(model, (), spec.build(component), dynamic_shapes=spec.dynamic_shapes(component))


def test_an_exported_encoder_runs_at_other_sizes() -> None:
    torch.manual_seed(0)
    config = transformers.BertConfig(vocab_size=30, hidden_size=8, num_hidden_layers=1, num_attention_heads=2)
    model = transformers.BertModel(config).eval()
    program = exported(model, "model")
    inputs = load_spec(model, batch_size=3, sequence_length=5).build()
    with torch.no_grad():
        assert torch.allclose(program.module()(**inputs)[0], model(**inputs)[0], atol=1e-5)


def test_an_exported_decoder_with_a_cache_runs_at_other_sizes() -> None:
    model = llama()
    program = exported(model, "model_with_past")
    other = load_spec(model, batch_size=3, sequence_length=5, past_sequence_length=7)
    with torch.no_grad():
        ours = program.module()(**other.build("model_with_past"))["logits"]
        theirs = model(**other.build("model_with_past"))["logits"]
    assert torch.allclose(ours, theirs, atol=1e-5)


def test_static_sizes_are_not_promised() -> None:
    shapes = load_spec("speecht5").dynamic_shapes("encoder")
    assert shapes == {"input_values": {1: torch.export.Dim.DYNAMIC}}  # the batch is 1 and stays so


def test_dynamic_axes_name_inputs_and_outputs() -> None:
    axes = load_spec("gpt2", task="text-generation-with-past").dynamic_axes("model_with_past")
    assert axes["attention_mask"] == {0: "batch_size", 1: "past_sequence_length + sequence_length"}
    assert axes["past_key_values.0.key"] == {0: "batch_size", 2: "past_sequence_length"}
    assert axes["logits"] == {0: "batch_size", 1: "sequence_length"}
    assert axes["present.0.key"][2] == "past_sequence_length + sequence_length"
