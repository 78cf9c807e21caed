"""The names that graphs give to axes: each is a size's, an expression over sizes, or one that the vocabulary lists; one
name for one size, and one size's expression under one name, in each graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from shapespec.checking.written import explained_axes
from shapespec.errors import SpecError, nearest
from shapespec.plan import ComponentPlan, TensorSpec
from shapespec.spec import Spec

#: Where the vocabulary lists names of axes.
AXES = "axes"


def name_faults(specs: Sequence[Spec]) -> Iterator[tuple[str, str]]:
    """(component, what is wrong with a name of its axes): of one spec at several sizes."""
    told: set[tuple[str, str]] = set()
    for spec in specs:
        for plan in spec.plans:
            for fault in _faults(spec, plan):
                if (plan.name, fault.partition(":")[0]) not in told:
                    told.add((plan.name, fault.partition(":")[0]))
                    yield plan.name, fault


def _faults(spec: Spec, plan: ComponentPlan) -> Iterator[str]:
    excused = {(section, *place) for section in ("inputs", "outputs") for place in explained_axes(spec, plan, section)}
    axes = [axis for axis in _axes(plan) if (axis.section, axis.tensor.name, axis.number) not in excused]
    for axis in axes:
        fault = _misnamed(spec, plan, axis)
        if fault is not None:
            yield fault
    yield from _two_sizes(axes)
    yield from _two_names(axes)


class _Axis:
    """One axis of a tensor."""

    def __init__(self, section: str, tensor: TensorSpec, number: int) -> None:
        self.section = section
        self.tensor = tensor
        self.number = number
        self.label = tensor.labels[number]
        self.size = tensor.shape[number]
        self.written = tensor.expressions[number]

    def __str__(self) -> str:
        return f"axis {self.number} of the {self.section[:-1]} `{self.tensor.name}`"


def _axes(plan: ComponentPlan) -> Iterator[_Axis]:
    for section, tensors in (("inputs", plan.tensors()), ("outputs", plan.output_tensors())):
        for tensor in tensors:
            for number in range(len(tensor.shape)):
                yield _Axis(section, tensor, number)


def _misnamed(spec: Spec, plan: ComponentPlan, axis: _Axis) -> str | None:
    """What is wrong with a name that is not its size's own expression."""
    if axis.label is None or axis.label == axis.written:
        return None
    assert spec.provenance is not None  # it comes from files
    known = spec.provenance.stack.keys(AXES)
    if axis.label in known:
        return None
    value = _value(spec, plan, axis.label)
    if value is None:
        close = nearest(axis.label, [*spec.dims, *known])
        near = f"; did you mean `{close}`?" if close else ""
        said = f"`{axis.label}` is no size, no expression over sizes, and none of `{AXES}:` in inputs.yaml"
        return f"{axis}: {said}{near}"
    if axis.size is None:
        return f"{axis}: it is named `{axis.label}`, which is a size, and its own size is said to be unknown"
    if value != axis.size:
        return f"{axis}: it is named `{axis.label}`, which is {value}, and has {axis.size} (`{axis.written}`)"
    return None


def _value(spec: Spec, plan: ComponentPlan, label: str) -> Any:
    """What a name is as an expression; None where it is none."""
    assert spec.provenance is not None
    names, sizes = spec.provenance.resolved.reader.names[plan.name], spec.instance.scopes[plan.name]
    try:
        return sizes.value(names.folded(label, None, "an axis's name"), lambda: None, "an axis's name")
    except SpecError:
        return None


def _two_sizes(axes: Sequence[_Axis]) -> Iterator[str]:
    first: dict[str, _Axis] = {}
    for axis in axes:
        if axis.label is None or axis.size is None:
            continue
        other = first.setdefault(axis.label, axis)
        if other.size != axis.size:
            yield (
                f"{axis}: it is named `{axis.label}` and has {axis.size}, and {other} is named so and has {other.size}"
            )


def _two_names(axes: Sequence[_Axis]) -> Iterator[str]:
    first: dict[tuple[str, int], _Axis] = {}
    for axis in axes:
        if axis.size is None or not axis.tensor.dynamic[axis.number]:
            continue
        # One of another size reads the number of its repetition.
        other = first.setdefault((axis.written, axis.size), axis)
        if other.label != axis.label:
            yield (f"{axis}: its size, `{axis.written}`, is named `{axis.label}`, and at {other} it is `{other.label}`")
