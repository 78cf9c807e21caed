"""The functions of formulas: whole numpy arrays in, whole arrays out, each result bounded before it is made.

Apart from :mod:`shapespec.expressions.functions` so that loading a spec does not import numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from shapespec.expressions.evaluate import EvaluationFailure, evaluate
from shapespec.expressions.functions import SCALAR_FUNCTIONS
from shapespec.expressions.parse import parse

#: Elements of one intermediate array; formulas make ids, masks and positions, not caches.
MAX_ELEMENTS = 1 << 26


def _bounded(count: int) -> None:
    if count > MAX_ELEMENTS:
        raise ValueError(f"makes an array of {count:,} elements")


def _sized(sizes: Sequence[int]) -> tuple[int, ...]:
    found = tuple(int(size) for size in sizes)
    _bounded(int(np.prod(found, dtype=object)) if found else 1)
    return found


def arange(*bounds: int) -> np.ndarray:
    """Counting, as Python's range."""
    _bounded(len(range(*(int(bound) for bound in bounds))))
    return np.arange(*(int(bound) for bound in bounds), dtype=np.int64)


def repeat(array: Any, times: Any, axis: int = 0) -> np.ndarray:
    """Each item ``times`` over (a number, or one for each item)."""
    found = np.asarray(array)
    counts = np.asarray(times)
    _bounded(int(found.size * counts) if counts.ndim == 0 else int(counts.sum()) * max(1, found.size // max(1, found.shape[axis])))
    return np.repeat(found, times, axis=axis)


def tile(array: Any, times: Sequence[int]) -> np.ndarray:
    """The whole array repeated along each axis."""
    found = np.asarray(array)
    _bounded(found.size * int(np.prod(times, dtype=object)))
    return np.tile(found, times)


def broadcast(array: Any, shape: Sequence[int]) -> np.ndarray:
    """The array repeated to a shape, by numpy's rule."""
    return np.broadcast_to(np.asarray(array), _sized(shape))


def full(shape: Sequence[int], value: Any) -> np.ndarray:
    """One value everywhere."""
    return np.full(_sized(shape), value)


def grid(*lengths: int) -> np.ndarray:
    """The index of each cell of a grid: [cells, axes], the last axis fastest."""
    sizes = _sized(lengths)
    return np.stack([part.reshape(-1) for part in np.indices(sizes)], axis=-1)


def _pick(operation: Callable[..., Any], *values: Any) -> Any:
    """`min` and `max`: over numbers as ever, and element by element where an array takes part."""
    if any(isinstance(value, np.ndarray) for value in values):
        found = values[0]
        for value in values[1:]:
            found = operation(found, value)
        return found
    return (min if operation is np.minimum else max)(*values)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **SCALAR_FUNCTIONS,
    "arange": arange,
    "argsort": lambda array, axis=-1: np.argsort(array, axis=axis, kind="stable"),
    "broadcast": broadcast,
    "clip": np.clip,
    "concat": lambda arrays, axis=0: np.concatenate([np.asarray(a) for a in arrays], axis=axis),
    "cumsum": lambda array, axis=-1: np.cumsum(np.asarray(array), axis=axis),
    "eye": lambda count: np.eye(*_sized([count, count])),
    "flip": lambda array, axis=-1: np.flip(array, axis=axis),
    "full": full,
    "grid": grid,
    "max": lambda *values: _pick(np.maximum, *values),
    "min": lambda *values: _pick(np.minimum, *values),
    "ones": lambda shape: np.ones(_sized(shape), dtype=np.int64),
    "permute": lambda array, axes: np.transpose(array, axes),
    "repeat": repeat,
    "reshape": lambda array, shape: np.reshape(array, [int(size) for size in shape]),
    "shape": lambda array: list(np.asarray(array).shape),
    "stack": lambda arrays, axis=0: np.stack([np.asarray(a) for a in arrays], axis=axis),
    "tile": tile,
    "total": lambda array, axis=None: np.sum(array, axis=axis),
    "where": np.where,
    "zeros": lambda shape: np.zeros(_sized(shape), dtype=np.int64),
}


class _Arrays:
    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self.arrays = arrays

    def lookup(self, name: str) -> Any:
        if name in self.arrays:
            return self.arrays[name]
        raise EvaluationFailure(f"has no array `{name}`")


def evaluate_formula(text: str, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """A folded formula's array. Raises :class:`EvaluationFailure`."""
    return np.asarray(evaluate(parse(text), _Arrays(arrays), FUNCTIONS))
