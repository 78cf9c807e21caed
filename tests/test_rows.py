"""Rows that differ: masks and counts of placeholders that are lists, one number for each row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapespec import GrammarError, Spec, SpecError, load_spec
from shapespec.expressions.functions import split, varied

TOY = """dims:
  rows: 3
  frames: {value: 24, min: 12}
  n: {value: 2 + most, min: 2 + most}
  num_images: 2
  num_patches: {equals: sum(patches)}
let:
  sounds: varied(rows, frames, frames // 2)
  audio_tokens: "[conv_length(s, 3, 2, 1) for s in sounds]"
  images_of_row: varied(rows, num_images)
  patches: varied(sum(images_of_row), 12, 4, 4)
  image_tokens: split([p // 4 for p in patches], images_of_row)
  most: max([a + sum(i) + len(i) for a, i in zip(audio_tokens, image_tokens)])
inputs:
  ids:
    shape: [rows, n]
    dtype: int
    values:
      integers: [0, 90]
      placeholders: [{token: 90, count: audio_tokens}, {token: 91, count: image_tokens, start: 92}]
      pad: 93
      mask: mask
  mask:
    shape: [rows, n]
    dtype: int
    values: {mask: right, least: "[a + sum(i) + len(i) + 1 for a, i in zip(audio_tokens, image_tokens)]"}
  frame_mask: {shape: [rows, frames], dtype: bool, values: {mask: right, fixed: true, lengths: sounds}}
  pixels: [num_patches, 7]
components: {model: {inputs: [ids, mask, frame_mask, pixels]}}
"""


@pytest.fixture
def toy(tmp_path: Path) -> Any:
    def load(text: str = TOY, **call: Any) -> Spec:
        (tmp_path / "toy.yaml").write_text(f"architecture: toy\n{text}")
        return load_spec("toy", paths=[tmp_path], **call)

    return load


def agree(found: dict[str, np.ndarray], patches: list[int], images_of_row: list[int]) -> None:
    """Every row has as many tokens as features, in runs, where its mask is 1."""
    assert found["pixels"].shape[0] == sum(patches)
    image_tokens = split([p // 4 for p in patches], images_of_row)
    for ids, mask, frames, images in zip(found["ids"], found["mask"], found["frame_mask"], image_tokens, strict=True):
        assert (ids == 90).sum() == -(-frames.sum() // 2)
        assert (ids == 91).sum() == sum(images) and (ids == 92).sum() == len(images)
        assert mask[ids == 90].all() and mask[ids == 91].all() and (ids[mask == 0] == 93).all()
        runs = [len(run) for run in "".join("i" if i == 91 else " " for i in ids).split()]
        assert runs == images
        assert frames.tolist() == sorted(frames.tolist(), reverse=True)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 6), st.integers(12, 60), st.integers(1, 4), st.integers(0, 9),
    st.sampled_from([None, "left", "right"]),
)  # fmt: skip
def test_counts_follow_at_every_size(
    tmp_path_factory: Any, rows: int, frames: int, num_images: int, seed: int, padding: str | None
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    (folder / "toy.yaml").write_text(f"architecture: toy\n{TOY}")
    spec = load_spec("toy", paths=[folder], rows=rows, frames=frames, num_images=num_images, padding=padding)
    found = spec.build(framework="numpy", seed=seed)
    images_of_row = varied(rows, num_images)
    agree(found, varied(sum(images_of_row), 12, 4, 4), images_of_row)
    assert found["frame_mask"].sum(-1).tolist() == varied(rows, frames, frames // 2)


def test_a_contract_gives_the_same_rows(toy: Any, tmp_path: Path) -> None:
    toy().to_contract(tmp_path / "toy.json")
    again = load_spec(tmp_path / "toy.json", rows=5, num_images=3).build(framework="numpy")
    here = toy(rows=5, num_images=3).build(framework="numpy")
    assert all(again[name].tolist() == array.tolist() for name, array in here.items())


def test_torch_gives_the_same_values(toy: Any) -> None:
    pytest.importorskip("torch")
    spec = toy(padding="left")
    for name, array in spec.build(framework="numpy", seed=5).items():
        assert spec.build(seed=5)[name].tolist() == array.tolist()


def test_rows_are_told(toy: Any) -> None:
    values = toy().inputs()["ids"].values
    assert values is not None and values.told() == (
        "integers [0, 90), with 12, 10, 8 of 90, with 3 + 2, 1, 3 + 2 of 91, 93 where mask is 0"
    )


IDS = "components: {model: {inputs: {x: {shape: [2, 9], dtype: int, values: %s}}}}\n"


@pytest.mark.parametrize(
    ("values", "told", "expected"),
    [
        (
            "{integers: [0, 5], placeholders: [{token: 7, count: [1, 2, 3]}]}",
            "the values of input `x` [2, 9]: counts of placeholders for 3 rows, and there are 2",
            "values that the tensor holds",
        ),
        (
            "{integers: [0, 5], placeholders: [{token: 7, count: [1, [6, 4]]}]}",
            "the values of input `x` [2, 9]: 10 placeholders do not fit into a row of 9",
            "values that the tensor holds",
        ),
        (
            "{integers: [0, 5], placeholders: [{token: 7, count: [4, 3], groups: 2}]}",
            "the values of input `x` [2, 9]: 3 placeholders do not divide into 2 equal runs",
            "values that the tensor holds",
        ),
        (
            "{integers: [0, 5], placeholders: [{token: 7, count: [1, '2 / 4']}]}",
            "input `x`: `placeholders.count` is 0.5", "a whole number",
        ),
        (
            "{mask: right, lengths: [9, 10]}",
            "the values of input `x` [2, 9]: `lengths` has 10 ones in a row of 9 places",
            "values that the tensor holds",
        ),
        (
            "{mask: right, lengths: [9]}", "the values of input `x` [2, 9]: `lengths` is of 1 rows, and there are 2",
            "values that the tensor holds",
        ),
        (
            "{mask: right, least: [1, -2]}", "the values of input `x` [2, 9]: `least` is -2, below 0",
            "values that the tensor holds",
        ),
    ],
)  # fmt: skip
def test_what_is_told_of_rows_that_do_not_fit(toy: Any, values: str, told: str, expected: str) -> None:
    with pytest.raises(GrammarError) as caught:
        toy(IDS % values)
    problem = caught.value.problems[0]
    assert problem.message == told and problem.expected == expected and problem.location is not None


def test_what_is_told_of_lists_that_do_not_split(toy: Any) -> None:
    with pytest.raises(SpecError, match="3 items do not split into 4"):
        toy(IDS % "{integers: [0, 5], placeholders: [{token: 7, count: 'split([1, 2, 3], [2, 2])'}]}")
    with pytest.raises(SpecError, match="steps of 0"):
        toy(IDS % "{mask: right, lengths: 'varied(2, 9, 1, 0)'}")


@given(st.integers(0, 30), st.integers(1, 500), st.integers(0, 500), st.integers(1, 40))
def test_varied_lengths(count: int, most: int, least: int, step: int) -> None:
    """The first is the most, none is below the least, all are steps apart, and there are four at most."""
    found = varied(count, most, least, step)
    assert len(found) == count and len(set(found)) <= 4
    assert all((most - length) % step == 0 and length >= min(least, most) for length in found)
    assert found[:1] == [most][:count]
    if count > 1 and most - least >= step:
        assert found[1] < most


@pytest.mark.parametrize("length", [3, 8])
def test_a_list_of_leasts_holds_in_each_row(toy: Any, length: int) -> None:
    values = "values: {mask: left, least: [1, 3, 2]}"
    text = f"components: {{model: {{inputs: {{x: {{shape: [3, {length}], dtype: int, {values}}}}}}}}}\n"
    for seed in range(8):
        kept = toy(text).build(framework="numpy", seed=seed)["x"].sum(-1)
        assert (kept >= [length, 3, 2]).all()


def test_what_the_call_asks_for_may_be_read(toy: Any) -> None:
    text = (
        "let: {long: '\"labels\" in include'}\n"
        "components: {model: {inputs: {x: {shape: ['9 if long else 4']}, y: {shape: [2], include: labels}}}}\n"
    )
    assert toy(text).inputs()["x"].shape == (4,)
    assert toy(text, include=["labels"]).inputs()["x"].shape == (9,)
