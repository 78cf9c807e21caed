"""Whether every tensor argument of forward is declared, or named as one that nobody feeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapespec.errors import SpecError
from shapespec.layers import Stack
from shapespec.libraries import library as library_named
from shapespec.libraries.signatures import tensor_arguments
from shapespec.registry.chain import Registry
from shapespec.resolving.components import merged_component
from shapespec.resolving.load import build_stack
from shapespec.resolving.nodes import from_vocabulary
from shapespec.resolving.target import identified
from shapespec.spec import Spec

#: The components that run a class as a whole: from the start, and going on from a cache.
WHOLE, GOING_ON = "model", "model_with_past"


@dataclass(frozen=True)
class Arguments:
    """The tensor arguments of one class's forward, in its order: what a file declares, what it says that nobody feeds,
    and the rest."""

    declared: tuple[str, ...]
    unfed: tuple[str, ...]
    undeclared: tuple[str, ...]

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.declared) + len(self.unfed) + len(self.undeclared)


def arguments_of(
    name: str, model_class: str, library: str, paths: Sequence[str | Path] = (), searched: str | None = None
) -> Arguments | None:
    """The arguments of an architecture's class, as a live model of any config is fed; None where the class can't be
    imported here. ``searched`` is the library in whose files it stands, where that is said. Raises what `load_spec`
    raises of files."""
    try:
        cls = library_named(library).import_class(model_class, name)
    except (SpecError, ImportError):
        return None
    meant = identified(name, Registry(paths), task=None, model_class=model_class, config=None, library=searched,
                       variant=None)  # fmt: skip
    return arguments_in(build_stack(meant, live=True), cls)


def arguments_in(stack: Stack, model_class: Any) -> Arguments:
    """The arguments of a class, by the layers of its live models."""
    taken, unfed = _taken(stack), set(stack.value("unfed") or {})
    arguments = tensor_arguments(model_class)
    return Arguments(
        declared=tuple(name for name in arguments if name in taken),
        unfed=tuple(name for name in arguments if name in unfed - taken),
        undeclared=tuple(name for name in arguments if name not in unfed | taken),
    )


def argument_faults(spec: Spec, model_class: Any) -> Iterator[tuple[str | None, str]]:
    """(component, what no file says) of the arguments of a live model's class: each is an input, there by itself or on
    request, or stands in `unfed`. What runs the whole class takes all but what `unfed` names; its cache is the argument
    of one that goes on from it."""
    assert spec.provenance is not None  # it comes from files
    stack = spec.provenance.stack
    found = arguments_in(stack, model_class)
    if found.undeclared:
        names = ", ".join(f"`{name}`" for name in found.undeclared)
        yield None, f"forward takes {names}: neither an input, nor on request, nor `unfed`"
    every = dict(_own(stack))
    caches = _caches(stack, every.get(GOING_ON, []))
    own = {name: inputs for name, inputs in every.items() if name in spec.components}
    said = stack.value("unfed") or {}
    for component in (WHOLE, GOING_ON):
        missing = [name for name in found.declared if component in own and name not in (*own[component], *said)]
        missing = [name for name in missing if component != WHOLE or name not in caches]
        if missing:
            names = ", ".join(f"`{name}`" for name in missing)
            yield component, f"forward takes {names}, and the component does not: neither an input nor `unfed`"


def unfed_arguments(spec: Spec, model_class: Any) -> dict[str, str]:
    """The arguments of a live model's class that nobody feeds, each with the reason."""
    assert spec.provenance is not None  # it comes from files
    reasons = spec.unfed
    return {name: reasons[name] for name in arguments_in(spec.provenance.stack, model_class).unfed}


def undeclared_share(found: Iterable[Arguments]) -> float:
    """The share of arguments that no file speaks of."""
    known = list(found)
    total = sum(one.total for one in known)
    return sum(len(one.undeclared) for one in known) / total if total else 0.0


def _caches(stack: Stack, inputs: Iterable[str]) -> set[str]:
    """Those of a component's inputs that are caches."""
    found = {}
    for name in inputs:
        node = merged_component(stack, GOING_ON).sub(("inputs", name))
        found[name] = from_vocabulary(stack, name, node).value.get("role")
    return {name for name, role in found.items() if role == "cache"}


def _taken(stack: Stack) -> set[str]:
    """The inputs of the components that run the class's own forward, under whatever condition."""
    return {name for _, inputs in _own(stack) for name in inputs}


def _own(stack: Stack) -> Iterator[tuple[str, list[str]]]:
    for name in stack.keys("components"):
        component = merged_component(stack, name).value
        if component.get("call") is None and component.get("model_class") is None:
            yield name, [key for key, node in (component.get("inputs") or {}).items() if node is not None]
