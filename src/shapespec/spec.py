"""A resolved spec: every size an int, every axis named, every value's rule in numbers. Plain, immutable, hashable.

What a build needs is all here, so that bytes are known before memory is taken; nothing here knows a framework.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

from shapespec.errors import UnknownNameError, unknown

if TYPE_CHECKING:
    from shapespec.resolving.provenance import Explanation, Provenance

#: Bytes of one element.
ITEM_BYTES = {
    "bool": 1, "int8": 1, "uint8": 1, "int16": 2, "float16": 2, "bfloat16": 2,
    "int32": 4, "float32": 4, "int64": 8, "float64": 8,
}  # fmt: skip

#: What the words that follow the caller's choice mean where the caller chooses nothing.
DEFAULT_DTYPES = {"int": "int64", "float": "float32", "bool": "bool"}


@dataclass(frozen=True)
class Fill:
    """How a tensor's values are made: a kind and its parameters, all resolved. ``needs`` names the inputs of the same
    component that must be there first."""

    kind: str
    params: tuple[tuple[str, Any], ...] = ()
    needs: tuple[str, ...] = ()

    def get(self, name: str, default: Any = None) -> Any:
        """A parameter's value."""
        return next((value for key, value in self.params if key == name), default)


@dataclass(frozen=True)
class TensorSpec:
    """One tensor that a graph takes or returns.

    ``name`` is the graph's name of it, ``argument`` the argument of ``forward`` that it belongs to, ``shape`` its sizes
    (None for an output's axis whose size only a run tells), ``dtype`` its type where the caller chooses nothing,
    ``dtype_word`` the YAML's word (``int``, ``float`` and ``bool`` follow the caller), ``expressions`` the sizes as
    written.
    """

    name: str
    argument: str
    shape: tuple[int | None, ...]
    dtype_word: str
    labels: tuple[str | None, ...]
    dynamic: tuple[bool, ...]
    expressions: tuple[str, ...]
    fill: Fill = Fill("uniform")

    @property
    def dtype(self) -> str:
        """The type by default: ``int64`` for ``int``, ``float32`` for ``float``."""
        return DEFAULT_DTYPES.get(self.dtype_word, self.dtype_word)

    @property
    def axes(self) -> dict[int, str]:
        """``{axis index: axis name}`` for the axes that graphs name."""
        return {index: label for index, label in enumerate(self.labels) if label is not None}

    def dtype_as(self, dtype: str = "float32", int_dtype: str = "int64") -> str:
        """The type when the caller chooses these for ``float`` and ``int``."""
        return {"float": dtype, "int": int_dtype}.get(self.dtype_word, self.dtype)

    def nbytes(self, dtype: str = "float32", int_dtype: str = "int64") -> int:
        """Bytes of the tensor. An axis of unknown size counts as one."""
        count = prod(size if size is not None else 1 for size in self.shape)
        return count * ITEM_BYTES[self.dtype_as(dtype, int_dtype)]

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name,
            "argument": self.argument,
            "shape": list(self.shape),
            "dtype": self.dtype,
            "axes": {str(index): label for index, label in self.axes.items()},
            "dynamic": [index for index, is_dynamic in enumerate(self.dynamic) if is_dynamic],
            "sizes": list(self.expressions),
            "values": {"kind": self.fill.kind, **dict(self.fill.params)},
        }


@dataclass(frozen=True)
class Structure:
    """A nested input: parts by key (or in order), and the container that the model takes them in."""

    container: str
    keys: tuple[str, ...] | None
    parts: tuple[PlanNode, ...]
    options: tuple[tuple[str, Any], ...] = ()


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
    """One graph: its arguments in order, its outputs, its sizes, and how the real model runs it."""

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

    def tensors(self) -> Iterator[TensorSpec]:
        """The input tensors in order."""
        for _, node in self.arguments:
            yield from leaves(node)

    def output_tensors(self) -> Iterator[TensorSpec]:
        """The output tensors in order."""
        for _, node in self.outputs:
            yield from leaves(node)


