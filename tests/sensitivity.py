"""The inputs' proof: each input that is drawn changes what the model answers. "Forward returned" proves little of a
text model: it accepts almost anything, also what it does not look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shapespec.kinds import Boxes, Choice, Integers, Mask, Normal, OneHot, Uniform
from shapespec.plan import ComponentPlan, TensorSpec

#: Kinds of values that another seed draws anew.
DRAWN = (Integers, Uniform, Normal, Mask, Boxes, OneHot, Choice)


def inert_inputs(
    plan: ComponentPlan, one: Mapping[str, Any], other: Mapping[str, Any], run: Callable[[dict[str, Any]], Any]
) -> list[str]:
    """The inputs that change no output when they are drawn anew. ``one`` and ``other`` are the inputs by two seeds."""
    expected = _flat(run(dict(one)))
    found = []
    for argument, node in plan.arguments:
        drawn = isinstance(node, TensorSpec) and isinstance(node.values, DRAWN)
        if not drawn or _same(one[argument], other[argument]):
            continue
        answered = _flat(run({**one, argument: other[argument]}))
        if len(answered) == len(expected) and all(_same(a, b) for a, b in zip(expected, answered, strict=True)):
            found.append(argument)
    return found


def _same(one: Any, other: Any) -> bool:
    return one.shape == other.shape and bool((one == other).all())


def _flat(returned: Any) -> list[Any]:
    """The tensors of an answer, caches and what lies in them left out."""
    if hasattr(returned, "shape"):
        return [returned]
    if isinstance(returned, Mapping):
        returned = list(returned.values())
    if isinstance(returned, (list, tuple)):
        return [tensor for part in returned for tensor in _flat(part)]
    return []
