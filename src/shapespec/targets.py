"""What exporters ask for beside the inputs, from the same plan, so that the two can't drift apart."""

from __future__ import annotations

from typing import Any

from shapespec.spec import ComponentPlan, PlainValue, PlanNode, Structure, TensorSpec


def dynamic_axes(plan: ComponentPlan) -> dict[str, dict[int, str]]:
    """``{name: {axis index: axis name}}`` of every input and output that has named axes."""
    tensors = [*plan.tensors(), *plan.output_tensors()]
    return {tensor.name: tensor.axes for tensor in tensors if tensor.axes}


def dynamic_shapes(plan: ComponentPlan) -> dict[str, Any]:
    """A tree as the built inputs': torch.export flattens caches to lists of their tensors, so they are lists here."""
    from shapespec.building.torch_backend import import_torch

    dim = import_torch().export.Dim
    return {argument: _tree(node, dim) for argument, node in plan.arguments}


def _tree(node: PlanNode, dim: Any) -> Any:
    if isinstance(node, TensorSpec):
        return {index: dim.DYNAMIC for index, dynamic in enumerate(node.dynamic) if dynamic}
    if isinstance(node, PlainValue):
        return None
    return _structure(node, [_tree(part, dim) for part in node.parts])


def _structure(node: Structure, parts: list[Any]) -> Any:
    """The pytree that torch sees for a container."""
    if node.container == "dynamic_cache":
        # Transformers registers DynamicCache with torch.export as lists of keys and of values.
        return [[tree for part in parts for tree in [part.get(kind)] if tree is not None] for kind in ("key", "value")]
    if node.container == "encoder_decoder_cache":
        sides = [[part.get(side, {}) for part in parts] for side in ("decoder", "encoder")]
        return [[[part[kind] for part in side if kind in part] for kind in ("key", "value")] for side in sides]
    if node.keys is not None and node.container in ("dict", "model_output", "object"):
        return dict(zip(node.keys, parts, strict=True))
    found = [tuple(part.values()) if isinstance(part, dict) and node.container == "tuple" else part for part in parts]
    return tuple(found) if node.container == "tuple" else found
