"""What stands on a family: every file, built-in or in the given roots, that extends it, directly or over others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from shapespec.errors import SpecError
from shapespec.registry.chain import Registry
from shapespec.registry.files import Loaded, load_file
from shapespec.registry.paths import FAMILIES, LIBRARIES, builtin_root


class Descendants:
    """Looked for once for all families of one validation: each file of the registries is read for it."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, ...], dict[str, list[Loaded]]] = {}
        self._read: dict[str, tuple[Loaded, frozenset[str]]] = {}

    def read(self, file: Loaded, names: Callable[[Any], Iterable[str]]) -> frozenset[str]:
        """The names in a file, worked out once: most files stand on several families."""
        known = self._read.get(file.document.file)
        if known is None or known[0] is not file:
            known = self._read[file.document.file] = (file, frozenset(names(file.document.data)))
        return known[1]

    def of(self, family: Loaded, paths: tuple[Path, ...]) -> list[Loaded]:
        """The family's descendants in the built-in registry and in ``paths``, without itself."""
        if paths not in self._known:
            self._known[paths] = _by_parent(paths)
        return self._known[paths].get(family.document.file, [])


def _by_parent(paths: tuple[Path, ...]) -> dict[str, list[Loaded]]:
    registry = Registry(paths)
    found: dict[str, list[Loaded]] = {}
    for path in dict.fromkeys(_files([builtin_root(), *paths])):
        try:
            chain = registry.chain(load_file(path))
        except SpecError:
            continue  # a file that is wrong: told where it is validated itself
        for parent in chain[:-1]:
            found.setdefault(parent.document.file, []).append(chain[-1])
    return found


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_file():
            yield path
        for folder in (FAMILIES, *LIBRARIES, "."):
            yield from sorted(file for file in (path / folder).glob("*.yaml") if file.is_file())
