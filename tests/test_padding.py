"""Padding on the side that a call asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapespec import ContractError, Spec, SpecError, load_spec
from shapespec.building.draws import Draw
from shapespec.building.fills import arange
from shapespec.kinds import Arange

TOY = """dims: {n: 6, past: 4}
inputs:
  ids: {shape: [3, n], dtype: int, values: {integers: [5, 9], pad: 0, mask: mask, starts_with: 1, ends_with: 2}}
  mask: {shape: [3, n], dtype: int, values: {mask: right, least: 2}}
  places: {shape: [3, n], dtype: int, values: {arange: -1, mask: mask}}
  sound: {shape: [3, n], dtype: int, values: {mask: right, fixed: true}}
  all: {shape: [3, n], dtype: int, values: {mask: none}}
components:
  model: {inputs: [ids, mask, places, sound, all]}
  model_with_past:
    like: model
    inputs:
      mask: {shape: [3, past + n], values: {mask: right, past: past}}
      places: {values: {arange: -1, start: past}}
"""


@pytest.fixture
def toy(tmp_path: Path) -> Any:
    def load(text: str = TOY, **call: Any) -> Spec:
        (tmp_path / "toy.yaml").write_text(f"architecture: toy\n{text}")
        return load_spec("toy", paths=[tmp_path], **call)

    return load


def built(spec: Spec, component: str = "model") -> dict[str, np.ndarray]:
    return spec.build(component, framework="numpy", seed=3)


def test_the_right_is_the_default_and_the_left_a_choice(toy: Any) -> None:
    right, left = built(toy()), built(toy(padding="left"))
    assert built(toy(padding="right"))["mask"].tolist() == right["mask"].tolist()
    assert left["mask"].tolist() == right["mask"][:, ::-1].tolist()
    assert left["mask"][1, 0] == 0 and right["mask"][1, -1] == 0
    for found in (left, right):
        assert (found["ids"][found["mask"] == 0] == 0).all()
        for ids, kept in zip(found["ids"], found["mask"].astype(bool), strict=True):
            assert ids[kept][0] == 1 and ids[kept][-1] == 2
    assert left["sound"].tolist() == right["sound"].tolist() and left["sound"][1, -1] == 0
    assert left["all"].all()


def test_positions_follow_the_mask(toy: Any) -> None:
    """Each row's first token stands at 0, whatever lies before it; on the right counting goes on over the padding."""
    right, left = built(toy()), built(toy(padding="left"))
    assert right["places"].tolist() == [[0, 1, 2, 3, 4, 5]] * 3
    assert left["places"].tolist() == np.clip(left["mask"].cumsum(-1) - 1, 0, None).tolist()


def test_with_a_cache_what_lies_on_the_left_is_in_the_cache(toy: Any) -> None:
    left = built(toy(padding="left"), "model_with_past")
    assert left["mask"][:, 4:].all() and left["mask"][:, 3].all() and left["mask"][1, 0] == 0
    assert left["places"].tolist() == (left["mask"].cumsum(-1) - 1)[:, 4:].tolist()
    right = built(toy(), "model_with_past")
    assert right["mask"][:, :4].all() and right["places"].tolist() == [[4, 5, 6, 7, 8, 9]] * 3


@settings(deadline=None)
@given(st.integers(1, 4), st.integers(1, 9), st.integers(0, 4), st.integers(0, 3), st.data())
def test_counting_starts_behind_the_padding(rows: int, new: int, past: int, axes: int, data: Any) -> None:
    """For masks as long as the tokens or longer by a cache, and for tensors with axes in front of the rows."""
    padding = data.draw(st.lists(st.integers(0, past + new - 1), min_size=rows, max_size=rows))
    mask = np.arange(past + new)[None, :] >= np.asarray(padding)[:, None]
    shape = (*[3] * axes, rows, new)
    found = arange(Arange(-1, start=past, mask="m"), shape, Draw(0, "x"), {"m": mask})
    expected = np.clip(mask.cumsum(-1) - 1, 0, None)[:, past:]
    assert found.shape == shape and (found == expected).all()


def test_a_mask_of_other_rows_moves_no_positions() -> None:
    mask = np.array([[0, 1, 1], [0, 0, 1]])
    for shape in ((3, 3), (2, 4), (3,)):
        found = arange(Arange(-1, mask="m"), shape, Draw(0, "x"), {"m": mask})
        assert (found == np.arange(shape[-1])).all()


