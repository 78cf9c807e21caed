"""Whether every tensor argument of forward is declared, or named as one that nobody feeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shapespec.checking.sweep import Pair
from shapespec.errors import SpecError
from shapespec.layers import Stack
from shapespec.libraries import library as library_named
from shapespec.libraries.signatures import tensor_arguments
from shapespec.registry.chain import Registry
from shapespec.resolving.components import merged_component
from shapespec.resolving.load import build_stack
from shapespec.resolving.target import identified


@dataclass(frozen=True)
class Arguments:
    """The tensor arguments of one class's forward, in its order: what a file declares, what it says that nobody feeds,
    and the rest."""

    pair: Pair
    task: str | None
    declared: tuple[str, ...]
    unfed: tuple[str, ...]
    undeclared: tuple[str, ...]

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.declared) + len(self.unfed) + len(self.undeclared)


def arguments_of(pair: Pair) -> Arguments | None:
    """The arguments of a pair's class, as a live model of any config is fed; None where the class can't be imported
    here. Raises what `load_spec` raises of files."""
    assert pair.model_class is not None
    name = pair.served_by or pair.architecture
    try:
        model_class = library_named(pair.library).import_class(pair.model_class, name)
    except (SpecError, ImportError):
        return None
    meant = identified(name, Registry(pair.paths), task=None, model_class=pair.model_class, config=None,
                       library=pair.searched, variant=None)  # fmt: skip
    stack = build_stack(meant, live=True)
    taken, unfed = _taken(stack), set(stack.value("unfed") or {})
    arguments = tensor_arguments(model_class)
    return Arguments(
        pair,
        meant.choice.task,
        declared=tuple(name for name in arguments if name in taken),
        unfed=tuple(name for name in arguments if name in unfed - taken),
        undeclared=tuple(name for name in arguments if name not in unfed | taken),
    )


def undeclared_share(found: Iterable[Arguments]) -> float:
    """The share of arguments that no file speaks of."""
    known = list(found)
    total = sum(one.total for one in known)
    return sum(len(one.undeclared) for one in known) / total if total else 0.0


def _taken(stack: Stack) -> set[str]:
    """The inputs of the components that run the class's own forward, under whatever condition."""
    return {name for component in _own(stack) for name in component}


def _own(stack: Stack) -> Iterator[list[str]]:
    for name in stack.keys("components"):
        component = merged_component(stack, name).value
        if component.get("call") is None and component.get("model_class") is None:
            yield [key for key, node in (component.get("inputs") or {}).items() if node is not None]
