"""What a stored result holds for: the files that a class's spec is made from, and the code that resolves and builds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from shapespec.registry.chain import Registry
from shapespec.registry.files import Loaded

#: The rooms whose code has no say in what `check` finds.
APART = ("cli", "views", "formatting", "validating", "drafting", "writing", "exporting", "version.py")

#: The files that all specs share.
_SHARED = ("defaults.yaml", "inputs.yaml")

_PACKAGE = Path(__file__).parent.parent


def files_hash(registry: Registry, names: Iterable[str], library: str | None) -> str:
    """A short hash of what the files of some architectures say, with all on which they stand: the default sizes, the
    vocabulary, families. Comments and layout have no part in it."""
    loaded: list[Loaded] = []
    for name in _SHARED:
        built_in = registry.shared(name)
        loaded += [*([built_in] if built_in is not None else []), *registry.user_shared(name)]
    for name in names:
        for declaring in registry.architecture(name, library):
            loaded += registry.chain(declaring)
    return _hash(_said(one) for one in dict.fromkeys(loaded))


@lru_cache(maxsize=4096)
def _said(loaded: Loaded) -> str:
    return _hash([json.dumps(loaded.document.data, ensure_ascii=False)])


@lru_cache(maxsize=1)
def code_hash() -> str:
    """A short hash of the package's code but for :data:`APART`; comments on lines of their own do not count."""
    files = sorted(path.relative_to(_PACKAGE) for path in _PACKAGE.rglob("*.py"))
    return _hash(part for file in files if file.parts[0] not in APART for part in (file.as_posix(), _code(file)))


def _code(file: Path) -> str:
    lines = (_PACKAGE / file).read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if line.strip() and not line.lstrip().startswith("#"))


def _hash(parts: Iterable[str]) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(part.encode())
        found.update(b"\0")
    return found.hexdigest()[:12]
