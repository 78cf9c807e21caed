"""transformers: its models and their configs, its caches and output objects."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from random import Random
from typing import Any

from shapespec.errors import CheckError
from shapespec.libraries.live import Live, classes_of
from shapespec.libraries.making import import_package, laid_over, made, only_model
from shapespec.libraries.transformers_containers import CONTAINERS, OPTIONS, empty_like
from shapespec.libraries.transformers_types import facts_of, modeling_modules
from shapespec.libraries.transformers_variations import varied

__all__ = [
    "CONTAINERS", "OPTIONS", "PACKAGES", "RANK", "asked", "configured", "default_config", "empty_like", "facts_of",
    "import_class", "make", "make_part", "package", "recognised", "register_containers", "variations",
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


def make(name: str, architecture: str, tiny: Mapping[str, Any], common: Mapping[str, Any]) -> Any:
    """See :class:`shapespec.libraries.Library`."""
    cls = import_class(name, architecture)
    return made(lambda: cls(tiny_config(architecture, cls, tiny, common)))


def default_config(architecture: str) -> Any:
    """See :class:`shapespec.libraries.Library`."""
    mapping = package().CONFIG_MAPPING
    try:
        return mapping[architecture]() if architecture in mapping else None
    except Exception:  # some configs can't be made without their parts
        return None


def make_part(name: str, architecture: str, values: Mapping[str, Any]) -> Any:
    """See :class:`shapespec.libraries.Library`."""
    cls = import_class(name, architecture)
    return made(lambda: cls(cls.config_class(**values)))


def variations(
    name: str, architecture: str, tiny: Mapping[str, Any], common: Mapping[str, Any], random: Random
) -> Iterator[tuple[str, Callable[[], Any]]]:
    """See :class:`shapespec.libraries.Library`: drawn around the tiny config and the class's defaults."""
    cls = import_class(name, architecture)
    config_class = _config_class(architecture, cls)
    values = laid_over(_fitting(common, config_class, tiny), tiny)
    config = config_class(**values)
    values, usual = _by_own_names(values, config), config.to_dict()
    try:
        default = config_class().to_dict()
    except Exception:  # some configs can't be made without their parts
        default = {}
    while True:
        variation = varied(values, usual, default, random)

        yield ", ".join(variation.changes), partial(_other, cls, config_class, variation.values, usual)


def _by_own_names(values: Mapping[str, Any], config: Any) -> dict[str, Any]:
    """A config's arguments by the names that it keeps them under, so that none is given twice."""
    other_names = getattr(config, "attribute_map", None) or {}
    found: dict[str, Any] = {}
    for name, value in values.items():
        part = getattr(config, name, None) if isinstance(value, Mapping) else None  # others may differ by layer
        is_part = hasattr(part, "attribute_map")
        found[other_names.get(name, name)] = _by_own_names(value, part) if is_part else value
    return found


def _other(cls: Any, config_class: Any, values: Mapping[str, Any], usual: Mapping[str, Any]) -> Any:
    config = config_class(**values)
    return made(lambda: cls(config)) if config.to_dict() != usual else None


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
    for module in _modules_of(architecture):
        found = getattr(module, name, None)
        if found is not None:
            return only_model(found, name, said)
    raise CheckError(f"{said} has no class `{name}`", argument="heads")


def _modules_of(architecture: str) -> Iterator[Any]:
    """The modules with a model type's classes, the one of its own name first: types that share a config's folder share
    them."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES, model_type_to_module_name

    own = model_type_to_module_name(architecture)
    shared = package().CONFIG_MAPPING[architecture].__module__ if architecture in CONFIG_MAPPING_NAMES else ""
    names = [f"transformers.models.{own}.modeling_{own}"]
    if shared.startswith("transformers.models."):
        names += modeling_modules(shared.rpartition(".")[0])
    for name in dict.fromkeys(names):
        with contextlib.suppress(ImportError):
            yield importlib.import_module(name)


def tiny_config(architecture: str, cls: Any, own: Mapping[str, Any], common: Mapping[str, Any]) -> Any:
    """The class's own kind of config (the one that transformers maps the model type to) with the tiny values: of the
    ``common`` ones those whose attributes it has."""
    config_class = _config_class(architecture, cls)
    return config_class(**laid_over(_fitting(common, config_class, own), own))


def _config_class(architecture: str, cls: Any) -> Any:
    mapping = package().CONFIG_MAPPING
    known = architecture in mapping
    return mapping[architecture] if known else cls.config_class  # its `get` would not load what is lazy


def _fitting(common: Mapping[str, Any], config_class: Any, own: Mapping[str, Any]) -> dict[str, Any]:
    """The common values that a kind of config takes; of a part of it, those that the part's kind takes."""
    try:
        default = config_class()
    except Exception:  # some configs can't be made without their parts
        default = None
    found: dict[str, Any] = {}
    for name, value in common.items():
        part = _part_class(name, config_class, default, own) if isinstance(value, Mapping) else None
        if part is not None:
            inner = own.get(name)
            fitting = _fitting(value, part, inner if isinstance(inner, Mapping) else {})
            found.update({name: fitting} if fitting else {})
        elif _has(config_class, default, name):
            found[name] = value
    return found


def _part_class(name: str, config_class: Any, default: Any, own: Mapping[str, Any]) -> Any:
    """The kind of config that a part is: by the type that the file's own values name, else by the default."""
    inner = own.get(name)
    model_type = inner.get("model_type") if isinstance(inner, Mapping) else None
    if model_type is not None:
        return package().CONFIG_MAPPING[model_type]
    there = getattr(default, name, None)
    if hasattr(there, "model_type"):
        return type(there)
    declared = (getattr(config_class, "sub_configs", None) or {}).get(name)
    return declared if getattr(declared, "model_type", None) else None


def _has(config_class: Any, default: Any, name: str) -> bool:
    """Whether a kind of config has an attribute to be set: what it works out itself is none."""
    mapped = (config_class.attribute_map or {}).get(name, name)
    if any(isinstance(inspect.getattr_static(config_class, each, None), property) for each in (name, mapped)):
        return False
    if default is not None:
        try:
            return hasattr(default, name)
        except Exception:  # it may differ by layer, so a config of such layers refuses to tell it
            return True
    return name in inspect.signature(config_class).parameters or name in (config_class.attribute_map or {})


def register_containers() -> None:
    """See :class:`shapespec.libraries.Library`."""
    if "transformers" not in sys.modules:
        return
    from transformers import cache_utils
    from transformers.exporters.exporter_dynamo import register_pytree_node

    for name in ("DynamicCache", "EncoderDecoderCache"):
        register_pytree_node(getattr(cache_utils, name))
