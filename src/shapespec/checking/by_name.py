"""A spec by name and config against that of the live model: the same sizes, and it runs on the same class."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from shapespec.checking.forward import forward_fault
from shapespec.checking.heads import Head
from shapespec.checking.result import said
from shapespec.plan import ComponentPlan, PlainValue, PlanNode, Structure, TensorSpec
from shapespec.spec import Spec, load_spec

#: How a config is written down: all of it, or only what differs from the class's defaults.
WAYS: Mapping[str, Callable[[Any], Any]] = {
    "whole config": lambda config: json.loads(config.to_json_string(use_diff=False)),
    "partial config": lambda config: json.loads(config.to_json_string(use_diff=True)),
}


def faults(head: Head, live: Spec, model: Any) -> dict[str, str | None]:
    """For each way of writing the config down: None where the spec is the ``live`` model's, else what differs."""
    return {way: _fault(head, model, live, written(model.config)) for way, written in WAYS.items()}


def _fault(head: Head, model: Any, live: Spec, config: Mapping[str, Any]) -> str | None:
    def named_at(sizes: Mapping[str, int]) -> Spec:
        given: dict[str, Any] = {"library": live.library, "paths": head.paths, **sizes}
        return load_spec(live.architecture, model_class=type(model).__name__, task=head.task, config=config, **given)

    try:
        named = named_at({})
        named = named_at(_sizes_apart(named, live))
    except Exception as error:
        return f"load: {said(error)}"
    fault = difference(named, live)
    if fault is not None:
        return fault
    try:
        plans = [_with_own_outputs(plan, live) for plan in named.plans if not plan.unchecked]
        fault = next((found for plan in plans if (found := forward_fault(named, plan, model))), None)
    except Exception as error:
        return f"run: {said(error)}"
    return fault and f"run: {fault}"


def _with_own_outputs(plan: ComponentPlan, live: Spec) -> ComponentPlan:
    """A graph that gives other outputs by name than the class does is an exporter's: it is run, and not compared."""
    theirs = next((other.outputs for other in live.plans if other.name == plan.name), plan.outputs)
    same = [name for name, _ in plan.outputs] == [name for name, _ in theirs]
    return plan if same else replace(plan, graph_outputs=plan.graph_outputs or "named as exporters name them")


def _sizes_apart(named: Spec, live: Spec) -> dict[str, int]:
    """The sizes of the live spec that may be set, and that the graphs by name have another default for."""
    differing = {name: live.dims[name] for name, size in named.dims.items() if live.dims.get(name, size) != size}
    return {name: size for name, size in differing.items() if _is_settable(name, named)}


def _is_settable(name: str, spec: Spec) -> bool:
    rules = [
        sizes.rules[name] for sizes in (spec.instance.whole, *spec.instance.scopes.values()) if name in sizes.rules
    ]
    return not any(rule.is_derived for rule in rules)


def difference(named: Spec, live: Spec) -> str | None:
    """What differs in what both specs take: shapes, types, structures, plain values; None where nothing does.

    A graph by name may leave arguments out (`by_name:`), and its images may be of one size where a live model's vary:
    an axis that such a size gives is compared by its being there, and what it holds by running the class.
    """
    theirs = {plan.name: plan for plan in live.plans}
    for plan in named.plans:
        other = theirs.get(plan.name)
        if other is None:
            continue
        arguments = dict(other.arguments)
        apart = _apart(plan, other)
        for argument, node in plan.arguments:
            if argument in arguments:
                fault = _node_fault(argument, node, arguments[argument], apart)
                if fault is not None:
                    return f"{plan.name}: {fault}"
    return None


def _apart(plan: ComponentPlan, other: ComponentPlan) -> frozenset[str]:
    """The sizes that only one of both has, or that differ where none can be set."""
    ours, theirs = dict(plan.dims), dict(other.dims)
    return frozenset(name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name))


def _node_fault(name: str, ours: PlanNode, theirs: PlanNode, apart: frozenset[str]) -> str | None:
    if isinstance(ours, TensorSpec) and isinstance(theirs, TensorSpec):
        return _tensor_fault(ours, theirs, apart)
    if isinstance(ours, Structure) and isinstance(theirs, Structure):
        theirs = _in_common(ours, theirs)
        if len(ours.parts) != len(theirs.parts) or ours.keys != theirs.keys:
            return f"`{name}` has {_parts(ours)} by name, {_parts(theirs)} live"
        if ours.container != theirs.container or not _same_options(ours, theirs, apart):
            return f"`{name}` is {_told(ours)} by name, {_told(theirs)} live"
        pairs = zip(ours.parts, theirs.parts, strict=True)
        return next((found for a, b in pairs if (found := _node_fault(name, a, b, apart))), None)
    if isinstance(ours, PlainValue) and isinstance(theirs, PlainValue):
        return None if ours == theirs or apart else f"`{name}` is {ours.value} by name, {theirs.value} live"
    return f"`{name}` is a {type(ours).__name__} by name, a {type(theirs).__name__} live"


def _in_common(ours: Structure, theirs: Structure) -> Structure:
    """Of the live structure the named parts that the graph by name has too: it may leave parts out as it may leave out
    arguments."""
    if ours.keys is None or theirs.keys is None or not set(ours.keys) <= set(theirs.keys):
        return theirs
    named = dict(zip(theirs.keys, theirs.parts, strict=True))
    return replace(theirs, keys=ours.keys, parts=tuple(named[key] for key in ours.keys))


def _parts(node: Structure) -> str:
    return ", ".join(map(str, node.keys)) if node.keys is not None else f"{len(node.parts)} parts"


def _same_options(ours: Structure, theirs: Structure, apart: frozenset[str]) -> bool:
    """Numbers of tokens (``seen``) follow sizes, which may differ; all else must not."""
    a, b = dict(ours.options), dict(theirs.options)
    return a == b or (bool(apart) and {**a, "seen": None} == {**b, "seen": None})


def _tensor_fault(ours: TensorSpec, theirs: TensorSpec, apart: frozenset[str]) -> str | None:
    if ours.dtype != theirs.dtype:
        return f"`{ours.name}` is {ours.dtype} by name, {theirs.dtype} live"
    if len(ours.shape) == len(theirs.shape) and all(
        a == b or apart & _names_in(f"{ours.expressions[axis]} {theirs.expressions[axis]}")
        for axis, (a, b) in enumerate(zip(ours.shape, theirs.shape, strict=True))
    ):
        return None
    return f"`{ours.name}` is {list(ours.shape)} by name, {list(theirs.shape)} live"


def _names_in(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[A-Za-z_]\w*", text))


def _told(node: Structure) -> str:
    return f"{node.container}{dict(node.options) or ''}"
