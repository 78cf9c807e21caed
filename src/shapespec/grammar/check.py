"""Checks a document against the grammar and tells each problem with its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from shapespec.errors import GrammarError, Problem, listing, nearest
from shapespec.grammar.base import Part
from shapespec.grammar.files import FILE_KINDS
from shapespec.grammar.keys import keys_at
from shapespec.grammar.values import KIND_NAMES
from shapespec.reading import Document
from shapespec.reading.document import Path

_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "list_type": "a list",
    "none_required": "null",
}


#: How many problems of one file are told one by one.
MOST_PROBLEMS = 50


def kind_of(document: Document) -> type[Part]:
    """The model of a document's kind. Raises :class:`GrammarError` where no key tells it."""
    data = document.data
    if not isinstance(data, dict):
        found = "empty" if data is None else f"a {_word(data)}"
        raise GrammarError(
            Problem(f"the file is {found}", location=document.location(()), expected="a mapping that names its kind: "
                    + listing(FILE_KINDS))
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
    places = sorted(_deepest(by_place), key=lambda place: document.marks.get(place, (0, 0)))
    problems = [_problem(document, model, place, by_place[place]) for place in places[:MOST_PROBLEMS]]
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
        if path and path[-1] == "values" and not passed[-1:] == [part] and part in KIND_NAMES and "values" not in passed:
            passed.extend((part, "values"))  # the name of the union's branch, even where a key bears it too
        elif isinstance(current, dict) and part in current or (
            isinstance(current, list) and isinstance(part, int) and part < len(current)
        ):
            path.append(part)
            current = current[part]
        elif part == "[key]":
            continue
        else:
            passed.append(part)
    return tuple(path), tuple(passed)


def _problem(document: Document, model: type[Part], place: Path, items: list[tuple[Path, dict[str, Any]]]) -> Problem:
    kinds = {item["type"]: (names, item) for names, item in items}
    on_key = False
    expected: str | None = None
    suggestion: str | None = None
    key = place[-1] if place else ""
    value = _at(document.data, place)
    if "extra_forbidden" in kinds:
        known = keys_at(model, document.data, place[:-1])
        message, on_key = f"unknown key `{key}`", True
        expected, suggestion = listing(known, 40), nearest(key, known)
    elif "missing" in kinds:
        message = f"`{kinds['missing'][1]['loc'][-1]}` is missing"
        on_key = bool(place)
    elif "kind_of_values" in kinds:
        message, expected = kinds["kind_of_values"][1]["msg"], listing(KIND_NAMES)
        suggestion = next((close for found in value if (close := nearest(found, KIND_NAMES))), None)
    elif "literal_error" in kinds:
        message = f"`{value}` is not known here"
        words = [w.strip(" '") for w in kinds["literal_error"][1]["ctx"]["expected"].replace(" or ", ",").split(",")]
        expected, suggestion = listing(words, 40), nearest(value, words)
    elif custom := next((item for _, item in items if item.get("ctx", {}).get("expected")), None):
        message, context = custom["msg"], custom["ctx"]
        expected, suggestion = context.get("expected"), context.get("suggestion")
    elif "expression" in kinds:
        message = kinds["expression"][1]["msg"]
    elif "string_pattern_mismatch" in kinds:
        message, on_key = f"`{value if not isinstance(value, dict | list) else key}` is no name", "[key]" in str(items)
        expected = "letters, digits and `_` (in most names also `.` and `-`), not starting with a digit"
    elif "too_long" in kinds:
        most = kinds["too_long"][1]["ctx"]["max_length"]
        message, expected = f"`{key}` has {len(value)} entries", f"{most} at most"
    elif any(kind in _TYPES for kind in kinds):
        words = list(dict.fromkeys(_TYPES[kind] for kind in kinds if kind in _TYPES))
        message, expected = f"`{key}` is {_shown(value)}", " or ".join(words)
    else:
        message = f"`{key}`: {items[0][1]['msg']}"
    location = document.location(place, key=on_key)
    width = len(str(key)) if on_key else len(_text(value))
    return Problem(message, location=location, expected=expected, suggestion=suggestion, width=max(1, width))


def _at(data: Any, path: Path) -> Any:
    for part in path:
        data = data[part]
    return data


def _word(value: Any) -> str:
    return {dict: "mapping", list: "list", str: "text", bool: "true or false", int: "number", float: "number"}.get(
        type(value), "value"
    )


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"`{value}`"


def _text(value: Any) -> str:
    return str(value) if isinstance(value, (str, int, float)) else " "
