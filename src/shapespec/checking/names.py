"""The names that graphs give to axes: each is a size's, an expression over sizes, or one that the vocabulary lists; one
name for one size, and one size's expression under one name, in each graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shapespec.checking.written import written
from shapespec.errors import SpecError, nearest
from shapespec.plan import ComponentPlan, PlanNode, Structure, TensorSpec, leaves
from shapespec.spec import Spec

#: Where the vocabulary lists names of axes.
AXES = "axes"

#: An axis of a graph's tensor, by the section, the tensor's name and the axis's number.
_Place = tuple[str, str, int]


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
    excused = _excused(spec, plan)
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


# -- axes whose name says why it is as it is


def _excused(spec: Spec, plan: ComponentPlan) -> set[_Place]:
    return {
        (section, *place)
        for section in ("inputs", "outputs")
        for _, said, node in written(spec, plan, section)
        for place in _reasons(said, node)
    }


def _reasons(said: Mapping[str, Any] | list[Any], node: PlanNode) -> Iterator[tuple[str, int]]:
    """The axes, by tensor and number, for whose name a node says `why`."""
    said = {"shape": said} if isinstance(said, list) else said
    shape = said.get("shape")
    axes = enumerate(shape if isinstance(shape, list) else ())
    numbers = [number for number, axis in axes if isinstance(axis, Mapping) and axis.get("why")]
    for tensor in leaves(node):
        yield from ((tensor.name, number) for number in numbers)
    if isinstance(node, Structure):
        for key, part in (said.get("fields") or {}).items():
            for below in _below(node, key) if part is not None else ():
                yield from _reasons(part, below)
        for part, below in zip(said.get("items") or (), node.parts, strict=False):
            yield from _reasons(part, below)


def _below(node: Structure, key: str) -> Iterator[PlanNode]:
    """The parts of a key, in each repetition."""
    if node.keys is None:
        for part in node.parts:
            if isinstance(part, Structure):
                yield from _below(part, key)
    elif key in node.keys:
        yield node.parts[node.keys.index(key)]
