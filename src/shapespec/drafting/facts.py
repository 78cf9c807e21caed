"""What the installed transformers says of a model type: its config, its classes, what their forward takes."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from dataclasses import dataclass, field
from typing import Any

from shapespec.drafting.tasks import tasks_of
from shapespec.errors import UnknownNameError, nearest
from shapespec.libraries.transformers import package


@dataclass(frozen=True)
class ClassFacts:
    """One model class: the tasks that the auto mappings give it, and forward's arguments in order."""

    name: str
    tasks: tuple[str, ...]
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


def facts_of(model_type: str) -> TypeFacts:
    """Reads a type's facts. Raises :class:`UnknownNameError` where transformers has no such type."""
    transformers = package()
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
    found = [facts for name, tasks in listed.items() if (facts := _class(name, tasks, None)) is not None]
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
    """``{class: tasks}`` from the auto mappings."""
    from transformers.models.auto import modeling_auto

    found: dict[str, list[str]] = {}
    for name in dir(modeling_auto):
        if name.startswith("MODEL_") and name.endswith("_MAPPING_NAMES"):
            classes = getattr(modeling_auto, name).get(model_type)
            for cls in [classes] if isinstance(classes, str) else list(classes or ()):
                found.setdefault(cls, []).append(name)
    return {cls: tasks_of(names) for cls, names in found.items()}


def _unlisted(model_type: str, config_class: Any) -> list[ClassFacts]:
    """The classes of a type that no auto mapping lists: those in its module that take its config and have a forward."""
    folder = config_class.__module__.rpartition(".")[0]
    found = []
    for name in _modeling_modules(folder):
        module = importlib.import_module(name)
        for cls_name, cls in vars(module).items():
            own = inspect.isclass(cls) and cls.__module__ == name and getattr(cls, "config_class", None) is config_class
            if own and not cls_name.endswith("PreTrainedModel") and "forward" in _own_methods(cls):
                facts = _class(cls_name, ("feature-extraction",), cls)
                found += [facts] if facts is not None else []
    return found


def _modeling_modules(package: str) -> list[str]:
    parent = importlib.import_module(package)
    return [
        f"{package}.{info.name}" for info in pkgutil.iter_modules(parent.__path__) if info.name.startswith("modeling_")
    ]


def _own_methods(cls: Any) -> set[str]:
    return {name for base in cls.__mro__ if base.__module__.startswith("transformers.models") for name in vars(base)}


def _class(name: str, tasks: tuple[str, ...], cls: Any) -> ClassFacts | None:
    cls = cls if cls is not None else getattr(package(), name, None)
    if cls is None:
        return ClassFacts(name, tasks, (), None)
    arguments = tuple(p for p in inspect.signature(cls.forward).parameters if p != "self")
    return ClassFacts(name, tasks, arguments, getattr(getattr(cls, "config_class", None), "model_type", None))
