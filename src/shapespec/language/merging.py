"""How what files say lies over each other: read off the grammar's models, so that it is said once.

Mappings merge by key, everything else is replaced, ``null`` removes. What is special about a mapping its model says
(:class:`shapespec.language.base.Merging`); what is special about a field, its annotation.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, get_args, get_origin

from shapespec.language.base import Listed, Merging, Nulls, Part, StandsFor
from shapespec.language.files import FILE_KINDS
from shapespec.language.values import MODELS, kind_of_values


@dataclass(frozen=True, eq=False)
class Rule:
    """How one place merges. ``fields`` are the rules of known keys, ``every`` that of all others (None: as this one).

    ``keeps_null``: whether null is a value here. ``by_kind``: whether another kind of values replaces the whole.
    ``lists_names``: whether a list stands for a mapping of its items to empty mappings.
    """

    fields: dict[str, Rule] = field(default_factory=dict)
    every: Rule | None = None
    merging: Merging = Merging()
    keeps_null: bool = False
    by_kind: bool = False
    lists_names: bool = False

    def under(self, key: Any) -> Rule:
        """The rule of what stands under a key."""
        return self.fields.get(key) or self.every or self

    @property
    def drops(self) -> dict[str, frozenset[str]]:
        """By key, what a higher layer that sets it drops of the lower ones."""
        return dict(self.merging.excludes)

    def written_out(self, value: Any) -> dict[Any, Any] | None:
        """The mapping for which a short form stands, or None where it is none."""
        if self.lists_names and isinstance(value, list):
            return {name: {} for name in value}
        if value is None or isinstance(value, (dict, bool)):
            return None
        key = next((key for kind, key in self.merging.short if isinstance(value, kind)), None)
        return None if key is None else {key: value}


PLAIN = Rule()
_KEPT = Rule(keeps_null=True)
_BY_KIND = Rule(by_kind=True)


@lru_cache(maxsize=1)
def body_rule() -> Rule:
    """The rule of a whole body: of every key that any kind of file may have."""
    models = list(FILE_KINDS.values())
    known: dict[type[Part], Rule] = {}
    fields = {name: rule for model in models for name, rule in _rule_of(model, known).fields.items()}
    return Rule(fields)


@lru_cache(maxsize=1)
def short_paths() -> dict[str, tuple[str, ...]]:
    """Keys of a body that are short for what stands at another path of it."""
    found = {}
    for model in FILE_KINDS.values():
        for name, info in model.model_fields.items():
            stands = next((mark for mark in _marks(info) if isinstance(mark, StandsFor)), None)
            if stands is not None:
                found[name] = stands.path
    return found


def rule_at(path: tuple[Any, ...]) -> Rule:
    """The rule of what stands at a path of a body."""
    rule = body_rule()
    for part in path:
        rule = rule.under(part)
    return rule


def kind_changes(high: Any, low: Any) -> bool:
    """Whether a mapping of values names another kind than what it lies over."""
    return kind_of_values(high) != kind_of_values(low)


def _rule_of(model: type[Part], known: dict[type[Part], Rule]) -> Rule:
    if model not in known:
        fields: dict[str, Rule] = {}
        known[model] = Rule(fields, PLAIN, model.merging)  # a model may hold others of its kind
        for name, info in model.model_fields.items():
            fields[info.alias or name] = _of_annotation(info.annotation, list(_marks(info)), known)
    return known[model]


def _of_annotation(annotation: Any, marks: list[Any], known: dict[type[Part], Rule]) -> Rule:
    lists_names = False
    for _, more in _options(annotation, marks):
        if Nulls.ARE_VALUES in more:
            return _KEPT
        lists_names = lists_names or Listed.NAMES in more
    for option, _ in _options(annotation, marks):
        if option in MODELS.values():
            return _BY_KIND
        if isinstance(option, type) and issubclass(option, Part):
            return _rule_of(option, known)
        if get_origin(option) is dict:
            return Rule({}, _of_annotation(get_args(option)[1], [], known), lists_names=lists_names)
    return PLAIN


def _marks(info: Any) -> Iterator[Any]:
    """What a field's annotation carries beside the type, in unions inside it too."""
    yield from info.metadata
    for _, more in _options(info.annotation, []):
        yield from more


def _options(annotation: Any, marks: list[Any]) -> Iterator[tuple[Any, list[Any]]]:
    """What an annotation admits, one by one, each with the marks around it."""
    origin = get_origin(annotation)
    if origin is typing.Annotated:
        inner, *own = get_args(annotation)
        yield from _options(inner, [*marks, *own])
    elif origin in (typing.Union, types.UnionType):
        for part in get_args(annotation):
            yield from _options(part, marks)
    else:
        yield annotation, marks


__all__ = ["PLAIN", "Rule", "body_rule", "kind_changes", "rule_at", "short_paths"]
