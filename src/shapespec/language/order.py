"""The one order of keys: that of the grammar's fields. Names of the user's own stay as they are: the order of inputs is
the graph's, the first class of a task is the default."""

from __future__ import annotations

from typing import Any

from shapespec.language.base import Part
from shapespec.language.keys import keys_at
from shapespec.reading.document import Path


def ordered_keys(model: type[Part], data: Any, place: Path, keys: list[str]) -> list[str]:
    """The keys of the mapping at ``place`` in their order: as they are where the file names them itself, and where one
    of them is not known."""
    ranks = {key: rank for rank, key in enumerate(keys_at(model, data, place))}
    return sorted(keys, key=ranks.__getitem__) if all(key in ranks for key in keys) else keys
