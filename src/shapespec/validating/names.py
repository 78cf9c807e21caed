"""Names that a file sets and nothing uses: a typo in one of these would be silent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from keyword import iskeyword
from typing import Any, get_args

from shapespec.errors import Problem, UnknownNameError, listing, nearest
from shapespec.language.nodes import PhaseWord, RoleWord
from shapespec.reading.document import Path
from shapespec.registry.files import Loaded
from shapespec.validating.descendants import Descendants
from shapespec.validating.surroundings import Surroundings

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

#: Keys whose text is for people.
_PROSE = frozenset({"why", "source", "about", "meta", "not_run", "needs", "unchecked", "unfed"})

#: Sections whose keys are of use only where an expression, an input or a component names them.
_SECTIONS = {
    "config": "config attribute",
    "let": "`let` name",
    "dims": "size",
    "inputs": "input",
}


def name_problems(loaded: Loaded, around: Surroundings) -> list[Problem]:
    """The problems of one architecture's file."""
    heads = around.declared.heads
    return [
        *_default_task(loaded, heads),
        *_default_variant(loaded, around),
        *_without_head(loaded, heads),
        *_served_elsewhere(loaded, around),
        *_unused(loaded, around),
        *_replaced(loaded, [*_shared(around), *around.declared.everyone]),
    ]


def family_problems(loaded: Loaded, around: Surroundings, descendants: Descendants) -> Iterator[Problem]:
    """A family's `let` names that nothing uses: neither it and what it stands on, nor any file that stands on it."""
    files = [*_shared(around), *around.chain, *descendants.of(loaded, around.paths)]
    yield from _replaced(loaded, files)
    used = set().union(*(descendants.read(file, _mentions) for file in files))
    parents = [file.document.data for file in around.chain[:-1]]
    declared = {key for data in parents for _, part in _bodies(data) for key in part.get("let") or {}}
    for body, data in _bodies(loaded.document.data):
        for key in data.get("let") or {}:
            if key not in used and key not in declared:
                yield _unused_name(loaded, (*body, "let", key), "`let` name", nearest(key, declared), "what extends it")


def _key_problem(
    loaded: Loaded, path: Path, message: str, known: Sequence[str], expected: str | None = None
) -> Problem:
    key = str(path[-1])
    return Problem(
        message,
        location=loaded.document.location(path, key=True),
        expected=expected or listing(known),
        suggestion=nearest(key, known),
        width=len(key),
    )


def _default_task(loaded: Loaded, heads: dict[str, list[str]]) -> Iterator[Problem]:
    own = getattr(loaded.model, "default_task", None)
    if own is not None and own not in heads:
        yield _unknown_default(loaded, "default_task", f"the default task `{own}` has no head", own, heads)


def _default_variant(loaded: Loaded, around: Surroundings) -> Iterator[Problem]:
    own = getattr(loaded.model, "default_variant", None)
    known = [name for x in around.chain for name in getattr(x.model, "variants", None) or {}]
    if own is not None and own not in known:
        yield _unknown_default(loaded, "default_variant", f"there is no variant `{own}`", own, known)


def _unknown_default(loaded: Loaded, key: str, message: str, own: str, known: Iterable[str]) -> Problem:
    """The problem of a default that names nothing: at its own place, with what there is."""
    return Problem(
        message,
        location=loaded.document.location((key,)),
        expected=listing(known),
        suggestion=nearest(own, known),
        width=len(own),
    )


def _without_head(loaded: Loaded, heads: dict[str, list[str]]) -> Iterator[Problem]:
    """Keys of `tasks:`, `classes:`, `not_run:` and `needs:` that no head names."""
    classes = [name for served in heads.values() for name in served]
    for section, known, what in (
        ("tasks", list(heads), "task"),
        ("classes", classes, "class"),
        ("not_run", classes, "class"),
        ("needs", classes, "class"),
    ):
        for key in loaded.document.data.get(section) or {}:
            if key not in known:
                yield _key_problem(
                    loaded,
                    (section, key),
                    f"no head names the {what} `{key}`",
                    known,
                    f"a {what} of `heads:`: {listing(known)}",
                )


def _served_elsewhere(loaded: Loaded, around: Surroundings) -> Iterator[Problem]:
    """`served_by:` that names no architecture."""
    for model_class, name in (getattr(loaded.model, "served_by", None) or {}).items():
        try:
            around.registry.architecture(name or "", None)
        except UnknownNameError as error:
            place = loaded.document.location(("served_by", model_class))
            yield replace(error.problems[0], argument=None, location=place, width=len(str(name)))


