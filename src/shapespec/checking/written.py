"""What a spec's files say of inputs and outputs, all layers merged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shapespec.plan import ComponentPlan, PlanNode
from shapespec.resolving.components import takes_vocabulary
from shapespec.resolving.nodes import from_vocabulary
from shapespec.spec import Spec


def written(spec: Spec, plan: ComponentPlan, section: str) -> Iterator[tuple[str, Mapping[str, Any], PlanNode]]:
    """(name, what is written, what it comes to) of each input or output of a component."""
    assert spec.provenance is not None  # it comes from files
    stack, merged = spec.provenance.stack, spec.provenance.resolved.reader.merged[plan.name]
    for name, made in plan.arguments if section == "inputs" else plan.outputs:
        node = merged.sub((section, name))
        if section == "inputs" or takes_vocabulary(node):
            node = from_vocabulary(stack, name, node)
        yield name, node.value, made
