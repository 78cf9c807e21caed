"""Each kind of values keeps its promise at every size: checked on what a build really makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapespec import SizeError, load_spec
from shapespec.building.draws import BLOCK
from shapespec.building.fills import FILLS, values_of
from shapespec.kinds import (
    KINDS,
    Arange,
    Boxes,
    Choice,
    Constant,
    Integers,
    Kind,
    LiteralValues,
    Mask,
    Normal,
    OneHot,
    Placeholder,
    Uniform,
)  # fmt: skip
from shapespec.placeholders import Misfit, Run, runs_of
from shapespec.plan import TensorSpec

SIZES = st.integers(1, 7)
SEEDS = st.integers(0, 2**32)


def made(
    kind: Kind, shape: tuple[int, ...], seed: int = 0, ready: dict[str, Any] | None = None, word: str = "int"
) -> np.ndarray:
    """The values of one kind in their shape."""
    tensor = TensorSpec(
        "x", "x", shape, word, (None,) * len(shape), (False,) * len(shape), tuple(map(str, shape)), kind
    )
    found = values_of(tensor, seed, ready or {})
    return found if found.shape == shape else np.resize(found, shape)


def integers(
    shape: tuple[int, ...], seed: int = 0, ready: dict[str, Any] | None = None, low: int = 0, high: int = 100,
    **parts: Any,
) -> np.ndarray:  # fmt: skip
    return made(Integers((low, high), **parts), shape, seed, ready)


def test_every_kind_of_the_grammar_has_its_function() -> None:
    assert set(FILLS) == set(KINDS.values())


# -- masks


@settings(deadline=None)
@given(
    SEEDS, st.integers(1, 5), st.integers(1, 24), st.sampled_from(["left", "right", "none"]), st.integers(0, 8),
    st.integers(0, 12), st.integers(1, 5),
)  # fmt: skip
def test_masks(seed: int, rows: int, length: int, side: str, least: int, past: int, step: int) -> None:
    """Ones and a run of zeros at one side, no row empty, the first full, the past kept, steps kept."""
    past = past if side != "left" else 0  # what lies on the left of a cache is in it: tests/test_padding.py
    free = length - past
    if 0 < free < step:
        return  # refused when a spec is loaded
    mask = made(Mask(side, least=least, past=past, multiple_of=step), (rows, length), seed)
    assert set(np.unique(mask)) <= {0, 1}
    assert (mask.sum(-1) > 0).all()
    assert mask[:, : min(past, length)].all()
    if free > 0:
        tail = mask[:, past:]
        kept = tail.sum(-1)
        assert (kept >= min(max(least, 1), free // step * step)).all()
        if side == "none":
            assert tail.all()
        else:
            assert (kept % step == 0).all() and kept[0] == free // step * step
            expected = [[1] * n + [0] * (free - n) for n in kept]
            assert tail.tolist() == (expected if side == "right" else [row[::-1] for row in expected])
            if rows > 1 and free // step * step > -(-max(least, 1) // step) * step:
                assert kept[1] < kept[0]  # rows differ wherever there is room


def test_a_mask_over_more_axes_masks_its_last() -> None:
    mask = made(Mask("right", least=1, past=0, multiple_of=1), (2, 3, 5))
    assert mask.shape == (2, 3, 5) and mask[0, 0].all() and not mask[0, 1].all()


@pytest.mark.parametrize("shape", [(0, 4), (3, 0), (), (1,)])
def test_a_mask_of_few_places(shape: tuple[int, ...]) -> None:
    assert made(Mask("right", least=1, past=0, multiple_of=1), shape).shape == shape


# -- boxes


@settings(deadline=None)
@given(
    SEEDS, st.integers(1, 20), st.sampled_from(["xyxy", "cxcywh", "corners"]), st.sampled_from([1, 1.0, 7, 1000, 0.5])
)
def test_boxes_are_ordered_and_in_range(seed: int, count: int, form: str, most: float) -> None:
    found = made(Boxes(form, most), (count, 8 if form == "corners" else 4), seed, word="float")
    assert (found >= 0).all() and (found <= most).all()
    if form == "xyxy":
        assert (found[:, 0] <= found[:, 2]).all() and (found[:, 1] <= found[:, 3]).all()
    elif form == "corners":
        left, top, right, top2, right2, bottom, left2, bottom2 = found.T
        assert (left <= right).all() and (top <= bottom).all()
        assert (left == left2).all() and (right == right2).all() and (top == top2).all() and (bottom == bottom2).all()
    else:
        slack = 1 if isinstance(most, int) and most > 1 else 1e-9  # whole numbers round the centre
        centre, half = found[:, :2], found[:, 2:] / 2
        assert (centre - half >= -slack).all() and (centre + half <= most + slack).all()
    if isinstance(most, int) and most > 1:
        assert (found == found.astype(int)).all()


# -- whole numbers


@settings(deadline=None)
@given(
    SEEDS, st.lists(SIZES, max_size=3), st.integers(-20, 20), st.integers(1, 40),
    st.sets(st.integers(-20, 60), max_size=8),
)  # fmt: skip
def test_integers_stay_in_range_and_avoid_what_they_must(
    seed: int, shape: list[int], low: int, span: int, avoid: set[int]
) -> None:
    inside = tuple(sorted(a for a in avoid if low <= a < low + span))
    found = integers(tuple(shape), seed, low=low, high=low + span, avoid=inside)
    assert found.shape == tuple(shape) and (found >= low).all() and (found < low + span).all()
    if len(inside) < span:
        assert not np.isin(found, inside).any()


@settings(deadline=None)
@given(SEEDS, st.integers(2, 30), st.sampled_from(["left", "right"]), st.integers(1, 4))
def test_forced_ends_and_padding_follow_the_mask(seed: int, length: int, side: str, rows: int) -> None:
    mask = made(Mask(side, least=2, past=0, multiple_of=1), (rows, length), seed)
    found = integers((rows, length), seed, {"m": mask}, low=10, starts_with=1, ends_with=2, pad=0, mask="m")
    for tokens, kept in zip(found, mask.astype(bool), strict=True):
        assert (tokens[~kept] == 0).all()
        inside = tokens[kept]
        assert inside[0] == 1 and inside[-1] == 2 and (inside[1:-1] >= 10).all()


def test_a_mask_that_covers_a_cache_counts_from_its_end() -> None:
    mask = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    found = integers((2, 3), 0, {"m": mask}, low=10, pad=0, mask="m")
    assert (found[0] >= 10).all() and (found[1] >= 10).tolist() == [True, False, False]


def test_a_mask_of_other_rows_is_left_alone() -> None:
    found = integers((3, 4), 0, {"m": np.zeros((2, 4))}, low=10, pad=0, mask="m")
    assert (found >= 10).all()


@settings(deadline=None)
@given(SEEDS, st.integers(1, 4), st.integers(1, 12), st.integers(0, 30), st.sets(st.integers(0, 41), max_size=5))
def test_distinct_rows_hold_no_value_twice(seed: int, rows: int, length: int, spare: int, avoid: set[int]) -> None:
    high = length + spare
    inside = tuple(sorted(a for a in avoid if a < high))
    if high - len(inside) < length:
        return  # refused when a spec is loaded
    found = integers((rows, length), seed, high=high, avoid=inside, distinct="rows")
    assert all(len(set(row)) == length for row in found.tolist())
    assert (found >= 0).all() and (found < high).all() and not np.isin(found, inside).any()


def test_distinct_rows_cost_no_more_than_the_row() -> None:
    found = integers((2, 5), high=10**15, distinct="rows")
    assert len(set(found[0].tolist())) == 5 and found.max() > 10**12


@settings(deadline=None)
@given(SEEDS, st.integers(1, 4), st.integers(1, 12))
def test_ordered_rows_rise(seed: int, rows: int, length: int) -> None:
    found = integers((rows, length), seed, ordered=True)
    assert (np.diff(found, axis=-1) >= 0).all()
    both = integers((rows, length), seed, ordered=True, distinct="rows")
    assert (np.diff(both, axis=-1) > 0).all()


# -- placeholders


@settings(deadline=None)
@given(
    SEEDS, st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.booleans(), st.booleans(), st.integers(0, 9),
    st.sampled_from(["left", "right"]),
)  # fmt: skip
def test_placeholders_are_as_many_as_declared(
    seed: int, rows: int, each: int, groups: int, start: bool, end: bool, spare: int, side: str
) -> None:
    """In every row, in runs of equal length with their marks, inside what the mask keeps."""
    needed = (each + start + end) * groups
    length = needed + spare
    mask = made(Mask(side, least=min(needed + 1, length), past=0, multiple_of=1), (rows, length), seed)
    item = Placeholder(
        90, each * groups, groups=groups, start=91 if start else None, end=92 if end else None
    )  # fmt: skip
    found = integers((rows, length), seed, {"m": mask}, high=90, placeholders=(item,), pad=0, mask="m")
    assert ((found == 90).sum(-1) == each * groups).all()
    assert ((found == 91).sum(-1) == (groups if start else 0)).all()
    assert ((found == 92).sum(-1) == (groups if end else 0)).all()
    run = [91] * start + [90] * each + [92] * end
    for tokens in found.tolist():
        first = tokens.index(run[0])
        assert tokens[first : first + needed] == run * groups
    if spare and side == "right":
        assert mask[found == 90].all() and (found[:, 0] < 90).all()


@settings(deadline=None)
@given(SEEDS, st.integers(0, 5), st.integers(0, 5), st.integers(0, 6))
def test_kinds_of_placeholders_do_not_overlap(seed: int, one: int, other: int, spare: int) -> None:
    items = (Placeholder(90, one), Placeholder(91, other, start=95))
    length = max(1, one + other + (1 if other else 0) + spare)
    found = integers((2, length), seed, high=90, placeholders=items)
    assert ((found == 90).sum(-1) == one).all() and ((found == 91).sum(-1) == other).all()


def test_placeholders_stand_behind_the_padding_of_the_left() -> None:
    mask = np.array([[1, 1, 1, 1, 1, 1], [0, 0, 1, 1, 1, 1]])
    found = integers((2, 6), 0, {"m": mask}, low=10, high=90, placeholders=(Placeholder(90, 2),), pad=0, mask="m")
    assert ((found == 90) <= (mask == 1)).all() and (found[:, 3:5] == 90).all()


def test_placeholders_may_say_where_they_stand() -> None:
    found = integers((1, 6), high=90, placeholders=(Placeholder(90, 2, at=4), Placeholder(91, 2)))
    assert (found[0, 4:] == 90).all() and (found[0, 1:3] == 91).all()


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ((Placeholder(1, 9),), "9 placeholders do not fit into a row of 6"),
        ((Placeholder(1, 6, start=2),), "placeholders with their marks need 7 places, a row has 6"),
        ((Placeholder(1, 4), Placeholder(2, 3)), "need 7 places"),
        ((Placeholder(1, 3, groups=2),), "3 placeholders do not divide into 2 equal runs"),
        ((Placeholder(1, 3, at=5),), "placeholders reach to place 8, a row has 6"),
        ((Placeholder(1, 3, at=2), Placeholder(2, 2)), "two runs of placeholders claim place 2"),
        ((Placeholder(1, 3, at=-1),), "two runs of placeholders claim place -1"),
        ((Placeholder(1, 10**15),), "1000000000000000 placeholders do not fit"),
    ],
)
def test_placeholders_that_do_not_fit_are_told(items: Any, said: str) -> None:
    with pytest.raises(Misfit, match=said):
        runs_of([item.run for item in items], 6)
    with pytest.raises(Misfit, match=said):
        Integers((0, 50), placeholders=items).check((2, 6), "int32")


def test_a_placeholder_is_a_run_with_its_marks() -> None:
    assert Placeholder(1, 2, start=3, at=4).run == Run(1, 2, 1, 3, None, 4)


# -- the rest


@given(SEEDS, st.lists(SIZES, min_size=1, max_size=3))
def test_one_hot_rows_have_a_single_one(seed: int, shape: list[int]) -> None:
    found = made(OneHot(True), tuple(shape), seed)
    assert (found.sum(-1) == 1).all() and set(np.unique(found)) <= {0, 1}


@given(SEEDS, st.lists(SIZES, max_size=3), st.lists(st.integers(-9, 9), min_size=1, max_size=4))
def test_choices_are_from_the_list(seed: int, shape: list[int], among: list[int]) -> None:
    assert np.isin(made(Choice(tuple(among)), tuple(shape), seed), among).all()


@given(SEEDS, st.lists(SIZES, max_size=3), st.floats(-100, 100, width=32), st.floats(0, 100, width=32))
def test_uniform_stays_in_range(seed: int, shape: list[int], low: float, span: float) -> None:
    found = made(Uniform((low, low + span)), tuple(shape), seed, word="float")
    edge = np.float32(low + span)
    assert (found >= np.float32(low)).all() and (found <= edge).all()


@given(SEEDS, st.lists(SIZES, max_size=3), st.floats(-10, 10), st.floats(0, 10))
def test_normal_stays_within_three_and_a_half_deviations(seed: int, shape: list[int], mean: float, dev: float) -> None:
    found = made(Normal((mean, dev)), tuple(shape), seed, word="float")
    assert (np.abs(found - mean) <= 3.47 * dev + 1e-5 * (1 + abs(mean) + dev)).all()


@given(st.lists(SIZES, min_size=1, max_size=3), st.data(), st.integers(-5, 5), st.integers(-3, 3))
def test_arange_counts_along_its_axis(shape: list[int], data: st.DataObject, start: int, step: int) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    found = np.moveaxis(made(Arange(axis, start, step), tuple(shape)), axis, -1)
    assert (found == start + np.arange(shape[axis]) * step).all()


def test_a_literal_is_repeated_over_the_leading_axes() -> None:
    found = made(LiteralValues(((1, 2), (3, 4))), (3, 2, 2))
    assert found.shape == (3, 2, 2) and (found == [[1, 2], [3, 4]]).all()
    assert (made(LiteralValues(5), (2, 3)) == 5).all()


def test_constants_fill() -> None:
    assert (made(Constant(7), (2, 3)) == 7).all() and made(Constant(7), ()) == 7


# -- through a whole file


def toy(folder: Path, inputs: str, **call: Any) -> dict[str, np.ndarray]:
    (folder / "toy.yaml").write_text(f"architecture: toy\ncomponents:\n  model:\n    inputs:\n{inputs}")
    return load_spec("toy", paths=[folder], **call).build(framework="numpy")


def test_formulas_follow_the_other_inputs(tmp_path: Path) -> None:
    """Whatever is drawn, the relation holds; what a formula reads may stand below it."""
    built = toy(
        tmp_path,
        "      types: {shape: [2, 9], dtype: int, values: {formula: 'where(ids == token, 1, 0)'}}\n"
        "      places: {shape: [2, 9], dtype: int, values: {formula: cumsum(types) * offset}}\n"
        "      ids: {shape: [2, 9], dtype: int, values: "
        "{integers: [0, 50], placeholders: [{token: 50, count: 4}]}}\n"
        "      grid: {shape: [2, 3], dtype: int64, values: {literal: [1, side, side * 2]}}\n"
        "let: {token: 50, offset: config.step}\nconfig: {step: 3}\ndims: {side: 2}\n",
    )
    assert (built["types"] == (built["ids"] == 50)).all() and built["types"].sum() == 8
    assert (built["places"] == np.cumsum(built["types"], -1) * 3).all()
    assert built["grid"].tolist() == [[1, 2, 4], [1, 2, 4]]


def test_placeholder_tokens_are_never_drawn_by_chance(tmp_path: Path) -> None:
    """Also where the file forgets to avoid them."""
    built = toy(
        tmp_path,
        "      ids: {shape: [50, 20], dtype: int, values: "
        "{integers: [0, 4], placeholders: [{token: 3, count: 2, start: 1}]}}\n",
    )
    assert ((built["ids"] == 3).sum(-1) == 2).all() and ((built["ids"] == 1).sum(-1) == 1).all()


def test_a_formula_of_another_shape_is_told_at_the_build(tmp_path: Path) -> None:
    with pytest.raises(SizeError, match=r"the values of `y` \[4\]: the formula `x \+ 1` gives \[3\]"):
        toy(
            tmp_path,
            "      x: {shape: [3], dtype: int, values: {constant: 1}}\n"
            "      y: {shape: [4], dtype: int, values: {formula: x + 1}}\n",
        )


def test_a_formula_of_terabytes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SizeError, match="far more than its tensor has"):
        toy(tmp_path, "      y: {shape: [4], dtype: int, values: {formula: 'total(ones([10 ** 12])) * ones([4])'}}\n")


def test_a_formula_of_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(SizeError, match="gives no numbers"):
        toy(tmp_path, '      y: {shape: [2], dtype: int, values: {formula: \'stack(["a", "b"])\'}}\n')


# -- a sanity check of the draws


def test_draws_are_spread_as_they_should_be() -> None:
    """Mean, deviation, and a chi-squared test of evenness: with a fixed seed, so it either always passes or never."""
    uniform = made(Uniform((0.0, 1.0)), (BLOCK,), 1, word="float")
    assert abs(uniform.mean() - 0.5) < 0.002 and abs(uniform.std() - 12**-0.5) < 0.002
    bell = made(Normal((2.0, 3.0)), (BLOCK,), 1, word="float")
    assert abs(bell.mean() - 2) < 0.02 and abs(bell.std() - 3) < 0.02
    ids = integers((1000, 1000), 1, low=5, high=25, avoid=(7, 8, 20))
    counts = np.array([(ids == i).sum() for i in range(5, 25) if i not in (7, 8, 20)])
    expected = ids.size / 17
    assert ((counts - expected) ** 2 / expected).sum() < 40  # 16 degrees of freedom: beyond 39.3 once in a thousand
    rows = integers((20_000, 3), 1, high=9, distinct="rows")
    firsts = np.bincount(rows.reshape(-1), minlength=9) / rows.size
    assert np.abs(firsts - 1 / 9).max() < 0.03


def test_neighbouring_seeds_and_names_are_unrelated() -> None:
    one, other = (made(Uniform((0.0, 1.0)), (100_000,), seed, word="float") for seed in (1, 2))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.02
