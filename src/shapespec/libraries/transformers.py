"""transformers: its models and their configs, its caches and output objects."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Any

from shapespec.errors import CheckError
from shapespec.libraries.live import Live, classes_of
from shapespec.libraries.making import import_package, made, only_model
from shapespec.libraries.transformers_containers import CONTAINERS, OPTIONS, empty_like
from shapespec.libraries.transformers_types import facts_of

__all__ = [
    "CONTAINERS", "OPTIONS", "PACKAGES", "RANK", "asked", "configured", "empty_like", "facts_of", "import_class",
    "make", "make_part", "package", "recognised", "register_containers",
]  # fmt: skip

RANK = 1
PACKAGES = ("transformers",)


def recognised(model: Any) -> Live | None:
    """See :class:`shapespec.libraries.Library`."""
    config = getattr(model, "config", None)
    if config is None or not hasattr(config, "model_type"):
        return None
    return Live("transformers", config.model_type, classes_of(model), config)


def configured(config: Any) -> Live | None:
    """See :class:`shapespec.libraries.Library`."""
    name = getattr(config, "model_type", None) if hasattr(config, "to_dict") else None
    return Live("transformers", name, (), config) if name else None


def package() -> Any:
    """See :class:`shapespec.libraries.Library`."""
    transformers = import_package("transformers")
    transformers.logging.set_verbosity_error()
    return transformers


def make(name: str, architecture: str, tiny: Mapping[str, Any]) -> Any:
    """See :class:`shapespec.libraries.Library`."""
    cls = import_class(name, architecture)
    return made(lambda: cls(tiny_config(architecture, cls, tiny)))


def make_part(name: str, architecture: str, values: Mapping[str, Any]) -> Any:
    """See :class:`shapespec.libraries.Library`."""
    cls = import_class(name, architecture)
    return made(lambda: cls(cls.config_class(**values)))


def asked(architecture: str, model: Any) -> tuple[Any, dict[str, Any]]:
    """See :class:`shapespec.libraries.Library`: as a user would, with the live model alone."""
    return model, {}


def import_class(name: str, architecture: str) -> Any:
    """See :class:`shapespec.libraries.Library`: exported by transformers, or found in its model type's own module.

    Raises:
        CheckError: transformers has no such class.
    """
    transformers = package()
    said = f"transformers {transformers.__version__}"
    if not name.isidentifier():
        raise CheckError(f"{said} has no class `{name}`", argument="heads")
    found = getattr(transformers, name, None)
    if found is not None:
        return only_model(found, name, said)
    from transformers.models.auto.configuration_auto import model_type_to_module_name

    module = model_type_to_module_name(architecture)
    try:
        found = getattr(importlib.import_module(f"transformers.models.{module}.modeling_{module}"), name)
    except (ImportError, AttributeError):
        raise CheckError(f"{said} has no class `{name}`", argument="heads") from None
    return only_model(found, name, said)


def tiny_config(architecture: str, cls: Any, values: Mapping[str, Any]) -> Any:
    """The class's own kind of config with the tiny values: the one that transformers maps the model type to."""
    transformers = package()
    mapping = transformers.CONFIG_MAPPING
    known = architecture in mapping
    config_class = mapping[architecture] if known else cls.config_class  # its `get` would not load what is lazy
    return config_class(**values)


def register_containers() -> None:
    """See :class:`shapespec.libraries.Library`."""
    if "transformers" not in sys.modules:
        return
    from transformers import cache_utils
    from transformers.exporters.exporter_dynamo import register_pytree_node

    for name in ("DynamicCache", "EncoderDecoderCache"):
        register_pytree_node(getattr(cache_utils, name))
