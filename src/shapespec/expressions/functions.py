"""The functions that an expression may call. Each is plain arithmetic; none touches anything outside its arguments."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any

MAX_ITEMS = 100_000

#: Characters that `text` may make.
MAX_TEXT = 10_000

#: Digits that `round` may be asked for, either way: more is a mistake, and Python would count them all.
MAX_DIGITS = 30


def ceil_div(numerator: int, denominator: int) -> int:
    """The quotient rounded up."""
    return -(-numerator // denominator)


def bounded_range(*bounds: int) -> range:
    """Python's ``range``, of at most 100,000 items."""
    found = range(*bounds)
    if len(found) > MAX_ITEMS:
        raise ValueError(f"range of {len(found):,} items")
    return found


def conv_length(
    length: int,
    kernel: int | Sequence[int],
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
) -> int:
    """The length after a convolution, or after a stack of them where an argument is a list (PyTorch's Conv1d rule)."""
    layers = max(len(part) if isinstance(part, Sequence) else 1 for part in (kernel, stride, padding, dilation))

    def at(part: int | Sequence[int], index: int) -> int:
        return part[index] if isinstance(part, Sequence) else part

    for layer in range(layers):
        span = at(dilation, layer) * (at(kernel, layer) - 1) + 1
        length = (length + 2 * at(padding, layer) - span) // at(stride, layer) + 1
    return length


def conv_input(
    length: int,
    kernel: int | Sequence[int],
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
) -> int:
    """The smallest length of which a stack of convolutions makes ``length``: the inverse of ``conv_length``."""
    layers = max(len(part) if isinstance(part, Sequence) else 1 for part in (kernel, stride, padding))

    def at(part: int | Sequence[int], index: int) -> int:
        return part[index] if isinstance(part, Sequence) else part

    for layer in reversed(range(layers)):
        length = (length - 1) * at(stride, layer) + at(kernel, layer) - 2 * at(padding, layer)
    return length


def height_of(size: Any) -> int:
    """The height of an image size as configs write it: a number (a square), (height, width), (channels, height, width)
    or a mapping with ``height``."""
    return int(_side(size, "height", -2))


def width_of(size: Any) -> int:
    """The width of an image size, as ``height_of``."""
    return int(_side(size, "width", -1))


def _side(size: Any, name: str, index: int) -> Any:
    if isinstance(size, (int, float)):
        return size
    if isinstance(size, Mapping) or hasattr(size, "shapespec_get"):
        for key in (name, name[0], "shortest_edge", "longest_edge"):
            found = size.get(key) if isinstance(size, Mapping) else size.shapespec_get(key, None)
            if found is not None:
                return found
        raise ValueError(f"an image size without `{name}`")
    if isinstance(size, Sequence) and not isinstance(size, str) and size:
        return size[index] if len(size) > 1 else size[0]
    raise ValueError(f"`{size!r}` is no image size: expected a number, (height, width) or a mapping of both")


def as_list(value: Any, count: int | None = None) -> list[Any]:
    """A list of it: a number is repeated ``count`` times (once where none is given), a list stays."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return list(value)
    if count is not None and not 0 <= count <= MAX_ITEMS:
        raise ValueError(f"a list of {count:,} items")
    return [value] * (1 if count is None else count)


def cycle(items: Sequence[Any], count: int) -> list[Any]:
    """``count`` items, those of a list over and over: the kinds of layers that take turns."""
    if not is_list(items) or not items:
        raise ValueError("cycle needs a list that is not empty")
    if not 0 <= count <= MAX_ITEMS:
        raise ValueError(f"a list of {count:,} items")
    return [items[number % len(items)] for number in range(count)]


def whole(value: Any) -> int:
    """``int``: towards zero."""
    return int(value)


def rounded(value: float, digits: int | None = None) -> int | float:
    """Python's ``round``: halves go to the even neighbour."""
    if digits is not None and abs(digits) > MAX_DIGITS:
        raise ValueError(f"rounds to {digits:,} digits")
    return round(value, digits)


def product(items: Sequence[Any]) -> Any:
    """The product of numbers; given up as soon as it can't fit 64 bits any more."""
    if not all(isinstance(item, Real) for item in items):
        raise TypeError("prod takes numbers")
    found: Any = 1
    for item in items if 0 not in items else (0,):
        found *= item
        if isinstance(found, int) and abs(found) > 1 << 63:
            raise OverflowError("gives a number that does not fit 64 bits")
    return found


def is_list(value: Any) -> bool:
    """Whether it is a list (text is none)."""
    return isinstance(value, Sequence) and not isinstance(value, str)


def numbered(items: Sequence[Any]) -> list[Any]:
    """``enumerate``: (0, first), (1, second), …"""
    return list(enumerate(items))


def as_text(*parts: Any) -> str:
    """Its arguments one after another: text, numbers, and lists of them."""
    found: list[str] = []
    length = 0
    for part in parts:
        found.append(as_text(*part) if is_list(part) else str(part))
        length += len(found[-1])
        if length > MAX_TEXT:
            raise ValueError(f"text of more than {MAX_TEXT:,} characters")
    return "".join(found)


def backwards(items: Sequence[Any]) -> list[Any]:
    """``reversed``: the last item first."""
    return list(reversed(items))


def side_by_side(*lists: Sequence[Any]) -> list[Any]:
    """``zip``: (first of each), (second of each), … as far as the shortest goes."""
    return list(zip(*lists, strict=False))


SCALAR_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "all": all,
    "any": any,
    "as_list": as_list,
    "bool": bool,
    "ceil": math.ceil,
    "ceil_div": ceil_div,
    "conv_input": conv_input,
    "conv_length": conv_length,
    "cycle": cycle,
    "enumerate": numbered,
    "float": float,
    "floor": math.floor,
    "gcd": math.gcd,
    "height_of": height_of,
    "int": whole,
    "is_list": is_list,
    "isqrt": math.isqrt,
    "lcm": math.lcm,
    "len": len,
    "log2": math.log2,
    "max": max,
    "min": min,
    "prod": product,
    "range": bounded_range,
    "reversed": backwards,
    "round": rounded,
    "sorted": sorted,
    "sqrt": math.sqrt,
    "sum": sum,
    "text": as_text,
    "width_of": width_of,
    "zip": side_by_side,
}

#: Forms that do not evaluate all their arguments: the first that is there, whether it is there.
LAZY_FUNCTIONS = frozenset({"first", "has"})

#: Functions over whole arrays, for `formula:` values only (see :mod:`shapespec.expressions.arrays`).
ARRAY_FUNCTIONS = frozenset(
    {
        "arange",
        "argsort",
        "broadcast",
        "clip",
        "concat",
        "cumsum",
        "eye",
        "flip",
        "full",
        "grid",
        "index",
        "ones",
        "permute",
        "repeat",
        "reshape",
        "shape",
        "stack",
        "tile",
        "total",
        "where",
        "zeros",
    }
)

FUNCTION_NAMES = frozenset(SCALAR_FUNCTIONS) | LAZY_FUNCTIONS | ARRAY_FUNCTIONS
