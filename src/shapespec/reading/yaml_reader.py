"""Reads YAML by its events, with limits, YAML 1.2's core schema, and positions.

Events rather than ``compose``: the parser's own stack is a list, so a file nested 20,000 deep is refused at the limit
instead of exhausting C's stack, and nothing is built for what is refused. Anchors, aliases, tags and merge keys are
refused: they cost readers more than they save, and aliases can multiply without bound.
"""

from __future__ import annotations

import re
from math import isfinite
from pathlib import Path as FilePath
from typing import Any

import yaml

from shapespec.errors import FileError, Location, Problem
from shapespec.reading.breaks import guarded, lines_of
from shapespec.reading.document import Document, Path
from shapespec.reading.faults import fault_of, is_nesting
from shapespec.reading.limits import DEFAULT_LIMITS, Limits

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_MAX_INT = 1 << 63

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+\Z")
_OCTAL = re.compile(r"0o[0-7]+\Z")
_HEX = re.compile(r"0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL = re.compile(r"([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\Z")


def read_file(path: str | FilePath, *, shown_as: str | None = None, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Reads one file. ``shown_as`` is the name that errors show. Raises :class:`FileError`."""
    name = shown_as or str(path)
    try:
        with FilePath(path).open("rb") as stream:
            raw = stream.read(limits.file_bytes + 1)
    except OSError as error:
        raise FileError(f"can't read {name}: {error.strerror or error}", expected="a readable YAML file") from None
    if len(raw) > limits.file_bytes:
        raise FileError(
            f"{name} is larger than {limits.file_bytes:,} bytes", expected="one architecture per file, in a few lines"
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(f"{name} is not UTF-8: byte {error.start} is {raw[error.start]:#04x}") from None
    return read_text(text, file=name, limits=limits)


def read_text(text: str, *, file: str = "<text>", limits: Limits = DEFAULT_LIMITS) -> Document:
    """Reads YAML text. Raises :class:`FileError` with the place."""
    return _Reader(file, tuple(lines_of(text)), limits).read(text)


class _Frame:
    """A collection under construction: a mapping (``key`` holds the key that waits for its value) or a list."""

    __slots__ = ("key", "path", "value", "waiting")

    def __init__(self, value: dict[str, Any] | list[Any], path: Path) -> None:
        self.value = value
        self.path = path
        self.key: str | None = None
        self.waiting = False


class _Reader:
    def __init__(self, file: str, lines: tuple[str, ...], limits: Limits) -> None:
        self.file = file
        self.lines = lines
        self.limits = limits
        self.marks: dict[Path, tuple[int, int]] = {}
        self.key_marks: dict[Path, tuple[int, int]] = {}
        self.stack: list[_Frame] = []
        self.root: Any = None
        self.nodes = 0
        self.documents = 0

    def read(self, text: str) -> Document:
        self._refuse_unprintable(text)
        text, given_back = guarded(text)
        loader = None
        try:
            # The constructor already looks at the first characters, so it can raise too.
            loader = _Loader(text)
            while loader.check_event():
                event = loader.get_event()
                if isinstance(event, yaml.ScalarEvent):
                    event.value = given_back(event.value)
                self.take(event)
        except FileError:
            raise
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            # PyYAML's own reader also fails as Python does: `chr` of an escape's number, say.
            raise self._yaml_error(error) from None
        except RecursionError:
            raise self._too_deep((1, 1)) from None
        finally:
            if loader is not None:
                loader.dispose()
        return Document(self.file, self.root, self.marks, self.key_marks, self.lines)

    def _refuse_unprintable(self, text: str) -> None:
        """Characters that YAML does not allow, found here since the parser does not say where they are."""
        found = _UNPRINTABLE.search(text)
        if found is not None:
            before = lines_of(text[: found.start()])
            mark = (len(before), len(before[-1]) + 1)
            raise self.fail(f"the character U+{ord(found[0]):04X}", mark, expected="text without control characters")

    # -- events

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._refuse_decoration(event)
            self.scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._refuse_decoration(event)
            self.open({}, event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._refuse_decoration(event)
            self.open([], event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self.stack.pop()
        elif isinstance(event, yaml.AliasEvent):
            raise self.fail(f"alias `*{event.anchor}`", _at(event), expected="the value itself: aliases are refused")
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise self.fail("a second document", _at(event), expected="one document per file")

    def _refuse_decoration(self, event: Any) -> None:
        if event.anchor is not None:
            raise self.fail(f"anchor `&{event.anchor}`", _at(event), expected="plain values: anchors are refused")
        if event.tag is not None:
            raise self.fail(f"tag `{event.tag}`", _at(event), expected="plain values: tags are refused")
        self.nodes += 1
        if self.nodes > self.limits.nodes:
            raise self.fail(f"more than {self.limits.nodes:,} values", _at(event))

    def open(self, value: dict[str, Any] | list[Any], event: Any) -> None:
        if len(self.stack) >= self.limits.depth:
            raise self._too_deep(_at(event))
        path = self.place(value, event)
        self.stack.append(_Frame(value, path))

    def scalar(self, event: Any) -> None:
        if len(event.value) > self.limits.scalar_characters:
            raise self.fail(f"a scalar of more than {self.limits.scalar_characters:,} characters", _at(event))
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.value, dict) and not frame.waiting:
            self.key(frame, event)
            return
        plain = event.style is None or event.style == ""
        self.place(self.resolve(event) if plain else event.value, event)

    def key(self, frame: _Frame, event: Any) -> None:
        """Keys are text as written: `no:` is the name "no"."""
        if event.value == "<<" and not event.style:
            raise self.fail("merge key `<<`", _at(event), expected="`extends:`, or the keys written out")
        path = (*frame.path, event.value)
        if event.value in frame.value:
            raise self.fail(
                f"key `{event.value}` twice in one mapping",
                _at(event),
                related=(("first", self._location(self.key_marks[path])),),
            )
        self.key_marks[path] = _at(event)
        frame.key, frame.waiting = event.value, True

    def place(self, value: Any, event: Any) -> Path:
        """Puts a value where it belongs and notes its position."""
        if not self.stack:
            self.root = value
            self.marks[()] = _at(event)
            return ()
        frame = self.stack[-1]
        if isinstance(frame.value, list):
            path = (*frame.path, len(frame.value))
            frame.value.append(value)
        elif not frame.waiting:
            raise self.fail("a key that is a list or a mapping", _at(event), expected="a name as key")
        else:
            path = (*frame.path, frame.key)
            frame.value[str(frame.key)] = value
            frame.waiting = False
        self.marks[path] = _at(event)
        return path

    def resolve(self, event: Any) -> Any:
        """A plain scalar by YAML 1.2's core schema: `no` and `12:30` are text, `010` is ten, `1e3` is a number."""
        text = event.value
        if text in _NULL:
            return None
        if text in _BOOL:
            return _BOOL[text]
        first = text[0]
        if not (first.isdigit() or first in "+-."):
            return text
        if _INT.match(text) or _OCTAL.match(text) or _HEX.match(text):
            return self._integer(text, event)
        if _FLOAT.match(text):
            return self._real(text, event)
        if _SPECIAL.match(text):
            raise self.fail(f"`{text}`", _at(event), expected="a finite number")
        return text

    def _integer(self, text: str, event: Any) -> int:
        digits = text.lstrip("+-0")
        if len(digits) > self.limits.integer_digits:
            raise self.fail(f"an integer of {len(digits)} digits", _at(event), expected="one that fits 64 bits")
        found = int(text, 0) if text[:2] in ("0x", "0o") else int(text)
        if not -_MAX_INT <= found < _MAX_INT:
            raise self.fail(f"the integer `{text}`", _at(event), expected="one that fits 64 bits")
        return found

    def _real(self, text: str, event: Any) -> float:
        found = float(text)
        if not isfinite(found):
            raise self.fail(f"`{text}`", _at(event), expected="a finite number")
        return found

    # -- errors

    def _location(self, mark: tuple[int, int]) -> Location:
        line, column = mark
        source = self.lines[line - 1] if line <= len(self.lines) else ""
        return Location(self.file, line, column, source)

    def fail(self, message: str, mark: tuple[int, int], **parts: Any) -> FileError:
        return FileError(Problem(message, location=self._location(mark), **parts))

    def _too_deep(self, mark: tuple[int, int]) -> FileError:
        return self.fail(f"nested more than {self.limits.depth} deep", mark)

    def _yaml_error(self, error: Exception) -> FileError:
        began = getattr(error, "context_mark", None)
        mark = getattr(error, "problem_mark", None) or began
        said = f"{getattr(error, 'context', None)}: {getattr(error, 'problem', None)}"
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        if is_nesting(said):
            return self._too_deep((line, column))
        fault = fault_of(said, self.lines[line - 1][column - 1 : column] if line <= len(self.lines) else "")
        while line > 1 and (line > len(self.lines) or not self.lines[line - 1].strip()):
            line -= 1  # the parser ran off the end: what is missing is missing after the last line
            column = len(self.lines[line - 1]) + 1
        place = self._location((began.line + 1, began.column + 1)) if began and fault.began else None
        related = ((str(fault.began), place),) if place else ()
        return self.fail(fault.message, (line, column), expected=fault.expected, related=related)


def _at(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1
