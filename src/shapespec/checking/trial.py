"""One component of a real class, asked again and again with one input changed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from shapespec.building.build import Backend, backend, built_with
from shapespec.building.fills import values_of
from shapespec.checking.answers import run, tensors_of
from shapespec.checking.caches import is_cache
from shapespec.plan import ComponentPlan, TensorSpec


class Trial:
    """One component's answers: to what was built, and to the same with one input changed. ``flat`` are the tensors
    built, by name."""

    def __init__(self, plan: ComponentPlan, target: Any, flat: Mapping[str, Any]) -> None:
        self.plan = plan
        self.target = target
        self.flat = dict(flat)
        self.torch: Backend = backend("torch", "cpu")
        self.ready = {
            argument: flat[node.name].numpy() for argument, node in plan.arguments if isinstance(node, TensorSpec)
        }
        caches = [key for key, node in (*plan.arguments, *plan.outputs) if is_cache(node)]
        self.hidden = frozenset({*caches, "past_key_values"})

    @cached_property
    def expected(self) -> list[Any]:
        """The answer to what was built. Raises what the class raises."""
        self.answer({})  # what a class keeps of the first call (offsets of positions, say) is there from now on
        return self.answer({})

    def answer(self, changed: Mapping[str, Any], without: str | None = None) -> list[Any]:
        """The answer's tensors, with other values for some input tensors, or without an argument."""
        values = {**self.flat, **changed}
        inputs = built_with(self.plan, lambda tensor: values[tensor.name].clone(), self.torch)
        inputs = {argument: value for argument, value in inputs.items() if argument != without}
        return tensors_of(run(self.target, inputs), self.hidden)

    def made(self, tensor: TensorSpec, seed: int) -> Any:
        """A tensor's values drawn anew, in the type that it was built in."""
        shape = tuple(size for size in tensor.shape if size is not None)
        values = values_of(tensor, seed, self.ready)
        return self.torch.tensor(values, shape, str(self.flat[tensor.name].dtype).removeprefix("torch."))
