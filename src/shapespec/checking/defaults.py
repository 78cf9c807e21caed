"""What a file's own `config:` says against the defaults of the class's config."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shapespec.expressions import MissingValue
from shapespec.registry.declared import Declared
from shapespec.resolving.config import ConfigView


def default_faults(declared: Declared, default: Any) -> Iterator[str]:
    """Each value that the class's config, made without arguments, has otherwise."""
    view = ConfigView(default, None, declared.own.value("attribute_map"))
    yield from _differences(declared.own.value("config") or {}, view, "")


def _differences(written: Mapping[str, Any], view: Any, prefix: str) -> Iterator[str]:
    for key, value in written.items():
        if key == "model_type" and value is None:
            continue  # the part is written out here, and takes no other file's defaults
        try:
            real = view.shapespec_get(key)
        except MissingValue:
            continue  # set by checkpoints or by a part that the default lacks: the file says it for expressions' sake
        if isinstance(value, Mapping):
            if isinstance(real, ConfigView):
                yield from _differences(value, real, f"{prefix}{key}.")
        elif real is not None and real != value and not isinstance(real, ConfigView):
            # Where the class's default is None the file's is a stand-in: the spec needs a number.
            yield f"`{prefix}{key}` is {value!r} in the file, {real!r} in the class"
