"""Values as written to a kind whose parts are worked out, but for sizes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shapespec.errors import GrammarError, Location, Problem
from shapespec.expressions import Open, parse
from shapespec.kinds import DEFAULT_FLOATS, KINDS, Formula, Kind, Placeholder, Takes, kind_named_in
from shapespec.layers import Merged
from shapespec.resolving.names import Names


def read_values(merged: Merged, dtype: str, names: Names, arguments: frozenset[str], what: str) -> Kind:
    """The kind of a node's values. Raises :class:`GrammarError` where an integer input says nothing of them."""
    values = merged.value.get("values")
    if values is None:
        if dtype.startswith(("float", "bfloat")):
            return DEFAULT_FLOATS
        message = f"{what} has no values"
        raise GrammarError(Problem(message, location=merged.origin(()), expected="`values:`, since it is no float"))
    word = kind_named_in(values)
    assert word is not None  # the grammar lets nothing else through
    reader = _Reader(names, merged.origin(("values",)), what, arguments)
    if KINDS[word] is Formula:
        return reader.formula(values["formula"])
    found: Kind = reader.read(KINDS[word], values, "")
    return found.beside(arguments)


class _Reader:
    def __init__(self, names: Names, place: Location | None, what: str, arguments: frozenset[str]) -> None:
        self.names = names
        self.place = place
        self.what = what
        self.arguments = arguments

    def read(self, kind: type[Any], values: dict[str, Any], prefix: str) -> Any:
        """A kind's parts, each folded."""
        said = {
            one.name: self._part(takes, values[one.name], prefix + one.name)
            for one, takes in kind.parts() if values.get(one.name) is not None
        }  # fmt: skip
        return kind(**said)

    def _part(self, takes: Takes, written: Any, name: str) -> Any:
        if takes is Takes.PARTS:
            return tuple(found for item in written if (found := self._placeholder(item)) is not None)
        if takes.is_plain:
            return written
        return self._folded(written, name)

    def _placeholder(self, item: dict[str, Any]) -> Placeholder | None:
        """None where its condition is known not to hold: its parts are then not looked at."""
        when = self._folded(item["when"], "placeholders.when") if item.get("when") is not None else True
        if not (when or isinstance(when, Open)):
            return None
        found: Placeholder = self.read(Placeholder, {**item, "when": None}, "placeholders.")
        return replace(found, when=when) if isinstance(when, Open) else found

    def _folded(self, written: Any, name: str) -> Any:
        if isinstance(written, list):
            return tuple(self._folded(item, name) for item in written)
        return self.names.folded(written, self.place, f"`{name}` of {self.what}")

    def formula(self, text: Any) -> Formula:
        """A formula in which only sizes and other inputs remain as names."""
        reads = tuple(name for name in parse(text).names if name in self.arguments)
        return Formula(self.names.folded(text, self.place, f"the formula of {self.what}", frozenset(reads)), reads)
