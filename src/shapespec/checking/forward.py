"""A component run on the real class, its outputs compared with what is declared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from shapespec.checking.answers import run
from shapespec.checking.caches import is_cache
from shapespec.checking.outputs import as_mapping, fault_in, undeclared, undeclared_fault
from shapespec.libraries import library as library_named
from shapespec.libraries.making import called_part, only_data
from shapespec.plan import ComponentPlan, leaves
from shapespec.spec import Spec


def forward_fault(
    spec: Spec,
    plan: ComponentPlan,
    model: Any,
    told: dict[str, Any] | None = None,
    *,
    requested: bool = False,
    whole: bool = False,
) -> str | None:
    """What is wrong with the outputs, or None. ``told`` is filled with what the page shows: the outputs of which some
    axis is compared by its being there alone. Where inputs were ``requested``, others may have been dropped, and with
    them what the class returns beside its outputs. ``whole``: what comes back and is not declared is a fault."""
    returned = run(target_of(plan, model, spec), spec.build(plan.name))
    if told is not None:
        ranks = [t.name for _, node in (*plan.outputs, *plan.also_returns) for t in leaves(node) if None in t.shape]
        told |= {"by rank": ranks} if ranks else {}
    if plan.graph_outputs:
        return None
    if requested:
        there = as_mapping(plan, returned)
        plan = replace(plan, also_returns=tuple(pair for pair in plan.also_returns if pair[0] in there))
    more = undeclared(plan, returned, caches_of(spec)) if whole else {}
    return fault_in(plan, returned) or undeclared_fault(more)


def caches_of(spec: Spec) -> set[str]:
    """The arguments that carry a cache in some graph of a spec."""
    nodes = (pair for plan in spec.plans for pair in plan.arguments)
    return {argument for argument, node in nodes if is_cache(node)}


def target_of(plan: ComponentPlan, model: Any, spec: Spec) -> Any:
    """What a component calls: the model, a part of it, a method, or another class altogether."""
    target = model
    if plan.model_class is not None:
        values = _as_config(plan.model_config or ())
        only_data(values, "model_config")
        target = library_named(spec.library).make_part(plan.model_class, spec.architecture, values)
    for part in plan.call.split(".") if plan.call else []:
        target = called_part(target, part.removesuffix("()"))
        target = target() if part.endswith("()") else target
    return target


def _as_config(values: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values}
