"""What a spec's files say of inputs and outputs, all layers merged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from typing import Any

from shapespec.layers import Merged
from shapespec.plan import ComponentPlan, PlanNode, Structure, TensorSpec, leaves
from shapespec.reading.document import Path
from shapespec.resolving.components import takes_vocabulary
from shapespec.resolving.nodes import from_vocabulary
from shapespec.spec import Spec


def written(spec: Spec, plan: ComponentPlan, section: str) -> Iterator[tuple[str, Mapping[str, Any], PlanNode]]:
    """(name, what is written, what it comes to) of each input or output of a component."""
    for name, node, made in written_nodes(spec, plan, section):
        yield name, node.value, made


def written_nodes(spec: Spec, plan: ComponentPlan, section: str) -> Iterator[tuple[str, Merged, PlanNode]]:
    """As :func:`written`, with who said what."""
    assert spec.provenance is not None  # it comes from files
    stack, merged = spec.provenance.stack, spec.provenance.resolved.reader.merged[plan.name]
    sections = {"inputs": plan.arguments, "outputs": plan.outputs, "also_returns": plan.also_returns}
    for name, made in sections[section]:
        node = merged.sub((section, name))
        if section == "inputs" or takes_vocabulary(node):
            node = from_vocabulary(stack, name, node)
        yield name, node, made


def reason_for(spec: Spec, said: Merged, path: Path, word: str = "why") -> str | None:
    """The `why` of what is said at a path (or its `about`), or None: who says something gives its reason, or a file
    laid over it does. A reason that stands below was given for something else."""
    why = said.value.get(word)
    return why if why and _height(spec, said, (word,)) >= _height(spec, said, path) else None


def _height(spec: Spec, said: Merged, path: Path) -> int:
    """How high the file lies that says what is at a path, or else at the nearest enclosing one; -1 where none does."""
    assert spec.provenance is not None  # it comes from files
    files = [layer.document for layer in spec.provenance.stack.layers]
    history = next((found for length in range(len(path), 0, -1) if (found := said.history(path[:length]))), None)
    if not history:
        return -1
    return next((place for place, file in enumerate(files) if file is history[0].document), -1)


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
    for (section, key), inner in parts_of(said, node):
        yield from _reasons(said[section][key], inner)


def tensors_written(spec: Spec, plan: ComponentPlan, path: Path) -> Iterator[tuple[TensorSpec, str | None]]:
    """(tensor, the reason for what is said of it at ``path``) of each input tensor: its own `why`, or that of what it
    is a part of."""
    for _, said, node in written_nodes(spec, plan, "inputs"):
        yield from _tensors(spec, said, node, path, None)


def _tensors(
    spec: Spec, said: Merged, node: PlanNode, path: Path, why: str | None
) -> Iterator[tuple[TensorSpec, str | None]]:
    if isinstance(said.value, Mapping):
        why = reason_for(spec, said, path) or why
    if isinstance(node, TensorSpec):
        yield node, why
    for place, inner in parts_of(said.value, node):
        yield from _tensors(spec, said.sub(place), inner, path, why)


def parts_of(said: Any, node: PlanNode) -> Iterator[tuple[Path, PlanNode]]:
    """Where each part of a structure is written in it, with the part in each repetition."""
    if isinstance(node, Structure) and isinstance(said, Mapping):
        for key, part in (said.get("fields") or {}).items():
            yield from ((("fields", key), inner) for inner in (_below(node, key) if part is not None else ()))
        # Items that repeat make one list.
        items = said.get("items") or ()
        places = [("items", number) for number, item in enumerate(items) if _may_have_made(item, node.parts)]
        yield from zip(cycle(places), node.parts, strict=False)


def _may_have_made(item: Any, parts: Sequence[PlanNode]) -> bool:
    """Whether an item may be one of the parts: one with a condition and as many axes as none of them has is not
    there."""
    shape = item.get("shape") if isinstance(item, Mapping) and "when" in item else None
    ranks = {len(part.shape) for part in parts if isinstance(part, TensorSpec)}
    return not isinstance(shape, list) or not ranks or len(shape) in ranks


def _below(node: Structure, key: str) -> Iterator[PlanNode]:
    """The parts of a key, in each repetition."""
    if node.keys is None:
        for part in node.parts:
            if isinstance(part, Structure):
                yield from _below(part, key)
    elif key in node.keys:
        yield node.parts[node.keys.index(key)]
