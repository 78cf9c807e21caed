"""Compares what a model returned with what its spec declares."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from shapespec.building.build import backend, packed
from shapespec.checking.caches import structure_fault
from shapespec.plan import ComponentPlan, PlanNode, Structure, TensorSpec


def fault_in(plan: ComponentPlan, returned: Any) -> str | None:
    """What is wrong with a model's outputs, or None. An axis of unknown size may have any; the rank must agree."""
    found = as_mapping(plan, returned)
    for key, node in (*plan.outputs, *plan.also_returns):
        if key not in found:
            if isinstance(node, Structure):
                continue  # a cache has another name in graphs: it is looked at by its own proof
            return f"the output has no `{key}`, it has {', '.join(found) or 'nothing'}"
        fault = _node_fault(key, node, found[key])
        if fault:
            return fault
    return _nan_in(found)


def undeclared(plan: ComponentPlan, returned: Any, caches: Collection[str] = ()) -> dict[str, Any]:
    """What a class returns that neither `outputs` nor `also_returns` declares, by name (by place, where it returns a
    tuple). ``caches`` are arguments that carry a cache in some graph of the spec: what comes back under their names is
    what goes in there, and has a proof of its own."""
    if plan.graph_outputs:
        return {}
    declared = [key for key, _ in (*plan.outputs, *plan.also_returns)]
    if isinstance(returned, Mapping):
        more = {str(key): value for key, value in returned.items() if key not in declared and key not in caches}
    elif isinstance(returned, (tuple, list)):
        more = {f"[{place}]": returned[place] for place in range(len(declared), len(returned))}
    else:
        return {}
    return {key: value for key, value in more.items() if value is not None}


def undeclared_fault(more: Mapping[str, Any]) -> str | None:
    """What is told of outputs that nothing declares, or None."""
    if not more:
        return None
    said = ", ".join(f"`{key}` {shown_as(value)}" for key, value in more.items())
    them = "it" if len(more) == 1 else "them"
    what = f"the class returns {said}, which the spec does not declare"
    return f"{what}; declare {them} under `outputs` or `also_returns`"


def shown_as(value: Any) -> str:
    """What came back, in a word: a tensor's shape, how many parts there are, or a type."""
    if hasattr(value, "shape"):
        return str(list(value.shape))
    if isinstance(value, (list, tuple)):
        return f"({len(value)} parts)"
    return f"({type(value).__name__})"


def as_mapping(plan: ComponentPlan, returned: Any) -> dict[str, Any]:
    """Outputs by name: a model output as it is, a bare tensor or tuple by the declared order."""
    if isinstance(returned, Mapping):
        return dict(returned)
    if hasattr(returned, "shape"):
        returned = (returned,)
    if isinstance(returned, (tuple, list)):
        return dict(zip([key for key, _ in (*plan.outputs, *plan.also_returns)], returned, strict=False))
    return {}


def _node_fault(key: str, expected: PlanNode, found: Any) -> str | None:
    """A tensor's fault, or the first in a cache, a list, a tuple or a mapping of them."""
    if isinstance(expected, TensorSpec):
        return _tensor_fault(key, expected, found)
    if not isinstance(expected, Structure):
        return None
    if expected.role == "cache" and _is_cache(found):
        return _cache_fault(key, expected, found)
    if expected.keys is not None and isinstance(found, Mapping):
        missing = next((name for name in expected.keys if name not in found), None)
        if missing is not None:
            return f"`{key}` has no `{missing}`, it has {', '.join(map(str, found)) or 'nothing'}"
        pairs = [(f"{key}.{name}", part, found[name]) for name, part in zip(expected.keys, expected.parts, strict=True)]
    elif expected.keys is None and isinstance(found, (list, tuple)):
        if len(found) != len(expected.parts):
            return f"`{key}` has {len(found)} parts, declared are {len(expected.parts)}"
        pairs = [(f"{key}.{i}", part, found[i]) for i, part in enumerate(expected.parts)]
    else:
        return None
    return next((fault for pair in pairs if (fault := _node_fault(*pair))), None)


def _is_cache(value: Any) -> bool:
    return hasattr(value, "layers") or hasattr(value, "self_attention_cache")


def _cache_fault(key: str, expected: Structure, found: Any) -> str | None:
    """How a cache that came back differs from the declared one: its kind, its layers' kinds and shapes."""
    made_by = backend("torch", "meta")

    def empty(tensor: TensorSpec) -> Any:
        return made_by.tensor(None, tuple(size for size in tensor.shape if size is not None), tensor.dtype)

    fault = structure_fault(packed(expected, empty, made_by), found)
    return f"`{key}`: {fault}" if fault else None


def _tensor_fault(key: str, expected: TensorSpec, found: Any) -> str | None:
    if not hasattr(found, "shape"):
        return f"`{key}` is a {type(found).__name__}, not a tensor"
    shape = tuple(found.shape)
    fits = len(shape) == len(expected.shape) and all(
        w is None or w == s for w, s in zip(expected.shape, shape, strict=True)
    )
    if fits:
        return None
    declared = ", ".join(
        str(text) if size is None else str(size)
        for size, text in zip(expected.shape, expected.expressions, strict=True)
    )
    return f"`{key}` has shape {list(shape)}, declared is [{declared}] ({', '.join(expected.expressions)})"


def _nan_in(found: Mapping[str, Any]) -> str | None:
    for key, value in found.items():
        if hasattr(value, "is_floating_point") and value.is_floating_point() and bool(value.isnan().any()):
            return f"`{key}` holds NaN"
    return None
