"""What exporters ask for beside the inputs, from the same plan, so that the two can't drift apart."""

from __future__ import annotations

from typing import Any

from shapespec.libraries import register_containers
from shapespec.plan import ComponentPlan, TensorSpec


def dynamic_axes(plan: ComponentPlan) -> dict[str, dict[int, str]]:
    """``{name: {axis index: axis name}}`` of every input and output that has named axes."""
    tensors = [*plan.tensors(), *plan.output_tensors()]
    return {tensor.name: tensor.axes for tensor in tensors if tensor.axes}


def dynamic_shapes(plan: ComponentPlan) -> dict[str, Any]:
    """A tree as the built inputs', each tensor's place holding ``{axis index: Dim.DYNAMIC}``.

    The inputs are built without memory and taken apart as torch.export will take them apart, so that caches are told
    in the form that their registration gives them. The libraries' containers are registered with torch on the way:
    torch.export refuses what it does not know, also among a model's outputs.
    """
    from shapespec.building.build import built_with
    from shapespec.building.torch_backend import TorchBackend, import_torch

    torch = import_torch()
    register_containers()
    backend = TorchBackend("meta")
    made: dict[int, TensorSpec] = {}

    def make(tensor: TensorSpec) -> Any:
        found = backend.tensor(None, tuple(size for size in tensor.shape if size is not None), tensor.dtype)
        made[id(found)] = tensor
        return found

    inputs = built_with(plan, make, backend)
    return {argument: _tree(value, made, torch) for argument, value in inputs.items()}


def _tree(value: Any, made: dict[int, TensorSpec], torch: Any) -> Any:
    """The place of a value in the tree: what torch's pytree sees of it, tensors as their dynamic axes."""
    if isinstance(value, torch.Tensor):
        tensor = made.get(id(value))
        dynamic = tensor.dynamic if tensor is not None else ()
        return {index: torch.export.Dim.DYNAMIC for index, moves in enumerate(dynamic) if moves}
    if type(value) is dict:
        return {key: _tree(part, made, torch) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_tree(part, made, torch) for part in value)
    node = torch.utils._pytree.SUPPORTED_NODES.get(type(value))
    if node is None:
        return None
    children, _ = node.flatten_fn(value)
    return [_tree(part, made, torch) for part in children]
