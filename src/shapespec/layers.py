"""Layers, merged on demand, every value with the place that set it and the places that it replaced.

How a place merges the grammar says (:mod:`shapespec.language.merging`). Only the part that is asked for is merged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shapespec.errors import Location
from shapespec.language.merging import Rule, kind_changes, rule_at, short_paths
from shapespec.reading import Document
from shapespec.reading.document import Path

_ABSENT: Any = object()


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

    def says(self, below: Path) -> bool:
        """Whether the layer says anything at a path."""
        return any(True for _ in self.said(below))

    def said(self, below: Path) -> Iterator[Merged]:
        """What the layer says at a path: there, and in a short form that stands for a part of it."""
        rule = rule_at(below)
        found = self.at(below)
        if found is not _ABSENT:
            yield _traced(found, rule, self.document, (*self.path, *below))
        for key, target in short_paths().items():
            found = self.at((key,)) if below[:1] == target[:1] else _ABSENT
            if found is _ABSENT:
                continue
            merged = _traced(found, rule_at(target), self.document, (*self.path, key))
            if below == target[: len(below)]:
                yield _wrapped(merged, target[len(below) :])
            elif target == below[: len(target)] and _has(merged.value, below[len(target) :]):
                yield merged.sub(below[len(target) :])


def _has(value: Any, path: Path) -> bool:
    for part in path:
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return True


def _wrapped(merged: Merged, path: Path) -> Merged:
    """A value as the part at ``path`` of a mapping that says nothing else."""
    for part in reversed(path):
        merged = Merged({part: merged.value}, Origins(merged.origins.by, {part: merged.origins}))
    return merged


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
            self._pruned[path] = None if found is None else pruned(found, rule_at(path))
        return self._pruned[path]

    def value(self, *path: str) -> Any:
        """The merged value at a path alone; None where there is none."""
        found = self.merged(*path)
        return None if found is None else found.value

    def layered(self, *path: str) -> Merged | None:
        """As ``merged``, with the ``null`` of each key that is removed: for what is yet to be laid over something else,
        from which the key must go too."""
        if path not in self._memo:
            self._memo[path] = self._merge(path)
        return self._memo[path]

    def _merge(self, path: Path) -> Merged | None:
        rule = rule_at(path)
        result: Merged | None = None
        for layer in self.layers:
            for said in layer.said(path):
                result = overlay(result, said, rule)
        return result

    def keys(self, section: str) -> list[str]:
        """The keys of a section over all layers, in order of first mention, without those that end up removed."""
        keeps_null = rule_at((section,)).keeps_null
        state: dict[str, bool] = {}
        for layer in self.layers:
            for said in layer.said((section,)):
                if isinstance(said.value, dict):
                    state.update({key: value is not None or keeps_null for key, value in said.value.items()})
        return [key for key, there in state.items() if there]

    def locations(self, section: str, key: str) -> Iterator[Location]:
        """Where a key of a section is named, the highest layer first."""
        for layer in reversed(self.layers):
            if layer.at((section, key)) is not _ABSENT:
                yield layer.document.location((*layer.path, section, key), key=True)


def _traced(value: Any, rule: Rule, document: Document, place: Path) -> Merged:
    """A layer's value with its own origins, the short forms written out."""
    by = (Origin(document, place, value),)
    out = rule.written_out(value)
    if out is not None:
        places = {key: Origins(by) for key in out}
        if rule.lists_names:
            places = {key: Origins((Origin(document, (*place, n), key),)) for n, key in enumerate(out)}
        return Merged(out, Origins(by, places))
    if not isinstance(value, dict):
        return Merged(value, Origins(by))
    parts = {key: _traced(item, rule.under(key), document, (*place, key)) for key, item in value.items()}
    below = {key: part.origins for key, part in parts.items()}
    return Merged({key: part.value for key, part in parts.items()}, Origins(by, below))


def overlay(low: Merged | None, high: Merged, rule: Rule) -> Merged | None:
    """``high`` over ``low``. None where ``high`` removes the value."""
    if high.value is None and not rule.keeps_null:
        return None
    low = low or Merged(_ABSENT)
    return Merged(*_overlay(low.value, high.value, rule, low.origins, high.origins))


def _overlay(low: Any, high: Any, rule: Rule, was: Origins, now: Origins) -> tuple[Any, Origins]:
    """The merged value and its origins; ``was`` are those of ``low``, ``now`` those of ``high``."""
    by = now.by + was.by
    if not isinstance(high, dict):
        return high, Origins(by)
    result, below = (dict(low), dict(was.below)) if isinstance(low, dict) else ({}, {})
    if (rule.by_kind and kind_changes(high, result)) or not rule.merging.restarts.isdisjoint(high):
        result, below = {}, {}  # another kind of values, or another entry to start from: nothing of `low` remains
    for key, made in rule.merging.made_for:
        if high.get(key) not in (None, result.get(key)):
            result.pop(made, None)
            below.pop(made, None)
    drops = rule.drops
    for key in high:
        for dropped in drops.get(key, frozenset()) & result.keys() - high.keys():
            gone = below.pop(dropped, _NOBODY)
            if result.pop(dropped) is not None and rule.merging.one_history:
                below[key] = gone
    for key, item in high.items():
        inner = rule.under(key)
        if item is None and not inner.keeps_null:
            result[key], below[key] = None, Origins(now.under(key).by)
        else:
            old = below.get(key, _NOBODY)
            result[key], below[key] = _overlay(result.get(key, _ABSENT), item, inner, old, now.under(key))
    return result, Origins(by, below)


def pruned(merged: Merged, rule: Rule) -> Merged:
    """Without the keys that are removed."""
    return Merged(_prune(merged.value, rule), merged.origins)


def _prune(value: Any, rule: Rule) -> Any:
    if not isinstance(value, dict) or rule.keeps_null:
        return value
    rules = {key: rule.under(key) for key in value}
    return {key: _prune(item, rules[key]) for key, item in value.items() if item is not None or rules[key].keeps_null}
