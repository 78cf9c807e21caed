"""The kinds of values as files write them: made from their declaration in :mod:`shapespec.kinds`."""

from __future__ import annotations

from dataclasses import MISSING
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import Discriminator, Field, Tag, create_model

from shapespec.kinds import KINDS, Described, Placeholder, Takes, kind_named_in
from shapespec.language.base import Count, Expr, Part

_Pair = Annotated[list[Expr], Field(min_length=2, max_length=2)]

#: The type of what is written, by what a part takes.
_WRITTEN: dict[Takes, Any] = {
    Takes.WHOLE: Count,
    Takes.ROWS: Count | list[Expr],
    Takes.RUNS: Count | list[Any],
    Takes.NUMBER: Expr,
    Takes.TOKEN: Expr,
    Takes.IDS: list[Expr],
    Takes.WHOLE_PAIR: _Pair,
    Takes.NUMBER_PAIR: _Pair,
    Takes.NUMBERS: Annotated[list[Expr], Field(min_length=1)],
    Takes.AXIS: int,
    Takes.INPUT: str,
    Takes.FLAG: bool,
    Takes.TRUE: Literal[True],
    Takes.NESTED: list[Any] | Expr,
    Takes.FORMULA: Expr,
    Takes.CONDITION: Expr,
    Takes.PROSE: str,
}


def _model(declared: type[Described]) -> type[Part]:
    """The grammar's model of a kind: one field for each part."""
    found: dict[str, Any] = {}
    for one, takes in declared.parts():
        if one.metadata.get("inner"):
            continue
        kind = Literal[one.metadata["words"]] if takes is Takes.WORD else _WRITTEN.get(takes, list[_PLACEHOLDER])
        required = one.default is MISSING
        description = one.metadata.get("about")
        found[one.name] = (kind if required else kind | None, Field(... if required else None, description=description))
    made: type[Part] = create_model(declared.__name__, __base__=Part, __doc__=declared.__doc__, **found)
    return made


_PLACEHOLDER: Any = None
_PLACEHOLDER = _model(Placeholder)

#: The grammar's model of each kind by the kind's name.
MODELS: dict[str, type[Part]] = {name: _model(kind) for name, kind in KINDS.items()}


def kind_of_values(value: Any) -> str | None:
    """Which kind a mapping means: the first of its keys that names one."""
    if isinstance(value, Part):
        return next((kind for kind, model in MODELS.items() if isinstance(value, model)), None)
    return kind_named_in(value)


if TYPE_CHECKING:
    Values = Any
else:
    Values = Annotated[
        Union[tuple(Annotated[model, Tag(name)] for name, model in MODELS.items())],  # noqa: UP007  # made of a list
        Discriminator(
            kind_of_values,
            custom_error_type="kind_of_values",
            custom_error_message="no kind of values is named here",
        ),
    ]

__all__ = ["MODELS", "Values", "kind_of_values"]
