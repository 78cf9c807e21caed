"""Classes of transformers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapespec.checking.models import import_transformers as package
from shapespec.checking.models import make_model, model_class, tiny_config

__all__ = ["asked", "make", "package"]


def make(name: str, architecture: str, tiny: Mapping[str, Any]) -> Any:
    """See :class:`shapespec.checking.libraries.Library`."""
    cls = model_class(name, architecture)
    return make_model(cls, tiny_config(architecture, cls, tiny))


def asked(architecture: str, model: Any) -> tuple[Any, dict[str, Any]]:
    """See :class:`shapespec.checking.libraries.Library`: as a user would, with the live model alone."""
    return model, {}
