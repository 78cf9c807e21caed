"""Classes of diffusers, and those of transformers that its pipelines read their prompts with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapespec.libraries import transformers
from shapespec.libraries.live import Live, classes_of
from shapespec.libraries.making import import_package, laid_over, made, only_model

CONTAINERS: dict[str, Any] = {}
OPTIONS: dict[str, Any] = {}
RANK = 0
PACKAGES = ("diffusers",)


def recognised(model: Any) -> Live | None:
    """See :class:`shapespec.libraries.Library`."""
    config = getattr(model, "config", None)
    if not isinstance(config, Mapping) or not hasattr(model, "register_to_config"):
        return None
    return Live("diffusers", None, classes_of(model), dict(config))


def configured(config: Any) -> Live | None:
    """See :class:`shapespec.libraries.Library`: a config of its own says nothing without the model."""
    return None


def empty_like(built: Any, model: Any) -> Any:
    """See :class:`shapespec.libraries.Library`: it has no caches of its own."""
    return None


def package() -> Any:
    """See :class:`shapespec.libraries.Library`."""
    return import_package("diffusers")


def import_class(name: str, architecture: str) -> Any:
    """See :class:`shapespec.libraries.Library`: of diffusers, or of transformers, whose models read the prompts."""
    diffusers = package()
    own = getattr(diffusers, name, None) if name.isidentifier() else None
    if own is None:
        return transformers.import_class(name, architecture)
    return only_model(own, name, f"diffusers {diffusers.__version__}")


def make(name: str, architecture: str, tiny: Mapping[str, Any], common: Mapping[str, Any]) -> Any:
    """See :class:`shapespec.libraries.Library`."""
    cls = import_class(name, architecture)
    tiny = laid_over(common, tiny)
    if not hasattr(cls, "from_config"):
        return transformers.make_part(name, architecture, tiny)
    return made(lambda: cls.from_config(dict(tiny)))


def make_part(name: str, architecture: str, values: Mapping[str, Any]) -> Any:
    """See :class:`shapespec.libraries.Library`."""
    return make(name, architecture, values, {})


def asked(architecture: str, model: Any) -> tuple[Any, dict[str, Any]]:
    """See :class:`shapespec.libraries.Library`: an autoencoder's class serves two architectures."""
    return architecture, {"library": "diffusers", "config": model}


def register_containers() -> None:
    """See :class:`shapespec.libraries.Library`: it has none."""