@dataclass(frozen=True)
class Spec:
    """What one model takes. Made by :func:`shapespec.load_spec`; never changes.

    Attributes:
        architecture: its name, as the YAML has it (Transformers' ``model_type``).
        library: ``transformers``, ``diffusers``, …, or ``user``.
        task: the task asked for (or the default one), with its ``-with-past`` where that was asked for.
        model_class: the class that serves the task, or None.
        variant: the variant, or None.
    """

    architecture: str
    library: str
    task: str | None
    model_class: str | None
    variant: str | None
    sizes: tuple[tuple[str, int], ...]
    dynamic_sizes: frozenset[str]
    plans: tuple[ComponentPlan, ...]
    provenance: Provenance = field(compare=False, repr=False)

    @property
    def dims(self) -> dict[str, int]:
        """Every size that the spec uses, by name. It is the caller's own: changing it changes nothing here."""
        return dict(self.sizes)

    @property
    def components(self) -> tuple[str, ...]:
        """The graphs' names: ``model`` is the class's own forward, ``model_with_past`` the same with a filled cache."""
        return tuple(plan.name for plan in self.plans)

    def plan(self, component: str | None = None) -> ComponentPlan:
        """One component's plan; the first where none is named. Raises :class:`UnknownNameError`."""
        if component is None:
            return self.plans[0]
        for plan in self.plans:
            if component in (plan.name, f"{plan.name}_model", *plan.aliases):
                return plan
        raise UnknownNameError(unknown("component", component, self.components, argument="component"))

    def inputs(self, component: str | None = None) -> dict[str, TensorSpec]:
        """The input tensors of a component, flat and in order, by the names that an ONNX graph has."""
        return {tensor.name: tensor for tensor in self.plan(component).tensors()}

    def outputs(self, component: str | None = None) -> dict[str, TensorSpec]:
        """The outputs of a component, flat and in order, by the names that an ONNX graph has."""
        return {tensor.name: tensor for tensor in self.plan(component).output_tensors()}

    def is_dynamic(self, dim: str) -> bool:
        """Whether other values of a size run on one exported graph. Raises :class:`UnknownNameError`."""
        if dim not in self.dims:
            raise UnknownNameError(unknown("size", dim, self.dims, argument="dim"))
        return dim in self.dynamic_sizes

    def nbytes(self, component: str | None = None, *, dtype: str = "float32", int_dtype: str = "int64") -> int:
        """Bytes of all tensors of a component (of the first where none is named), known before any is made."""
        return sum(tensor.nbytes(dtype, int_dtype) for tensor in self.plan(component).tensors())

    def build(
        self,
        component: str | None = None,
        *,
        framework: str = "torch",
        device: str = "cpu",
        dtype: str = "float32",
        int_dtype: str = "int64",
        seed: int = 0,
        flat: bool = False,
        max_bytes: int | None = None,
    ) -> dict[str, Any]:
        """Makes the inputs of a component.

        Args:
            component: one of :attr:`components`; the first where none is named.
            framework: ``torch`` or ``numpy``.
            device: ``cpu``, ``cuda``, ``cuda:1``, ``mps`` or ``meta`` (torch); ``cpu`` (numpy).
            dtype: for floating-point inputs that do not fix their own: ``float32``, ``float16``, ``bfloat16`` or
                ``float64``.
            int_dtype: for integer inputs that do not fix their own: ``int64`` or ``int32``.
            seed: the same seed gives the same values in each framework, on each device.
            flat: give the flat names of a graph, instead of ``forward``'s arguments with caches as objects.
            max_bytes: refuse a build of more bytes; where not given, the device's free memory is the bound.

        Returns:
            Keyword arguments for ``forward``; with ``flat``, ``{name: tensor}``.

        Raises:
            UnknownNameError: a component, framework, dtype or device that is not known.
            TooLargeError: more bytes than allowed or free.
            MissingPackageError: torch or ml_dtypes is needed and not installed.
        """
        from shapespec.building import build

        return build(
            self.plan(component), framework=framework, device=device, dtype=dtype, int_dtype=int_dtype, seed=seed,
            flat=flat, max_bytes=max_bytes,
        )  # fmt: skip

    def dynamic_axes(self, component: str | None = None) -> dict[str, dict[int, str]]:
        """What ``torch.onnx.export(dynamic_axes=…)`` takes: ``{name: {axis index: axis name}}``, outputs included."""
        from shapespec.targets import dynamic_axes

        return dynamic_axes(self.plan(component))

    def dynamic_shapes(self, component: str | None = None) -> dict[str, Any]:
        """What ``torch.export.export(dynamic_shapes=…)`` takes: for each argument a tree as the built inputs', each
        leaf ``{axis index: torch.export.Dim.DYNAMIC}`` for the axes whose sizes are dynamic. Needs torch."""
        from shapespec.targets import dynamic_shapes

        return dynamic_shapes(self.plan(component))

    def explain(self, name: str) -> Explanation:
        """Where a size, an input or a config value comes from, what it replaced, and why.

        Raises:
            UnknownNameError: the spec has nothing of that name.
        """
        return self.provenance.explain(self, name)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data, ready for JSON."""
        return {
            "architecture": self.architecture,
            "library": self.library,
            "task": self.task,
            "model_class": self.model_class,
            "variant": self.variant,
            "dims": {name: {"value": size, "dynamic": name in self.dynamic_sizes} for name, size in self.sizes},
            "components": {plan.name: _component_dict(plan) for plan in self.plans},
        }


def _component_dict(plan: ComponentPlan) -> dict[str, Any]:
    return {
        "inputs": [tensor.to_dict() for tensor in plan.tensors()],
        "python": {name: node.value for name, node in plan.arguments if isinstance(node, PlainValue)},
        "outputs": [
            {key: value for key, value in tensor.to_dict().items() if key not in ("values", "argument")}
            for tensor in plan.output_tensors()
        ],
        "nbytes": sum(tensor.nbytes() for tensor in plan.tensors()),
    }


