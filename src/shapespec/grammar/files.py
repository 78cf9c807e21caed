"""The kinds of files: an architecture, a family, the default sizes, the vocabulary of inputs."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from shapespec.grammar.base import Expr, Identifier, Name, Part, Source, Why
from shapespec.grammar.dims import DimEntry, Requirement
from shapespec.grammar.nodes import NodeEntry

Dims = dict[Identifier, DimEntry | None]
Nodes = dict[Name, NodeEntry | None]
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
    aliases: list[Name] | None = Field(None, description="Other names by which it is asked for")
    dims: Dims | None = Field(None, description="Sizes that differ in this graph alone")
    inputs: Nodes | None = None
    outputs: Nodes | None = None
    order: list[Name] | None = Field(None, description="The inputs' order, where it is not that of `inputs`")
    call: Call | None = Field(
        None, description="What `check` calls on the model instead of forward: `get_encoder()`, `text_encoder`"
    )
    model_class: Name | None = Field(None, description="The class that runs it, where it is not the architecture's")
    model_config_: dict[Name, Expr | None] | None = Field(
        None, alias="model_config", description="That class's config, from this one's values"
    )
    graph_outputs: str | None = Field(
        None, description="Why the outputs are an exporter's and not the class's own: `check` then only runs it"
    )
    unchecked: str | None = Field(None, description="Why `check` can't run it on the class: only exporters have it")
    why: Why = None
    source: Source = None


class Body(Part):
    """What a file, a task, a class or a variant may set."""

    config: dict[str, Any] | None = Field(None, description="Config attributes read here, with the class's defaults")
    attribute_map: dict[Identifier, str] | None = Field(
        None, description="Other names of config attributes: {hidden_size: n_embd}"
    )
    tiny: dict[str, Any] | None = Field(None, description="A config small enough to run the real model")
    let: dict[Identifier, Expr | None] | None = Field(None, description="Named expressions, of any type")
    dims: Dims | None = None
    requires: dict[Name, Requirement | None] | None = None
    inputs: Nodes | None = Field(None, description="What inputs mean here, over the vocabulary")
    components: Annotated[dict[Name, Component | None], Field(max_length=200)] | None = None


Heads = dict[Name, Annotated[str, Field(min_length=1)] | Annotated[list[str], Field(min_length=1)] | None]


class Family(Body):
    """What architectures share."""

    family: Name
    extends: Name | None = Field(None, description="The one parent, a family")
    about: str | None = None
    default_task: Name | None = None
    tasks: dict[Name, Body | None] | None = None
    classes: dict[Name, Body | None] | None = None
    variants: dict[Name, Body | None] | None = None
    default_variant: Name | None = None
    why: Why = None
    source: Source = None
    meta: Meta | None = None


class Architecture(Body):
    """One architecture: the model type, its classes, and what they take."""

    architecture: Name = Field(description="Transformers' model_type, or the library's own name")
    extends: Name | None = Field(None, description="The one parent: a family, or a path-free name of one")
    about: str | None = None
    default_task: Name | None = None
    heads: Heads | None = Field(None, description="Which class serves which task; the first of a list is the default")
    tasks: dict[Name, Body | None] | None = None
    classes: dict[Name, Body | None] | None = None
    variants: dict[Name, Body | None] | None = None
    default_variant: Name | None = None
    config_class: str | None = Field(None, description="The config class, where the library does not find it by name")
    served_by: dict[Name, Name | None] | None = Field(
        None, description="Classes that the library lists under this type with another's config: {class: architecture}"
    )
    not_run: dict[Name, str | None] | None = Field(
        None, description="Classes that `check` can't run, each with the reason"
    )
    needs: dict[Name, Name | None] | None = Field(
        None, description="Packages that a class needs to run: `check` runs it where they are installed"
    )
    why: Why = None
    source: Source = None
    meta: Meta | None = None


class Defaults(Part):
    """The sizes that every spec starts from."""

    dims: Dims
    meta: Meta | None = None


class Vocabulary(Part):
    """The well-known inputs, each declared once."""

    inputs: Nodes
    meta: Meta | None = None


#: The kinds of files by the key that tells them, in the order in which it is looked for.
FILE_KINDS: dict[str, type[Part]] = {
    "architecture": Architecture,
    "family": Family,
    "inputs": Vocabulary,
    "dims": Defaults,
}
