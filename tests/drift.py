"""The registry against the installed transformers: what it lacks, what is gone, and defaults that have changed.

Which classes must be declared is read off the modules, not the auto mappings alone: each class of models in
``transformers.models.*.modeling_*`` whose name does not start with an underscore, that can be made from a config
alone, and whose forward names what it takes. That holds for the classes that transformers exports and for the encoders,
decoders and backbones that stand behind them. Not meant are bases without a forward, parts that need more than a config
(``SwinEncoder`` and its grid), and wrappers that only hand on what they are given (``BartDecoderWrapper``).

A class is declared under the type of its config: by a head, by `served_by`. Those that no file declares stand in
``tests/undeclared.yaml``, each with the reason; one that stands there and is declared is a difference, too.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from shapespec.checking.defaults import default_faults
from shapespec.errors import SpecError
from shapespec.libraries.transformers import default_config, import_class, package
from shapespec.registry.chain import Registry
from shapespec.registry.declared import Declared
from shapespec.registry.paths import file_name


@dataclass(frozen=True)
class Drift:
    """One difference: ``kind`` is ``missing type``, ``missing class``, ``class is gone``, ``listed in vain`` or
    ``default``."""

    architecture: str
    kind: str
    what: str

    def __str__(self) -> str:
        return f"{self.architecture}: {self.kind}: {self.what}"


def listed_pairs() -> dict[str, list[str]]:
    """Every type of transformers' auto mappings with the model classes that they list for it."""
    package()
    from transformers.models.auto import modeling_auto
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    found: dict[str, dict[str, None]] = {name: {} for name in CONFIG_MAPPING_NAMES}
    for mapping in vars(modeling_auto):
        if mapping.startswith("MODEL_") and mapping.endswith("_MAPPING_NAMES"):
            for name, classes in getattr(modeling_auto, mapping).items():
                found.setdefault(name, {}).update(dict.fromkeys([classes] if isinstance(classes, str) else classes))
    return {name: list(classes) for name, classes in found.items()}


def module_classes() -> Iterator[tuple[str, str]]:
    """(the type of its config, its name) of each class that must be declared: see above. The type is empty where the
    config has none."""
    root = Path(package().__file__).parent / "models"
    for path in sorted(root.glob("*/modeling_*.py")):
        name = f"transformers.models.{path.parent.name}.{path.stem}"
        try:
            module = importlib.import_module(name)
        except ImportError:  # it needs a package that is not installed here
            continue
        for cls in vars(module).values():
            if inspect.isclass(cls) and cls.__module__ == name and _must_be_declared(cls):
                yield getattr(cls.config_class, "model_type", ""), cls.__name__


def _must_be_declared(cls: type) -> bool:
    if cls.__name__.startswith("_") or not issubclass(cls, package().PreTrainedModel):
        return False
    home = next(base for base in cls.__mro__ if "forward" in vars(base))
    return (
        home.__module__.startswith("transformers.models.")
        and len(_needed(cls.__init__)) <= 1
        and bool(_named(home.forward))
    )


def _named(function: Any) -> list[inspect.Parameter]:
    """The arguments that a method names: neither its model nor those that may be anything."""
    anything = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p for p in list(inspect.signature(function).parameters.values())[1:] if p.kind not in anything]


def _needed(function: Any) -> list[inspect.Parameter]:
    return [p for p in _named(function) if p.default is p.empty]


def undeclared() -> dict[str, str]:
    """The classes that no file declares, each with the reason."""
    text = (Path(__file__).parent / "undeclared.yaml").read_text(encoding="utf-8")
    return {cls: group["reason"] for group in yaml.safe_load(text) for cls in group["classes"]}


def _modules(registry: Registry) -> Iterator[Drift]:
    """The classes of the modules against the registry and the list of those that it leaves out."""
    everyone = [Declared.of(registry, stem, "transformers") for _, stem, _ in registry.names("transformers")]
    named = {found.architecture: {*found.classes, *found.served_by} for found in everyone}
    listed = undeclared()
    there = list(module_classes())
    for model_type, cls in there:
        known = named[model_type] if model_type in named else {name for names in named.values() for name in names}
        if cls in known and cls in listed:
            yield Drift(model_type, "listed in vain", f"`{cls}` is declared")
        elif cls not in known and cls not in listed:
            yield Drift(model_type, "missing class", f"`{cls}` stands in its modules")
    for cls in sorted(set(listed) - {cls for _, cls in there}):
        yield Drift("", "class is gone", f"no module has `{cls}`")


def drift() -> Iterator[Drift]:
    """Every difference between the registry's transformers folder and the installed version."""
    registry = Registry()
    known = {stem for _, stem, _ in registry.names("transformers")}
    for name, classes in listed_pairs().items():
        if (file_name(name) or "").removesuffix(".yaml") not in known:
            yield Drift(name, "missing type", "no file declares it")
            continue
        declared = Declared.of(registry, name, "transformers")
        yield from _classes(name, classes, declared)
        yield from _defaults(name, declared)
    yield from _modules(registry)


def _classes(name: str, listed: list[str], known: Declared) -> Iterator[Drift]:
    declared = {*known.classes, *known.served_by}
    for cls in listed:
        if cls not in declared:
            yield Drift(name, "missing class", f"`{cls}` is listed by the auto mappings")
    exported = set(dir(package()))
    for cls in sorted(declared - exported):
        try:
            import_class(cls, name)
        except (SpecError, ImportError):
            yield Drift(name, "class is gone", f"transformers has no `{cls}`")


def _defaults(name: str, declared: Declared) -> Iterator[Drift]:
    """The file's own `config:` against the config class's defaults."""
    default = default_config(name)
    if default is not None:
        yield from (Drift(name, "default", what) for what in default_faults(declared, default))
