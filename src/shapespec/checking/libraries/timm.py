"""Models of timm: what `heads:` names are its models, not its classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapespec.checking.models import import_package, made
from shapespec.errors import CheckError

__all__ = ["asked", "make", "package"]


def package() -> Any:
    """See :class:`shapespec.checking.libraries.Library`."""
    return import_package("timm")


def make(name: str, architecture: str, tiny: Mapping[str, Any]) -> Any:
    """See :class:`shapespec.checking.libraries.Library`."""
    timm = package()
    if not timm.is_model(name):
        raise CheckError(f"timm {timm.__version__} has no model `{name}`", argument="heads")
    return made(lambda: timm.create_model(name, pretrained=False, **tiny))


def asked(architecture: str, model: Any) -> tuple[Any, dict[str, Any]]:
    """See :class:`shapespec.checking.libraries.Library`."""
    return model, {}
