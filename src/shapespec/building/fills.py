"""One function for each kind of values: a kind with its numbers and a shape to numpy values.

A function returns the whole array, or a flat block that is repeated over the tensor (for what may be gigabytes).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import numpy as np

from shapespec.building.draws import BLOCK, Draw
from shapespec.errors import Problem, SizeError
from shapespec.expressions import EvaluationFailure
from shapespec.kinds import (
    Arange,
    Boxes,
    Choice,
    Constant,
    Formula,
    Integers,
    Kind,
    LiteralValues,
    Mask,
    Normal,
    OneHot,
    Uniform,
)
from shapespec.placeholders import Misfit, runs_of
from shapespec.plan import TensorSpec

Shape = tuple[int, ...]
Ready = Mapping[str, np.ndarray]


def values_of(tensor: TensorSpec, seed: int, ready: Ready) -> np.ndarray:
    """A tensor's values, whole or as a flat block to repeat. ``ready`` holds the inputs that the kind needs."""
    assert tensor.values is not None  # an output is never made
    shape = tuple(size for size in tensor.shape if size is not None)
    try:
        return FILLS[type(tensor.values)](tensor.values, shape, Draw(seed, tensor.name), ready)
    except Misfit as error:
        message = f"the values of `{tensor.name}` {list(shape)}: {error}"
        raise SizeError(Problem(message, argument=tensor.argument)) from None


def _block(shape: Shape) -> int:
    return min(prod(shape), BLOCK)


def _rows(shape: Shape) -> tuple[int, int]:
    """(number of rows, length of a row): the last axis is a row."""
    return (prod(shape[:-1]), shape[-1]) if shape else (1, 1)


# -- numbers


def uniform(kind: Uniform, shape: Shape, draw: Draw, ready: Ready) -> np.ndarray:
    low, high = kind.uniform
    return np.asarray(low + draw.unit(_block(shape)) * (high - low), dtype=np.float32)


def normal(kind: Normal, shape: Shape, draw: Draw, ready: Ready) -> np.ndarray:
    return np.asarray(kind.normal[0] + draw.bell(_block(shape)) * kind.normal[1], dtype=np.float32)


def constant(kind: Constant, shape: Shape, draw: Draw, ready: Ready) -> np.ndarray:
    return np.full(_block(shape), kind.constant)


def arange(kind: Arange, shape: Shape, draw: Draw, ready: Ready) -> np.ndarray:
    axis = kind.arange % len(shape)
    line = np.arange(shape[axis]).reshape([-1 if index == axis else 1 for index in range(len(shape))])
    found = kind.start + line * kind.step
    if kind.mask is not None and axis == len(shape) - 1:  # no position is below the first
        found = np.maximum(found - _padding_in_front(ready[kind.mask], shape) * kind.step, min(kind.start, 0))
    return np.broadcast_to(found, shape)


def _padding_in_front(mask: np.ndarray, shape: Shape) -> np.ndarray | int:
    """How many zeros each row of a mask starts with, shaped to go with a tensor whose last axis is the row's (a longer
    mask covers a cache at its front); 0 for a mask of other rows."""
    fits = 1 < mask.ndim <= len(shape) and mask.shape[-1] >= shape[-1] and 0 not in mask.shape
    if not fits or mask.shape[:-1] != shape[len(shape) - mask.ndim : -1]:
        return 0
    return np.asarray((mask != 0).argmax(-1)[..., None])


def one_hot(kind: OneHot, shape: Shape, draw: Draw, ready: Ready) -> np.ndarray:
    rows, length = _rows(shape)
    found = np.zeros((rows, length), dtype=np.int64)
    found[np.arange(rows), draw.below(length, rows)] = 1
    return found.reshape(shape)


def choice(kind: Choice, shape: Shape, draw: Draw, ready: Ready) -> np.ndarray:
    among = np.asarray(kind.choice)
    return np.asarray(among[draw.below(len(among), _block(shape))])


def literal(kind: LiteralValues, shape: Shape, draw: Draw, ready: Ready) -> np.ndarray:
    return np.broadcast_to(np.asarray(kind.literal), shape)


def formula(kind: Formula, shape: Shape, draw: Draw, ready: Ready) -> np.ndarray:
    from shapespec.expressions.arrays import evaluate_formula

    try:
        found = evaluate_formula(kind.formula, {name: ready[name] for name in kind.needs}, shape)
        if found.dtype.kind not in "biuf":
            raise Misfit(f"the formula `{kind.formula}` gives no numbers")
        return np.broadcast_to(found, shape)
    except EvaluationFailure as error:
        raise Misfit(f"the formula `{kind.formula}` {error}") from None
    except ValueError:
        raise Misfit(f"the formula `{kind.formula}` gives {list(found.shape)}") from None


# -- masks and boxes


def mask(kind: Mask, shape: Shape, draw: Draw, ready: Ready) -> np.ndarray:
    """Ones and, at one side of each row but the first, zeros; the second row has some wherever there is room."""
    rows, length = _rows(shape)
    past = kind.past
    free = length - past
    found = np.ones((rows, length), dtype=np.int64)
    if kind.mask != "none" and free >= kind.multiple_of and rows:
        kept = _kept_places(kind, rows, free, draw)
        place = np.arange(length)[None, :]
        if kind.mask == "right":
            found[place >= past + kept[:, None]] = 0
        else:  # the front of the cache, where there is one: what goes on from it is no padding
            found[place < np.minimum(free - kept, past - 1 if past else free)[:, None]] = 0
    return found.reshape(shape)


