"""The registry against the installed transformers: what it lacks, what is gone, and defaults that have changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shapespec.errors import SpecError
from shapespec.expressions import MissingValue
from shapespec.libraries.transformers import import_class, package
from shapespec.registry.chain import Registry
from shapespec.registry.declared import Declared
from shapespec.registry.files import architecture_of
from shapespec.registry.paths import file_name
from shapespec.resolving.config import ConfigView


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
    own = architecture_of(declared.files[0])
    written = own.config or {}
    try:
        default = package().CONFIG_MAPPING[name]()
    except Exception:  # some config classes can't be made without their parts: nothing to compare with
        return
    yield from _differences(name, written, ConfigView(default, None, own.attribute_map), "")


def _differences(name: str, written: Mapping[str, Any], view: Any, prefix: str) -> Iterator[Drift]:
    for key, value in written.items():
        try:
            real = view.shapespec_get(key)
        except MissingValue:
            continue  # set by checkpoints or by a part that the default lacks: the file says it for expressions' sake
        if isinstance(value, Mapping):
            if isinstance(real, ConfigView):
                yield from _differences(name, value, real, f"{prefix}{key}.")
        elif real is not None and real != value and not isinstance(real, ConfigView):
            # Where the class's default is None the file's is a stand-in: the spec needs a number.
            yield Drift(name, "default", f"`{prefix}{key}` is {value!r} in the file, {real!r} in the class")
