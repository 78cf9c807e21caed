"""What there is: every architecture, with the tasks and the classes that its file names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from shapespec.errors import FileError, GrammarError, Problem, SpecError, UnknownNameError, unknown
from shapespec.language.files import Architecture
from shapespec.registry.chain import Registry
from shapespec.registry.declared import Declared
from shapespec.registry.files import Loaded, read_loaded
from shapespec.registry.paths import LIBRARIES, USER, builtin_root, file_name


@dataclass(frozen=True, order=True)
class SpecEntry:
    """One architecture of the catalogue.

    ``file`` is the one that declares it (the user's, where a user's file lies over a built-in one), ``tasks`` and
    ``classes`` are in the file's order, ``default_task`` may come from a family.
    """

    library: str
    architecture: str
    file: str
    default_task: str | None
    tasks: tuple[str, ...]
    classes: tuple[str, ...]
    about: str | None

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "tasks": list(self.tasks), "classes": list(self.classes)}


def list_specs(library: str | None = None, paths: Sequence[str | Path] = ()) -> list[SpecEntry]:
    """Every architecture, sorted by library and name.

    Args:
        library: only this one's; ``user`` for what only your own files declare.
        paths: folders or files of your own, over the built-in ones.

    Raises:
        UnknownNameError: no such library.
        FileError, GrammarError: files are wrong, each told with its place.
    """
    wanted = library.replace("-", "_") if library is not None else None
    if wanted is not None and wanted not in (*LIBRARIES, USER):
        raise UnknownNameError(unknown("library", library, (*LIBRARIES, USER), argument="library"))
    return sorted(_Catalogue(Registry(paths)).entries(wanted))


class _Catalogue:
    """Reads the declaring files of a registry, each once."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.problems: list[Problem] = []
        self._parents: dict[str | None, list[Loaded]] = {None: []}

    def entries(self, wanted: str | None) -> list[SpecEntry]:
        """The entries of one library, or of all. Reads the files of no other."""
        grouped: dict[tuple[str, str], list[Loaded]] = {}
        for folder, _, path in self.registry.names():
            loaded = self._read(path) if folder == USER or wanted in (None, folder) else None
            if loaded is not None and isinstance(loaded.model, Architecture):
                key = file_name(loaded.model.architecture) or path.name
                library = self._library(folder, key)
                if wanted in (None, library):
                    grouped.setdefault((library, key), []).append(loaded)
        entries = [self._entry(library, files) for (library, _), files in grouped.items()]
        if self.problems:
            raise GrammarError(self.problems)
        return entries

    def _library(self, folder: str, key: str) -> str:
        """A user's file that stands in no library's folder lies over the first library that has the name."""
        if folder != USER:
            return folder
        roots = [builtin_root(), *self.registry.user_paths]
        return next((name for name in LIBRARIES if any((root / name / key).is_file() for root in roots)), USER)

    def _read(self, path: Path) -> Loaded | None:
        """A file, read without being kept: thousands of them would fill the memory. None for one that is wrong."""
        if not path.is_file():
            return None
        try:
            return read_loaded(path)
        except SpecError as error:
            self.problems += error.problems
            return None

    def _entry(self, library: str, files: list[Loaded]) -> SpecEntry:
        declared = Declared(files, [self._chain(loaded) for loaded in files])
        heads = declared.heads
        return SpecEntry(
            library=library,
            architecture=declared.architecture,
            file=files[-1].document.file,
            default_task=declared.default_task,
            tasks=tuple(heads),
            classes=tuple(declared.classes),
            about=declared.about,
        )

    def _chain(self, loaded: Loaded) -> list[Loaded]:
        """A file's parents, then itself; itself alone where they are wrong, which is told at the end."""
        parent = loaded.extends
        if parent not in self._parents:
            try:
                self._parents[parent] = self.registry.chain(loaded)[:-1]
            except (FileError, GrammarError) as error:
                self.problems += error.problems
                self._parents[parent] = []
        return [*self._parents[parent], loaded]
