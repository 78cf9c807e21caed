"""What every part of the grammar shares: strictness, and expressions that are checked where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from shapespec.errors import ExpressionError
from shapespec.expressions import parse


@dataclass(frozen=True)
class Merging:
    """How mappings of one model lie over each other, where it is more than key by key.

    ``excludes``: for a key that a higher layer sets, the lower ones' keys that it drops. ``one_history``: whether what
    it drops is told as replaced by it. ``made_for``: for a key to which a higher layer gives another value, the lower
    ones' keys that were made for the old one. ``restarts``: keys that, set by a higher layer, drop all that lower ones
    said.
    ``short``: the key that a value written without a mapping stands for, by the type of the value.
    """

    excludes: tuple[tuple[str, frozenset[str]], ...] = ()
    one_history: bool = False
    made_for: tuple[tuple[str, str], ...] = ()
    restarts: frozenset[str] = frozenset()
    short: tuple[tuple[type, str], ...] = ()


class Nulls(Enum):
    """What ``null`` means in a mapping: everywhere else it removes."""

    ARE_VALUES = auto()


class Listed(Enum):
    """What a list stands for where a mapping may stand, too."""

    NAMES = auto()  # each with an empty mapping


@dataclass(frozen=True)
class StandsFor:
    """A short form of what stands at another path of the same body."""

    path: tuple[str, ...]


class Part(BaseModel):
    """A mapping of the language: every key is known, nothing is converted, nothing changes afterwards. ``merging`` says
    what is special about laying one over another."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
    merging: ClassVar[Merging] = Merging()


def checked_expression(value: Any) -> Any:
    """Lets an expression through if it parses; its own error otherwise."""
    if isinstance(value, str):
        try:
            parse(value)
        except ExpressionError as error:
            problem = error.problems[0]
            raise PydanticCustomError(
                "expression",
                "{message}",
                {"message": problem.message, "expected": problem.expected, "suggestion": problem.suggestion},
            ) from None
    return value


_Text = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(checked_expression)]

#: An expression over dims, `let` names and `config.…`, or a number.
Expr = Annotated[int | float | bool | _Text, Field(description="A number, or an expression over dims and config.…")]

#: An expression whose value is a count: a number or an expression, never true or false.
Count = Annotated[int | _Text, Field(description="A whole number, or an expression that gives one")]

#: A name of a dim, an input, a task, …
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.\-]*$", max_length=100)]

#: A name that an expression can use.
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100)]

Why = Annotated[str | None, Field(description="Why the value is what it is: shown by `shapespec explain`")]
Source = Annotated[str | None, Field(description="Where the value or the rule comes from: a file, a paper, a class")]
