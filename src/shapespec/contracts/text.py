"""JSON text as plain data, within bounds, and where in the text its parts stand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

from shapespec.errors import ContractError, Location, Problem

Path = tuple[Any, ...]

#: How deep lists and mappings may lie in each other: the deepest contract of the registry stays below a third.
MAX_DEPTH = 32

#: How many values a contract may hold.
MAX_VALUES = 1_000_000

_MAX_INT = 1 << 63
_TOKEN = re.compile(r'[ \t\r\n]*("(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+)', re.DOTALL)


@dataclass(frozen=True)
class Text:
    """The text of one file."""

    file: str
    text: str

    def location(self, path: Path, *, key: bool = False) -> Location:
        """Where the value at a path stands (with ``key``, the key that names it), or what encloses it most closely."""
        best, offset = -1, 0
        for found, at, key_at, _ in self._values():
            if len(found) > best and found == path[: len(found)]:
                best, offset = len(found), key_at if key and len(found) == len(path) else at
                if len(found) == len(path):
                    break
        return self._at(offset)

    def first(self, wanted: Callable[[Path, str], bool]) -> Location:
        """Where the first value stands of which ``wanted`` says so by its path and its text."""
        return self._at(next((at for path, at, _, token in self._values() if wanted(path, token)), 0))

    def _at(self, offset: int) -> Location:
        line = self.text.count("\n", 0, offset) + 1
        start = self.text.rfind("\n", 0, offset) + 1
        end = self.text.find("\n", offset)
        return Location(self.file, line, offset - start + 1, self.text[start : end if end >= 0 else None])

    def _values(self) -> Iterator[tuple[Path, int, int, str]]:
        """Every value's path, where it starts, where its key does, and its first token. Of text that is JSON."""
        path: list[Any] = []
        is_key = [False]
        key_at = 0
        for match in _TOKEN.finditer(self.text):
            token, at = match[1], match.start(1)
            if token in "]}":
                path.pop()
                is_key.pop()
            elif token == ",":
                if isinstance(path[-1], int):
                    path[-1] += 1
                else:
                    is_key[-1] = True
            elif token == ":":
                is_key[-1] = False
            elif is_key[-1]:
                path[-1], key_at = json.loads(token, strict=False), at
            else:
                yield tuple(path), at, key_at if path and isinstance(path[-1], str) else at, token
                if token in "[{":
                    path.append(0 if token == "[" else "")
                    is_key.append(token == "{")


class _Refused(Exception):
    """What JSON itself would let through."""

    def __init__(self, message: str, expected: str, wanted: Callable[[Path, str], bool]) -> None:
        super().__init__(message)
        self.expected = expected
        self.wanted = wanted


def parsed(text: Text) -> Any:
    """The data of a text. Raises :class:`ContractError` with the place."""
    try:
        data = json.loads(
            text.text, object_pairs_hook=_mapping, parse_constant=_no_constant, parse_int=_int, parse_float=_float
        )
    except _Refused as error:
        place = text.first(error.wanted)
        raise ContractError(Problem(str(error), location=place, expected=error.expected)) from None
    except json.JSONDecodeError as error:
        place = text._at(min(error.pos, len(text.text)))
        raise ContractError(Problem(f"no JSON: {error.msg}", location=place, expected="a contract as JSON")) from None
    except RecursionError:
        raise _too_deep(text.file) from None
    _measure(data, text.file)
    return data


def _measure(data: Any, file: str) -> None:
    waiting: list[tuple[Any, int]] = [(data, 0)]
    count = 0
    while waiting:
        part, depth = waiting.pop()
        inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else None
        if inner is None:
            continue
        count += len(inner)
        if depth >= MAX_DEPTH:
            raise _too_deep(file)
        if count > MAX_VALUES:
            raise ContractError(f"{file} holds more than {MAX_VALUES:,} values", expected="a contract of one model")
        waiting += [(item, depth + 1) for item in inner if isinstance(item, (dict, list))]


def _too_deep(file: str) -> ContractError:
    return ContractError(f"{file} is nested more than {MAX_DEPTH} deep", expected="a contract of one model")


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _twice(key)
        found[key] = value
    return found


def _twice(key: str) -> _Refused:
    seen: set[Path] = set()

    def again(path: Path, token: str) -> bool:
        if path and path[-1] == key and path in seen:
            return True
        seen.add(path)
        return False

    return _Refused(f"the key `{key[:60]}` stands here twice", "each key once", again)


def _no_constant(word: str) -> Any:
    raise _Refused(f"`{word}` is no number of JSON", "a number", lambda path, token: token == word)


def _int(digits: str) -> int:
    if len(digits) > 20 or not -_MAX_INT <= int(digits) < _MAX_INT:
        raise _Refused(f"`{digits[:24]}` does not fit 64 bits", "a smaller number", lambda path, token: token == digits)
    return int(digits)


def _float(digits: str) -> float:
    found = float(digits)
    if not isfinite(found):
        raise _Refused(f"`{digits[:24]}` is too large", "a finite number", lambda path, token: token == digits)
    return found
