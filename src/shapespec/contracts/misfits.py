"""Where data does not fit a JSON Schema, in plain words: what was found, what was expected, which name is near."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from shapespec.errors import listing, nearest

Path = tuple[Any, ...]

#: A fault: its place, whether the key is meant rather than its value, the parts of what is told.
Fault = tuple[Path, bool, dict[str, Any]]

_TYPES = {
    "object": "a mapping", "array": "a list", "string": "text", "number": "a number", "integer": "a whole number",
    "boolean": "true or false", "null": "null",
}  # fmt: skip


def misfits(data: Any, schema: dict[str, Any]) -> Iterator[Fault]:
    """Each place where data does not fit."""
    from jsonschema import Draft202012Validator

    told: set[tuple[Path, str]] = set()
    for error in Draft202012Validator(schema).iter_errors(data):
        for path, key, parts in _faults(error):
            if (path, parts["message"]) not in told:
                told.add((path, parts["message"]))
                yield path, key, parts


def _faults(error: Any) -> Iterator[Fault]:
    tell = _TELL.get(error.validator)
    if tell is not None:
        yield from tell(error, tuple(error.absolute_path))
    elif error.validator in _WORDS:
        yield _out_of_bounds(error, tuple(error.absolute_path))
    else:
        yield tuple(error.absolute_path), False, {"message": f"{shown(error.instance)} does not fit"}


def _missing(error: Any, path: Path) -> Iterator[Fault]:
    for name in error.validator_value:
        if name not in error.instance:
            expected = f"`{name}`, beside {_keys(error.instance)}"
            yield path, False, {"message": f"there is no `{name}`", "expected": expected}


def _unknown_keys(error: Any, path: Path) -> Iterator[Fault]:
    known = error.schema["properties"]
    for name in error.instance:
        if name not in known:
            said = {"message": f"unknown key `{name[:60]}`", "expected": listing(known)}
            yield (*path, name), True, {**said, "suggestion": nearest(name, known)}


def _wrong_type(error: Any, path: Path) -> Iterator[Fault]:
    expected = error.validator_value
    words = [_TYPES[word] for word in ([expected] if isinstance(expected, str) else expected)]
    said = f"{shown(error.instance)} is {_type(error.instance)}"
    yield path, False, {"message": said, "expected": " or ".join(words)}


def _wrong_constant(error: Any, path: Path) -> Iterator[Fault]:
    yield path, False, {"message": f"found {shown(error.instance)}", "expected": shown(error.validator_value)}


def _wrong_word(error: Any, path: Path) -> Iterator[Fault]:
    found, known = error.instance, error.validator_value
    said = {"message": f"unknown word {shown(found)}", "expected": listing(known)}
    yield path, False, {**said, "suggestion": nearest(found, known) if isinstance(found, str) else None}


def _of_no_kind(error: Any, path: Path) -> Iterator[Fault]:
    said = f"{_keys(error.instance)}: none of these says what it is"
    yield path, False, {"message": said, "expected": error.schema["description"]}


_TELL: dict[str, Callable[[Any, Path], Iterator[Fault]]] = {
    "required": _missing,
    "additionalProperties": _unknown_keys,
    "type": _wrong_type,
    "const": _wrong_constant,
    "enum": _wrong_word,
    "anyOf": _of_no_kind,
}


def _out_of_bounds(error: Any, path: Path) -> Fault:
    fault, expected = _WORDS[error.validator]
    said = {"message": f"{shown(error.instance)} {fault}", "expected": expected.format(error.validator_value)}
    is_key = "propertyNames" in error.absolute_schema_path
    return ((*path, error.instance), True, said) if is_key else (path, False, said)


#: What is told of a bound: what is wrong, what would be right.
_WORDS = {
    "minLength": ("is too short", "{} characters or more"),
    "maxLength": ("is too long", "{} characters or fewer"),
    "minItems": ("has too few items", "{} or more"),
    "maxItems": ("has too many items", "{} or fewer"),
    "minProperties": ("is empty", '{{"text": …}} for plain text, or a number or an expression as it is'),
    "maxProperties": ("has more than one key", '{{"text": …}} for plain text'),
    "minimum": ("is too small", "{} or more"),
    "pattern": ("is no name of this kind", "a text that matches {}"),
}


def shown(value: Any) -> str:
    """A value as an error shows it."""
    if isinstance(value, (dict, list)):
        return f"a {'mapping' if isinstance(value, dict) else 'list'} of {len(value)}"
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value
    return f"`{text if len(text) <= 60 else text[:57] + '…'}`"


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    known = {dict: "a mapping", list: "a list", str: "text", int: "a number", float: "a number"}
    return known.get(type(value), "null")


def _keys(found: Any) -> str:
    return ", ".join(f"`{name[:40]}`" for name in list(found)[:8]) if found else "nothing"
