"""Files, each read and checked once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from shapespec.errors import FileError, GrammarError, Problem
from shapespec.language.base import Part
from shapespec.language.checked import check_document
from shapespec.language.files import Architecture
from shapespec.reading import Document, read_file
from shapespec.registry.paths import shown


@dataclass(frozen=True, eq=False)
class Loaded:
    """One file, read and checked: ``document`` (data and places) and ``model`` (as the grammar has it)."""

    document: Document
    model: Part

    @property
    def name(self) -> str:
        """What it declares: an architecture's name, or a family's."""
        return str(getattr(self.model, "family", None) or getattr(self.model, "architecture", None))

    @property
    def extends(self) -> str | None:
        """The parent that it names."""
        return getattr(self.model, "extends", None)


#: Files by path, each with the stamp under which it was read.
_CACHE: dict[str, tuple[tuple[int, ...], Loaded]] = {}


def load_file(path: Path, root: Path | None = None) -> Loaded:
    """Reads and checks one file; a file that has not changed since is not read again.

    Raises:
        FileError, GrammarError: with the places.
    """
    key = str(path)
    try:
        status = os.stat(key)  # noqa: PTH116  # paths cost as much as the question
    except OSError as error:
        raise FileError(f"can't read {path}: {error.strerror or error}") from None
    stamp = (status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev)
    cached = _CACHE.get(key)
    if cached is not None and cached[0] == stamp:
        return cached[1]
    if root is not None and not path.resolve().is_relative_to(root.resolve()):
        raise FileError(f"{path} leads out of {root}", expected="a file inside the folder")
    loaded = read_loaded(path)
    _CACHE[key] = (stamp, loaded)
    return loaded


def read_loaded(path: Path) -> Loaded:
    """Reads and checks one file without keeping it. Raises as :func:`load_file`."""
    document = read_file(path, shown_as=shown(path))
    return Loaded(document, check_document(document))


def architecture_of(loaded: Loaded) -> Architecture:
    """The model of an architecture's file. Raises :class:`GrammarError` for a file of another kind."""
    if isinstance(loaded.model, Architecture):
        return loaded.model
    place = loaded.document.location(())
    raise GrammarError(Problem("the file declares no architecture", location=place, expected="`architecture: name`"))
