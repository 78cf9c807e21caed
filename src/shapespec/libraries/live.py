"""What a live model says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Live:
    """A live model. ``name`` is its architecture's, or None where only its class tells; ``classes`` are its own and
    those that it is derived from."""

    library: str
    name: str | None
    classes: tuple[str, ...]
    config: Any


def classes_of(model: Any) -> tuple[str, ...]:
    """The names of a model's class and of those that it is derived from."""
    return tuple(cls.__name__ for cls in type(model).__mro__)
