"""A file as a tree of what it says, each part with its place and, later, with its comments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml

from shapespec.reading import Document
from shapespec.reading.breaks import guarded

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: A line and a column, both from 0.
Place = tuple[int, int]


@dataclass
class Scalar:
    """A value, and the text that it was written as. ``block`` is ``|`` or ``>``."""

    value: Any
    source: str
    start: Place
    end: Place
    block: bool = False


@dataclass
class Entry:
    """One key of a mapping or one item of a list. ``lead`` are the comments above it (and empty lines), ``side`` is the
    one at its line's end."""

    key: Scalar | None
    value: Scalar | Collection
    inside: Collection = field(repr=False)
    start: Place
    lead: list[str] = field(default_factory=list)
    side: str = ""


@dataclass
class Collection:
    """A mapping or a list. ``foot`` are the comments below its last entry."""

    is_mapping: bool
    flow: bool
    start: Place
    end: Place
    path: tuple[Any, ...]
    owner: Entry | None = field(default=None, repr=False)
    entries: list[Entry] = field(default_factory=list)
    foot: list[str] = field(default_factory=list)


def tree_of(text: str, document: Document) -> tuple[Collection, list[Entry], list[Scalar]]:
    """The root, and all entries and scalars in the order of the text, of a mapping that the reader has accepted."""
    text, given_back = guarded(text)
    reading = _Reading(given_back)
    root = reading.node(yaml.compose(text, Loader=_Loader), document.data, (), None)
    assert isinstance(root, Collection)
    return root, reading.entries, reading.scalars


class _Reading:
    def __init__(self, given_back: Callable[[str], str]) -> None:
        self.given_back = given_back
        self.entries: list[Entry] = []
        self.scalars: list[Scalar] = []

    def node(self, node: Any, data: Any, path: tuple[Any, ...], owner: Entry | None) -> Scalar | Collection:
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, data)
        is_mapping = isinstance(node, yaml.MappingNode)
        found = Collection(is_mapping, bool(node.flow_style), _start(node), _end(node), path, owner)
        for number, part in enumerate(node.value):
            key = self.scalar(part[0], self.given_back(part[0].value)) if is_mapping else None
            name = key.value if key else number
            value = part[1] if is_mapping else part
            # The value is filled in below: its own entries come after this one.
            entry = Entry(key, Scalar(None, "", (0, 0), (0, 0)), found, key.start if key else _start(value))
            self.entries.append(entry)
            entry.value = self.node(value, data[name], (*path, name), entry)
            found.entries.append(entry)
        return found

    def scalar(self, node: Any, value: Any) -> Scalar:
        found = Scalar(value, self.given_back(node.value), _start(node), _end(node), node.style in ("|", ">"))
        self.scalars.append(found)
        return found


def _start(node: Any) -> Place:
    return node.start_mark.line, node.start_mark.column


def _end(node: Any) -> Place:
    return node.end_mark.line, node.end_mark.column
