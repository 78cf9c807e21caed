"""Layers, merged on demand, every value with the place that set it and the places that it replaced.

Mappings merge by key, everything else is replaced, ``null`` removes. Only the part that is asked for is merged. Three
kinds of mapping have alternatives that exclude each other (a dim's `value` and `equals`; a node's `shape`, `fields`,
`items` and `python`; the kinds of values): the alternative that a higher layer names drops the lower layer's. So does
another `container` with the `options` of the lower one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shapespec.errors import Location
from shapespec.grammar.values import KIND_NAMES
from shapespec.reading import Document
from shapespec.reading.document import Path

_ABSENT: Any = object()

#: What lies below each kind of mapping: by key, or `*` for every key.
_CHILDREN: dict[str, dict[str, str]] = {
    "body": {"config": "raw", "tiny": "raw", "dims": "dims", "inputs": "nodes", "components": "components"},
    "dims": {"*": "dim"},
    "nodes": {"*": "node"},
    "node": {"fields": "nodes", "values": "values"},
    "components": {"*": "component"},
    "component": {"dims": "dims", "inputs": "nodes", "outputs": "nodes"},
    "raw": {"*": "raw"},
}

_TENSOR = frozenset({"shape", "dtype", "values"})
_STRUCTURE = frozenset({"fields", "items", "repeat", "index", "container", "options"})
_PYTHON = frozenset({"python"})

#: By kind: a key that, set by a higher layer, drops these keys of the lower ones.
_DROPS: dict[str, dict[str, frozenset[str]]] = {
    "dim": {"value": frozenset({"equals"}), "equals": frozenset({"value"})},
    "node": {
        "shape": _STRUCTURE | _PYTHON,
        "fields": _TENSOR | _PYTHON | {"items"},
        "items": _TENSOR | _PYTHON | {"fields"},
        "python": _TENSOR | _STRUCTURE,
    },
}


@dataclass(frozen=True)
class Origin:
    """Who set a value: a place in a document, and the value as written there."""

    document: Document = field(repr=False)
    path: Path
    value: Any

    @property
    def location(self) -> Location:
        """The place with its line and column. Worked out when asked for: most are never shown."""
        return self.document.location(self.path)


class Origins:
    """Who set a value (``by``, the winner first), and who set the values below it. Never changed once made: merged
    values share what they have in common."""

    __slots__ = ("below", "by")

    def __init__(self, by: tuple[Origin, ...] = (), below: Mapping[Any, Origins] | None = None) -> None:
        self.by = by
        self.below = below or {}

    def under(self, key: Any) -> Origins:
        """Those of what stands under a key."""
        return self.below.get(key, _NOBODY)


_NOBODY = Origins()


@dataclass
class Merged:
    """A merged value, and who set it and each value below it."""

    value: Any
    origins: Origins = _NOBODY

    def origin(self, path: Path) -> Location | None:
        """The place that set the value at ``path`` (or the nearest enclosing one): an item of a list too."""
        current = self.origins
        for depth, part in enumerate(path):
            if not current.under(part).by:
                rest = path[depth:]
                break
            current = current.under(part)
        else:
            rest = ()
        if not current.by:
            return None
        setter = current.by[0]
        return setter.document.location((*setter.path, *rest))

    def history(self, path: Path) -> list[Origin]:
        """Everyone who set the value at ``path``, the winner first."""
        current = self.origins
        for part in path:
            current = current.under(part)
        return list(current.by)

    def sub(self, path: Path) -> Merged:
        """A part of the value, with its own origins."""
        value, origins = self.value, self.origins
        for part in path:
            value, origins = value[part], origins.under(part)
        return Merged(value, origins)

    def entries(self) -> int:
        """How many keys it has, those of mappings inside included: what it costs to work with."""
        return _entries(self.value)


def _entries(value: Any) -> int:
    return len(value) + sum(map(_entries, value.values())) if isinstance(value, dict) else 0


@dataclass(frozen=True)
class Layer:
    """A body of a document: the whole file, or one task's, class's or variant's part of it."""

    document: Document
    path: Path

    def at(self, below: Path) -> Any:
        """What the layer says at a path, or a marker for nothing (``null`` is something: it removes)."""
        current = self.document.data
        for part in (*self.path, *below):
            if not isinstance(current, dict) or part not in current:
                return _ABSENT
            current = current[part]
        return current


