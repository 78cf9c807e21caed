"""The one way from a plan to tensors: check the names, check the bytes, make the values, pack the structures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from shapespec.building.fills import values_of
from shapespec.building.memory import check_bytes
from shapespec.counting import counted
from shapespec.errors import SpecError, UnknownNameError, unknown
from shapespec.plan import ComponentPlan, PlainValue, PlanNode, Structure, TensorSpec

DTYPES = ("float32", "float16", "bfloat16", "float64")
INT_DTYPES = ("int64", "int32")
FRAMEWORKS = ("torch", "numpy")


class Backend(Protocol):
    """What a framework must be able to do."""

    def needs_values(self) -> bool:
        """Whether tensors hold values at all (on torch's ``meta`` device and under FakeTensorMode they do not)."""

    def free_bytes(self) -> int | None:
        """Bytes free on the device, or None where that can't be told."""

    def tensor(self, values: np.ndarray | None, shape: tuple[int, ...], dtype: str) -> Any:
        """A tensor of a shape: from whole values, or from a flat block that repeats, or (None) without values."""

    def pack(self, structure: Structure, parts: list[Any]) -> Any:
        """A structure's parts in the container that the model takes."""


def backend(framework: str, device: str) -> Backend:
    """The backend of a framework on a device. Raises :class:`UnknownNameError`, MissingPackageError."""
    if framework == "torch":
        from shapespec.building.torch_backend import TorchBackend

        return TorchBackend(device)
    if framework == "numpy":
        from shapespec.building.numpy_backend import NumpyBackend

        return NumpyBackend(device)
    raise UnknownNameError(unknown("framework", framework, FRAMEWORKS, argument="framework"))


def build(
    plan: ComponentPlan,
    *,
    framework: str,
    device: str,
    dtype: str,
    int_dtype: str,
    seed: int,
    flat: bool,
    max_bytes: int | None,
) -> dict[str, Any]:
    """See :meth:`shapespec.Spec.build`."""
    for given, known, argument in ((dtype, DTYPES, "dtype"), (int_dtype, INT_DTYPES, "int_dtype")):
        if not isinstance(given, str) or given not in known:
            raise UnknownNameError(unknown("dtype", given, known, argument=argument))
    seed = whole_number(seed, "seed", "a whole number")
    if max_bytes is not None:
        max_bytes = whole_number(max_bytes, "max_bytes", "a number of bytes, or None")
    made_by = backend(framework, device)
    needed = sum(tensor.nbytes(dtype, int_dtype) for tensor in plan.tensors())
    check_bytes(needed, max_bytes, made_by.free_bytes, plan.name, device)
    tensors = _Maker(plan, made_by, dtype, int_dtype, seed)
    if flat:
        return {tensor.name: tensors.make(tensor) for tensor in plan.tensors()}
    return built_with(plan, tensors.make, made_by)


def built_with(plan: ComponentPlan, make: Callable[[TensorSpec], Any], made_by: Backend) -> dict[str, Any]:
    """Forward's arguments, each tensor made by ``make``, structures packed by the backend."""
    return {argument: packed(node, make, made_by) for argument, node in plan.arguments}


def whole_number(value: Any, argument: str, expected: str) -> int:
    """An argument that counts something. Raises :class:`SpecError` for what does not."""
    number = counted(value)
    if number is None:
        raise SpecError(f"`{value!r}` is no number", argument=argument, expected=expected)
    return number


def settled(values: np.ndarray, dtype: str) -> np.ndarray:
    """Values as each framework rounds them alike: to the short floats they all go by way of float32."""
    if dtype in ("float32", "float16", "bfloat16") and values.dtype != np.float32:
        return values.astype(np.float32)
    return values


class _Maker:
    """Makes each tensor once; what a fill needs from another input is made as numpy values first."""

    def __init__(self, plan: ComponentPlan, made_by: Backend, dtype: str, int_dtype: str, seed: int) -> None:
        self.made_by = made_by
        self.dtype = dtype
        self.int_dtype = int_dtype
        self.seed = seed
        self.by_argument = {argument: node for argument, node in plan.arguments if isinstance(node, TensorSpec)}
        self.needed = {name for tensor in plan.tensors() for name in tensor.needs}
        self.values: dict[str, np.ndarray] = {}

    def make(self, tensor: TensorSpec) -> Any:
        shape = tuple(size for size in tensor.shape if size is not None)
        dtype = tensor.dtype_as(self.dtype, self.int_dtype)
        values = settled(self._values(tensor), dtype) if self.made_by.needs_values() else None
        return self.made_by.tensor(values, shape, dtype)

    def _values(self, tensor: TensorSpec, pending: tuple[str, ...] = ()) -> np.ndarray:
        if tensor.argument in self.values and self.by_argument.get(tensor.argument) is tensor:
            return self.values[tensor.argument]
        ready = {}
        for name in tensor.needs:
            if name in pending:
                raise UnknownNameError(f"the values of `{name}` need themselves: {' → '.join([*pending, name])}")
            ready[name] = self._whole(self.by_argument[name], (*pending, tensor.argument))
        found = values_of(tensor, self.seed, ready)
        if tensor.argument in self.needed and self.by_argument.get(tensor.argument) is tensor:
            self.values[tensor.argument] = found
        return found

    def _whole(self, tensor: TensorSpec, pending: tuple[str, ...]) -> np.ndarray:
        """Another input's values in its own shape."""
        found = self._values(tensor, pending)
        shape = tuple(size for size in tensor.shape if size is not None)
        return found if found.shape == shape else np.resize(found, shape)


def packed(node: PlanNode, make: Callable[[TensorSpec], Any], made_by: Backend) -> Any:
    """A node as the model takes it, each tensor made by ``make``."""
    if isinstance(node, TensorSpec):
        return make(node)
    if isinstance(node, PlainValue):
        return list(node.value) if isinstance(node.value, tuple) else node.value
    return made_by.pack(node, [packed(part, make, made_by) for part in node.parts])
