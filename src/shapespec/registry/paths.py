"""Names to files: where the registry lies, and which file a name leads to.

Names are reduced to a safe alphabet, so that none leads out of its folder.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from shapespec.libraries import NAMES

#: The folders of architectures, in the order in which a name is looked for.
LIBRARIES = NAMES

#: The folder of families.
FAMILIES = "families"

#: The library of an architecture that only a user's own files declare, outside the libraries' folders.
USER = "user"

_SAFE = re.compile(r"[a-z0-9_][a-z0-9_.]{0,99}\Z")

_PACKAGE = Path(__file__).parent.parent


def data_folder(name: str) -> Path:
    """The folder ``shapes`` or ``schemas``: inside an installed wheel, or at the repository's root."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent.parent / name


@lru_cache(maxsize=1)
def builtin_root() -> Path:
    """The registry that comes with shapespec."""
    return data_folder("shapes").resolve()


def file_name(name: str) -> str | None:
    """The file of an architecture or a family: `-` and `_` are the same, and so are capitals. None for no name."""
    reduced = name.lower().replace("-", "_").replace(" ", "_")
    return f"{reduced}.yaml" if _SAFE.match(reduced) else None


def shown(path: Path) -> str:
    """A path as errors and `explain` show it: below ``shapes/`` for the built-in ones, else as given."""
    root = builtin_root()
    return f"shapes/{path.relative_to(root)}" if path.is_relative_to(root) else str(path)
