"""The kinds of values that fill a tensor: what may be said of each, whether it fits a tensor, how it is told.

Each kind is one frozen dataclass, and its declaration here is the only one: the language's grammar and its JSON Schemas
are made from the fields, which say what each part takes. The function that makes a kind's values stands in
:mod:`shapespec.building.fills`. The first field bears the kind's name: ``{integers: [0, 10], pad: 0}``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from enum import Enum, auto
from math import isfinite, prod
from typing import Any, TypeVar

from shapespec.placeholders import Misfit, Run, runs_of

Shape = tuple[int, ...]

_LIMITS = {
    "int8": (-(1 << 7), 1 << 7),
    "int16": (-(1 << 15), 1 << 15),
    "int32": (-(1 << 31), 1 << 31),
    "uint8": (0, 1 << 8),
}
_INT64 = (-(1 << 63), 1 << 63)


class Takes(Enum):
    """What a part of a kind takes, as written in YAML."""

    WHOLE = auto()  # a whole number
    ROWS = auto()  # a whole number, or one for each row
    RUNS = auto()  # a whole number, or for each row one or a list of them
    NUMBER = auto()  # a number, true or false
    TOKEN = auto()  # a whole number; of a list the first; or nothing
    IDS = auto()  # whole numbers, lists of them and nothings
    WHOLE_PAIR = auto()
    NUMBER_PAIR = auto()
    NUMBERS = auto()  # one number or more
    AXIS = auto()  # the number of an axis, written out
    INPUT = auto()  # the name of another input
    WORD = auto()  # one of `words`
    FLAG = auto()  # true or false, written out
    TRUE = auto()  # true
    NESTED = auto()  # numbers nested as the tensor is
    FORMULA = auto()  # an expression over whole arrays
    PARTS = auto()  # placeholders
    CONDITION = auto()
    PROSE = auto()  # for people

    @property
    def is_plain(self) -> bool:
        """Whether what is written stays as it is when sizes are settled: it is no expression over them alone."""
        return self in (
            Takes.AXIS, Takes.INPUT, Takes.WORD, Takes.FLAG, Takes.TRUE, Takes.PROSE, Takes.FORMULA, Takes.CONDITION,
        )  # fmt: skip


class WrongPart(Exception):
    """A part's value is none that it takes."""

    def __init__(self, part: str, found: Any, expected: str) -> None:
        super().__init__(f"`{part}` is {found!r}")
        self.expected = expected


def part(takes: Takes, about: str | None = None, default: Any = MISSING, words: tuple[str, ...] = ()) -> Any:
    """A field of a kind: what it takes, and a word on it for editors."""
    metadata = {"takes": takes, "about": about, "words": words}
    return field(metadata=metadata) if default is MISSING else field(default=default, metadata=metadata)


_Self = TypeVar("_Self", bound="Described")


@dataclass(frozen=True)
class Described:
    """Named parts, each of which says what it takes."""

    @classmethod
    def parts(cls) -> Iterator[tuple[Field[Any], Takes]]:
        """The fields with what they take."""
        return ((one, one.metadata["takes"]) for one in fields(cls))

    def settled(self: _Self, value_of: Callable[[Any], Any], prefix: str = "") -> _Self:
        """The same with every part a value: ``value_of`` works out what is still an expression over sizes.

        Raises:
            WrongPart: a part's value is none that it takes.
        """
        found = {}
        for one, takes in self.parts():
            value = getattr(self, one.name)
            if not takes.is_plain:
                value = _settle(takes, _worked_out(value, value_of), prefix + one.name, one.default)
            found[one.name] = value
        return replace(self, **found).completed()

    def completed(self: _Self) -> _Self:
        """With what follows from the parts together."""
        return self


def _worked_out(value: Any, value_of: Callable[[Any], Any]) -> Any:
    if isinstance(value, tuple):
        return tuple(_worked_out(item, value_of) for item in value)
    if isinstance(value, Described):
        condition = getattr(value, "when", None)
        there = condition is None or value_of(condition)
        return value.settled(value_of, "placeholders.") if there else None
    return value_of(value)


def _settle(takes: Takes, value: Any, name: str, default: Any) -> Any:
    if takes is Takes.PARTS:
        return tuple(item for item in value if item is not None)
    if value is None and default is not MISSING:
        return default
    settle = _SETTLE.get(takes)
    return value if settle is None else settle(value, name)


