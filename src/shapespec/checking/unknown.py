"""Axes of outputs whose size is called unknown: each says why no expression gives it, or has a name that `axes:` of the
vocabulary lists with what it means; no run compares them."""

from __future__ import annotations

from collections.abc import Iterator

from shapespec.checking.names import AXES
from shapespec.checking.written import explained_axes
from shapespec.plan import leaves
from shapespec.spec import Spec


def unknown_faults(spec: Spec) -> Iterator[tuple[str, str]]:
    """(component, which axis of its outputs is unknown and does not say why)."""
    assert spec.provenance is not None  # it comes from files
    known = spec.provenance.stack.keys(AXES)
    for plan in spec.plans:
        for section, nodes in (("outputs", plan.outputs), ("also_returns", plan.also_returns)):
            excused = explained_axes(spec, plan, section)
            for tensor in (tensor for _, node in nodes for tensor in leaves(node)):
                for number, label in enumerate(tensor.labels):
                    told = (tensor.name, number) in excused or label in known
                    if tensor.shape[number] is None and not told:
                        yield plan.name, f"axis {number} of `{tensor.name}` is called unknown; say its size, or `why`"
