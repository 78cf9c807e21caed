"""Lines from a tree: what is short in one line, what is long in several.

A mapping or a list is written in brackets where its line has room for it, it does not nest deep, and no comment is in
it; else each entry has its line. Lists, and mappings that hold no words of the language (`config`, `tiny`), go over
several lines within their brackets.
"""

from __future__ import annotations

from collections.abc import Callable

from shapespec.formatting.scalars import folded, is_literal, literal, text_written, written
from shapespec.formatting.tree import Collection, Entry, Scalar

WIDTH = 120

#: How many mappings within each other are read with ease in one line: one after the other, with siblings, and as the
#: parts of a section.
_DEEPEST, _DEEPEST_OF_SEVERAL, _DEEPEST_OF_A_SECTION = 3, 2, 1

#: Whether a mapping is data of another program rather than words of this language.
IsData = Callable[[Collection], bool]


class Layout:
    """Writes one tree."""

    def __init__(self, is_data: IsData) -> None:
        self._is_data = is_data
        self._flows: dict[int, str | None] = {}

    def lines(self, root: Collection) -> list[str]:
        """The lines of a whole file's mapping."""
        self._lift(root, 0)
        return self._block(root, 0) if root.entries else ["{}"]

    def _lift(self, collection: Collection, indent: int) -> None:
        """Puts comments above an item's dash that would stand between it and its first line: there is no place."""
        for entry in collection.entries:
            value = entry.value
            if isinstance(value, Scalar) or not value.entries:
                continue
            self._lift(value, indent + 2)
            if entry.key is not None:
                continue
            first = value.entries[0]
            if any(first.lead):
                entry.lead = [*entry.lead, *first.lead]
                first.lead = []
            if entry.side and self._bracketed(value, f"{' ' * indent}-", indent, entry.side) is None:
                entry.lead, entry.side = [*entry.lead, entry.side], ""

    # -- blocks

    def _block(self, collection: Collection, indent: int) -> list[str]:
        lines: list[str] = []
        was_long = False
        for number, entry in enumerate(collection.entries):
            own = self._entry(entry, indent)
            lead = entry.lead
            # Sections of one line stand together.
            if not number or (not indent and not was_long and len(own) == 1 and len(lead) == 1):
                lead = _without_gap(lead)
            lines += [" " * indent + line if line else "" for line in lead]
            lines += own
            was_long = len(own) > 1
        return lines + [" " * indent + line if line else "" for line in collection.foot]

    def _entry(self, entry: Entry, indent: int) -> list[str]:
        """The lines of a key and its value, without the comments above."""
        head = " " * indent + (f"{text_written(entry.key.value, flow=False)}:" if entry.key else "-")
        value = entry.value
        if isinstance(value, Scalar):
            return self._scalar(value, head, indent, entry.side)
        bracketed = self._bracketed(value, head, indent, entry.side)
        if bracketed is not None:
            return [*bracketed[:-1], _with(bracketed[-1], entry.side)]
        inner = self._block(value, indent + 2)
        if entry.key is None:
            return [f"{head} {inner[0].lstrip(' ')}", *inner[1:]]
        return [_with(head, entry.side), *inner]

    def _scalar(self, value: Scalar, head: str, indent: int, side: str) -> list[str]:
        pad = " " * (indent + 2)
        if is_literal(value.value):
            indicator, body = literal(value.value, pad)
            return [_with(f"{head} {indicator}", side), *body]
        lines = folded(head, written(value.value, value.source, flow=False), pad, WIDTH)
        return [*lines[:-1], _with(lines[-1], side)]

    # -- brackets

    def _bracketed(self, value: Collection, head: str, indent: int, side: str) -> list[str] | None:
        """A mapping or a list within brackets: in one line, in several, or None where it is to be a block."""
        flow = self._flow(value)
        if flow is None:
            return None
        line = f"{head} {flow}"
        if not value.entries or (len(_with(line, side)) <= WIDTH and _is_shallow(value)):
            return [line]
        return self._wrapped(value, head, indent)

    def _flow(self, node: Scalar | Collection) -> str | None:
        """A value in brackets in one line; None where a comment or a text of several lines is in it."""
        if isinstance(node, Scalar):
            return None if is_literal(node.value) else written(node.value, node.source, flow=True)
        if id(node) not in self._flows:
            self._flows[id(node)] = self._flow_of(node)
        return self._flows[id(node)]

    def _flow_of(self, collection: Collection) -> str | None:
        parts = [self._flow_part(entry) for entry in collection.entries]
        if collection.foot or any(part is None for part in parts):
            return None
        inner = ", ".join(part for part in parts if part is not None)
        return f"{{{inner}}}" if collection.is_mapping else f"[{inner}]"

    def _flow_part(self, entry: Entry) -> str | None:
        value = self._flow(entry.value)
        if entry.side or any(entry.lead) or value is None:
            return None
        return f"{text_written(entry.key.value, flow=True)}: {value}" if entry.key else value

    def _wrapped(self, collection: Collection, head: str, indent: int) -> list[str] | None:
        """A long list over several lines within its brackets, if each of its parts has room in a line."""
        values = [entry.value for entry in collection.entries]
        if collection.is_mapping:
            fits = self._is_data(collection) and _depth(collection) <= self._depth_of_data(collection)
        else:
            fits = not all(isinstance(value, Collection) and value.is_mapping for value in values)
        parts = [f"{self._flow_part(entry)}," for entry in collection.entries]
        pad = " " * (indent + 2)
        opening, closing = "{}" if collection.is_mapping else "[]"
        parts[0] = opening + parts[0]
        parts[-1] = parts[-1][:-1] + closing
        if not fits or any(len(pad) + len(part) > WIDTH for part in parts):
            return None
        lines = [head]
        for part in parts:
            if len(lines[-1]) + 1 + len(part) <= WIDTH:
                lines[-1] += f" {part}"
            else:
                lines.append(pad + part)
        return lines

    def _depth_of_data(self, collection: Collection) -> int:
        """A section shows its parts, each on a line; in a part, what is within stays there."""
        owner = collection.owner
        return _DEEPEST_OF_SEVERAL if owner and self._is_data(owner.inside) else _DEEPEST_OF_A_SECTION


def _is_shallow(collection: Collection) -> bool:
    if len(collection.entries) == 1:
        return _depth(collection) <= _DEEPEST
    is_section = collection.owner is not None and collection.owner.inside.owner is None
    return _depth(collection) <= (_DEEPEST_OF_A_SECTION if is_section else _DEEPEST_OF_SEVERAL)


def _depth(node: Scalar | Collection) -> int:
    """How many mappings stand within each other."""
    if isinstance(node, Scalar) or not node.entries:
        return 0
    return max(_depth(entry.value) for entry in node.entries) + node.is_mapping


def _without_gap(lead: list[str]) -> list[str]:
    return lead[1:] if lead and not lead[0] else lead


def _with(line: str, comment: str) -> str:
    return f"{line}  {comment}" if comment else line
