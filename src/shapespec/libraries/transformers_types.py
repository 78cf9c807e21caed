"""What the installed transformers says of a model type: its config, its classes, what their forward takes."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import Any

from shapespec.errors import UnknownNameError, nearest
from shapespec.libraries.facts import ClassFacts, TypeFacts
from shapespec.libraries.making import import_package

#: The auto mapping of models without a head: where a class belongs that none lists.
PLAIN_MODELS = "MODEL_MAPPING_NAMES"


def facts_of(model_type: str) -> TypeFacts:
    """Reads a type's facts. Raises :class:`UnknownNameError` where transformers has no such type."""
    transformers = import_package("transformers")
    mapping = transformers.CONFIG_MAPPING
    if model_type not in mapping:
        raise UnknownNameError(
            f"transformers {transformers.__version__} has no model type `{model_type}`",
            argument="model_type",
            expected="a key of its auto mappings",
            suggestion=nearest(model_type, mapping.keys()),
        )
    config_class = mapping[model_type]
    listed = _listed(model_type)
    found = [facts for name, lists in listed.items() if (facts := _class(name, lists, None)) is not None]
    if not found:
        found = _unlisted(model_type, config_class)
    return TypeFacts(
        model_type, config_class, _defaults(config_class), tuple(found), dict(config_class.attribute_map or {})
    )


def _defaults(config_class: Any) -> Any:
    try:
        return config_class()
    except Exception:  # some configs can't be made without their parts
        return None


def _listed(model_type: str) -> dict[str, tuple[str, ...]]:
    """``{class: the auto mappings that name it}``."""
    from transformers.models.auto import modeling_auto

    found: dict[str, list[str]] = {}
    for name in dir(modeling_auto):
        if name.startswith("MODEL_") and name.endswith("_MAPPING_NAMES"):
            classes = getattr(modeling_auto, name).get(model_type)
            for cls in [classes] if isinstance(classes, str) else list(classes or ()):
                found.setdefault(cls, []).append(name)
    return {cls: tuple(names) for cls, names in found.items()}


def _unlisted(model_type: str, config_class: Any) -> list[ClassFacts]:
    """The classes of a type that no auto mapping lists: those in its module that take its config and have a forward."""
    folder = config_class.__module__.rpartition(".")[0]
    found = []
    for name in modeling_modules(folder):
        module = importlib.import_module(name)
        for cls_name, cls in vars(module).items():
            own = inspect.isclass(cls) and cls.__module__ == name and getattr(cls, "config_class", None) is config_class
            if own and not cls_name.endswith("PreTrainedModel") and "forward" in _own_methods(cls):
                facts = _class(cls_name, (PLAIN_MODELS,), cls)
                found += [facts] if facts is not None else []
    return found


def modeling_modules(package: str) -> list[str]:
    """The modules with classes of models in a folder of transformers, by their full names."""
    parent = importlib.import_module(package)
    return [
        f"{package}.{info.name}" for info in pkgutil.iter_modules(parent.__path__) if info.name.startswith("modeling_")
    ]


def _own_methods(cls: Any) -> set[str]:
    return {name for base in cls.__mro__ if base.__module__.startswith("transformers.models") for name in vars(base)}


def _class(name: str, lists: tuple[str, ...], cls: Any) -> ClassFacts | None:
    cls = cls if cls is not None else getattr(import_package("transformers"), name, None)
    if cls is None:
        return ClassFacts(name, lists, (), None)
    arguments = tuple(p for p in inspect.signature(cls.forward).parameters if p != "self")
    return ClassFacts(name, lists, arguments, getattr(getattr(cls, "config_class", None), "model_type", None))
