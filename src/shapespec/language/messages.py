"""Tells what the grammar refuses: pydantic's errors at one place as one problem, in the language's own words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shapespec.errors import Problem, listing, nearest
from shapespec.kinds import KIND_NAMES
from shapespec.language.base import Part
from shapespec.language.keys import keys_at
from shapespec.language.values import MODELS, kind_of_values
from shapespec.reading import Document
from shapespec.reading.document import Path

_TYPES = {
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "list_type": "a list",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "none_required": "null",
    # A text or a list that is empty fails by its length: it is of the right type, and still not what is wanted.
    "string_too_short": "text",
    "too_short": "a list",
}


@dataclass(frozen=True)
class _Refused:
    """What pydantic refuses at one place. ``kinds`` are its errors by type: a union gives one for each branch."""

    document: Document
    model: type[Part]
    place: Path
    kinds: dict[str, dict[str, Any]]

    @property
    def value(self) -> Any:
        return _at(self.document.data, self.place)

    @property
    def called(self) -> str:
        """The value's name: its key, or its number in a list."""
        if not self.place:
            return "the file"
        key = self.place[-1]
        return f"`{key}`" if isinstance(key, str) else f"item {key + 1} of `{self.place[-2]}`"

    def context(self, kind: str) -> dict[str, Any]:
        found = self.kinds[kind].get("ctx", {})
        return found if isinstance(found, dict) else {}


def _at(data: Any, place: Path) -> Any:
    for part in place:
        data = data[part]
    return data


@dataclass(frozen=True)
class _Message:
    message: str
    expected: str | None = None
    suggestion: str | None = None
    on_key: bool = False


def tell(document: Document, model: type[Part], place: Path, errors: list[dict[str, Any]]) -> Problem:
    """The problem of one place."""
    refused = _Refused(document, model, place, {error["type"]: error for error in errors})
    write = next((teller for kind, teller in _TELLERS if kind in refused.kinds), _types)
    message = write(refused)
    key = str(place[-1]) if place else ""
    value = refused.value
    width = len(key) if message.on_key else len(str(value)) if isinstance(value, (str, int, float)) else 1
    return Problem(
        message.message,
        location=document.location(place, key=message.on_key),
        expected=message.expected,
        suggestion=message.suggestion,
        width=max(1, width),
    )


def _unknown_key(refused: _Refused) -> _Message:
    key = refused.place[-1]
    known = keys_at(refused.model, refused.document.data, refused.place[:-1])
    chosen = kind_of_values(_at(refused.document.data, refused.place[:-1]))
    elsewhere = [kind for kind, part in MODELS.items() if key in part.model_fields] if known == _keys_of(chosen) else []
    said = f": it goes with {listing(elsewhere)}, and this is `{chosen}`" if elsewhere else ""
    if key in elsewhere:
        said = f": the values are `{chosen}` already"
    return _Message(f"unknown key `{key}`{said}", listing(known, 40), nearest(key, known), on_key=True)


def _keys_of(kind: str | None) -> list[str]:
    """The keys of a kind of values."""
    return list(MODELS[kind].model_fields) if kind is not None else []


def _missing(refused: _Refused) -> _Message:
    name = refused.kinds["missing"]["loc"][-1]
    return _Message(f"`{name}` is missing", on_key=bool(refused.place) and isinstance(refused.place[-1], str))


def _kind_of_values(refused: _Refused) -> _Message:
    value = refused.value
    words = value if isinstance(value, (dict, list)) else [value]
    close = next((close for word in words if (close := nearest(word, KIND_NAMES))), None)
    return _Message(refused.kinds["kind_of_values"]["msg"], listing(KIND_NAMES), close)


def _word(refused: _Refused) -> _Message:
    said = refused.context("literal_error")["expected"]
    words = [word.strip(" '") for word in said.replace(" or ", ",").split(",")]
    known = [_as_yaml(word == "True") if word in ("True", "False") else word for word in words]
    return _Message(f"{_shown(refused.value)} is not known here", listing(known, 40), nearest(refused.value, known))


def _pattern(refused: _Refused) -> _Message:
    on_key = "[key]" in refused.kinds["string_pattern_mismatch"]["loc"]
    text = refused.place[-1] if on_key else refused.value
    wide = "-" in refused.context("string_pattern_mismatch")["pattern"].replace("A-Z", "").replace("a-z", "").replace(
        "0-9", ""
    )
    signs = "letters, digits, `_`, `.` and `-`" if wide else "letters, digits and `_`"
    return _Message(f"`{text}` is no name", f"{signs}, not starting with a digit", on_key=on_key)


def _too_long(refused: _Refused) -> _Message:
    most = refused.context("too_long")["max_length"]
    return _Message(f"{refused.called} has {len(refused.value):,} entries", f"{most} at most")


def _text_too_long(refused: _Refused) -> _Message:
    on_key = "[key]" in refused.kinds["string_too_long"]["loc"]
    most = refused.context("string_too_long")["max_length"]
    length = len(str(refused.place[-1] if on_key else refused.value))
    return _Message(f"a {'name' if on_key else 'text'} of {length:,} characters", f"{most:,} at most", on_key=on_key)


def _too_short(refused: _Refused) -> _Message:
    if not refused.value or not isinstance(refused.value, list):
        return _types(refused)
    least = refused.context("too_short")["min_length"]
    count = len(refused.value)
    return _Message(f"{refused.called} has {count} entr{'y' if count == 1 else 'ies'}", f"{least}")


def _expression(refused: _Refused) -> _Message:
    context = refused.context("expression")
    return _Message(refused.kinds["expression"]["msg"], context.get("expected"), context.get("suggestion"))


def _types(refused: _Refused) -> _Message:
    """A value of another type than any branch takes; and whatever else pydantic, or a rule of ours, says."""
    for error in refused.kinds.values():
        if "expected" in error.get("ctx", {}):
            return _Message(error["msg"], error["ctx"]["expected"], error["ctx"].get("suggestion"))
    words = list(dict.fromkeys(word for kind, word in _TYPES.items() if kind in refused.kinds))
    if words:
        return _Message(f"{refused.called} is {_shown(refused.value)}", _either(words))
    return _Message(f"{refused.called}: {next(iter(refused.kinds.values()))['msg']}")


#: What is told where several branches of a union fail at one place: the first of these.
_TELLERS: tuple[tuple[str, Callable[[_Refused], _Message]], ...] = (
    ("extra_forbidden", _unknown_key),
    ("missing", _missing),
    ("kind_of_values", _kind_of_values),
    ("literal_error", _word),
    ("expression", _expression),
    ("string_pattern_mismatch", _pattern),
    ("too_long", _too_long),
    ("string_too_long", _text_too_long),
    ("too_short", _too_short),
)


def _either(words: list[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _shown(value: Any) -> str:
    """A value as it stands in YAML, or what kind it is."""
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if value is None or value == "":
        return "null" if value is None else "empty"
    return f"`{_as_yaml(value)}`"


def _as_yaml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
