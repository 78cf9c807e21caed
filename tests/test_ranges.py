"""Ranges of whole numbers and types that are fixed, tried on a small class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from shapespec import load_spec  # noqa: E402  # after the guard: without torch these tests are skipped
from shapespec.checking.arguments import argument_faults, unfed_arguments  # noqa: E402
from shapespec.checking.dtypes import dtype_faults  # noqa: E402
from shapespec.checking.ranges import range_faults  # noqa: E402
from shapespec.checking.trial import Trial  # noqa: E402

pytestmark = pytest.mark.models


def trial(folder: Path, inputs: str, forward: Any) -> Trial:
    head = f"architecture: toy\ndims: {{n: 3}}\ninputs: {{{inputs}}}\noutputs: {{y: [n]}}\n"
    (folder / "toy.yaml").write_text(f"{head}components: {{model: {{inputs: {{x: {{}}}}}}}}\n")
    spec = load_spec("toy", paths=[folder])
    return Trial(spec.plan("model"), forward, spec.build("model", flat=True))


def table(x: Any) -> Any:
    return torch.arange(8.0).index_select(0, x)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ("integers: [0, 8]", None),
        ("integers: [0, 8], avoid: [7, 0], starts_with: 7", None),
        ("integers: [0, 5]", "integers [0, 5): 5 runs, too"),
        ("integers: [0, 9]", "integers [0, 9): 8 is within, and the class fails: IndexError"),
        ("integers: [0, 4], distinct: rows", "4 runs, too"),
    ],
)
def test_a_range_reaches_as_far_as_the_class_takes_it(tmp_path: Path, numbers: str, said: str | None) -> None:
    found = trial(tmp_path, f"x: {{shape: [n], dtype: int, values: {{{numbers}}}}}", table)
    # Built within the table: what is tried reaches further than what is drawn by chance.
    found.flat["x"] = found.flat["x"].clamp(max=3)
    faults = list(range_faults(found, found.plan.tensors(), {}))
    assert (said is None and not faults) or said in faults[0]
    assert not [fault for fault in range_faults(found, found.plan.tensors(), {"x": "why"}) if "runs, too" in fault]


def test_what_is_no_number_is_no_answer(tmp_path: Path) -> None:
    found = trial(tmp_path, "x: {shape: [n], dtype: int, values: {integers: [1, 8]}}", lambda x: torch.sqrt(7.0 - x))
    assert list(range_faults(found, found.plan.tensors(), {})) == []


@pytest.mark.parametrize(
    ("dtype", "forward", "said"),
    [
        ("int64", table, "`x` is int64, and int32 gives the same"),
        ("int64", lambda x: torch.nn.functional.one_hot(x, 8), None),
        ("int32", table, "`x` is int32, and int64 gives the same"),
        ("int", table, None),
    ],
)
def test_a_type_that_is_fixed_must_be_needed(tmp_path: Path, dtype: str, forward: Any, said: str | None) -> None:
    found = trial(tmp_path, f"x: {{shape: [n], dtype: {dtype}, values: {{integers: [0, 8]}}}}", forward)
    faults = list(dtype_faults(found, found.plan.tensors(), {}, {}))
    assert (said is None and not faults) or said in faults[0]
    assert not list(dtype_faults(found, found.plan.tensors(), {}, {"x": "why"}))
    assert not list(dtype_faults(found, found.plan.tensors(), {"x": dtype}, {}))


class Taking:
    def forward(self, x: torch.Tensor, z: torch.Tensor | None = None) -> None: ...


def test_each_argument_is_an_input_or_unfed(tmp_path: Path) -> None:
    text = "architecture: toy\ninputs: {x: {shape: [2]}}\noutputs: {y: [2]}\ncomponents: {model: {inputs: [x]}}\n"
    (tmp_path / "toy.yaml").write_text(text)
    spec = load_spec("toy", paths=[tmp_path])
    assert list(argument_faults(spec, Taking)) == [
        (None, "forward takes `z`: neither an input, nor on request, nor `unfed`")
    ]
    (tmp_path / "toy.yaml").write_text(text.replace("outputs", "unfed: {z: Nobody has one.}\noutputs"))
    assert list(argument_faults(load_spec("toy", paths=[tmp_path]), Taking)) == []


def test_a_component_takes_what_the_other_does_or_unfed_says_why(tmp_path: Path) -> None:
    parts = "model: {inputs: [x, z]}, model_with_past: {inputs: [x]}"
    text = f"architecture: toy\ninputs: {{x: {{shape: [2]}}, z: {{shape: [2]}}}}\ncomponents: {{{parts}}}\n"
    (tmp_path / "toy.yaml").write_text(text)
    ((component, fault),) = argument_faults(load_spec("toy", paths=[tmp_path]), Taking)
    assert component == "model_with_past" and fault.startswith("forward takes `z`, and the component does not")
    (tmp_path / "toy.yaml").write_text(f"{text}unfed: {{z: It goes in once.}}\n")
    spec = load_spec("toy", paths=[tmp_path])
    assert list(argument_faults(spec, Taking)) == [] and unfed_arguments(spec, Taking) == {}
    (tmp_path / "toy.yaml").write_text(f"{text.replace('[x, z]', '[x]')}unfed: {{z: Why.}}\n")
    assert unfed_arguments(load_spec("toy", paths=[tmp_path]), Taking) == {"z": "Why."}


def test_a_cache_is_no_fault_where_none_goes_on_from_it(tmp_path: Path) -> None:
    going_on = "model_with_past: {when: false, inputs: {x: {}, z: {role: cache}}}"
    (tmp_path / "toy.yaml").write_text(
        "architecture: toy\ninputs: {x: {shape: [2]}, z: {shape: [2]}}\n"
        f"components: {{model: {{inputs: [x]}}, {going_on}}}\n"
    )
    assert list(argument_faults(load_spec("toy", paths=[tmp_path]), Taking)) == []
