"""Keys of a given config that are no attributes but misspelt ones.

Published configs hold many keys that a spec does not read, so a key is refused only where all of this holds: the spec
did not read it; it is one letter away (one more, one less, another one, or two exchanged) from one that the spec did
read and that the config does not give; and no file of the registry knows it as a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from shapespec.errors import ConfigError
from shapespec.registry.paths import builtin_root

#: Shorter names are too near to each other to tell a slip from another name.
_LEAST_LENGTH = 6


def check_keys(given: Mapping[str, Any], reads: Iterable[str], flat: Iterable[str] = ()) -> None:
    """Raises :class:`ConfigError` for a key that is most likely a slip. ``reads`` are the dotted names that were read,
    with the word ``config`` in front; ``flat`` the parts whose attributes may stand at the top."""
    read = set(reads)
    at_top = [f"config.{part}" for part in flat if given.get(part) is None]
    for path, part in _parts(given, "config"):
        places = [path, *at_top] if path == "config" else [path]
        asked = {name.rpartition(".")[2] for name in read if name.rpartition(".")[0] in places}
        missing = {name for name in asked if name not in part and len(name) >= _LEAST_LENGTH}
        for key in part:
            if key in asked:
                continue
            meant = next((name for name in sorted(missing) if _one_letter_apart(key, name)), None)
            if meant is not None and not _is_known(key):
                where = f"{path.removeprefix('config').lstrip('.')}.{key}".lstrip(".")
                raise ConfigError(
                    f"`{where}` is read by nothing, and `{meant}`, which is read, is not there",
                    argument="config",
                    expected="attributes of the config; keys that the spec does not read may stand beside them",
                    suggestion=meant,
                )


def _parts(given: Mapping[str, Any], path: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    yield path, given
    for key, value in given.items():
        if isinstance(value, Mapping):
            yield from _parts(value, f"{path}.{key}")


def _one_letter_apart(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if one == other or len(long) - len(short) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    exchanged = short[:at] + short[at : at + 2][::-1] + short[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or exchanged == long


def _is_known(key: str) -> bool:
    """Whether any file of the registry has the word: then it is an attribute of some config, and no slip."""
    word = re.compile(rf"(?<!\w){re.escape(key)}(?!\w)")
    return any(word.search(file.read_text(encoding="utf-8")) for file in sorted(builtin_root().rglob("*.yaml")))
