"""Sizes: a default or a derivation, with bounds, steps, dynamism and reasons."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from shapespec.language.base import Count, Expr, Merging, Part, Source, Why

_SET: JsonDict = {"not": {"type": "null"}}


class Dim(Part):
    """One named size. A bare number or expression is short for ``value:``."""

    merging: ClassVar[Merging] = Merging(
        excludes=(("value", frozenset({"equals"})), ("equals", frozenset({"value"}))),
        one_history=True,
        short=((int, "value"), (float, "value"), (str, "value"), (list, "value")),
    )
    # The schema's word for what `_one_origin` refuses.
    model_config = ConfigDict(
        json_schema_extra={"not": {"required": ["value", "equals"], "properties": {"value": _SET, "equals": _SET}}}
    )

    value: Count | None = Field(None, description="The default; a call, a task or a user's file may give another")
    equals: Count | None = Field(None, description="What the size is derived from; it can't be given otherwise")
    min: Count | None = Field(None, description="The smallest size allowed (1 where nothing is said)")
    max: Count | None = Field(None, description="The largest size allowed")
    multiple_of: Count | None = Field(None, description="The size is a multiple of this")
    dynamic: Annotated[bool, Field(description="Whether other sizes run on one exported graph")] | None = None
    named: Annotated[bool, Field(description="Whether graphs name the axis even where it is not dynamic")] | None = None
    why: Why = None
    source: Source = None

    @model_validator(mode="after")
    def _one_origin(self) -> Dim:
        if self.value is not None and self.equals is not None:
            raise PydanticCustomError("one_origin", "has both `value` and `equals`", {"expected": "one of the two"})
        return self


DimEntry = Dim | Count
"""A dim as written: in full, or its value alone."""


class Requirement(Part):
    """Something that must hold between config values and dims, else the input is refused with both values named."""

    that: Expr = Field(description="A condition")
    why: Why = None
    source: Source = None
