"""A file among the others: the registry that it belongs to and the parents that it extends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from shapespec.errors import SpecError, UnknownNameError
from shapespec.language.files import Architecture, Defaults, Vocabulary
from shapespec.registry.chain import Registry
from shapespec.registry.declared import Declared
from shapespec.registry.files import Loaded, load_file
from shapespec.registry.paths import LIBRARIES
from shapespec.validating.files import SUFFIXES, Candidate, is_builtin


@dataclass(frozen=True)
class Surroundings:
    """``paths`` are what `load_spec` is given to find the file, ``files`` those that declare the architecture (the
    built-in one too, where there is one), ``chain`` the file's parents from the root down, itself last."""

    registry: Registry
    paths: tuple[Path, ...]
    library: str | None
    files: tuple[Loaded, ...]
    chain: tuple[Loaded, ...]

    @cached_property
    def declared(self) -> Declared:
        """What the files declare together."""
        return Declared(self.files, [self.registry.chain(loaded) for loaded in self.files])

    @staticmethod
    def of(candidate: Candidate, loaded: Loaded, roots: Sequence[Path]) -> Surroundings:
        """Raises :class:`SpecError` where `extends:` leads nowhere or in a circle."""
        own = [] if is_builtin(candidate.root) else [candidate.root]
        paths = [*[root for root in roots if root not in own], *own]
        library = candidate.folder if candidate.folder in LIBRARIES else None
        registry = Registry(paths)
        files: list[Loaded] = [loaded]
        if isinstance(loaded.model, Architecture):
            files = _declaring(registry, loaded, library)
            if all(file.document.file != loaded.document.file for file in files):
                # Its name or its folder is wrong, which is told elsewhere: it is looked at all the same.
                paths = [*paths, candidate.path]
                registry = Registry(paths)
                files = [*files, loaded]
        return Surroundings(registry, tuple(paths), library, tuple(files), tuple(registry.chain(loaded)))


def _declaring(registry: Registry, loaded: Loaded, library: str | None) -> list[Loaded]:
    try:
        return registry.architecture(getattr(loaded.model, "architecture", ""), library)
    except UnknownNameError:
        return []


def dependents(readable: Sequence[tuple[Candidate, Loaded]]) -> list[tuple[Candidate, Loaded]]:
    """The architectures that were not given and stand on files that were: what they extend, or what all share.

    A pre-commit hook is given the changed files alone: a family's fault shows in the architectures that extend it.
    """
    given = {candidate.path for candidate, _ in readable}
    found: dict[Path, tuple[Candidate, Loaded]] = {}
    for root in dict.fromkeys(candidate.root for candidate, _ in readable):
        changed = {loaded.document.file for candidate, loaded in readable if candidate.root == root}
        models = [loaded.model for candidate, loaded in readable if candidate.root == root]
        everyone = any(isinstance(model, (Defaults, Vocabulary)) for model in models)
        for path in _architecture_files(root):
            candidate = Candidate(path, str(path))
            if path not in given and (other := _standing_on(candidate, changed, everyone)) is not None:
                found[path] = (candidate, other)
    return list(found.values())


def _architecture_files(root: Path) -> Iterable[Path]:
    for folder in [root / library for library in LIBRARIES] + [root]:
        yield from sorted(path for path in folder.glob("*") if path.suffix in SUFFIXES and path.is_file())


def _standing_on(candidate: Candidate, changed: set[str], everyone: bool) -> Loaded | None:
    """The file, if it is an architecture that stands on a changed one. One that is broken itself was not asked for."""
    try:
        if not candidate.path.resolve().is_relative_to(candidate.root.resolve()):
            return None
        loaded = load_file(candidate.path)
        if not isinstance(loaded.model, Architecture):
            return None
        registry = Registry([] if is_builtin(candidate.root) else [candidate.root])
        parents = {parent.document.file for parent in registry.chain(loaded)}
    except SpecError:
        return None
    return loaded if everyone or parents & changed else None
