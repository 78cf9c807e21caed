"""Inputs on request, and inputs that stand instead of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from shapespec.contracts.model import Value
from shapespec.errors import GrammarError, Problem, RequestError
from shapespec.expressions import Open, parse
from shapespec.layers import Merged
from shapespec.resolving.call import Requested


@dataclass(frozen=True)
class OnRequest:
    """An input that comes on request only.

    Attributes:
        name: its own name, by which it may be asked for.
        groups: what else it may be asked for by.
        instead_of: the inputs that are dropped where it is there.
        components: the graphs that take it.
        about: what it is, in a few words.
    """

    name: str
    groups: tuple[str, ...]
    instead_of: tuple[str, ...]
    components: tuple[str, ...]
    about: str | None = None

    @classmethod
    def of(cls, name: str, node: Merged, written: Mapping[str, Merged], component: str) -> OnRequest:
        """An input of a component, whose inputs as written are ``written``."""
        return cls(name, groups_of(node), tuple(_replaced(name, written)), (component,), node.value.get("about"))

    def beside(self, other: OnRequest | None) -> OnRequest:
        """As one with the same input of the components before."""
        if other is None:
            return self
        dropped = dict.fromkeys([*other.instead_of, *self.instead_of])
        return replace(other, instead_of=tuple(dropped), components=(*other.components, *self.components))


def groups_of(node: Merged) -> tuple[str, ...]:
    """The groups that an input belongs to: none where it is always there."""
    return _several(node.value.get("include"))


def _several(said: str | list[str] | None) -> tuple[str, ...]:
    return () if said is None else (said,) if isinstance(said, str) else tuple(said)


def without_replaced(
    found: dict[str, tuple[Merged, Value]], asked: Requested, component: str
) -> dict[str, tuple[Merged, Value]]:
    """The inputs of a component without those that others stand instead of.

    Raises:
        RequestError: two were asked for of which one stands instead of the other, or both instead of the same.
        GrammarError: whether one is there depends on sizes, and it stands instead of others.
    """
    written = {name: node for name, (node, _) in found.items()}
    replaced = {name: _replaced(name, written) for name in found if "instead_of" in written[name].value}
    if not replaced:
        return found
    _check_settled(found, replaced)
    named = [name for name, node in written.items() if asked.names(name, groups_of(node))]
    _check_apart(named, replaced, component)
    first = {other for others in replaced.values() for other in others}
    gone = {other for name, others in replaced.items() if name not in first for other in others}
    return {name: entry for name, entry in found.items() if name not in gone}


def _replaced(name: str, written: Mapping[str, Merged]) -> list[str]:
    """The inputs that an input stands instead of, by their name, role or phase, and what is computed from them."""
    said = {*_several(written[name].value.get("instead_of"))}
    gone = [other for other, node in written.items() if other != name and _known_by(other, node) & said]
    for other, node in written.items():
        if other not in gone and not _read(node).isdisjoint(gone):
            gone.append(other)
    return gone


def _known_by(name: str, node: Merged) -> set[str | None]:
    return {name, node.value.get("role"), node.value.get("phase")}


def _read(node: Merged) -> frozenset[str]:
    """The inputs that a formula reads."""
    formula = (node.value.get("values") or {}).get("formula")
    return frozenset(parse(formula).names) if formula is not None else frozenset()


def _check_settled(found: Mapping[str, tuple[Merged, Value]], replaced: Iterable[str]) -> None:
    for name in replaced:
        node, when = found[name]
        if isinstance(when, Open):
            raise GrammarError(
                Problem(
                    f"`when` of input `{name}` reads sizes, and it stands instead of others",
                    width=len("when"),
                    location=node.origin(("when",)),
                    expected="a condition on the config alone",
                )
            )


def _check_apart(named: list[str], replaced: Mapping[str, list[str]], component: str) -> None:
    """Raises :class:`RequestError` for two that were asked for and exclude each other."""
    for name, others in replaced.items():
        dropped = next((other for other in named if other in others), None)
        if dropped is not None:
            raise _apart(name, dropped, f"`{name}` stands instead of `{dropped}`", component)
    alternatives = [name for name in named if name in replaced]
    for place, name in enumerate(alternatives):
        for other in alternatives[:place]:
            same = next((one for one in replaced[name] if one in replaced[other]), None)
            if same is not None:
                raise _apart(other, name, f"both stand instead of `{same}`", component)


def _apart(one: str, other: str, reason: str, component: str) -> RequestError:
    return RequestError(
        f"`{one}` and `{other}` exclude each other in `{component}`: {reason}",
        argument="include",
        expected="one of the two",
    )
