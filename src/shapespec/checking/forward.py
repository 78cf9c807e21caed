"""A component run on the real class, its outputs compared with what is declared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapespec.checking.answers import run
from shapespec.checking.outputs import fault_in, undeclared
from shapespec.libraries import library as library_named
from shapespec.libraries.making import called_part, only_data
from shapespec.plan import ComponentPlan
from shapespec.spec import Spec


def forward_fault(spec: Spec, plan: ComponentPlan, model: Any, told: dict[str, Any] | None = None) -> str | None:
    """What is wrong with the outputs, or None. ``told`` is filled with what the page shows: what comes back and is not
    declared, and the outputs of which some axis is compared by its being there alone."""
    returned = run(target_of(plan, model, spec), spec.build(plan.name))
    if told is not None:
        more, ranks = undeclared(plan, returned), [t.name for t in plan.output_tensors() if None in t.shape]
        told |= {**({"undeclared": more} if more else {}), **({"by rank": ranks} if ranks else {})}
    return None if plan.graph_outputs else fault_in(plan, returned)


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
