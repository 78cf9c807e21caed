"""The kinds of files: an architecture, a family, the default sizes, the vocabulary of inputs.

The order of the fields is the order of a file's keys, which `shapespec fmt` writes and `shapespec validate` wants. Of a
class's bases the last one's fields come first.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from shapespec.language.base import Expr, Identifier, Listed, Name, Nulls, Part, Source, StandsFor, Why
from shapespec.language.dims import DimEntry, Requirement
from shapespec.language.nodes import NodeEntry, PhaseWord

Dims = dict[Identifier, DimEntry | None]
Nodes = dict[Name, NodeEntry | None]
Taken = Annotated[
    Nodes | list[Name], Listed.NAMES, Field(description="What it takes or returns; a list takes the vocabulary's own")
]
Unfed = Annotated[
    dict[Name, Annotated[str, Field(min_length=1)] | None] | None,
    Field(description="Arguments of the model's forward that nobody feeds, each with the reason"),
]
Raw = Annotated[dict[str, Any], Nulls.ARE_VALUES]
Meta = Annotated[dict[str, Any], Field(description="Yours: shapespec does not look at it")]


_ATTRIBUTE = r"[A-Za-z][A-Za-z0-9_]*(\(\))?"


def _checked_path(value: str) -> str:
    if re.fullmatch(rf"{_ATTRIBUTE}(\.{_ATTRIBUTE})*", value) is None:
        raise PydanticCustomError(
            "path",
            "`{path}` is no path of attributes",
            {"path": value, "expected": "`part.of_it` or `get_part()`, no name starting with `_`"},
        )
    return value


#: Attributes of a model, one below the other.
Call = Annotated[
    str,
    AfterValidator(_checked_path),
    Field(max_length=200, json_schema_extra={"pattern": rf"^{_ATTRIBUTE}(\.{_ATTRIBUTE})*$"}),
]


class Component(Part):
    """One graph: what it takes and returns, and how the real model runs it."""

    like: Name | None = Field(None, description="Another component to start from")
    when: Expr | None = Field(None, description="Only if this holds")
    phase: Annotated[PhaseWord, Field(description="`decode`: it goes on from a filled cache")] | None = None
    aliases: list[Name] | None = Field(None, description="Other names by which it is asked for")
    call: Call | None = Field(
        None, description="What `check` calls on the model instead of forward: `get_encoder()`, `text_encoder`"
    )
    model_class: Name | None = Field(None, description="The class that runs it, where it is not the architecture's")
    model_config_: dict[Name, Expr | None] | None = Field(
        None, alias="model_config", description="That class's config, from this one's values"
    )
    dims: Dims | None = Field(None, description="Sizes that differ in this graph alone")
    inputs: Taken | None = None
    outputs: Taken | None = None
    also_returns: Nodes | None = Field(
        None, description="What the class returns beside the graph's outputs: names and sizes, which `check` compares"
    )
    order: list[Name] | None = Field(None, description="The inputs' order, where it is not that of `inputs`")
    graph_outputs: str | None = Field(
        None, description="Why the outputs are an exporter's and not the class's own: `check` then only runs it"
    )
    unchecked: str | None = Field(None, description="Why `check` can't run it on the class: only exporters have it")
    stepwise: str | None = Field(
        None, description="Why its cache is filled token by token: at once the class fills it otherwise"
    )
    why: Why = None
    source: Source = None


class Sections(Part):
    """What a file, a task, a class or a variant may set."""

    config: Raw | None = Field(None, description="Config attributes read here, with the class's defaults")
    attribute_map: dict[Identifier, str] | None = Field(
        None, description="Other names of config attributes: {hidden_size: n_embd}"
    )
    flat_parts: list[Identifier] | None = Field(
        None, description="Parts of the config whose attributes may stand at its top instead: [text_config]"
    )
    special_tokens: dict[Name, Expr | None] | None = Field(
        None, description="Ids that are never drawn as plain tokens: {image: config.image_token_id}"
    )
    let: dict[Identifier, Expr | None] | None = Field(None, description="Named expressions, of any type")
    requires: dict[Name, Requirement | None] | None = None
    dims: Dims | None = None
    inputs: Nodes | None = Field(None, description="What inputs mean here, over the vocabulary")
    unfed: Unfed = None
    outputs: Annotated[Taken, StandsFor(("components", "model", "outputs"))] | None = Field(
        None, description="What the model's own forward returns: short for `components: {model: {outputs: …}}`"
    )
    also_returns: Annotated[Nodes, StandsFor(("components", "model", "also_returns"))] | None = Field(
        None,
        description="What its forward returns beside the graph's outputs: short for "
        "`components: {model: {also_returns: …}}`",
    )
    components: Annotated[dict[Name, Component | None], Field(max_length=200)] | None = None


class Testing(Part):
    """What `check` needs: the last of all, since it declares nothing."""

    tiny: Raw | None = Field(None, description="A config small enough to run the real model")


class Body(Testing, Sections):
    """What a part of a file that applies now and then may set."""


class ByName(Part):
    """What holds only where no live model is given."""

    by_name: Body | None = Field(None, description="What holds only where no live model is given: exporters' graphs")


class Layered(Testing, ByName, Sections):
    """What a task, a class or a variant may set."""


class Opening(Part):
    """What a file says of itself."""

    extends: Name | None = Field(None, description="The one parent: a family, or another architecture")
    about: str | None = None
    why: Why = None
    source: Source = None
    meta: Meta | None = None
    default_task: Name | None = None


class Divisions(Part):
    """What applies for one task, one class or one variant."""

    tasks: dict[Name, Layered | None] | None = None
    classes: dict[Name, Layered | None] | None = None
    default_variant: Name | None = None
    variants: dict[Name, Layered | None] | None = None


class FamilyName(Part):
    """The key that makes a file a family's."""

    family: Name


class Family(Testing, ByName, Divisions, Sections, Opening, FamilyName):
    """What architectures share."""


class ArchitectureName(Part):
    """The key that makes a file an architecture's."""

    architecture: Name = Field(description="Transformers' model_type, or the library's own name")


Heads = dict[Name, Annotated[str, Field(min_length=1)] | Annotated[list[str], Field(min_length=1)] | None]


class Classes(Part):
    """The classes of an architecture."""

    heads: Heads | None = Field(None, description="Which class serves which task; the first of a list is the default")
    served_by: dict[Name, Name | None] | None = Field(
        None, description="Classes that the library lists under this type with another's config: {class: architecture}"
    )
    needs: dict[Name, Name | None] | None = Field(
        None, description="Packages that a class needs to run: `check` runs it where they are installed"
    )
    not_run: dict[Name, str | None] | None = Field(
        None, description="Classes that `check` can't run, each with the reason"
    )


class Architecture(Testing, ByName, Divisions, Sections, Classes, Opening, ArchitectureName):
    """One architecture: the model type, its classes, and what they take."""


class Defaults(Part):
    """The sizes that every spec starts from."""

    dims: Dims
    meta: Meta | None = None


class Vocabulary(Part):
    """The well-known inputs, each declared once."""

    inputs: Nodes
    unfed: Unfed = None
    axes: dict[str, Why] | None = Field(
        None, description="Names that graphs give to axes, beside those of sizes: {n_samples: How long the sound is.}"
    )
    meta: Meta | None = None


#: The kinds of files by the key that tells them, in the order in which it is looked for.
FILE_KINDS: dict[str, type[Part]] = {
    "architecture": Architecture,
    "family": Family,
    "inputs": Vocabulary,
    "dims": Defaults,
}
