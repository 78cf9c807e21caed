"""What every part of the grammar shares: strictness, and expressions that are checked where they stand."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from shapespec.errors import ExpressionError
from shapespec.expressions import parse


class Part(BaseModel):
    """A mapping of the language: every key is known, nothing is converted, nothing changes afterwards."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


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
