"""What one graph takes and returns, every size a number: plain, immutable, hashable.

What a build needs is all here, so that bytes are known before memory is taken; nothing here knows a framework.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any, TypeAlias

from shapespec.kinds import Kind, written

#: Bytes of one element.
ITEM_BYTES = {
    "bool": 1, "int8": 1, "uint8": 1, "int16": 2, "float16": 2, "bfloat16": 2,
    "int32": 4, "float32": 4, "int64": 8, "float64": 8,
}  # fmt: skip

#: What the words that follow the caller's choice mean where the caller chooses nothing.
DEFAULT_DTYPES = {"int": "int64", "float": "float32", "bool": "bool"}

#: What an input is to the model, where that matters to those who build on a spec.
ROLES = ("tokens", "mask", "positions", "cache", "states", "media", "labels")


@dataclass(frozen=True)
class TensorSpec:
    """One tensor that a graph takes or returns.

    ``name`` is the graph's name of it, ``argument`` the argument of ``forward`` that it belongs to, ``shape`` its sizes
    (None for an output's axis whose size only a run tells), ``dtype`` its type where the caller chooses nothing,
    ``dtype_word`` the YAML's word (``int``, ``float`` and ``bool`` follow the caller), ``expressions`` the sizes as
    written, ``values`` how they are made (None for an output), ``role`` one of :data:`ROLES`, or None, ``inert`` why no
    value of it can change what the class answers, where that is so.
    """

    name: str
    argument: str
    shape: tuple[int | None, ...]
    dtype_word: str
    labels: tuple[str | None, ...]
    dynamic: tuple[bool, ...]
    expressions: tuple[str, ...]
    values: Kind | None = None
    role: str | None = None
    inert: str | None = None

    @property
    def dtype(self) -> str:
        """The type by default: ``int64`` for ``int``, ``float32`` for ``float``."""
        return DEFAULT_DTYPES.get(self.dtype_word, self.dtype_word)

    @property
    def axes(self) -> dict[int, str]:
        """``{axis index: axis name}`` for the axes that graphs name."""
        return {index: label for index, label in enumerate(self.labels) if label is not None}

    @property
    def needs(self) -> tuple[str, ...]:
        """The inputs from which the values are made."""
        return self.values.needs if self.values is not None else ()

    def dtype_as(self, dtype: str = "float32", int_dtype: str = "int64") -> str:
        """The type when the caller chooses these for ``float`` and ``int``."""
        return {"float": dtype, "int": int_dtype}.get(self.dtype_word, self.dtype)

    def nbytes(self, dtype: str = "float32", int_dtype: str = "int64") -> int:
        """Bytes of the tensor. An axis of unknown size counts as one."""
        count = prod(size if size is not None else 1 for size in self.shape)
        return count * ITEM_BYTES[self.dtype_as(dtype, int_dtype)]

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        found: dict[str, Any] = {
            "name": self.name,
            "argument": self.argument,
            "shape": list(self.shape),
            "dtype": self.dtype,
            "axes": {str(index): label for index, label in self.axes.items()},
            "dynamic": [index for index, is_dynamic in enumerate(self.dynamic) if is_dynamic],
            "sizes": list(self.expressions),
        }
        if self.role is not None:
            found["role"] = self.role
        if self.inert is not None:
            found["inert"] = self.inert
        if self.values is not None:
            found["values"] = written(self.values)
        return found


@dataclass(frozen=True)
class Structure:
    """A nested input: parts by key (or in order), and the container that the model takes them in."""

    container: str
    keys: tuple[str, ...] | None
    parts: tuple[PlanNode, ...]
    options: tuple[tuple[str, Any], ...] = ()
    role: str | None = None


@dataclass(frozen=True)
class PlainValue:
    """A Python value that is handed over as it is."""

    value: Any


PlanNode: TypeAlias = TensorSpec | Structure | PlainValue


def leaves(node: PlanNode) -> Iterator[TensorSpec]:
    """The tensors of a node, in order."""
    if isinstance(node, TensorSpec):
        yield node
    elif isinstance(node, Structure):
        for part in node.parts:
            yield from leaves(part)


@dataclass(frozen=True)
class ComponentPlan:
    """One graph: its arguments in order, its outputs, its sizes, and how the real model runs it. ``also_returns`` is
    what the class of a live model returns beside the graph's outputs."""

    name: str
    arguments: tuple[tuple[str, PlanNode], ...]
    outputs: tuple[tuple[str, PlanNode], ...]
    dims: tuple[tuple[str, int], ...]
    aliases: tuple[str, ...] = ()
    call: str | None = None
    model_class: str | None = None
    model_config: tuple[tuple[str, Any], ...] | None = None
    graph_outputs: str | None = None
    unchecked: str | None = None
    stepwise: str | None = None
    also_returns: tuple[tuple[str, PlanNode], ...] = ()

    def tensors(self) -> Iterator[TensorSpec]:
        """The input tensors in order."""
        for _, node in self.arguments:
            yield from leaves(node)

    def output_tensors(self) -> Iterator[TensorSpec]:
        """The output tensors in order."""
        for _, node in self.outputs:
            yield from leaves(node)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "inputs": [tensor.to_dict() for tensor in self.tensors()],
            "python": {name: node.value for name, node in self.arguments if isinstance(node, PlainValue)},
            "outputs": [
                {key: value for key, value in tensor.to_dict().items() if key != "argument"}
                for tensor in self.output_tensors()
            ],
            "nbytes": sum(tensor.nbytes() for tensor in self.tensors()),
        }