def _whole(value: Any, name: str) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise WrongPart(name, value, "a whole number")
    return value


def _rows(value: Any, name: str) -> Any:
    return tuple(_whole(item, name) for item in value) if isinstance(value, tuple) else _whole(value, name)


def _runs(value: Any, name: str) -> Any:
    return tuple(_rows(item, name) for item in value) if isinstance(value, tuple) else _whole(value, name)


def _number(value: Any, name: str) -> int | float | bool:
    if not isinstance(value, (int, float)):
        raise WrongPart(name, value, "a number, true or false")
    return value


def _token(value: Any, name: str) -> int:
    """Some configs list several end-of-sequence ids: any of them ends a sequence, so the first will do."""
    return _whole(value[0] if isinstance(value, tuple) and value else value, name)


def _ids(value: Any, name: str) -> tuple[int, ...]:
    found: list[int] = []
    for item in value:
        if isinstance(item, tuple):
            found += _ids(item, name)
        elif isinstance(item, int):
            found.append(item)
    return tuple(found)


def _nested(value: Any, name: str) -> Any:
    return tuple(_nested(item, name) for item in value) if isinstance(value, tuple) else _number(value, name)


_SETTLE: dict[Takes, Callable[[Any, str], Any]] = {
    Takes.WHOLE: _whole,
    Takes.ROWS: _rows,
    Takes.RUNS: _runs,
    Takes.NUMBER: _number,
    Takes.TOKEN: _token,
    Takes.IDS: _ids,
    Takes.WHOLE_PAIR: lambda value, name: tuple(_whole(item, name) for item in value),
    Takes.NUMBER_PAIR: lambda value, name: tuple(float(_number(item, name)) for item in value),
    Takes.NUMBERS: lambda value, name: tuple(_number(item, name) for item in value),
    Takes.NESTED: _nested,
}


@dataclass(frozen=True)
class Placeholder(Described):
    """Tokens that stand for the features of another input: as many as there are features."""

    token: Any = part(Takes.WHOLE, "The token's id, such as config.image_token_id")
    count: Any = part(Takes.RUNS, "How many in each row; where rows differ a list: for each a number, or its runs'")
    groups: Any = part(Takes.WHOLE, "In how many equal runs (one for each image); one where not said", 1)
    start: Any = part(Takes.TOKEN, "A token right before each run, such as config.vision_start_token_id", None)
    end: Any = part(Takes.TOKEN, "A token right after each run", None)
    at: Any = part(Takes.TOKEN, "Where the first run starts, its `start` included; 1 where not said", None)
    when: Any = part(Takes.CONDITION, "Only if this holds", None)
    why: Any = part(Takes.PROSE, None, None)

    @property
    def run(self) -> Run:
        """The tokens as rows hold them."""
        return Run(self.token, self.count, self.groups, self.start, self.end, self.at)


class Kind(Described):
    """A kind of values."""

    @classmethod
    def word(cls) -> str:
        """The kind's name: that of its first part."""
        return fields(cls)[0].name

    @property
    def needs(self) -> tuple[str, ...]:
        """The inputs of the same component that must be there first."""
        return ()

    def beside(self: _Self, arguments: frozenset[str]) -> _Self:
        """The kind in a component that takes these inputs."""
        return self

    def check(self, shape: Shape, dtype: str) -> None:
        """Raises :class:`shapespec.placeholders.Misfit` where a tensor can't hold such values."""

    def told(self) -> str:
        """The values in a few plain words."""
        raise NotImplementedError(type(self).__name__)


