"""Checks a document against the grammar and tells each problem with its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from shapespec.errors import GrammarError, Problem, listing, nearest
from shapespec.kinds import KIND_NAMES
from shapespec.language.base import Part
from shapespec.language.commas import comma_problem, split_texts
from shapespec.language.files import FILE_KINDS
from shapespec.language.messages import tell
from shapespec.reading import Document
from shapespec.reading.document import Path

#: How many problems of one file are told one by one.
MOST_PROBLEMS = 50


def kind_of(document: Document) -> type[Part]:
    """The model of a document's kind. Raises :class:`GrammarError` where no key tells it."""
    data = document.data
    if not isinstance(data, dict):
        found = "empty" if data is None else f"a {_word(data)}"
        raise GrammarError(
            Problem(
                f"the file is {found}",
                location=document.location(()),
                expected="a mapping that names its kind: " + listing(FILE_KINDS),
            )
        )
    for key, model in FILE_KINDS.items():
        if key in data:
            return model
    raise GrammarError(
        Problem(
            "the file does not say what it is",
            location=document.location(()),
            expected=f"{listing(FILE_KINDS)} at the top",
            suggestion=next((close for key in data if (close := nearest(key, FILE_KINDS))), None),
        )
    )


def check_document(document: Document) -> Part:
    """The document as its model. Raises :class:`GrammarError` with every problem in the file's order."""
    model = kind_of(document)
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise GrammarError(_problems(document, model, error)) from None


def _problems(document: Document, model: type[Part], error: ValidationError) -> list[Problem]:
    """One problem per place: of a union's branches, those that reached furthest into the data."""
    by_place: dict[Path, list[tuple[Path, dict[str, Any]]]] = {}
    for item in error.errors(include_url=False):
        place, names = _place(document.data, item["loc"])
        missing = item["type"] == "missing"
        by_place.setdefault(place[:-1] if missing and place and place[-1] == item["loc"][-1] else place, []).append(
            (names, dict(item))
        )
    split = split_texts(document.data, by_place)
    texts = dict(split.values())
    kept = [place for place in _deepest(by_place) if place not in split]
    places = sorted([*kept, *texts], key=lambda place: document.marks.get(place, (0, 0)))
    problems = [
        comma_problem(document, place, texts[place]) if place in texts
        else tell(document, model, place, [item for _, item in by_place[place]])
        for place in places[:MOST_PROBLEMS]
    ]  # fmt: skip
    problems.sort(key=lambda p: (p.location.line, p.location.column) if p.location else (0, 0))
    if len(places) > MOST_PROBLEMS:
        # Looking for the nearest name takes its time, and nobody reads thousands of problems of one file.
        more = f"and {len(places) - MOST_PROBLEMS:,} more problems"
        problems.append(Problem(more, location=document.location(places[MOST_PROBLEMS])))
    return problems


def _deepest(places: Iterable[Path]) -> list[Path]:
    """Places that no other place lies below: the branches of a union that do not fit fail further up."""
    found = list(places)
    above = {place[:length] for place in found for length in range(len(place))}
    return [place for place in found if place not in above]


def _place(data: Any, loc: tuple[Any, ...]) -> tuple[Path, Path]:
    """The longest part of pydantic's ``loc`` that is a path in the data; union branches' names are passed over."""
    path: list[Any] = []
    passed: list[Any] = []
    current = data
    for part in loc:
        named = path and path[-1] == "values" and passed[-1:] != [part] and part in KIND_NAMES
        if named and "values" not in passed:
            passed.extend((part, "values"))  # the name of the union's branch, even where a key bears it too
        elif (isinstance(current, dict) and part in current) or (
            isinstance(current, list) and isinstance(part, int) and part < len(current)
        ):
            path.append(part)
            current = current[part]
        elif part == "[key]":
            continue
        else:
            passed.append(part)
    return tuple(path), tuple(passed)


def _word(value: Any) -> str:
    return {dict: "mapping", list: "list", str: "text", bool: "true or false", int: "number", float: "number"}.get(
        type(value), "value"
    )
