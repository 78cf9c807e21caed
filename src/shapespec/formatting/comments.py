"""Finds the comments of a file and gives each to the entry that it is about."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

from shapespec.formatting.tree import Collection, Entry, Place, Scalar

_COMMENT = re.compile(r"(?:^|(?<=\s))#")
_HEADER = re.compile(r"[|>][-+0-9]*")


@dataclass(frozen=True)
class Comment:
    """A comment: ``whole`` where nothing else is on its line."""

    line: int
    column: int
    text: str
    whole: bool

    @property
    def place(self) -> Place:
        return self.line, self.column


def comments_of(lines: Sequence[str], scalars: Sequence[Scalar]) -> list[Comment]:
    """Every comment: a # that starts a line or follows a space, outside of what is said."""
    said: dict[int, list[tuple[float, float]]] = {}
    for scalar in scalars:
        for number, start, end in _spans(scalar, lines):
            said.setdefault(number, []).append((start, end))
    found = []
    for number, line in enumerate(lines):
        for match in _COMMENT.finditer(line):
            at = match.start()
            if not any(start <= at < end for start, end in said.get(number, ())):
                text = line[at:].rstrip()
                found.append(Comment(number, at, text, whole=not line[:at].strip("\ufeff \t")))
                break
    return found


def _spans(scalar: Scalar, lines: Sequence[str]) -> Iterator[tuple[int, float, float]]:
    """What a scalar covers of each line."""
    (first, start), (last, end) = scalar.start, scalar.end
    if scalar.block:
        header = _HEADER.match(lines[first], start)
        yield first, start, header.end() if header else start
        for line in _block_lines(scalar, lines):
            yield line, 0, inf
        return
    for line in range(first, last + 1):
        yield line, start if line == first else 0, end if line == last else inf


def _block_lines(scalar: Scalar, lines: Sequence[str]) -> Iterator[int]:
    """The lines of a block scalar: those at least as far in as its first. What is said may end before the parser's
    mark, which lies behind comments."""
    if not scalar.source.strip():
        return
    margin: int | None = None
    for number in range(scalar.start[0] + 1, len(lines)):
        line = lines[number]
        indent = len(line) - len(line.lstrip(" "))
        if not line.strip():
            continue
        margin = indent if margin is None else margin
        if indent < margin:
            return
        yield number


def attach(comments: Sequence[Comment], root: Collection, entries: Sequence[Entry], lines: Sequence[str]) -> None:
    """Gives each comment to an entry, or to the end of a mapping or a list."""
    leads: dict[int, list[Comment]] = {}
    feet: dict[int, tuple[Collection, list[Comment]]] = {}
    order = {id(entry): number for number, entry in enumerate(entries)}
    starts = [entry.start for entry in entries]
    for comment in comments:
        index = bisect_left(starts, comment.place)
        before = entries[index - 1] if index else None
        beside = None if comment.whole or before is None else _beside(comment, before, lines)
        if beside is not None and not beside.side:
            beside.side = comment.text
            continue
        target = beside or _below(comment, before, entries[index] if index < len(entries) else None, root)
        if isinstance(target, Entry):
            leads.setdefault(order[id(target)], []).append(comment)
        else:
            feet.setdefault(id(target), (target, []))[1].append(comment)
    for number, entry in enumerate(entries):
        entry.lead = _spaced(leads.get(number, []), entry, lines)
    for collection, own in feet.values():
        collection.foot = [part for comment in own for part in (*_gap(comment.line, lines), comment.text)]


def _beside(comment: Comment, before: Entry, lines: Sequence[str]) -> Entry | None:
    """The entry that ends on the comment's line: the outermost, since `a: {b: 1}  # …` is about `a`. Where none does,
    the one that begins there."""
    found = None
    for entry in _upwards(before):
        value = entry.value
        ends = _said_until(value, lines)
        if ends is not None and ends[0] == comment.line and ends <= comment.place:
            found = entry
    if found is None and before.start[0] == comment.line:
        return before
    return found


def _said_until(value: Scalar | Collection, lines: Sequence[str]) -> Place | None:
    """Where a value ends; a mapping or a list in block style has no end of its own."""
    if isinstance(value, Collection):
        return value.end if value.flow else None
    if value.block:
        return max(((line, 0) for line in _block_lines(value, lines)), default=value.start)
    return value.end


def _upwards(entry: Entry | None) -> Iterator[Entry]:
    while entry is not None:
        yield entry
        entry = entry.inside.owner


def _below(comment: Comment, before: Entry | None, after: Entry | None, root: Collection) -> Entry | Collection:
    """What a comment on a line of its own stands above: the next entry, or the end of what is around it."""
    for entry in _upwards(before):
        value = entry.value
        if comment.place < value.start and not (isinstance(value, Collection) and not value.flow):
            return entry  # between a key and its value
        if isinstance(value, Collection) and value.flow and value.start < comment.place < value.end:
            if after is not None and _is_under(after, value):
                return after
            return value if value.entries else entry
    if after is not None and (comment.column <= _column(after) or after.inside.owner is before):
        return after
    for entry in _upwards(before):
        if entry.inside.owner is None or (not entry.inside.flow and entry.inside.start[1] <= comment.column):
            return entry.inside
    return root


def _column(entry: Entry) -> int:
    """Where an entry begins: an item with its dash."""
    return entry.start[1] if entry.inside.flow else entry.inside.start[1]


def _is_under(entry: Entry, collection: Collection) -> bool:
    return any(above.inside is collection for above in _upwards(entry))


def _spaced(comments: Sequence[Comment], entry: Entry, lines: Sequence[str]) -> list[str]:
    """The lines above an entry, with the empty ones between them, of which one each is kept."""
    found = [part for comment in comments for part in (*_gap(comment.line, lines), comment.text)]
    starts_line = not lines[entry.start[0]][: entry.start[1]].strip(" -")
    if starts_line and not entry.inside.flow:
        found += _gap(entry.start[0], lines)
    return found


def _gap(line: int, lines: Sequence[str]) -> list[str]:
    return [""] if line and not lines[line - 1].strip() else []
