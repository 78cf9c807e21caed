"""The functions that an expression may call. Each is plain arithmetic; none touches anything outside its arguments.

Each is declared once, with its help (what it gives) and an example that a test runs; the table in ``docs/language.md``
says the same. To add one: a function with ``@function("its example")``. One over whole arrays is declared here too, so
that its name is known without numpy, and does its work as the method of its name in
:mod:`shapespec.expressions.arrays`.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, TypeVar

MAX_ITEMS = 100_000

#: Characters that `text` may make.
MAX_TEXT = 10_000

#: Digits that `round` may be asked for, either way: more is a mistake, and Python would count them all.
MAX_DIGITS = 30


@dataclass(frozen=True)
class Function:
    """What an expression may call: ``arguments`` as people write them, ``help`` (what it gives), an ``example`` that
    holds. ``call`` does the work; None where the evaluation itself does (``first``), or whole arrays are needed."""

    name: str
    arguments: str
    help: str
    example: str
    call: Callable[..., Any] | None = None


#: Functions of numbers, lists and text, by name.
SCALARS: dict[str, Function] = {}

_Call = TypeVar("_Call", bound=Callable[..., Any])


def function(example: str, name: str | None = None) -> Callable[[_Call], _Call]:
    """Declares a function by its own name (or another), its arguments, and its text as the help."""

    def declared(call: _Call) -> _Call:
        parameters = inspect.signature(call).parameters.values()
        arguments = ", ".join(str(one.replace(annotation=inspect.Parameter.empty)) for one in parameters)
        known = name or call.__name__
        text = " ".join((call.__doc__ or "").replace("``", "`").split())
        SCALARS[known] = Function(known, arguments, text, example, call)
        return call

    return declared


def _python(name: str, call: Callable[..., Any], arguments: str, text: str, example: str) -> None:
    """Declares one of Python's own functions."""
    SCALARS[name] = Function(name, arguments, text, example, call)