def test_torch_gives_the_same_values(toy: Any) -> None:
    pytest.importorskip("torch")
    spec = toy(padding="left")
    for component in spec.components:
        numpy, torch = built(spec, component), spec.build(component, seed=3)
        assert all(torch[name].tolist() == array.tolist() for name, array in numpy.items())


@pytest.mark.parametrize(
    ("padding", "text", "expected"),
    [
        ("lef", TOY, "padding: unknown side `lef`\n  expected: one of `right`, `left`\n  did you mean `left`?"),
        (3, TOY, "padding: unknown side `3`\n  expected: one of `right`, `left`"),
        (
            "left", "components: {model: {inputs: {x: {shape: [2, 3]}}}}\n",
            "padding: `left`: nothing is padded here\n  expected: no `padding`",
        ),
        (
            "left",
            "components: {model: {inputs: {x: {shape: [2, 3], dtype: int, values: {mask: right, fixed: true}}}}}\n",
            "padding: `left`: its padding is always on the right\n  expected: no `padding`",
        ),
    ],
)  # fmt: skip
def test_what_is_told_of_a_wrong_side(toy: Any, padding: Any, text: str, expected: str) -> None:
    with pytest.raises(SpecError) as caught:
        toy(text, padding=padding)
    assert str(caught.value) == expected


def test_a_contract_has_settled_the_side(toy: Any, tmp_path: Path) -> None:
    spec = toy(padding="left")
    spec.to_contract(tmp_path / "toy.json")
    again = load_spec(tmp_path / "toy.json", n=7)
    assert built(again)["mask"].tolist() == built(toy(padding="left", n=7))["mask"].tolist()
    with pytest.raises(ContractError) as caught:
        load_spec(tmp_path / "toy.json", padding="left")
    assert str(caught.value).startswith("padding: a contract has settled this when it was made")


#: Decoders of all kinds of positions: rotary, learned, ALiBi, counted from the mask, windows, shared tables.
DECODERS = [
    "llama", "gpt2", "opt", "bloom", "falcon", "mpt", "gpt_neox", "gptj", "codegen", "gpt_neo", "mistral", "qwen2",
    "qwen3", "gemma2", "gemma3_text", "phi3", "xglm", "biogpt",
]  # fmt: skip


@pytest.mark.models
@pytest.mark.parametrize("architecture", DECODERS)
def test_a_row_padded_on_the_left_answers_as_the_row_alone(architecture: str) -> None:
    """The last token's logits of each row are those that the unpadded row gives."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from shapespec.checking.heads import Head, tiny_model

    head = load_spec(architecture, task="text-generation")
    model = tiny_model(Head("transformers", architecture, head.task, str(head.model_class), ()))
    inputs = load_spec(model, padding="left", batch_size=3, sequence_length=12).build("model")
    mask = inputs["attention_mask"]
    assert (mask[:, 0] == 0).any() and mask[:, -1].all()
    with torch.no_grad():
        together = model(**inputs).logits[:, -1]
        for row, kept in enumerate(mask.bool()):
            alone = {name: value[row : row + 1, kept] for name, value in inputs.items()}
            torch.testing.assert_close(model(**alone).logits[0, -1], together[row], rtol=1e-4, atol=1e-5)


@pytest.mark.models
@pytest.mark.parametrize(
    ("architecture", "task", "model_class"),
    [
        ("bert", "fill-mask", "BertForMaskedLM"),
        ("opt", "text-classification", "OPTForSequenceClassification"),
        ("t5", "text2text-generation", "T5ForConditionalGeneration"),
        ("llava", "image-text-to-text", "LlavaForConditionalGeneration"),
        ("qwen2_5_vl", "image-text-to-text", "Qwen2_5_VLForConditionalGeneration"),
        ("qwen2_audio", "audio-text-to-text", "Qwen2AudioForConditionalGeneration"),
    ],
)
def test_models_of_each_kind_take_padding_on_the_left(architecture: str, task: str, model_class: str) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from shapespec.checking.heads import Head, tiny_model

    model = tiny_model(Head("transformers", architecture, task, model_class, ()))
    spec = load_spec(model, padding="left", task=task)
    for component in spec.components:
        if component in ("model", "model_with_past"):
            inputs = spec.build(component)
            mask = inputs["attention_mask"]
            assert (mask[:, 0] == 0).any() and (mask[:, -1] == 1).all()
            with torch.no_grad():
                model(**inputs)
