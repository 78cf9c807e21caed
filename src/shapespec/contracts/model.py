"""A spec before sizes are settled: all of the config is worked out, sizes stay expressions.

From this any sizes can be asked for, with neither YAML nor the library of the model. Plain, immutable, hashable: what
stands in ``origin`` says where a part is written, for errors, and belongs to no comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from shapespec.errors import Location
from shapespec.kinds import Kind

#: A number, text, truth value, None, a tuple of them, or an :class:`shapespec.expressions.Open` over sizes.
Value: TypeAlias = Any

#: Where the part of an entry at a path is written.
Origin: TypeAlias = Callable[[tuple[Any, ...]], "Location | None"]


#: The names that lead from a size to another that it reads, where it does not read it itself.
Through: TypeAlias = Callable[[str], tuple[str, ...]]


def directly(name: str) -> tuple[str, ...]:
    """No names lie between."""
    return ()


def nowhere(path: tuple[Any, ...]) -> Location | None:
    """The origin of what no file says."""
    return None


def _origin() -> Any:
    return field(default=nowhere, compare=False, repr=False)


@dataclass(frozen=True)
class SizeRule:
    """One named size: its default (``value``) or its derivation (``equals``), bounds and step, whether it is dynamic
    and whether graphs name it. ``behind`` are the sizes that the default reads, ``own`` says that the component alone
    declares it."""

    name: str
    value: Value = None
    equals: Value = None
    min: Value = None
    max: Value = None
    multiple_of: Value = None
    dynamic: bool = True
    named: bool = True
    why: str | None = None
    source: str | None = None
    behind: tuple[str, ...] = ()
    own: bool = False
    written: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    through: Through = field(default=directly, compare=False, repr=False)
    origin: Origin = _origin()

    @property
    def is_derived(self) -> bool:
        """Whether the size follows from others, so that none can be given."""
        return self.equals is not None


@dataclass(frozen=True)
class Axis:
    """One axis: its size (``None`` where only a run tells), its name in graphs, and the size as written."""

    size: Value
    label: str | None
    dynamic: bool
    written: str


@dataclass(frozen=True)
class Tensor:
    """A tensor, its sizes still expressions. ``ranks`` are (condition, axes) where a size decides how many axes there
    are: the first that holds, else ``axes``. ``inert`` says why it can't change what the class answers."""

    name: str
    argument: str
    axes: tuple[Axis, ...]
    dtype: str
    values: Kind | None
    what: str
    role: str | None = None
    when: Value = True
    ranks: tuple[tuple[Value, tuple[Axis, ...]], ...] = ()
    origin: Origin = _origin()
    inert: str | None = None


@dataclass(frozen=True)
class Parts:
    """A structure: parts by key, or in order."""

    container: str
    keys: tuple[str, ...] | None
    parts: tuple[Node, ...]
    what: str
    options: tuple[tuple[str, Value], ...] = ()
    role: str | None = None
    when: Value = True
    origin: Origin = _origin()
    inert: str | None = None


@dataclass(frozen=True)
class Repeated:
    """Parts that come as many times as a size says; ``index`` counts them inside."""

    container: str
    repeat: Value
    index: str
    parts: tuple[Node, ...]
    name: str
    what: str
    options: tuple[tuple[str, Value], ...] = ()
    role: str | None = None
    when: Value = True
    origin: Origin = _origin()
    inert: str | None = None


@dataclass(frozen=True)
class Plain:
    """A Python value that is handed over as it is."""

    value: Value
    what: str
    when: Value = True
    origin: Origin = _origin()


Node: TypeAlias = Tensor | Parts | Repeated | Plain


@dataclass(frozen=True)
class Component:
    """One graph. ``also_returns`` is what the class returns beside the graph's outputs. ``sizes`` and ``formulas`` are
    the rules and the named formulas that differ from the contract's own in this graph."""

    name: str
    inputs: tuple[tuple[str, Node], ...]
    outputs: tuple[tuple[str, Node], ...]
    sizes: tuple[SizeRule, ...] = ()
    formulas: tuple[tuple[str, Value], ...] = ()
    aliases: tuple[str, ...] = ()
    when: Value = True
    call: str | None = None
    model_class: str | None = None
    model_config: tuple[tuple[str, Value], ...] | None = None
    graph_outputs: str | None = None
    unchecked: str | None = None
    stepwise: str | None = None
    also_returns: tuple[tuple[str, Node], ...] = ()
    origin: Origin = _origin()


@dataclass(frozen=True)
class Requirement:
    """What must hold between sizes and what the config said; ``values`` are what the condition reads, by the names
    under which it does."""

    that: Value
    text: str
    values: tuple[tuple[str, Value], ...] = ()
    why: str | None = None
    origin: Origin = _origin()


@dataclass(frozen=True)
class Contract:
    """All that one model takes, sizes open. ``formulas`` are expressions over sizes that others read by name."""

    architecture: str
    library: str
    task: str | None
    model_class: str | None
    variant: str | None
    sizes: tuple[SizeRule, ...]
    components: tuple[Component, ...]
    formulas: tuple[tuple[str, Value], ...] = ()
    requirements: tuple[Requirement, ...] = ()