def _unused(loaded: Loaded, around: Surroundings) -> Iterator[Problem]:
    documents = [file.document for file in dict.fromkeys((*_shared(around), *around.declared.everyone))]
    mentioned: set[str] = set()
    for document in documents:
        mentioned |= set(_mentions(document.data))
    attributes = {name for name in mentioned if not iskeyword(name)}
    lower = [document.data for document in documents if document.file != loaded.document.file]
    for body, data in _bodies(loaded.document.data):
        for section, what in _SECTIONS.items():
            declared = {key for other in lower for _, part in _bodies(other) for key in part.get(section) or {}}
            for key in data.get(section) or {}:
                if key not in mentioned and key not in declared:
                    near = nearest(key, declared | (attributes if section == "config" else set()))
                    yield _unused_name(loaded, (*body, section, key), what, near, "a family")


def _replaced(loaded: Loaded, files: Iterable[Loaded]) -> Iterator[Problem]:
    """Names in `instead_of:` that are neither an input's, here or in what the file stands on, nor a role or a phase."""
    said = [(path, name) for path, node in _nodes(loaded.document.data) for path, name in _instead_of(path, node)]
    if not said:
        return
    known = {path[-1]: None for file in files for path, _ in _nodes(file.document.data)}
    words = [*get_args(RoleWord), *get_args(PhaseWord)]
    for path, name in said:
        if name not in known and name not in words:
            yield Problem(
                f"`instead_of` names `{name}`, which is no input",
                location=loaded.document.location(path),
                expected=f"an input, a role or a phase: {listing(words)}",
                suggestion=nearest(name, [*known, *words]),
                width=len(name),
            )


def _nodes(data: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    """The inputs that a document names, each with its place."""
    for body, part in _bodies(data):
        places: list[tuple[Path, Any]] = [((*body, "inputs"), part.get("inputs"))]
        for name, component in (part.get("components") or {}).items():
            places.append(((*body, "components", name, "inputs"), (component or {}).get("inputs")))
        for place, inputs in places:
            entries = inputs.items() if isinstance(inputs, dict) else [(name, None) for name in inputs or ()]
            yield from (((*place, name), node) for name, node in entries)


def _instead_of(path: Path, node: Any) -> Iterator[tuple[Path, str]]:
    said = node.get("instead_of") if isinstance(node, dict) else None
    if isinstance(said, str):
        yield (*path, "instead_of"), said
    else:
        yield from (((*path, "instead_of", number), name) for number, name in enumerate(said or ()))


def _unused_name(loaded: Loaded, path: Path, what: str, near: str | None, where: str) -> Problem:
    key = str(path[-1])
    return Problem(
        f"nothing uses the {what} `{key}`",
        location=loaded.document.location(path, key=True),
        expected=f"a name that an expression, an input or a component here or in {where} uses",
        suggestion=near,
        width=len(key),
    )


def _shared(around: Surroundings) -> list[Loaded]:
    names = ("defaults.yaml", "inputs.yaml")
    built_in = [file for name in names if (file := around.registry.shared(name)) is not None]
    return [*built_in, *[file for name in names for file in around.registry.user_shared(name)]]


def _bodies(data: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The whole file, and its parts for tasks, classes and variants, each with its part for graphs asked for by
    name."""
    parts: list[tuple[Path, Any]] = [((), data)]
    for section in ("tasks", "classes", "variants"):
        parts += [((section, key), part) for key, part in (data.get(section) or {}).items()]
    for path, part in parts:
        if isinstance(part, dict):
            yield path, part
            if isinstance(part.get("by_name"), dict):
                yield (*path, "by_name"), part["by_name"]


def _mentions(data: Any) -> Iterator[str]:
    """Every name in the values of a document, and the inputs that components take."""
    if isinstance(data, dict):
        for name, value in data.items():
            if name == "components":
                yield from _taken(value)
            elif name in ("outputs", "also_returns"):
                yield from value or ()
            if name not in _PROSE:
                yield from _mentions(value)
    elif isinstance(data, list):
        for value in data:
            yield from _mentions(value)
    elif isinstance(data, str):
        yield data
        yield from _IDENTIFIER.findall(data)


def _taken(components: Any) -> Iterator[str]:
    for component in (components or {}).values():
        for side in ("inputs", "outputs", "also_returns"):
            yield from ((component or {}).get(side) or {})
