"""What structures become for a model: Python's own containers, and the objects of libraries.

Each container is one function of a structure and its parts (already built).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shapespec.libraries import transformers_containers
from shapespec.spec import Structure


def as_dict(structure: Structure, parts: list[Any]) -> Any:
    """A mapping."""
    return dict(zip(structure.keys or range(len(parts)), parts, strict=True))


def as_tuple(structure: Structure, parts: list[Any]) -> Any:
    """A tuple; repetitions with several fields are tuples too, as the old caches were."""
    return tuple(tuple(part.values()) if isinstance(part, dict) else part for part in parts)


def as_list(structure: Structure, parts: list[Any]) -> Any:
    """A list."""
    return list(parts)


CONTAINERS: dict[str, Callable[[Structure, list[Any]], Any]] = {
    "dict": as_dict,
    "tuple": as_tuple,
    "list": as_list,
    **transformers_containers.CONTAINERS,
}
