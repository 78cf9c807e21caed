"""One file as plain data, with the position of everything in a table beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from shapespec.errors import Location

#: Where a value stands in the data: mapping keys and list indices from the root down.
Path = tuple[Any, ...]


@dataclass(frozen=True)
class Document:
    """``data`` is plain (dict, list, str, int, float, bool, None); ``marks`` and ``key_marks`` say where each value
    and each mapping key starts, as (line, column) from 1; ``lines`` are the text for excerpts."""

    file: str
    data: Any
    marks: dict[Path, tuple[int, int]] = field(repr=False)
    key_marks: dict[Path, tuple[int, int]] = field(repr=False)
    lines: tuple[str, ...] = field(repr=False)

    def location(self, path: Path, *, key: bool = False) -> Location:
        """Where the value at ``path`` stands (with ``key``, the key that names it). Falls back to the nearest
        enclosing value, so that an error about something absent still points to where it should be."""
        table = self.key_marks if key else self.marks
        while path and path not in table:
            path = path[:-1]
            table = self.key_marks if path in self.key_marks else self.marks
        line, column = table.get(path, (1, 1))
        source = self.lines[line - 1] if line <= len(self.lines) else ""
        return Location(self.file, line, column, source)
