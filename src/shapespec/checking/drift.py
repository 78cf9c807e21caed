"""The registry against the installed transformers: what it lacks, what is gone, and defaults that have changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shapespec.checking.models import import_transformers, model_class
from shapespec.configs import ConfigView
from shapespec.errors import SpecError
from shapespec.expressions import MissingValue
from shapespec.registry import Loaded, Registry, architecture_of, file_name
from shapespec.resolving.heads import heads_of


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
    import_transformers()
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
        files = registry.architecture(name, "transformers")
        yield from _classes(name, classes, registry, files)
        yield from _defaults(name, registry, files)


def _classes(name: str, listed: list[str], registry: Registry, files: list[Loaded]) -> Iterator[Drift]:
    heads = heads_of([x for loaded in files for x in registry.chain(loaded)])
    top = architecture_of(files[-1])
    declared = {cls for classes in heads.values() for cls in classes} | set(top.served_by or {})
    for cls in listed:
        if cls not in declared:
            yield Drift(name, "missing class", f"`{cls}` is listed by the auto mappings")
    exported = set(dir(import_transformers()))
    for cls in sorted(declared - exported):
        try:
            model_class(cls, name)
        except (SpecError, ImportError):
            yield Drift(name, "class is gone", f"transformers has no `{cls}`")


def _defaults(name: str, registry: Registry, files: list[Loaded]) -> Iterator[Drift]:
    """The file's own `config:` against the config class's defaults."""
    written = architecture_of(files[0]).config or {}
    try:
        default = import_transformers().CONFIG_MAPPING[name]()
    except Exception:  # some config classes can't be made without their parts: nothing to compare with
        return
    yield from _differences(name, written, ConfigView(default, None, architecture_of(files[0]).attribute_map), "")


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
