"""What a file says of itself: the schema that its first line names, its own name, and the folder it stands in."""

from __future__ import annotations

import os
import re
from pathlib import Path

from shapespec.errors import GrammarError, Location, Problem
from shapespec.language.checked import kind_of
from shapespec.language.files import FILE_KINDS
from shapespec.language.schemas import SCHEMA_NAMES, SCHEMA_OF_KEY, file_of
from shapespec.reading import Document
from shapespec.registry.paths import FAMILIES, LIBRARIES, file_name
from shapespec.validating.files import Candidate

_LINE = re.compile(r"# yaml-language-server: \$schema=(\S+)\s*\Z")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")

#: What the files are called that a registry has one of.
_FIXED_NAMES = {"inputs": "inputs.yaml", "dims": "defaults.yaml"}


def header_problems(document: Document, candidate: Candidate) -> list[Problem]:
    """Problems of the schema line, the name and the folder. Of a file of no kind the grammar tells."""
    try:
        model = kind_of(document)
    except GrammarError:
        return []
    key = next(key for key, known in FILE_KINDS.items() if known is model)
    checks = (
        _schema_line(document, candidate, key),
        _name(document, candidate, key),
        _folder(document, candidate, key),
    )
    return [problem for problem in checks if problem is not None]


def schema_line(document: Document, candidate: Candidate) -> str:
    """The first line that a file should have. Raises :class:`GrammarError` for a file of no kind."""
    model = kind_of(document)
    key = next(key for key, known in FILE_KINDS.items() if known is model)
    return f"# yaml-language-server: $schema={_reference(candidate, file_of(SCHEMA_OF_KEY[key]))}"


def _schema_line(document: Document, candidate: Candidate, key: str) -> Problem | None:
    wanted = file_of(SCHEMA_OF_KEY[key])
    first = document.lines[0].lstrip("\ufeff").rstrip()
    match = _LINE.match(first)
    if match is None:
        return Problem(
            "the first line does not name the schema",
            location=Location(document.file, 1, 1, first),
            expected=f"`# yaml-language-server: $schema={_reference(candidate, wanted)}`",
            width=len(first),
        )
    reference = match.group(1)
    place = Location(document.file, 1, match.start(1) + 1, first)
    name = reference.rsplit("/", 1)[-1]
    if name != wanted:
        known = [file_of(schema) for schema in SCHEMA_NAMES]
        said = f"`{name}` is the schema of another kind of file" if name in known else f"unknown schema `{name}`"
        return Problem(said, location=place, expected=f"`{wanted}`", width=len(reference))
    if not _resolves(reference, candidate):
        expected = (
            f"`{_reference(candidate, wanted)}`, or an https address; `shapespec schema --write` writes the schemas"
        )
        return Problem(f"there is no `{reference}`", location=place, expected=expected, width=len(reference))
    return None


def _resolves(reference: str, candidate: Candidate) -> bool:
    """Whether a reference leads to a file beside this one. An address is taken at its word: nothing is fetched."""
    if reference.startswith(("https://", "http://")):
        return True
    if _SCHEME.match(reference) or reference.startswith(("/", "\\")):
        return False
    return (candidate.path.parent / reference).is_file()


def _reference(candidate: Candidate, wanted: str) -> str:
    """The path from a file to its schema: where one lies, else where the layout would have it."""
    for folder in [candidate.root, *candidate.root.parents]:
        if (folder / "schemas" / wanted).is_file():
            return Path(os.path.relpath(folder / "schemas" / wanted, candidate.path.parent)).as_posix()
    return f"{'../' * (2 if candidate.folder else 1)}schemas/{wanted}"


def _name(document: Document, candidate: Candidate, key: str) -> Problem | None:
    declared = document.data[key]
    wanted = _FIXED_NAMES.get(key) or (file_name(declared) if isinstance(declared, str) else None)
    if wanted is None or wanted == candidate.path.name:
        return None
    said = (
        f"declares {'an' if key[0] == 'a' else 'a'} {key} `{declared}`"
        if key not in _FIXED_NAMES
        else f"declares `{key}:`"
    )
    return Problem(
        f"the file is called `{candidate.path.name}` and {said}",
        location=document.location((key,), key=key in _FIXED_NAMES),
        expected=f"the name `{wanted}`: that is how it is found",
        width=len(key) if key in _FIXED_NAMES else len(str(declared)),
    )


def _folder(document: Document, candidate: Candidate, key: str) -> Problem | None:
    """Architectures stand in a library's folder, families in theirs; in a user's own folder all may stand flat."""
    home = {"architecture": LIBRARIES, "family": (FAMILIES,)}.get(key, ())
    if not candidate.folder or candidate.folder in home:
        return None
    where = " or ".join(f"{name}/" for name in home) or f"the folder above {candidate.folder}/"
    return Problem(
        f"a file that declares `{key}:` is not looked for in {candidate.folder}/",
        location=document.location((key,), key=True),
        expected=where,
        width=len(key),
    )
