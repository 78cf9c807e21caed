"""The kinds of values that fill a tensor. Each kind is a mapping with one key of its own; a kind's rule for making
the values is one function in :mod:`shapespec.building.fills`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from shapespec.grammar.base import Count, Expr, Part

Pair = Annotated[list[Expr], Field(min_length=2, max_length=2)]


class Placeholder(Part):
    """Tokens that stand for the features of another input: as many as there are features."""

    token: Expr = Field(description="The token's id, such as config.image_token_id")
    count: Count = Field(description="How many in each row")
    groups: Count | None = Field(None, description="In how many equal runs (one for each image); one where not said")
    start: Expr | None = Field(None, description="A token right before each run, such as config.vision_start_token_id")
    end: Expr | None = Field(None, description="A token right after each run")
    at: Count | None = Field(None, description="Where the first run starts, its `start` included; 1 where not said")
    when: Expr | None = Field(None, description="Only if this holds")
    why: str | None = None


class Integers(Part):
    """Whole numbers drawn from ``[low, high)``."""

    integers: Pair = Field(description="[low, high): high itself is never drawn")
    avoid: list[Expr] | None = Field(None, description="Ids never drawn: special tokens. Lists of ids and None too")
    starts_with: Expr | None = Field(None, description="A token forced at the first place of each row")
    ends_with: Expr | None = Field(None, description="A token forced at the last place of each row: an end of sequence")
    placeholders: list[Placeholder] | None = Field(None, description="Runs of placeholder tokens, in order")
    pad: Expr | None = Field(None, description="The id where `mask` is 0")
    mask: str | None = Field(None, description="The input that says where padding is")
    distinct: Literal["rows"] | None = Field(None, description="`rows`: no value twice within a row")
    ordered: bool | None = Field(None, description="Whether each row is sorted: starts before ends")


class Uniform(Part):
    """Reals drawn evenly from ``[low, high)``."""

    uniform: Pair = Field(description="[low, high)")


class Normal(Part):
    """Reals drawn from a bell curve (the sum of four uniform draws: nothing beyond 3.5 deviations)."""

    normal: Pair = Field(description="[mean, standard deviation]")


class Constant(Part):
    """One value everywhere."""

    constant: Expr


class Arange(Part):
    """Counting along one axis, the same in all others."""

    arange: int = Field(description="The axis to count along: -1 is the last")
    start: Expr | None = None
    step: Expr | None = None


class Mask(Part):
    """A padding mask: ones with a run of zeros at one side; rows of different lengths, the first full, none empty."""

    mask: Literal["right", "left", "none"] = Field(description="The side of the padding; `none`: all ones")
    least: Count | None = Field(None, description="The fewest ones in a row (1 where not said)")
    past: Count | None = Field(None, description="How many places at the front belong to a cache: always ones")
    multiple_of: Count | None = Field(None, description="The count of ones in each row is a multiple of this")


class Boxes(Part):
    """Boxes whose corners are in order: the last axis is x0, y0, x1, y1 (or centre and size)."""

    boxes: Literal["xyxy", "cxcywh", "corners"] = Field(description="`corners`: eight numbers, the corners clockwise")
    max: Expr | None = Field(None, description="The largest coordinate, itself allowed (1 where not said)")


class OneHot(Part):
    """A single one along the last axis, zeros elsewhere."""

    one_hot: Literal[True]


class LiteralValues(Part):
    """The values themselves, nested as the shape is; leading axes that are missing are repeated."""

    literal: list[Any] | Expr


class Choice(Part):
    """Each value drawn from a list."""

    choice: Annotated[list[Expr], Field(min_length=1)]


class Formula(Part):
    """Values computed from other inputs of the component and from sizes, by whole arrays."""

    formula: Expr = Field(description="An expression; the other inputs are arrays in it")


def kind_of_values(value: Any) -> str | None:
    """Which kind a mapping means: the first of its keys that names one."""
    if isinstance(value, Part):
        return next((kind for kind, part in KINDS.items() if isinstance(value, part)), None)
    if not isinstance(value, dict):
        return None
    return next((kind for kind in KIND_NAMES if kind in value and (kind != "mask" or "integers" not in value)), None)


KINDS: dict[str, type[Part]] = {
    "integers": Integers,
    "uniform": Uniform,
    "normal": Normal,
    "constant": Constant,
    "arange": Arange,
    "boxes": Boxes,
    "one_hot": OneHot,
    "literal": LiteralValues,
    "choice": Choice,
    "formula": Formula,
    "mask": Mask,
}
KIND_NAMES = tuple(KINDS)

Values = Annotated[
    Annotated[Integers, Tag("integers")]
    | Annotated[Uniform, Tag("uniform")]
    | Annotated[Normal, Tag("normal")]
    | Annotated[Constant, Tag("constant")]
    | Annotated[Arange, Tag("arange")]
    | Annotated[Boxes, Tag("boxes")]
    | Annotated[OneHot, Tag("one_hot")]
    | Annotated[LiteralValues, Tag("literal")]
    | Annotated[Choice, Tag("choice")]
    | Annotated[Formula, Tag("formula")]
    | Annotated[Mask, Tag("mask")],
    Discriminator(
        kind_of_values,
        custom_error_type="kind_of_values",
        custom_error_message="no kind of values is named here",
    ),
]

__all__ = ["KINDS", "KIND_NAMES", "Placeholder", "Values", "kind_of_values"]