def _kept_places(kind: Mask, rows: int, free: int, draw: Draw) -> np.ndarray:
    """How many ones each row has: as said, or drawn between the least and all."""
    if kind.lengths is not None:
        return np.broadcast_to(np.asarray(kind.lengths, dtype=np.int64), (rows,))
    step = kind.multiple_of
    most = free // step * step
    least = np.minimum(-(-np.maximum(np.broadcast_to(np.asarray(kind.least), (rows,)), 1) // step) * step, most)
    choices = (most - least) // step + 1
    kept = least + (draw.raw(rows) % choices.astype(np.uint64)).astype(np.int64) * step
    kept[0] = most
    if rows > 1:
        kept[1] = min(int(kept[1]), max(most - step, int(least[1])))
    return np.asarray(kept)


def boxes(kind: Boxes, shape: Shape, draw: Draw, ready: Ready) -> np.ndarray:
    """Boxes inside [0, max] with ordered corners: whole numbers where `max` is one above 1, else reals."""
    rows, _ = _rows(shape)
    form, most = kind.boxes, kind.max
    whole = isinstance(most, int) and most > 1
    ends = draw.below(most + 1, rows * 4).astype(np.float64) if whole else draw.unit(rows * 4) * most
    x, y = np.sort(ends.reshape(2, rows, 2), axis=-1)
    if form == "xyxy":
        found = np.stack([x[:, 0], y[:, 0], x[:, 1], y[:, 1]], axis=-1)
    elif form == "corners":
        found = np.stack([x[:, 0], y[:, 0], x[:, 1], y[:, 0], x[:, 1], y[:, 1], x[:, 0], y[:, 1]], axis=-1)
    else:
        found = np.stack([x.mean(-1), y.mean(-1), x[:, 1] - x[:, 0], y[:, 1] - y[:, 0]], axis=-1)
    return found.reshape(shape) if not whole else found.astype(np.int64).reshape(shape)


# -- whole numbers


def integers(kind: Integers, shape: Shape, draw: Draw, ready: Ready) -> np.ndarray:
    rows, length = _rows(shape)
    free = _free_numbers(kind, shape, draw)
    plain = not (kind.placeholders or kind.needs or kind.ordered)
    if plain and kind.starts_with is None and kind.ends_with is None:
        return free
    found = (np.resize(free, rows * length) if free.size != rows * length else free).reshape(rows, length)
    if kind.ordered:
        found = np.sort(found, axis=-1)
    kept = _kept(kind, ready, rows, length)
    _force_ends(kind, found, kept)
    _place_runs(kind, found, np.zeros(rows, dtype=np.int64) if kept is None else kept.argmax(-1))
    return found.reshape(shape)


def _place_runs(kind: Integers, found: np.ndarray, padding: np.ndarray) -> None:
    """Placeholders behind the padding in front: at the same places in all rows, unless their counts differ."""
    rows, length = found.shape
    by_row = any(run.by_row for run in kind.runs)
    for row in range(rows if by_row else min(rows, 1)):
        where: Any = row if by_row else slice(None)
        for start, tokens in runs_of(kind.runs, length, int(padding[where].max()), row):
            found[where, start : start + len(tokens)] = tokens


def _free_numbers(kind: Integers, shape: Shape, draw: Draw) -> np.ndarray:
    """Draws that pass over the ids to avoid: drawn from fewer numbers, then moved up past each avoided one."""
    low, high, avoid = kind.low, kind.high, kind.avoid
    if len(avoid) >= high - low:
        avoid = ()  # a vocabulary of special tokens alone: better those than none
    if kind.distinct == "rows":
        found = low + _distinct(high - low - len(avoid), shape, draw)
    else:
        found = low + draw.below(high - low - len(avoid), _block(shape))
    for special in avoid:
        found += found >= special
    return np.asarray(found)


def _distinct(high: int, shape: Shape, draw: Draw) -> np.ndarray:
    """Rows of different numbers from [0, high): sorted draws, moved apart by their rank, then shuffled. The cost is
    that of the row, whatever the range."""
    rows, length = _rows(shape)
    apart = np.sort(draw.below(high - length + 1, rows * length).reshape(rows, length), axis=-1) + np.arange(length)
    order = np.argsort(draw.raw(rows * length).reshape(rows, length), axis=-1, kind="stable")
    return np.asarray(np.take_along_axis(apart, order, axis=-1).reshape(shape), dtype=np.int64)


def _kept(kind: Integers, ready: Ready, rows: int, length: int) -> np.ndarray | None:
    """The mask over the row's tokens (a longer mask covers a cache at its front), or None."""
    name = kind.mask
    if name is None:
        return None
    found = ready[name]
    if found.ndim == 0 or found.shape[-1] < length or prod(found.shape[:-1]) != rows:
        return None
    return np.asarray(found.reshape(rows, -1)[:, -length:] != 0)


def _force_ends(kind: Integers, found: np.ndarray, kept: np.ndarray | None) -> None:
    """Padding, and the tokens that each row starts and ends with: inside what the mask keeps."""
    rows, length = found.shape
    if kept is not None:
        found[~kept] = kind.pad
    first = np.zeros(rows, dtype=np.int64) if kept is None else kept.argmax(-1)
    last = np.full(rows, length - 1) if kept is None else length - 1 - kept[:, ::-1].argmax(-1)
    if kind.starts_with is not None:
        found[np.arange(rows), first] = kind.starts_with
    if kind.ends_with is not None:
        found[np.arange(rows), last] = kind.ends_with


#: By kind, the function that makes its values.
FILLS: dict[type[Kind], Callable[[Any, Shape, Draw, Ready], np.ndarray]] = {
    Uniform: uniform,
    Normal: normal,
    Constant: constant,
    Arange: arange,
    OneHot: one_hot,
    Choice: choice,
    LiteralValues: literal,
    Formula: formula,
    Mask: mask,
    Boxes: boxes,
    Integers: integers,
}

__all__ = ["FILLS", "values_of"]
