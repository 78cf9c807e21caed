"""The kinds of files: an architecture, a family, the default sizes, the vocabulary of inputs.

The order of the fields is the order of a file's keys, which `shapespec fmt` writes and `shapespec validate` wants. Of a
class's bases the last one's fields come first.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from shapespec.grammar.base import Expr, Identifier, Name, Part, Source, Why
from shapespec.grammar.dims import DimEntry, Requirement
from shapespec.grammar.nodes import NodeEntry

Dims = dict[Identifier, DimEntry | None]
Nodes = dict[Name, NodeEntry | None]
Meta = Annotated[dict[str, Any], Field(description="Yours: shapespec does not look at it")]


class Component(Part):
    """One graph: what it takes and returns, and how the real model runs it."""

    like: Name | None = Field(None, description="Another component to start from")
    when: Expr | None = Field(None, description="Only if this holds")
    aliases: list[Name] | None = Field(None, description="Other names by which it is asked for")
    call: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.()]*$")] | None = Field(
        None, description="What `check` calls on the model instead of forward: `get_encoder()`, `text_encoder`"
    )
    model_class: Name | None = Field(None, description="The class that runs it, where it is not the architecture's")
    model_config_: dict[Name, Expr | None] | None = Field(
        None, alias="model_config", description="That class's config, from this one's values"
    )
    dims: Dims | None = Field(None, description="Sizes that differ in this graph alone")
    inputs: Nodes | None = None
    outputs: Nodes | None = None
    order: list[Name] | None = Field(None, description="The inputs' order, where it is not that of `inputs`")
    graph_outputs: str | None = Field(
        None, description="Why the outputs are an exporter's and not the class's own: `check` then only runs it"
    )
    unchecked: str | None = Field(None, description="Why `check` can't run it on the class: only exporters have it")
    why: Why = None
    source: Source = None


class Sections(Part):
    """What a file, a task, a class or a variant may set."""

    config: dict[str, Any] | None = Field(None, description="Config attributes read here, with the class's defaults")
    attribute_map: dict[Identifier, str] | None = Field(
        None, description="Other names of config attributes: {hidden_size: n_embd}"
    )
    let: dict[Identifier, Expr | None] | None = Field(None, description="Named expressions, of any type")
    requires: dict[Name, Requirement | None] | None = None
    dims: Dims | None = None
    inputs: Nodes | None = Field(None, description="What inputs mean here, over the vocabulary")
    components: Annotated[dict[Name, Component | None], Field(max_length=200)] | None = None


class Testing(Part):
    """What `check` needs: the last of all, since it declares nothing."""

    tiny: dict[str, Any] | None = Field(None, description="A config small enough to run the real model")


class Body(Testing, Sections):
    """What a file, a task, a class or a variant may set."""


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

    tasks: dict[Name, Body | None] | None = None
    classes: dict[Name, Body | None] | None = None
    default_variant: Name | None = None
    variants: dict[Name, Body | None] | None = None


class FamilyName(Part):
    """The key that makes a file a family's."""

    family: Name


class Family(Testing, Divisions, Sections, Opening, FamilyName):
    """What architectures share."""


class ArchitectureName(Part):
    """The key that makes a file an architecture's."""

    architecture: Name = Field(description="Transformers' model_type, or the library's own name")


Heads = dict[Name, Annotated[str, Field(min_length=1)] | Annotated[list[str], Field(min_length=1)] | None]


class Classes(Part):
    """The classes of an architecture."""

    heads: Heads | None = Field(None, description="Which class serves which task; the first of a list is the default")
    config_class: str | None = Field(None, description="The config class, where the library does not find it by name")
    served_by: dict[Name, Name | None] | None = Field(
        None, description="Classes that the library lists under this type with another's config: {class: architecture}"
    )
    needs: dict[Name, Name | None] | None = Field(
        None, description="Packages that a class needs to run: `check` runs it where they are installed"
    )
    not_run: dict[Name, str | None] | None = Field(
        None, description="Classes that `check` can't run, each with the reason"
    )


class Architecture(Testing, Divisions, Sections, Classes, Opening, ArchitectureName):
    """One architecture: the model type, its classes, and what they take."""


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