@function("ceil_div(7, 2) == 4")
def ceil_div(numerator: int, denominator: int) -> int:
    """The quotient rounded up."""
    return -(-numerator // denominator)


@function("sum(range(1, 4)) == 6", "range")
def bounded_range(*bounds: int) -> range:
    """Python's ``range``, of at most 100,000 items."""
    found = range(*bounds)
    if len(found) > MAX_ITEMS:
        raise ValueError(f"range of {len(found):,} items")
    return found


@function("conv_length(100, 3, 2) == 49")
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


@function("conv_input(49, 3, 2) == 99")
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


@function("height_of([3, 64, 32]) == 64")
def height_of(size: Any) -> int:
    """The height of an image size as configs write it: a number (a square), (height, width), (channels, height, width)
    or a mapping with ``height``."""
    return int(_side(size, "height", -2))


@function("width_of([3, 64, 32]) == 32")
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


@function("as_list(7, 3) == [7, 7, 7]")
def as_list(value: Any, count: int | None = None) -> list[Any]:
    """A list of it: a number is repeated ``count`` times (once where none is given), a list stays."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return list(value)
    if count is not None and not 0 <= count <= MAX_ITEMS:
        raise ValueError(f"a list of {count:,} items")
    return [value] * (1 if count is None else count)


@function("cycle([1, 2], 5) == [1, 2, 1, 2, 1]")
def cycle(items: Sequence[Any], count: int) -> list[Any]:
    """``count`` items, those of a list over and over: the kinds of layers that take turns."""
    if not is_list(items) or not items:
        raise ValueError("cycle needs a list that is not empty")
    if not 0 <= count <= MAX_ITEMS:
        raise ValueError(f"a list of {count:,} items")
    return [items[number % len(items)] for number in range(count)]


@function("varied(5, 10, 4, 2) == [10, 8, 6, 4, 10]")
def varied(count: int, most: int, least: int = 1, step: int = 1) -> list[int]:
    """``count`` lengths that differ from row to row: the first ``most``, the others down to ``least`` by equal steps,
    four lengths at the most."""
    if not 0 <= count <= MAX_ITEMS:
        raise ValueError(f"a list of {count:,} items")
    if step < 1:
        raise ValueError(f"steps of {step}")
    span = max(most - least, 0) // step
    each = max(-(-span // 3), 1)
    lengths = [most - number * step for number in range(0, span + 1, each)]
    return [lengths[number % len(lengths)] for number in range(count)]


@function("split([5, 6, 7], [1, 2]) == [[5], [6, 7]]")
def split(items: Sequence[Any], lengths: Sequence[int]) -> list[list[Any]]:
    """Lists of these lengths, one after the other: the images of each row, say."""
    if not is_list(items) or not is_list(lengths):
        raise TypeError("split takes a list and a list of lengths")
    if any(length < 0 for length in lengths) or sum(lengths) != len(items):
        raise ValueError(f"{len(items):,} items do not split into {sum(lengths):,}")
    ends = [sum(lengths[: number + 1]) for number in range(len(lengths))]
    return [list(items[end - length : end]) for end, length in zip(ends, lengths, strict=True)]


@function("int(-1.5) == -1", "int")
def whole(value: Any) -> int:
    """A whole number, rounded towards zero."""
    return int(value)


@function("round(2.5) == 2", "round")
def rounded(value: float, digits: int | None = None) -> int | float:
    """Python's ``round``: halves go to the even neighbour."""
    if digits is not None and abs(digits) > MAX_DIGITS:
        raise ValueError(f"rounds to {digits:,} digits")
    return round(value, digits)


@function("prod([2, 3, 4]) == 24", "prod")
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


@function("is_list([1])")
def is_list(value: Any) -> bool:
    """Whether it is a list (text is none)."""
    return isinstance(value, Sequence) and not isinstance(value, str)


@function("sum([i * x for i, x in enumerate([5, 6])]) == 6", "enumerate")
def numbered(items: Sequence[Any]) -> list[Any]:
    """Each with its number: (0, first), (1, second) and so on."""
    return list(enumerate(items))


@function('text("layer_", 3) == "layer_3"', "text")
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


@function("reversed([1, 2]) == [2, 1]", "reversed")
def backwards(items: Sequence[Any]) -> list[Any]:
    """The last item first."""
    return list(reversed(items))


@function("[a * b for a, b in zip([1, 2], [3, 4])] == [3, 8]", "zip")
def side_by_side(*lists: Sequence[Any]) -> list[Any]:
    """(first of each), (second of each), … as far as the shortest goes."""
    return list(zip(*lists, strict=False))


_python("abs", abs, "x", "The distance from zero.", "abs(-3) == 3")
_python("all", all, "items", "Whether all of a list are true.", "not all([1, 0])")
_python("any", any, "items", "Whether one of a list is true.", "any([1, 0])")
_python("bool", bool, "x", "True or false: zero, nothing and what is empty are false.", "bool(2) == True")
_python("ceil", math.ceil, "x", "Rounded up.", "ceil(1.2) == 2")
_python("float", float, "x", "A real number.", "float(2) / 4 == 0.5")
_python("floor", math.floor, "x", "Rounded down.", "floor(1.8) == 1")
_python("gcd", math.gcd, "*numbers", "The greatest common divisor.", "gcd(12, 18) == 6")
_python("isqrt", math.isqrt, "x", "The square root, rounded down.", "isqrt(10) == 3")
_python("lcm", math.lcm, "*numbers", "The least common multiple.", "lcm(4, 6) == 12")
_python("len", len, "items", "How many a list has.", "len([5, 6, 7]) == 3")
_python("log2", math.log2, "x", "The logarithm to the base 2.", "log2(8) == 3")
_python("max", max, "*numbers", "The largest, of numbers or of a list; of arrays element by element.", "max(2, 5) == 5")
_python("min", min, "*numbers", "The least, of numbers or of a list; of arrays element by element.", "min([2, 5]) == 2")
_python("sorted", sorted, "items", "The least first.", "sorted([3, 1, 2]) == [1, 2, 3]")
_python("sqrt", math.sqrt, "x", "The square root.", "sqrt(9) == 3")
_python("sum", sum, "items", "The sum of a list.", "sum([1, 2, 3]) == 6")

#: Functions that do not evaluate all their arguments.
LAZY: dict[str, Function] = {
    one.name: one
    for one in (
        Function(
            "first", "a, b, …", "The first that is there and not None: what `a | b` gives.", "first(None, 3) == 3"
        ),
        Function("has", "a, …", "Whether all are there and not None.", "not has(None)"),
    )
}

#: Functions over whole arrays, for `formula:` values only; :mod:`shapespec.expressions.arrays` does the work.
ARRAYS: dict[str, Function] = {
    one.name: one
    for one in (
        Function("arange", "start, stop, step", "Counting, as Python's range.", "arange(3) == [0, 1, 2]"),
        Function("argsort", "array, axis=-1", "The order that would sort each line along an axis; equals keep theirs.",
                 "argsort([30, 10, 20]) == [1, 2, 0]"),
        Function("broadcast", "array, shape", "The array repeated to a shape, by numpy's rule.",
                 "broadcast([1, 2], [2, 2]) == [[1, 2], [1, 2]]"),
        Function("clip", "array, low, high", "Each value brought between two bounds.",
                 "clip([1, 5, 9], 2, 6) == [2, 5, 6]"),
        Function("concat", "arrays, axis=0", "Arrays one after the other along an axis.",
                 "concat([[1, 2], [3]]) == [1, 2, 3]"),
        Function("cumsum", "array, axis=-1", "Running sums along an axis.", "cumsum([1, 2, 3]) == [1, 3, 6]"),
        Function("eye", "count", "A square matrix of zeros with ones on its diagonal.", "eye(2) == [[1, 0], [0, 1]]"),
        Function("flip", "array, axis=-1", "Back to front along an axis.", "flip([1, 2, 3]) == [3, 2, 1]"),
        Function("full", "shape, value", "One value everywhere.", "full([2], 7) == [7, 7]"),
        Function("grid", "*lengths", "The index of each cell of a grid: [cells, axes], the last axis fastest.",
                 "grid(1, 2) == [[0, 0], [0, 1]]"),
        Function("index", "axis",
                 "Counting along one axis of the tensor itself, shaped so that it goes with the others.",
                 "index(1) + 10 * index(0) == [[0, 1, 2], [10, 11, 12]]"),
        Function("ones", "shape", "Ones.", "ones([2]) == [1, 1]"),
        Function("permute", "array, axes", "The axes in another order.", "permute([[1, 2]], [1, 0]) == [[1], [2]]"),
        Function("repeat", "array, times, axis=0", "Each item `times` over: a number, or one for each item.",
                 "repeat([1, 2], [2, 1]) == [1, 1, 2]"),
        Function("reshape", "array, shape", "The same values in another shape.",
                 "reshape(arange(4), [2, 2]) == [[0, 1], [2, 3]]"),
        Function("shape", "array", "Its sizes, as a list.", "shape(zeros([2, 3])) == [2, 3]"),
        Function("stack", "arrays, axis=0", "Arrays side by side along a new axis.", "stack([[1], [2]]) == [[1], [2]]"),
        Function("tile", "array, times", "The whole array repeated along each axis.",
                 "tile([1, 2], [2]) == [1, 2, 1, 2]"),
        Function("total", "array, axis=None", "The sum of all values, or along an axis.",
                 "total([[1, 2], [3, 4]]) == 10"),
        Function("where", "condition, a, b", "`a` where the condition holds, else `b`.",
                 "where(arange(3) == 1, 5, 0) == [0, 5, 0]"),
        Function("zeros", "shape", "Zeros.", "zeros([2]) == [0, 0]"),
    )
}  # fmt: skip

#: Every function by its name.
FUNCTIONS: dict[str, Function] = dict(sorted({**SCALARS, **LAZY, **ARRAYS}.items()))

SCALAR_FUNCTIONS: dict[str, Callable[..., Any]] = {
    one.name: one.call for one in SCALARS.values() if one.call is not None
}
LAZY_FUNCTIONS = frozenset(LAZY)
ARRAY_FUNCTIONS = frozenset(ARRAYS)
FUNCTION_NAMES = frozenset(FUNCTIONS)
