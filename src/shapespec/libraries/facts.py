"""What a library says of one type of its models, for a first YAML of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ClassFacts:
    """One model class: the library's own lists that name it, and forward's arguments in order."""

    name: str
    lists: tuple[str, ...]
    arguments: tuple[str, ...]
    config_type: str | None


@dataclass(frozen=True)
class TypeFacts:
    """One model type. ``defaults`` is the config class's own default, as a live object."""

    model_type: str
    config_class: Any
    defaults: Any
    classes: tuple[ClassFacts, ...]
    attribute_map: dict[str, str] = field(default_factory=dict)