@dataclass(frozen=True)
class Integers(Kind):
    """Whole numbers drawn from ``[low, high)``."""

    integers: Any = part(Takes.WHOLE_PAIR, "[low, high): high itself is never drawn")
    avoid: Any = part(Takes.IDS, "Ids never drawn: special tokens. Lists of ids and None too", ())
    starts_with: Any = part(Takes.TOKEN, "A token forced at the first place of each row", None)
    ends_with: Any = part(Takes.TOKEN, "A token forced at the last place of each row: an end of sequence", None)
    placeholders: tuple[Placeholder, ...] = part(Takes.PARTS, "Runs of placeholder tokens, in order", ())
    pad: Any = part(Takes.TOKEN, "The id where `mask` is 0", None)
    mask: str | None = part(Takes.INPUT, "The input that says where padding is", None)
    distinct: str | None = part(Takes.WORD, "`rows`: no value twice within a row", None, ("rows",))
    ordered: bool | None = part(Takes.FLAG, "Whether each row is sorted: starts before ends", None)

    @property
    def low(self) -> int:
        """The least number."""
        return int(self.integers[0])

    @property
    def high(self) -> int:
        """The bound above, itself never drawn."""
        return int(self.integers[1])

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.mask,) if self.mask is not None else ()

    @property
    def runs(self) -> tuple[Run, ...]:
        """The placeholders."""
        return tuple(item.run for item in self.placeholders)

    def beside(self, arguments: frozenset[str]) -> Integers:
        there = self.mask in arguments and self.pad is not None
        return self if there or self.mask is None else replace(self, mask=None)

    def completed(self) -> Integers:
        """A placeholder's token is never drawn: else there would be more of them than `count`."""
        if self.high <= self.low:
            raise WrongRange(self.low, self.high)
        tokens = [token for run in self.runs for token in (run.token, run.start, run.end)]
        never = {i for i in (*self.avoid, *tokens) if i is not None and self.low <= i < self.high}
        mask = self.mask if self.pad is not None else None
        return replace(self, avoid=tuple(sorted(never)), mask=mask, ordered=self.ordered or None)

    def check(self, shape: Shape, dtype: str) -> None:
        marks = [token for run in self.runs for token in (run.token, run.start, run.end)]
        for value in (self.low, self.high - 1, *marks, self.starts_with, self.ends_with, self.pad):
            _in_limits(value, dtype)
        length = shape[-1] if shape else 1
        free = self.high - self.low - len(self.avoid)
        if self.distinct == "rows" and free < length:
            raise Misfit(
                f"a row has {length} places, and [{self.low}, {self.high}) has {free} different numbers "
                "that may be drawn"
            )
        if 0 not in shape:
            for row in range(_check_rows(self.runs, shape)):
                runs_of(self.runs, length, row=row)

    def told(self) -> str:
        parts = [f"integers [{self.low}, {self.high})"]
        parts += [f"without {_short(', '.join(map(str, self.avoid)))}"] * bool(self.avoid)
        parts += [f"with {_short(run.told())} of {run.token}" for run in self.runs]
        ends = ((self.starts_with, "first"), (self.ends_with, "last"))
        parts += [f"{word} {token}" for token, word in ends if token is not None]
        parts += [f"{self.pad} where {self.mask} is 0"] * bool(self.mask)
        parts += ["no value twice in a row"] * bool(self.distinct) + ["sorted"] * bool(self.ordered)
        return ", ".join(parts)


def _check_rows(runs: tuple[Run, ...], shape: Shape) -> int:
    """How many rows have placeholders of their own. Raises :class:`Misfit` where their counts are of other rows."""
    counts = {len(run.count) for run in runs if isinstance(run.count, tuple)}
    rows = prod(shape[:-1])
    odd = next((count for count in counts if count != rows), None)
    if odd is not None:
        raise Misfit(f"counts of placeholders for {odd} rows, and there are {rows}")
    return rows if counts else 1


class WrongRange(WrongPart):
    """A range that holds no number."""

    def __init__(self, low: int, high: int) -> None:
        super().__init__("integers", (low, high), "high above low")
        self.args = (f"integers from [{low}, {high}): there is none",)


@dataclass(frozen=True)
class Uniform(Kind):
    """Reals drawn evenly from ``[low, high)``."""

    uniform: Any = part(Takes.NUMBER_PAIR, "[low, high)")

    def check(self, shape: Shape, dtype: str) -> None:
        low, high = self.uniform
        if not (isfinite(low) and isfinite(high)) or high < low:
            raise Misfit(f"uniform from {low} to {high}: there is nothing between them")

    def told(self) -> str:
        return f"reals [{_shown(self.uniform[0])}, {_shown(self.uniform[1])})"


@dataclass(frozen=True)
class Normal(Kind):
    """Reals drawn from a bell curve (the sum of four uniform draws: nothing beyond 3.5 deviations)."""

    normal: Any = part(Takes.NUMBER_PAIR, "[mean, standard deviation]")

    def check(self, shape: Shape, dtype: str) -> None:
        mean, deviation = self.normal
        if not isfinite(mean) or not isfinite(deviation) or deviation < 0:
            raise Misfit(f"normal with a mean of {mean} and a deviation of {deviation}")

    def told(self) -> str:
        return f"normal, mean {_shown(self.normal[0])}, deviation {_shown(self.normal[1])}"


