"""The functions of formulas: whole numpy arrays in, whole arrays out, each result paid for before it is made.

Apart from :mod:`shapespec.expressions.functions` so that loading a spec does not import numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from shapespec.expressions.evaluate import Budget, EvaluationFailure, broadcast_size, evaluate
from shapespec.expressions.functions import ARRAY_FUNCTIONS, SCALAR_FUNCTIONS
from shapespec.expressions.parse import parse_folded

#: Elements that any formula may make on its way, and how many more for each element of its result and its inputs.
FREE_ELEMENTS = 1 << 20
ELEMENTS_EACH = 64


class _Makers:
    """The functions of arrays, each the method of its name; what each gives is told where it is declared. ``make`` is
    told how many elements, before they take memory; ``tensor`` is the shape of the one whose values they make."""

    def __init__(self, make: Callable[[int], None], tensor: tuple[int, ...]) -> None:
        self.make = make
        self.tensor = tensor

    def index(self, axis: int) -> np.ndarray:
        length = self.tensor[axis]
        behind = len(self.tensor) - 1 - range(len(self.tensor))[axis]
        return self.arange(length).reshape(length, *[1] * behind)

    def sized(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """A shape, paid for."""
        found = tuple(int(size) for size in sizes)
        if any(size < 0 for size in found):
            raise ValueError(f"the shape {list(found)} is negative")
        self.make(prod(found))
        return found

    def same(self, array: Any) -> np.ndarray:
        """An array whose likes will be made: as many elements again."""
        found = np.asarray(array)
        self.make(found.size)
        return found

    def arange(self, *bounds: int) -> np.ndarray:
        whole = [int(bound) for bound in bounds]
        self.make(len(range(*whole)))
        return np.arange(*whole, dtype=np.int64)

    def repeat(self, array: Any, times: Any, axis: int = 0) -> np.ndarray:
        found, counts = np.asarray(array), np.asarray(times)
        rest = prod(found.shape) // max(1, found.shape[axis])
        self.make(rest * (int(counts) * found.shape[axis] if counts.ndim == 0 else int(counts.sum())))
        return np.repeat(found, times, axis=axis)

    def tile(self, array: Any, times: Sequence[int]) -> np.ndarray:
        found = np.asarray(array)
        self.make(found.size * prod(int(count) for count in times))
        return np.tile(found, times)

    def broadcast(self, array: Any, shape: Sequence[int]) -> np.ndarray:
        return np.broadcast_to(np.asarray(array), self.sized(shape))

    def full(self, shape: Sequence[int], value: Any) -> np.ndarray:
        return np.full(self.sized(shape), value)

    def ones(self, shape: Sequence[int]) -> np.ndarray:
        return np.ones(self.sized(shape), dtype=np.int64)

    def zeros(self, shape: Sequence[int]) -> np.ndarray:
        return np.zeros(self.sized(shape), dtype=np.int64)

    def eye(self, count: int) -> np.ndarray:
        rows, _ = self.sized([count, count])
        return np.eye(rows, dtype=np.int64)

    def grid(self, *lengths: int) -> np.ndarray:
        sizes = self.sized(lengths)
        self.make(prod(sizes) * 2 * len(sizes))
        return np.stack([part.reshape(-1) for part in np.indices(sizes)], axis=-1)

    def concat(self, arrays: Sequence[Any], axis: int = 0) -> np.ndarray:
        return np.concatenate([self.same(array) for array in arrays], axis=axis)

    def stack(self, arrays: Sequence[Any], axis: int = 0) -> np.ndarray:
        return np.stack([self.same(array) for array in arrays], axis=axis)

    def cumsum(self, array: Any, axis: int = -1) -> np.ndarray:
        return np.asarray(np.cumsum(self.same(array), axis=axis))

    def argsort(self, array: Any, axis: int = -1) -> np.ndarray:
        return np.argsort(self.same(array), axis=axis, kind="stable")

    def together(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        """An operation on arrays element by element, its broadcast result paid for."""

        def made(*values: Any) -> Any:
            self.make(broadcast_size([np.shape(value) for value in values]))
            return operation(*values)

        return made

    def least_or_most(self, pairwise: Callable[..., Any], plain: Callable[..., Any]) -> Callable[..., Any]:
        """`min` and `max`: over numbers as ever, and element by element where an array takes part."""
        paid = self.together(pairwise)

        def made(*values: Any) -> Any:
            if len(values) < 2 or not any(isinstance(value, np.ndarray) for value in values):
                return plain(*values)
            found = values[0]
            for value in values[1:]:
                found = paid(found, value)
            return found

        return made

    def clip(self, array: Any, low: Any, high: Any) -> Any:
        return self.together(np.clip)(array, low, high)

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        return self.together(np.where)(condition, a, b)

    def flip(self, array: Any, axis: int = -1) -> np.ndarray:
        return np.flip(array, axis=axis)

    def permute(self, array: Any, axes: Sequence[int]) -> np.ndarray:
        return np.transpose(array, axes)

    def reshape(self, array: Any, shape: Sequence[int]) -> np.ndarray:
        return np.reshape(array, [int(size) for size in shape])

    def shape(self, array: Any) -> list[int]:
        return list(np.shape(array))

    def total(self, array: Any, axis: int | None = None) -> Any:
        return np.sum(array, axis=axis)

    def table(self) -> dict[str, Callable[..., Any]]:
        """Every function of formulas by name."""
        return {
            **SCALAR_FUNCTIONS,
            "max": self.least_or_most(np.maximum, max),
            "min": self.least_or_most(np.minimum, min),
            **{name: getattr(self, name) for name in ARRAY_FUNCTIONS},
        }


class _Arrays:
    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self.arrays = arrays

    def lookup(self, name: str) -> Any:
        if name in self.arrays:
            return self.arrays[name]
        raise EvaluationFailure(f"has no array `{name}`")


def evaluate_formula(text: str, arrays: dict[str, np.ndarray], shape: tuple[int, ...] = ()) -> np.ndarray:
    """A folded formula's array, for a tensor of this shape: what is made on the way stays in proportion to that and to
    the arrays that it reads. Raises :class:`EvaluationFailure`."""
    whole = prod(shape) + sum(array.size for array in arrays.values())
    budget = Budget(elements=FREE_ELEMENTS + ELEMENTS_EACH * whole)
    with np.errstate(divide="raise", invalid="raise", over="raise"):
        return np.asarray(evaluate(parse_folded(text), _Arrays(arrays), _Makers(budget.make, shape).table(), budget))
