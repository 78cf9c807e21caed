"""Compares what a model returned with what its spec declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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


def undeclared(plan: ComponentPlan, returned: Any) -> dict[str, list[Any]]:
    """What a class returns by name that neither `outputs` nor `also_returns` declares, with its shape (``[]`` for what
    is no tensor). A cache counts as declared by an output that is one."""
    if plan.graph_outputs or not isinstance(returned, Mapping):
        return {}
    declared = {key for key, _ in (*plan.outputs, *plan.also_returns)}
    has_cache = any(isinstance(node, Structure) and node.role == "cache" for _, node in plan.outputs)
    return {
        str(key): list(getattr(value, "shape", []))
        for key, value in returned.items()
        if key not in declared and value is not None and not (has_cache and _is_cache(value))
    }


def _is_cache(value: Any) -> bool:
    return hasattr(value, "get_seq_length") or hasattr(value, "self_attention_cache")


def as_mapping(plan: ComponentPlan, returned: Any) -> dict[str, Any]:
    """Outputs by name: a model output as it is, a bare tensor or tuple by the declared order."""
    if isinstance(returned, Mapping):
        return dict(returned)
    if hasattr(returned, "shape"):
        returned = (returned,)
    if isinstance(returned, (tuple, list)):
        return dict(zip([key for key, _ in plan.outputs], returned, strict=False))
    return {}


def _node_fault(key: str, expected: PlanNode, found: Any) -> str | None:
    """A tensor's fault, or the first in a list, tuple or mapping of them. Caches are looked at by their own proof."""
    if isinstance(expected, TensorSpec):
        return _tensor_fault(key, expected, found)
    if not isinstance(expected, Structure):
        return None
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