class Stack:
    """Layers from the lowest to the highest."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = tuple(layers)
        self._memo: dict[Path, Merged | None] = {}
        self._pruned: dict[Path, Merged | None] = {}

    def merged(self, *path: str) -> Merged | None:
        """The merged value at a path, or None where no layer has it or the highest that speaks removes it."""
        if path not in self._pruned:
            found = self.layered(*path)
            self._pruned[path] = None if found is None else pruned(found, _kind_at(path))
        return self._pruned[path]

    def layered(self, *path: str) -> Merged | None:
        """As ``merged``, with the ``null`` of each key that is removed: for what is yet to be laid over something else,
        from which the key must go too."""
        if path not in self._memo:
            self._memo[path] = self._merge(path)
        return self._memo[path]

    def _merge(self, path: Path) -> Merged | None:
        kind = _kind_at(path)
        result: Merged | None = None
        for layer in self.layers:
            found = layer.at(path)
            if found is _ABSENT:
                continue
            place = (*layer.path, *path)
            result = overlay(result, _traced(found, kind, layer.document, place), kind)
        return result

    def keys(self, section: str) -> list[str]:
        """The keys of a section over all layers, in order of first mention, without those that end up removed."""
        state: dict[str, bool] = {}
        for layer in self.layers:
            found = layer.at((section,))
            if isinstance(found, dict):
                for key, value in found.items():
                    state[key] = value is not None or section in ("config", "tiny")
        return [key for key, there in state.items() if there]

    def locations(self, section: str, key: str) -> Iterator[Location]:
        """Where a key of a section is named, the highest layer first."""
        for layer in reversed(self.layers):
            if layer.at((section, key)) is not _ABSENT:
                yield layer.document.location((*layer.path, section, key), key=True)


def _kind_at(path: Path) -> str:
    kind = "body"
    for part in path:
        below = _CHILDREN.get(kind, {})
        kind = below.get(part, below.get("*", "plain"))
    return kind


def _traced(value: Any, kind: str, document: Document, place: Path) -> Merged:
    """A layer's value with its own origins, the short forms written out."""
    by = (Origin(document, place, value),)
    short = "value" if kind == "dim" and value is not None else "shape" if kind == "node" else None
    if short is not None and isinstance(value, list if kind == "node" else (int, float, str, list)):
        return Merged({short: value}, Origins(by, {short: Origins(by)}))
    if not isinstance(value, dict):
        return Merged(value, Origins(by))
    kinds = _CHILDREN.get(kind, {})
    parts = {
        key: _traced(item, kinds.get(key, kinds.get("*", "plain")), document, (*place, key))
        for key, item in value.items()
    }
    below = {key: part.origins for key, part in parts.items()}
    return Merged({key: part.value for key, part in parts.items()}, Origins(by, below))


def overlay(low: Merged | None, high: Merged, kind: str) -> Merged | None:
    """``high`` over ``low``. None where ``high`` removes the value."""
    if high.value is None and kind != "raw":
        return None
    low = low or Merged(_ABSENT)
    return Merged(*_overlay(low.value, high.value, kind, low.origins, high.origins))


def _overlay(low: Any, high: Any, kind: str, was: Origins, now: Origins) -> tuple[Any, Origins]:
    """The merged value and its origins; ``was`` are those of ``low``, ``now`` those of ``high``."""
    by = now.by + was.by
    if not isinstance(high, dict):
        return high, Origins(by)
    result, below = (dict(low), dict(was.below)) if isinstance(low, dict) else ({}, {})
    if (kind == "values" and _values_kind(high) != _values_kind(result)) or (kind == "node" and "like" in high):
        result, below = {}, {}  # another kind of values, or another entry to start from: nothing of `low` remains
    if kind == "node" and high.get("container") not in (None, result.get("container")):
        result.pop("options", None)  # they are the other container's
        below.pop("options", None)
    drops = _DROPS.get(kind, {})
    for key in high:
        for dropped in drops.get(key, frozenset()) & result.keys() - high.keys():
            gone = below.pop(dropped, _NOBODY)
            if result.pop(dropped) is not None and kind == "dim":
                below[key] = gone  # a size's `value` and `equals` replace each other: one history
    kinds = _CHILDREN.get(kind, {})
    for key, item in high.items():
        inner = kinds.get(key, kinds.get("*", "plain"))
        if item is None and inner != "raw":
            result[key], below[key] = None, Origins(now.under(key).by)
        else:
            old = below.get(key, _NOBODY)
            result[key], below[key] = _overlay(result.get(key, _ABSENT), item, inner, old, now.under(key))
    return result, Origins(by, below)


def pruned(merged: Merged, kind: str) -> Merged:
    """Without the keys that are removed."""
    return Merged(_prune(merged.value, kind), merged.origins)


def _prune(value: Any, kind: str) -> Any:
    if not isinstance(value, dict) or kind == "raw":
        return value
    below = _CHILDREN.get(kind, {})
    kinds = {key: below.get(key, below.get("*", "plain")) for key in value}
    return {key: _prune(item, kinds[key]) for key, item in value.items() if item is not None or kinds[key] == "raw"}


def _values_kind(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    return next((kind for kind in KIND_NAMES if kind in value), None)
