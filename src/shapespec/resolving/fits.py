"""Whether values fit their tensor: told when a spec is loaded, before anything is built. One check for each kind that
can be wrong; they know shapes and numbers, and nothing of arrays."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

from shapespec.placing import DoesNotFit, placeholder_runs
from shapespec.spec import Fill

Shape = tuple[int, ...]

_LIMITS = {
    "int8": (-(1 << 7), 1 << 7),
    "int16": (-(1 << 15), 1 << 15),
    "int32": (-(1 << 31), 1 << 31),
    "uint8": (0, 1 << 8),
}
_INT64 = (-(1 << 63), 1 << 63)


def misfit(fill: Fill, shape: Shape, dtype_word: str) -> str | None:
    """Why a fill can't make values for a tensor, or None where it can."""
    try:
        if fill.kind in _CHECKS:
            _CHECKS[fill.kind](fill, shape, dtype_word)
    except DoesNotFit as error:
        return str(error)
    return None


def _in_limits(value: Any, dtype_word: str) -> None:
    low, high = _LIMITS.get(dtype_word, _INT64)
    if isinstance(value, int) and not isinstance(value, bool) and not low <= value < high:
        word = dtype_word if dtype_word in _LIMITS else "int64"
        raise DoesNotFit(f"{value} is {'less' if value < low else 'more'} than {word} holds")


def _integers(fill: Fill, shape: Shape, dtype_word: str) -> None:
    placeholders = [dict(item) for item in fill.get("placeholders") or ()]
    tokens = [item[part] for item in placeholders for part in ("token", "start", "end")]
    forced = [fill.get(part) for part in ("starts_with", "ends_with", "pad")]
    for value in (fill.get("low"), fill.get("high") - 1, *tokens, *forced):
        _in_limits(value, dtype_word)
    length = shape[-1] if shape else 1
    free = fill.get("high") - fill.get("low") - len(fill.get("avoid") or ())
    if fill.get("distinct") == "rows" and free < length:
        raise DoesNotFit(f"a row has {length} places, and [{fill.get('low')}, {fill.get('high')}) has {free} different "
                         "numbers that may be drawn")
    if 0 not in shape:
        placeholder_runs(fill, length)


def _uniform(fill: Fill, shape: Shape, dtype_word: str) -> None:
    low, high = fill.get("low"), fill.get("high")
    if not (isfinite(low) and isfinite(high)) or high < low:
        raise DoesNotFit(f"uniform from {low} to {high}: there is nothing between them")


def _normal(fill: Fill, shape: Shape, dtype_word: str) -> None:
    if not isfinite(fill.get("mean")) or not isfinite(fill.get("deviation")) or fill.get("deviation") < 0:
        raise DoesNotFit(f"normal with a mean of {fill.get('mean')} and a deviation of {fill.get('deviation')}")


def _constant(fill: Fill, shape: Shape, dtype_word: str) -> None:
    _in_limits(fill.get("value"), dtype_word)


def _choice(fill: Fill, shape: Shape, dtype_word: str) -> None:
    for value in fill.get("among"):
        _in_limits(value, dtype_word)


def _arange(fill: Fill, shape: Shape, dtype_word: str) -> None:
    if not -len(shape) <= fill.get("axis") < len(shape):
        raise DoesNotFit(f"counts along axis {fill.get('axis')} of a tensor with {len(shape)} axes")


def _one_hot(fill: Fill, shape: Shape, dtype_word: str) -> None:
    if not shape or shape[-1] == 0:
        raise DoesNotFit("one_hot needs a last axis of at least 1")


def _mask(fill: Fill, shape: Shape, dtype_word: str) -> None:
    for part, least in (("multiple_of", 1), ("past", 0), ("least", 0)):
        if fill.get(part) < least:
            raise DoesNotFit(f"`{part}` is {fill.get(part)}, below {least}")
    free = (shape[-1] if shape else 1) - fill.get("past")
    if 0 < free < fill.get("multiple_of"):
        raise DoesNotFit(f"a row has {free} places, and ones come in multiples of {fill.get('multiple_of')}")


def _boxes(fill: Fill, shape: Shape, dtype_word: str) -> None:
    numbers = 8 if fill.get("format") == "corners" else 4
    if not shape or shape[-1] != numbers:
        raise DoesNotFit(f"boxes as {fill.get('format')} need a last axis of {numbers}")
    if fill.get("max") <= 0:
        raise DoesNotFit(f"boxes up to {fill.get('max')}: there is no room")
    _in_limits(fill.get("max"), dtype_word)


def _literal(fill: Fill, shape: Shape, dtype_word: str) -> None:
    found = _nested_shape(fill.get("values"))
    padded = (1,) * (len(shape) - len(found)) + found
    if len(padded) > len(shape) or any(size not in (1, full) for size, full in zip(padded, shape, strict=True)):
        raise DoesNotFit(f"the literal is {list(found)}")


def _nested_shape(values: Any) -> Shape:
    if not isinstance(values, tuple):
        return ()
    below = [_nested_shape(item) for item in values]
    if any(shape != below[0] for shape in below):
        raise DoesNotFit("the literal's rows differ in length")
    return (len(values), *(below[0] if below else ()))


_CHECKS: dict[str, Callable[[Fill, Shape, str], None]] = {
    "integers": _integers,
    "uniform": _uniform,
    "normal": _normal,
    "constant": _constant,
    "choice": _choice,
    "arange": _arange,
    "one_hot": _one_hot,
    "mask": _mask,
    "boxes": _boxes,
    "literal": _literal,
}
