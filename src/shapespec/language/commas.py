"""Text that a comma of YAML's flow style cut in parts: ``{value: first(a, 3)}`` is a mapping of two keys to YAML.

The errors of the parts ("unknown key `3)`") do not lead to the cause, so one problem is told in their place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shapespec.errors import Problem
from shapespec.reading import Document
from shapespec.reading.document import Path

#: More commas in one text are not looked for.
_MOST_PARTS = 12

#: A key or an index, the text there, and whether it may go on with what stands before it.
_Piece = tuple[Any, "str | None", bool]


def split_texts(data: Any, places: Iterable[Path]) -> dict[Path, tuple[Path, str]]:
    """For each of the places that is a part of such a text: the place of its first part, and the whole text."""
    found: dict[Path, tuple[Path, str]] = {}
    around: dict[Path, tuple[list[_Piece], dict[Any, int]]] = {}
    for place in places:
        if not place:
            continue
        if place[:-1] not in around:
            pieces = _pieces(data, place[:-1])
            around[place[:-1]] = pieces, {key: number for number, (key, _, _) in enumerate(pieces)}
        pieces, numbers = around[place[:-1]]
        whole = _whole(pieces, numbers.get(place[-1], 0))
        if whole is not None:
            found[place] = (*place[:-1], whole[0]), whole[1]
    return found


def comma_problem(document: Document, place: Path, text: str) -> Problem:
    """What is told of a text that a comma cut, at its first part."""
    return Problem(
        "a comma ends the text here",
        location=document.location(place),
        width=len(text.split(", ")[0]),
        expected=f'quotes around text that holds a comma: "{text}"',
    )


def _whole(pieces: list[_Piece], at: int) -> tuple[Any, str] | None:
    """The key (or index) of the first part and the whole text, of which the piece ``at`` is a part."""
    for start in range(at, max(-1, at - _MOST_PARTS), -1):
        text, count = _joined(pieces[start : at + _MOST_PARTS])
        if count > 1 and start + count > at and _open_brackets(text) == 0:
            return pieces[start][0], text
    return None


def _pieces(data: Any, place: Path) -> list[_Piece]:
    around = data
    for part in place:
        around = around[part]
    if isinstance(around, dict):
        return [(key, key if item is None else _words(item), item is None) for key, item in around.items()]
    return [(index, _words(item), True) for index, item in enumerate(around)] if isinstance(around, list) else []


def _joined(pieces: list[_Piece]) -> tuple[str, int]:
    """Pieces put together again until every bracket is closed, and how many it took."""
    text = ""
    for number, (_, words, goes_on) in enumerate(pieces):
        if words is None or (number and not goes_on):
            return text, number
        text = f"{text}, {words}" if number else words
        if _open_brackets(text) <= 0:
            return text, number + 1
    return text, len(pieces)


def _open_brackets(text: str) -> int:
    return sum(text.count(char) for char in "([") - sum(text.count(char) for char in ")]")


def _words(item: Any) -> str | None:
    return str(item) if isinstance(item, (str, int, float)) and not isinstance(item, bool) else None
