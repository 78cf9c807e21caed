"""Which files a validation looks at, without following what leads out of a folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shapespec.errors import Location, Problem
from shapespec.registry.paths import FAMILIES, LIBRARIES, builtin_root

SUFFIXES = (".yaml", ".yml")

#: The folders below the root of a registry.
FOLDERS = (*LIBRARIES, FAMILIES)


@dataclass(frozen=True)
class Candidate:
    """A file to validate: ``path`` is absolute, ``display`` its name as the caller gave it."""

    path: Path
    display: str

    @property
    def folder(self) -> str:
        """The registry's folder that it stands in (``transformers``, ``families``, …), or nothing."""
        name = self.path.parent.name
        return name if name in FOLDERS else ""

    @property
    def root(self) -> Path:
        """The root of the registry that it belongs to: the folder that `load_spec(paths=…)` would be given."""
        return self.path.parent.parent if self.folder else self.path.parent


def absolute(path: Path) -> Path:
    """A path from the root, its `..` taken out and its links left in: where it stands decides what it is."""
    return Path(os.path.abspath(path))  # noqa: PTH100  # resolve() would follow links


def is_builtin(root: Path) -> bool:
    """Whether a root is that of the built-in registry."""
    return root.resolve() == builtin_root()


def given_roots(paths: Sequence[Path]) -> list[Path]:
    """The roots of the registries that were given as folders, but for the built-in one."""
    folders = [absolute(path) for path in paths if path.is_dir()]
    roots = [folder.parent if folder.name in FOLDERS else folder for folder in folders]
    return [root for root in dict.fromkeys(roots) if not is_builtin(root)]


def yaml_files(paths: Sequence[Path]) -> tuple[list[Candidate], list[Problem]]:
    """The YAML files of files and folders, each once and in order, and what is wrong with finding them."""
    found: dict[Path, Candidate] = {}
    problems: list[Problem] = []
    for path in paths:
        if path.is_dir():
            inside = _walk(path, problems)
            if not inside:
                problems.append(_at(path, "there is no YAML file in this folder", "files that end in .yaml"))
        else:
            inside = [path] if _is_readable(path, problems) else []
        for file in inside:
            found.setdefault(absolute(file), Candidate(absolute(file), str(file)))
    return list(found.values()), problems


def _walk(folder: Path, problems: list[Problem]) -> list[Path]:
    found = []

    def unreadable(error: OSError) -> None:
        problems.append(_at(Path(error.filename or folder), error.strerror or str(error), "a readable folder"))

    for where, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if _enters(Path(where, name), folder, problems))
        for name in sorted(files):
            path = Path(where, name)
            if path.suffix.lower() in SUFFIXES and _is_inside(path, folder, problems) and _is_readable(path, problems):
                found.append(path)
    return found


def _enters(path: Path, folder: Path, problems: list[Problem]) -> bool:
    """Whether a folder is searched: not a hidden one, and not one that a link leads to."""
    if path.suffix.lower() in SUFFIXES:
        problems.append(_at(path, "a folder that is named as a YAML file", "a file"))
    if path.is_symlink():
        _is_inside(path, folder, problems)  # a link that stays inside leads to what is searched anyway
        return False
    return not path.name.startswith(".")


def _is_inside(path: Path, folder: Path, problems: list[Problem]) -> bool:
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a circle of links
        inside = False
    if not inside:
        problems.append(_at(path, f"a link that leads out of {folder}", "a file inside the folder"))
    return inside


def _is_readable(path: Path, problems: list[Problem]) -> bool:
    """Whether a path is a file that can be opened without waiting for anything."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        problems.append(_at(path, f"can't be read: {getattr(error, 'strerror', None) or error}", "a file or a folder"))
        return False
    if not stat.S_ISREG(mode):
        problems.append(_at(path, "is no regular file", "a file or a folder"))
        return False
    return True


def _at(path: Path, message: str, expected: str) -> Problem:
    return Problem(message, location=Location(str(path)), expected=expected)