@dataclass(frozen=True)
class Constant(Kind):
    """One value everywhere."""

    constant: Any = part(Takes.NUMBER)

    def check(self, shape: Shape, dtype: str) -> None:
        _in_limits(self.constant, dtype)

    def told(self) -> str:
        return f"always {_shown(self.constant)}"


@dataclass(frozen=True)
class Arange(Kind):
    """Counting along one axis, the same in all others."""

    arange: int = part(Takes.AXIS, "The axis to count along: -1 is the last")
    start: Any = part(Takes.NUMBER, None, 0)
    step: Any = part(Takes.NUMBER, None, 1)
    mask: str | None = part(
        Takes.INPUT, "The input that says where padding is: counting starts behind what lies in front", None
    )

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.mask,) if self.mask is not None else ()

    def beside(self, arguments: frozenset[str]) -> Arange:
        return self if self.mask is None or self.mask in arguments else replace(self, mask=None)

    def check(self, shape: Shape, dtype: str) -> None:
        if not -len(shape) <= self.arange < len(shape):
            raise Misfit(f"counts along axis {self.arange} of a tensor with {len(shape)} axes")

    def told(self) -> str:
        return f"counting from {_shown(self.start)}" + (f" by {_shown(self.step)}" if self.step != 1 else "")


@dataclass(frozen=True)
class Boxes(Kind):
    """Boxes whose corners are in order: the last axis is x0, y0, x1, y1 (or centre and size)."""

    boxes: str = part(
        Takes.WORD, "`corners`: eight numbers, the corners clockwise", words=("xyxy", "cxcywh", "corners")
    )
    max: Any = part(Takes.NUMBER, "The largest coordinate, itself allowed (1 where not said)", 1)

    def check(self, shape: Shape, dtype: str) -> None:
        numbers = 8 if self.boxes == "corners" else 4
        if not shape or shape[-1] != numbers:
            raise Misfit(f"boxes as {self.boxes} need a last axis of {numbers}")
        if self.max <= 0:
            raise Misfit(f"boxes up to {self.max}: there is no room")
        _in_limits(self.max, dtype)

    def told(self) -> str:
        return f"boxes ({self.boxes}) up to {_shown(self.max)}"


@dataclass(frozen=True)
class OneHot(Kind):
    """A single one along the last axis, zeros elsewhere."""

    one_hot: bool = part(Takes.TRUE)

    def check(self, shape: Shape, dtype: str) -> None:
        if not shape or shape[-1] == 0:
            raise Misfit("one_hot needs a last axis of at least 1")

    def told(self) -> str:
        return "one 1 along the last axis"


@dataclass(frozen=True)
class LiteralValues(Kind):
    """The values themselves, nested as the shape is; leading axes that are missing are repeated."""

    literal: Any = part(Takes.NESTED)

    def check(self, shape: Shape, dtype: str) -> None:
        found = _nested_shape(self.literal)
        padded = (1,) * (len(shape) - len(found)) + found
        if len(padded) > len(shape) or any(size not in (1, full) for size, full in zip(padded, shape, strict=True)):
            raise Misfit(f"the literal is {list(found)}")

    def told(self) -> str:
        return _short(self.literal)


@dataclass(frozen=True)
class Choice(Kind):
    """Each value drawn from a list."""

    choice: Any = part(Takes.NUMBERS)

    def check(self, shape: Shape, dtype: str) -> None:
        for value in self.choice:
            _in_limits(value, dtype)

    def told(self) -> str:
        return f"one of {_short(', '.join(map(_shown, self.choice)))}"


@dataclass(frozen=True)
class Formula(Kind):
    """Values computed from other inputs of the component and from sizes, by whole arrays."""

    formula: Any = part(Takes.FORMULA, "An expression; the other inputs are arrays in it")
    reads: tuple[str, ...] = field(default=(), metadata={"takes": Takes.PROSE, "inner": True})

    @property
    def needs(self) -> tuple[str, ...]:
        return self.reads

    def told(self) -> str:
        return _short(self.formula)


