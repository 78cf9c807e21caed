"""The registry against the installed transformers: what it lacks, what is gone, and defaults that have changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shapespec.checking.defaults import default_faults
from shapespec.errors import SpecError
from shapespec.libraries.transformers import default_config, import_class, package
from shapespec.registry.chain import Registry
from shapespec.registry.declared import Declared
from shapespec.registry.paths import file_name


@dataclass(frozen=True)
class Drift:
    """One difference: ``kind`` is ``missing type``, ``missing class``, ``class is gone`` or ``default``."""

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
