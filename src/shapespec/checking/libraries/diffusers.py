"""Classes of diffusers, and those of transformers that its pipelines read their prompts with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapespec.checking.models import import_package, made, make_model, model_class, only_model

__all__ = ["asked", "make", "package"]


def package() -> Any:
    """See :class:`shapespec.checking.libraries.Library`."""
    return import_package("diffusers")


def make(name: str, architecture: str, tiny: Mapping[str, Any]) -> Any:
    """See :class:`shapespec.checking.libraries.Library`."""
    diffusers = package()
    own = getattr(diffusers, name, None) if name.isidentifier() else None
    if own is None:
        cls = model_class(name, architecture)
        return make_model(cls, cls.config_class(**tiny))
    cls = only_model(own, name, f"diffusers {diffusers.__version__}")
    return made(lambda: cls.from_config(dict(tiny)))


def asked(architecture: str, model: Any) -> tuple[Any, dict[str, Any]]:
    """See :class:`shapespec.checking.libraries.Library`: an autoencoder's class serves two architectures."""
    return architecture, {"library": "diffusers", "config": model}
