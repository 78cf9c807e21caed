"""Keys that stand in another order than the language's: `shapespec fmt` mends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shapespec.errors import GrammarError, Problem
from shapespec.language.checked import kind_of
from shapespec.language.order import ordered_keys
from shapespec.reading import Document
from shapespec.reading.document import Path


def order_problems(document: Document) -> list[Problem]:
    """One problem for each mapping whose keys are out of order. Of a file of no kind the grammar tells."""
    try:
        model = kind_of(document)
    except GrammarError:
        return []
    found = []
    for place, keys in _mappings(document.data, ()):
        ordered = ordered_keys(model, document.data, place, keys)
        if ordered != keys:
            found.append(_problem(document, place, keys, ordered))
    return found


def _mappings(data: Any, place: Path) -> Iterator[tuple[Path, list[str]]]:
    """Every mapping's place and keys."""
    if isinstance(data, dict):
        yield place, list(data)
    if isinstance(data, (dict, list)):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from _mappings(value, (*place, key))


def _problem(document: Document, place: Path, keys: list[str], ordered: list[str]) -> Problem:
    """The first key that stands before others which it should follow, and the last of those."""
    ranks = [ordered.index(key) for key in keys]
    early = next(number for number, rank in enumerate(ranks) if rank > min(ranks[number:]))
    late = max(number for number, rank in enumerate(ranks) if rank < ranks[early])
    return Problem(
        f"`{keys[early]}` stands before `{keys[late]}`",
        location=document.location((*place, keys[early]), key=True),
        expected=f"the order {', '.join(f'`{key}`' for key in ordered)}; `shapespec fmt` mends it",
        width=len(keys[early]),
    )
