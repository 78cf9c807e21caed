"""The keys of a given config that nothing read and that no file of the architecture knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from shapespec.layers import Stack

_WORD = re.compile(r"\w+")

#: What libraries write into every config, about themselves.
_ABOUT_ITSELF = frozenset({"architectures", "auto_map", "dtype", "model_type", "torch_dtype"})


def passed_over(given: Any, reads: Iterable[str], stack: Stack) -> tuple[str, ...]:
    """The dotted names, in the order of the config; none where it is no mapping. Of a part that nothing reads its name
    alone."""
    if not isinstance(given, Mapping):
        return ()
    # A part's attributes may be read at the top, where published configs have them flat.
    read = {word for name in reads for word in name.split(".")}
    known = {word for layer in stack.layers for line in layer.document.lines for word in _WORD.findall(line)}
    return tuple(_unknown(given, read | known | _ABOUT_ITSELF, ""))


def _unknown(given: Mapping[str, Any], known: set[str], prefix: str) -> Iterable[str]:
    for name, value in given.items():
        if str(name).startswith("_") or str(name).endswith("_version") or str(name).isdigit():
            continue
        if name not in known:
            yield f"{prefix}{name}"
        elif isinstance(value, Mapping):
            yield from _unknown(value, known, f"{prefix}{name}.")
