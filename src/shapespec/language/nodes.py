"""Inputs and outputs: tensors, and structures of them."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from shapespec.language.base import Count, Expr, Merging, Name, Part, Source, Why, checked_expression
from shapespec.language.containers import ContainerWord
from shapespec.language.values import Values

#: `int`, `float` and `bool` follow the caller's choice; the others stay what they are.
DTypeWord = Literal[
    "int", "float", "bool", "int8", "int16", "int32", "int64", "uint8", "float16", "bfloat16", "float32", "float64"
]

#: What an input is to the model.
RoleWord = Literal["tokens", "mask", "positions", "cache", "states", "media", "labels"]

#: Before a cache is filled, or after.
PhaseWord = Literal["prefill", "decode"]

#: One name, or several.
Names = Annotated[Name | Annotated[list[Name], Field(min_length=1)], Field()]

#: An axis of an output whose size only a run tells.
UNKNOWN = "unknown"


AxisSize = Annotated[
    int | Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(checked_expression)], Field()
]


def _checked_label(value: object) -> object:
    """An axis's name may hold expressions in braces."""
    for text in LABEL_EXPRESSION.findall(value) if isinstance(value, str) else ():
        checked_expression(text)
    return value


#: `height * {config.upscale}`: what stands in braces is worked out.
LABEL_EXPRESSION = re.compile(r"\{([^{}]*)\}")

AxisLabel = Annotated[str, Field(max_length=1000), AfterValidator(_checked_label)]


class Axis(Part):
    """An axis whose name in the graph differs from its size's expression."""

    size: AxisSize
    axis: AxisLabel | None = Field(
        None,
        description="The axis's name in graphs, with expressions in braces: `height * {config.upscale}`; "
        "null for an axis that graphs do not name",
    )
    why: Why = None


AxisEntry = Annotated[
    Axis | AxisSize,
    Field(description="A size; `unknown` (outputs only) for an axis whose size only a run tells"),
]


#: Where the rank itself differs: `[a, b] if condition else [a, b, c]`.
ShapeChoice = Annotated[
    str,
    Field(min_length=1, max_length=1000, description="A condition between lists of sizes"),
    AfterValidator(checked_expression),
]


#: What makes a tensor, a structure, a plain value: one node is one of the three.
_TENSOR = ("shape", "dtype", "values")
_STRUCTURE = ("fields", "items", "repeat", "index", "container", "options")
_PYTHON = ("python",)
_ONE_KIND = "a tensor (`shape`), a structure (`fields` or `items`) or a plain value (`python`)"
_APART = ((_TENSOR, _STRUCTURE), (_TENSOR, _PYTHON), (_STRUCTURE, _PYTHON), (("fields",), ("items",)))


def _has_any(keys: tuple[str, ...]) -> JsonDict:
    """The schema of a mapping that sets one of the keys (``null`` removes, so it sets nothing)."""
    has: list[JsonDict] = [{"required": [key], "properties": {key: {"not": {"type": "null"}}}} for key in keys]
    return {"anyOf": [*has]} if len(has) > 1 else has[0]


class Node(Part):
    """An input or an output: a tensor (``shape``), a structure (``fields``, ``items`` or ``repeat``), or a plain Python
    value (``python``). An empty mapping takes the whole definition from the vocabulary."""

    merging: ClassVar[Merging] = Merging(
        excludes=(
            ("shape", frozenset({*_STRUCTURE, *_PYTHON})),
            ("fields", frozenset({*_TENSOR, *_PYTHON, "items"})),
            ("items", frozenset({*_TENSOR, *_PYTHON, "fields"})),
            ("python", frozenset({*_TENSOR, *_STRUCTURE})),
        ),
        made_for=(("container", "options"),),
        restarts=frozenset({"like"}),
        short=((list, "shape"),),
    )
    # The schema's word for what `_one_kind` refuses.
    model_config = ConfigDict(
        json_schema_extra={"not": {"anyOf": [{"allOf": [_has_any(a), _has_any(b)]} for a, b in _APART]}}
    )

    about: str | None = Field(None, description="What it is, in a few words")
    role: Annotated[RoleWord, Field(description="What it is to the model")] | None = None
    like: Name | None = Field(None, description="Another entry of the vocabulary to start from")
    name: str | None = Field(None, description="The name in graphs, where it differs from forward's argument")
    when: Expr | None = Field(None, description="Only if this holds")
    phase: Annotated[PhaseWord, Field(description="Only before a cache is filled, or only after")] | None = None
    include: Names | None = Field(
        None, description="Only on request: load_spec(…, include=[this]); a group, or several; the input's own name too"
    )
    instead_of: Names | None = Field(
        None, description="Inputs (or a role, or a phase: all of that) that are dropped where this one is there"
    )

    shape: list[AxisEntry] | ShapeChoice | None = Field(None, description="A tensor's sizes, first axis first")
    dtype: DTypeWord | None = None
    values: Values | None = None

    python: Expr | None = Field(None, description="A plain Python value handed over as it is: a flag, a mode")

    repeat: Count | None = Field(None, description="How many times `fields` or `items` come, once per layer say")
    index: Name | None = Field(None, description="The name that counts the repetitions inside; `layer` where not said")
    container: ContainerWord | None = Field(None, description="What the model takes: a cache, a tuple, …")
    options: dict[Name, Expr | None] | None = Field(None, description="What the container is made with, per repetition")

    inert: str | None = Field(None, description="Why no value of it can change what the class answers")
    why: Why = None
    source: Source = None

    # The parts last: they are long, and what is said of the whole stands above them.
    fields: dict[Name, NodeEntry | None] | None = Field(None, description="Named parts")
    items: list[NodeEntry] | None = Field(None, description="Parts in order")

    @model_validator(mode="after")
    def _one_kind(self) -> Node:
        for first, second in _APART:
            one = next((key for key in first if getattr(self, key) is not None), None)
            other = next((key for key in second if getattr(self, key) is not None), None)
            if one is not None and other is not None:
                raise PydanticCustomError(
                    "one_kind", "has both `{one}` and `{other}`", {"one": one, "other": other, "expected": _ONE_KIND}
                )
        return self


NodeEntry = Node | list[AxisEntry]
"""A node as written: in full, or a tensor's shape alone."""

Node.model_rebuild()