@dataclass(frozen=True)
class Mask(Kind):
    """A padding mask: ones with a run of zeros at one side; rows of different lengths, the first full, none empty."""

    mask: str = part(
        Takes.WORD,
        "The side of the padding, unless the call says the other; `none`: all ones",
        words=("right", "left", "none"),
    )
    least: Any = part(Takes.ROWS, "The fewest ones in a row, or in each (1 where not said)", 1)
    past: Any = part(Takes.WHOLE, "How many places at the front belong to a cache: always ones", 0)
    multiple_of: Any = part(Takes.WHOLE, "The count of ones in each row is a multiple of this", 1)
    lengths: Any = part(Takes.ROWS, "How many ones each row has, instead of what is drawn", None)
    fixed: bool | None = part(
        Takes.FLAG, "Whether the side stays where the call asks for padding on the other: a sound's, say", None
    )

    def padded(self, side: str | None) -> Mask:
        """The mask with its padding on the side that a call asks for; as it is where the call says none, where the side
        is fixed and where nothing is padded."""
        return replace(self, mask=side) if side is not None and self.turns else self

    @property
    def turns(self) -> bool:
        """Whether a call may choose the side of the padding."""
        return self.mask != "none" and not self.fixed

    def check(self, shape: Shape, dtype: str) -> None:
        for name, least in (("multiple_of", 1), ("past", 0), ("least", 0), ("lengths", 0)):
            said = getattr(self, name)
            wrong = [value for value in (said if isinstance(said, tuple) else (said,)) if value is not None]
            if any(value < least for value in wrong):
                raise Misfit(f"`{name}` is {min(wrong)}, below {least}")
        free = (shape[-1] if shape else 1) - self.past
        if 0 < free < self.multiple_of:
            raise Misfit(f"a row has {free} places, and ones come in multiples of {self.multiple_of}")
        self._check_rows(prod(shape[:-1]), free)

    def _check_rows(self, rows: int, free: int) -> None:
        for name in ("least", "lengths"):
            said = getattr(self, name)
            if isinstance(said, tuple) and len(said) != rows:
                raise Misfit(f"`{name}` is of {len(said)} rows, and there are {rows}")
        most = max(self.lengths, default=0) if isinstance(self.lengths, tuple) else self.lengths or 0
        if most > free:
            raise Misfit(f"`lengths` has {most} ones in a row of {free} places")

    def told(self) -> str:
        return "all ones" if self.mask == "none" else f"ones, padded with zeros on the {self.mask}"


#: The sides on which rows may be padded.
SIDES = ("right", "left")

#: Every kind by its name. `mask` is last: it is a part of `integers`, too.
KINDS: dict[str, type[Kind]] = {
    kind.word(): kind
    for kind in (
        Integers, Uniform, Normal, Constant, Arange, Boxes, OneHot, LiteralValues, Choice, Formula, Mask,
    )
}  # fmt: skip
KIND_NAMES = tuple(KINDS)

#: Where nothing is said: reals between 0 and 1, as Optimum draws them.
DEFAULT_FLOATS = Uniform((0.0, 1.0))


def kind_named_in(values: Any) -> str | None:
    """Which kind a mapping means: the first of its keys that names one."""
    return next((kind for kind in KIND_NAMES if kind in values), None) if isinstance(values, dict) else None


def written(parts: Described) -> dict[str, Any]:
    """A kind as YAML and JSON have it: a mapping of what is said."""
    found: dict[str, Any] = {}
    for one, _ in parts.parts():
        value = getattr(parts, one.name)
        if one.metadata.get("inner") or (one.default is not MISSING and value == one.default):
            continue
        found[one.name] = _as_data(value)
    return found


def _as_data(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_as_data(item) for item in value]
    if isinstance(value, Described):
        return written(value)
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _in_limits(value: Any, dtype: str) -> None:
    low, high = _LIMITS.get(dtype, _INT64)
    if isinstance(value, int) and not isinstance(value, bool) and not low <= value < high:
        word = dtype if dtype in _LIMITS else "int64"
        raise Misfit(f"{value} is {'less' if value < low else 'more'} than {word} holds")


def _nested_shape(values: Any) -> Shape:
    if not isinstance(values, tuple):
        return ()
    below = [_nested_shape(item) for item in values]
    if any(shape != below[0] for shape in below):
        raise Misfit("the literal's rows differ in length")
    return (len(values), *(below[0] if below else ()))


#: How much of a long value is shown.
_ROOM = 60


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _ROOM else f"{text[: _ROOM - 1]}…"


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
