"""A spec by name and config against that of the live model: the same sizes, and it runs on the same class."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from shapespec.checking.run import _forward_fault, _Head, _said, _spec
from shapespec.plan import ComponentPlan, PlainValue, PlanNode, Structure, TensorSpec
from shapespec.spec import Spec, load_spec

#: How a config is written down: all of it, or only what differs from the class's defaults.
WAYS: Mapping[str, Callable[[Any], Any]] = {
    "whole config": lambda config: json.loads(config.to_json_string(use_diff=False)),
    "partial config": lambda config: json.loads(config.to_json_string(use_diff=True)),
}


def faults(head: _Head, model: Any) -> dict[str, str | None]:
    """For each way of writing the config down: None where the spec is the live model's, else what differs."""
    live = _spec(head, model, {})
    return {way: _fault(head, model, live, written(model.config)) for way, written in WAYS.items()}


def _fault(head: _Head, model: Any, live: Spec, config: Mapping[str, Any]) -> str | None:
    def named_at(sizes: Mapping[str, int]) -> Spec:
        given: dict[str, Any] = {"library": live.library, "paths": head.paths, **sizes}
        return load_spec(live.architecture, model_class=type(model).__name__, task=head.task, config=config, **given)

    try:
        named = named_at({})
        named = named_at(_sizes_apart(named, live))
    except Exception as error:
        return f"load: {_said(error)}"
    fault = difference(named, live)
    if fault is not None:
        return fault
    try:
        plans = [plan for plan in named.plans if not plan.unchecked]
        fault = next((found for plan in plans if (found := _forward_fault(named, plan, model))), None)
    except Exception as error:
        return f"run: {_said(error)}"
    return fault and f"run: {fault}"


def _sizes_apart(named: Spec, live: Spec) -> dict[str, int]:
    """The sizes of the live spec that the graphs by name have another default for."""
    return {name: live.dims[name] for name, size in named.dims.items() if live.dims.get(name, size) != size}


def difference(named: Spec, live: Spec) -> str | None:
    """What differs in what both specs take: shapes, types, structures, plain values; None where nothing does.

    A graph by name may leave arguments out (`by_name:`), and has sizes of its own: shapes are compared where both
    have the size that stands there at the same value, or none at all.
    """
    theirs = {plan.name: plan for plan in live.plans}
    for plan in named.plans:
        other = theirs.get(plan.name)
        if other is None:
            continue
        arguments = dict(other.arguments)
        chosen = _chosen_apart(plan, other)
        for argument, node in plan.arguments:
            if argument in arguments:
                fault = _node_fault(argument, node, arguments[argument], chosen)
                if fault is not None:
                    return f"{plan.name}: {fault}"
    return None


def _chosen_apart(plan: ComponentPlan, other: ComponentPlan) -> bool:
    """Whether the two run at sizes of different names: then no shape can be compared."""
    return {name for name, _ in plan.dims} != {name for name, _ in other.dims}


def _node_fault(name: str, ours: PlanNode, theirs: PlanNode, apart: bool) -> str | None:
    if isinstance(ours, TensorSpec) and isinstance(theirs, TensorSpec):
        return _tensor_fault(ours, theirs, apart)
    if isinstance(ours, Structure) and isinstance(theirs, Structure):
        if len(ours.parts) != len(theirs.parts) or ours.keys != theirs.keys:
            return f"`{name}` has {len(ours.parts)} parts by name, {len(theirs.parts)} live"
        if (ours.container, ours.options) != (theirs.container, theirs.options):
            return f"`{name}` is {_told(ours)} by name, {_told(theirs)} live"
        pairs = zip(ours.parts, theirs.parts, strict=True)
        return next((found for a, b in pairs if (found := _node_fault(name, a, b, apart))), None)
    if isinstance(ours, PlainValue) and isinstance(theirs, PlainValue):
        return None if ours == theirs else f"`{name}` is {ours.value} by name, {theirs.value} live"
    return f"`{name}` is a {type(ours).__name__} by name, a {type(theirs).__name__} live"


def _tensor_fault(ours: TensorSpec, theirs: TensorSpec, apart: bool) -> str | None:
    if ours.dtype != theirs.dtype:
        return f"`{ours.name}` is {ours.dtype} by name, {theirs.dtype} live"
    same = len(ours.shape) == len(theirs.shape) if apart else ours.shape == theirs.shape
    return None if same else f"`{ours.name}` is {list(ours.shape)} by name, {list(theirs.shape)} live"


def _told(node: Structure) -> str:
    return f"{node.container}{dict(node.options) or ''}"
