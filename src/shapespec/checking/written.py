"""What a spec's files say of inputs and outputs, all layers merged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import cycle
from typing import Any

from shapespec.plan import ComponentPlan, PlanNode, Structure, TensorSpec, leaves
from shapespec.resolving.components import takes_vocabulary
from shapespec.resolving.nodes import from_vocabulary
from shapespec.spec import Spec


def written(spec: Spec, plan: ComponentPlan, section: str) -> Iterator[tuple[str, Mapping[str, Any], PlanNode]]:
    """(name, what is written, what it comes to) of each input or output of a component."""
    assert spec.provenance is not None  # it comes from files
    stack, merged = spec.provenance.stack, spec.provenance.resolved.reader.merged[plan.name]
    sections = {"inputs": plan.arguments, "outputs": plan.outputs, "also_returns": plan.also_returns}
    for name, made in sections[section]:
        node = merged.sub((section, name))
        if section == "inputs" or takes_vocabulary(node):
            node = from_vocabulary(stack, name, node)
        yield name, node.value, made


def explained_axes(spec: Spec, plan: ComponentPlan, section: str) -> set[tuple[str, int]]:
    """The axes, by tensor and number, at which a section of a component says `why`."""
    return {place for _, said, node in written(spec, plan, section) for place in _reasons(said, node)}


def _reasons(said: Mapping[str, Any] | list[Any], node: PlanNode) -> Iterator[tuple[str, int]]:
    """The axes, by tensor and number, at which a node says `why`."""
    said = {"shape": said} if isinstance(said, list) else said
    shape = said.get("shape")
    axes = enumerate(shape if isinstance(shape, list) else ())
    numbers = [number for number, axis in axes if isinstance(axis, Mapping) and axis.get("why")]
    for tensor in leaves(node):
        yield from ((tensor.name, number) for number in numbers)
    for part, inner in parts_of(said, node):
        yield from _reasons(part, inner)


def tensors_written(spec: Spec, plan: ComponentPlan) -> Iterator[tuple[TensorSpec, str | None]]:
    """(tensor, the `why` of it or of what it is a part of) of each input tensor."""
    for _, said, node in written(spec, plan, "inputs"):
        yield from _tensors(said, node, None)


def _tensors(
    said: Mapping[str, Any] | list[Any], node: PlanNode, why: str | None
) -> Iterator[tuple[TensorSpec, str | None]]:
    said = {"shape": said} if isinstance(said, list) else said
    why = said.get("why") or why
    if isinstance(node, TensorSpec):
        yield node, why
    for part, inner in parts_of(said, node):
        yield from _tensors(part, inner, why)


def parts_of(said: Mapping[str, Any], node: PlanNode) -> Iterator[tuple[Any, PlanNode]]:
    """What is written of each part of a structure, with the part in each repetition."""
    if isinstance(node, Structure):
        for key, part in (said.get("fields") or {}).items():
            yield from ((part, inner) for inner in (_below(node, key) if part is not None else ()))
        # Items that repeat make one list.
        yield from zip(cycle(said.get("items") or ()), node.parts, strict=False)


def _below(node: Structure, key: str) -> Iterator[PlanNode]:
    """The parts of a key, in each repetition."""
    if node.keys is None:
        for part in node.parts:
            if isinstance(part, Structure):
                yield from _below(part, key)
    elif key in node.keys:
        yield node.parts[node.keys.index(key)]
