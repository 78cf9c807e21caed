"""One file, put in order: read, sorted, laid out anew, and compared with what it said before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from shapespec.errors import FileError, Location, Problem, SpecError
from shapespec.formatting.comments import attach, comments_of
from shapespec.formatting.layout import Layout
from shapespec.formatting.tree import Collection, tree_of
from shapespec.language.base import Part
from shapespec.language.checked import kind_of
from shapespec.language.keys import is_free, keys_at
from shapespec.language.order import ordered_keys
from shapespec.reading import Document, read_file, read_text
from shapespec.reading.document import Path
from shapespec.reading.limits import DEFAULT_LIMITS
from shapespec.validating.files import Candidate
from shapespec.validating.headers import schema_line

_SCHEMA_LINE = re.compile(r"# *yaml-language-server: *\$schema=")


@dataclass(frozen=True)
class Formatted:
    """A file's text as it is and as it should be."""

    before: str
    after: str

    @property
    def changed(self) -> bool:
        return self.before != self.after


def format_file(candidate: Candidate) -> Formatted:
    """Reads a file and writes nothing. Raises :class:`SpecError` with the place where it can't be read."""
    document = read_file(candidate.path, shown_as=candidate.display)
    raw = candidate.path.read_bytes().decode("utf-8")
    return Formatted(raw, format_text(raw, file=candidate.display, schema=schema_line(document, candidate)))


def format_text(text: str, *, file: str = "<text>", schema: str | None = None) -> str:
    """A file's text in the one order and style. ``schema`` is the first line where the text has none.

    Raises:
        FileError, GrammarError: it is not YAML, no file of a kind that is known, or too large in this style.
        SpecError: it can't be written anew with the same meaning. That is a bug, and nothing is lost.
    """
    text = text.removeprefix("\ufeff")
    document = read_text(text, file=file)
    model = kind_of(document)
    root, entries, scalars = tree_of(text, document)
    comments = comments_of(document.lines, scalars)
    header = next((c for c in comments if c.place < root.start and _SCHEMA_LINE.match(c.text)), None)
    attach([comment for comment in comments if comment is not header], root, entries, document.lines)
    top = _take_title(root)
    _sort(root, model, document.data)
    lines = Layout(lambda collection: is_free(model, collection.path)).lines(root)
    first = header.text if header else schema
    after = "\n".join([*([first] if first else []), *top, *lines]) + "\n"
    _refuse_changes(document, after, model)
    if len(after.encode()) > DEFAULT_LIMITS.file_bytes:
        raise FileError(f"{file} would be larger than {DEFAULT_LIMITS.file_bytes:,} bytes", expected="several files")
    return after


def _take_title(root: Collection) -> list[str]:
    """The comments at the top that an empty line sets apart from the first key: they are about the file."""
    if not root.entries:
        return []
    lead = root.entries[0].lead
    while lead and not lead[0]:
        lead = lead[1:]
    apart = max((number + 1 for number, line in enumerate(lead) if not line), default=0)
    root.entries[0].lead = lead[apart:]
    return lead[:apart]


def _sort(collection: Collection, model: type[Part], data: Any) -> None:
    if collection.is_mapping:
        entries = {str(entry.key.value): entry for entry in collection.entries if entry.key}
        keys = ordered_keys(model, data, collection.path, list(entries))
        collection.entries = [entries[key] for key in keys]
    for entry in collection.entries:
        if isinstance(entry.value, Collection):
            _sort(entry.value, model, data)


def _refuse_changes(document: Document, after: str, model: type[Part]) -> None:
    try:
        same = _meaning(document.data, model) == _meaning(read_text(after).data, model)
    except SpecError:
        same = False
    if not same:
        raise SpecError(
            Problem(
                "putting this file in order would change its meaning",
                location=Location(document.file),
                expected="a file that says the same afterwards: it is left as it is, and this is a bug of shapespec",
            )
        )


def _meaning(data: Any, model: type[Part]) -> Any:
    """What must be the same afterwards: each value with its type, and the order of keys where the file chooses it."""

    def meant(value: Any, place: Path) -> Any:
        if isinstance(value, list):
            return [meant(item, (*place, number)) for number, item in enumerate(value)]
        if not isinstance(value, dict):
            return type(value), repr(value)
        parts = [(key, meant(item, (*place, key))) for key, item in value.items()]
        return dict(parts) if keys_at(model, data, place) else parts

    return meant(data, ())
