"""Which files one spec needs, with a user's own over the built-in ones.

One load reads only its own few files: an architecture's name leads straight to its path, so nothing is listed or
searched.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from shapespec.errors import FileError, GrammarError, Problem, UnknownNameError, nearest, unknown
from shapespec.language.files import Family
from shapespec.reading import Document
from shapespec.registry.files import Loaded, architecture_of, load_file
from shapespec.registry.paths import FAMILIES, LIBRARIES, USER, builtin_root, file_name

#: More parents in a row than any registry has.
_MOST_PARENTS = 20


def _built_in(folders: Sequence[str], file: str) -> Loaded | None:
    """The built-in file of that name in the first folder that has one."""
    root = builtin_root()
    for folder in folders:
        if os.path.isfile(f"{root}/{folder}/{file}"):  # noqa: PTH113  # asked for every load: paths cost more than this
            return load_file(root / folder / file, root)
    return None


def _check_name(loaded: Loaded, declared: str, kind: str, file: str | None) -> None:
    """Raises :class:`GrammarError` where a file declares another name than the one that leads to it."""
    if file_name(declared) != file:
        place = loaded.document.location((kind,))
        raise GrammarError(
            Problem(
                f"the file declares the {kind} `{declared}`",
                location=place,
                width=len(declared),
                expected=f"the name that leads to it, `{Path(str(file)).stem}`, or another name of the file",
            )
        )


class Registry:
    """The built-in files, with a user's own folders on top.

    ``paths`` are folders laid out as the built-in one (or flat), or single files; later ones win over earlier ones.
    """

    def __init__(self, paths: str | Path | Sequence[str | Path] = ()) -> None:
        self.user_paths = [Path(path) for path in ([paths] if isinstance(paths, (str, Path)) else paths)]
        for path in self.user_paths:
            if not (path.is_dir() or path.is_file()):
                fault = "is neither a folder nor a file" if path.exists() else "is not there"
                raise FileError(f"`{path}` {fault}", argument="paths", expected="a folder of YAML files, or a file")

    def architecture(self, name: str, library: str | None = None) -> list[Loaded]:
        """The files that declare an architecture, the built-in one first, then the user's in order.

        Raises:
            UnknownNameError: none does; names the nearest known one.
        """
        if library is not None and library.replace("-", "_") not in LIBRARIES:
            raise UnknownNameError(unknown("library", library, LIBRARIES, argument="library"))
        file = file_name(name)
        libraries = (library.replace("-", "_"),) if library else LIBRARIES
        found: list[Loaded] = []
        if file is not None:
            built_in = _built_in(libraries, file)
            found += [built_in] if built_in is not None else []
            found += [x for x in self._user_files(file, libraries) if not isinstance(x.model, Family)]
        if not found:
            raise self._unknown(name, library)
        for loaded in found:
            _check_name(loaded, architecture_of(loaded).architecture, "architecture", file)
        return found

    def library_of(self, loaded: Loaded) -> str:
        """The library of an architecture's file, or ``user``: a file of your own is a library's where it stands in a
        folder of the library's name directly below a given one."""
        file = Path(loaded.document.file)
        folder = file.parent.name
        if folder not in LIBRARIES:
            return USER
        below = file.parent.parent in self.user_paths
        return folder if below or _built_in((folder,), file.name) is loaded else USER

    def _user_files(self, file: str, folders: Sequence[str]) -> list[Loaded]:
        found = []
        for path in self.user_paths:
            if path.is_file():
                loaded = load_file(path)
                if file_name(loaded.name) == file:
                    found.append(loaded)
                continue
            candidates = [path / folder / file for folder in folders] + [path / file]
            found += [load_file(candidate, path) for candidate in candidates if candidate.is_file()]
        return found

    def parent(self, name: str, asked_by: Document) -> list[Loaded]:
        """The files that `extends: name` means: a family's, else an architecture's of the same library.

        Raises:
            GrammarError: there is neither, told at the `extends:` that asks.
        """
        file = file_name(name)
        found: list[Loaded] = []
        if file is not None:
            folders = (FAMILIES, *LIBRARIES)
            built_in = _built_in(folders, file)
            found += [built_in] if built_in is not None else []
            found += [f for f in self._user_files(file, (FAMILIES,)) if isinstance(f.model, Family)]
        if not found:
            known = [path.stem.replace("_", "-") for path in (builtin_root() / FAMILIES).glob("*.yaml")]
            raise GrammarError(
                Problem(
                    f"unknown family `{name}`",
                    location=asked_by.location(("extends",)),
                    expected="the name of a file in families/, or of an architecture",
                    suggestion=nearest(name, known),
                    width=len(name),
                )
            )
        return found

    def chain(self, loaded: Loaded) -> list[Loaded]:
        """The file's parents from the root down, then itself. Raises :class:`GrammarError` for a circle."""
        found = [loaded]
        names = [loaded.name]
        current = loaded
        while (parent := current.extends) is not None:
            names.append(parent)
            files = self.parent(parent, current.document)
            if len(names) > _MOST_PARENTS or any(file is known for file in files for known in found):
                fault = "leads in a circle" if len(names) <= _MOST_PARENTS else f"leads over {_MOST_PARENTS} parents"
                raise GrammarError(
                    Problem(
                        f"`extends` {fault}: {' → '.join(names)}",
                        location=current.document.location(("extends",)),
                        width=len(parent),
                    )
                )
            # A user's file over a built-in one goes on where that one does, unless it says otherwise.
            current = next((x for x in reversed(files) if x.extends), files[-1])
            found = files + found
        return found

    def shared(self, name: str) -> Loaded | None:
        """``defaults.yaml`` or ``inputs.yaml`` of the built-in registry."""
        path = builtin_root() / name
        return load_file(path, builtin_root()) if path.is_file() else None

    def user_shared(self, name: str) -> list[Loaded]:
        """The user's own ``defaults.yaml`` or ``inputs.yaml``, where there is one."""
        return [load_file(path / name, path) for path in self.user_paths if (path / name).is_file()]

    def names(self, library: str | None = None) -> Iterator[tuple[str, str, Path]]:
        """Every architecture as (library, name from the file's name, path). Reads no file."""
        for root in [builtin_root(), *(path for path in self.user_paths if path.is_dir())]:
            for folder in LIBRARIES:
                if library in (None, folder):
                    for path in sorted((root / folder).glob("*.yaml")):
                        yield folder, path.stem, path
            if root != builtin_root():
                for path in sorted(root.glob("*.yaml")):
                    if path.name not in ("defaults.yaml", "inputs.yaml") and library in (None, USER):
                        yield USER, path.stem, path
        for path in self.user_paths:
            if path.is_file() and library in (None, USER):
                yield USER, path.stem, path

    def _unknown(self, name: str, library: str | None) -> UnknownNameError:
        known = {stem for _, stem, _ in self.names(library)}
        where = f" of {library}" if library else ""
        return UnknownNameError(
            f"unknown architecture `{name}`{where}",
            argument="target",
            expected="a model_type that `shapespec list` shows; `shapespec new` drafts a file for another",
            suggestion=nearest(name, known),
        )
