"""Writes the first YAML of a model type."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from shapespec.drafting.families import family_of
from shapespec.drafting.tasks import tasks_of
from shapespec.errors import SpecError
from shapespec.formatting import format_text
from shapespec.libraries import MAIN, library
from shapespec.libraries.facts import ClassFacts, TypeFacts
from shapespec.registry.paths import file_name
from shapespec.resolving.config import ConfigView, is_live
from shapespec.spec import load_spec


def header(schemas: str = "../../schemas") -> str:
    """The first line, which tells editors where the schema lies."""
    return f"# yaml-language-server: $schema={schemas}/architecture.schema.json\n"


def draft(
    model_type: str,
    *,
    architecture: str | None = None,
    tiny: Mapping[str, Any] | None = None,
    family: str | None = None,
    schemas: str = "../../schemas",
) -> str:
    """The YAML of a model type, as text. What its family's defaults do not fit is noted in comments for the reader.

    Args:
        model_type: a type of the installed transformers.
        architecture: the name to declare; the model type where not given.
        tiny: a config small enough to run, where one is known.
        family: the family to extend; guessed from forward's arguments where not given.
        schemas: where the schemas lie, seen from the file.

    Raises:
        UnknownNameError: transformers has no such type. MissingPackageError: no transformers.
    """
    facts: TypeFacts = library(MAIN).facts_of(model_type)
    body: dict[str, Any] = {"architecture": architecture or model_type}
    elsewhere = {c.name: c.config_type for c in facts.classes if c.config_type not in (None, model_type)}
    own = [c for c in facts.classes if c.name not in elsewhere]
    if own:
        body["extends"] = family or family_of(TypeFacts(model_type, facts.config_class, None, tuple(own)))
        body["heads"] = _heads(own)
        task = _default_task(own, body["extends"])
        if task != _task_without_saying(body, facts):
            body["default_task"] = task
    if elsewhere:
        body["served_by"] = elsewhere
    if own:
        body |= _adapted(body, facts, own)
    if tiny:
        body["tiny"] = dict(tiny)
    return format_text(header(schemas) + written(body))


def _task_without_saying(body: dict[str, Any], facts: TypeFacts) -> str | None:
    """The default task of a file that states none: the family's where a head serves it, else the first head's."""
    try:
        found: str | None = _loaded(body, None, facts.defaults).task
        return found
    except SpecError:
        return None


def _default_task(classes: list[ClassFacts], family: str) -> str:
    tasks = [_task(cls) for cls in classes]
    preferred = (
        *_PREFERRED.get(family, ()),
        "image-text-to-text",
        "automatic-speech-recognition",
        "feature-extraction",
    )
    return next((task for task in preferred if task in tasks), tasks[0])


#: The tasks that the families' own default is, where a type has it.
_PREFERRED = {"text-decoder": ("text-generation",), "text-seq2seq": ("text2text-generation",)}


def _task(cls: ClassFacts) -> str:
    """The most telling task of a class."""
    return next(iter(tasks_of(cls.lists)), "feature-extraction")


def _heads(classes: list[ClassFacts]) -> dict[str, Any]:
    found: dict[str, list[str]] = {}
    for cls in classes:
        found.setdefault(_task(cls), []).append(cls.name)
    return {task: names[0] if len(names) == 1 else names for task, names in found.items()}


def _adapted(body: dict[str, Any], facts: TypeFacts, classes: list[ClassFacts]) -> dict[str, Any]:
    """What differs from the family: inputs that forward does not take, the config's defaults that the spec reads."""
    found: dict[str, Any] = {}
    used = {k: v for k, v in facts.attribute_map.items() if isinstance(v, str) and "." not in v}
    if used:
        found["attribute_map"] = used
    dropped = {cls.name: _dropped(body | found, cls, facts) for cls in classes}
    everywhere = [name for name in next(iter(dropped.values()), []) if all(name in d for d in dropped.values())]
    if everywhere:
        found["components"] = {"model": {"inputs": dict.fromkeys(everywhere)}}
    alone = {cls: [n for n in names if n not in everywhere] for cls, names in dropped.items()}
    if any(alone.values()):
        found["classes"] = {c: {"components": {"model": {"inputs": dict.fromkeys(n)}}} for c, n in alone.items() if n}
    config = _config_read(body | found, facts)
    pattern = _layer_pattern(config)
    if pattern:
        found["let"] = {"layer_types": pattern}
    return {"config": config, **found} if config else found


def _layer_pattern(config: dict[str, Any]) -> str | None:
    """The rule by which a config class fills `layer_types`, where it is a short period; the list then leaves the
    config, so that another number of layers has its own."""
    text = config.get("text_config", config)
    types = text.get("layer_types")
    if not isinstance(types, list) or not types:
        return None
    for period in range(1, 9):
        if all(kind == types[index % period] for index, kind in enumerate(types)):
            del text["layer_types"]
            if period == 1 and types[0] == "full_attention" and text.get("sliding_window") is None:
                return None
            kinds = ", ".join(f'"{kind}"' for kind in types[:period])
            return f"text.layer_types | cycle([{kinds}], num_layers)"
    return None


def _dropped(body: dict[str, Any], cls: ClassFacts, facts: TypeFacts) -> list[str]:
    """The family's inputs that the class's forward does not take."""
    try:
        spec = _loaded(body, cls.name, facts.defaults)
    except SpecError:
        return []
    taken = [argument for argument, _ in spec.plan().arguments] if spec.plans else []
    return [name for name in taken if name not in cls.arguments]


def _loaded(body: dict[str, Any], model_class: str | None, config: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        name = file_name(body["architecture"]) or "draft.yaml"
        (Path(folder) / name).write_text(header() + written(body), encoding="utf-8")
        return load_spec(body["architecture"], model_class=model_class, config=config, paths=[Path(folder) / name])


def _config_read(body: dict[str, Any], facts: TypeFacts) -> dict[str, Any]:
    """The config attributes that the spec reads, with the class's defaults: seen by reading them through a recorder."""
    if facts.defaults is None:
        return {}
    recorder = _Recorder(facts.defaults)
    for cls in facts.classes:
        try:
            _loaded(body, cls.name, recorder)
        except SpecError:
            continue
    return recorder.read


class _Recorder:
    """A live config that notes which of its attributes are read."""

    def __init__(self, config: Any) -> None:
        self._config = config
        self.read: dict[str, Any] = {}

    def to_dict(self) -> dict[str, Any]:
        return dict(self._config.to_dict())

    def __getattr__(self, name: str) -> Any:
        if name == "per_layer_config":
            return self._layers()
        value = getattr(self._config, name)
        if name.startswith("_") or callable(value):
            return value
        if is_live(value):
            inner = self.__dict__["read"].get(name)
            recorder = _Recorder(value)
            recorder.read = inner if isinstance(inner, dict) else recorder.read
            self.read[name] = recorder.read
            return recorder
        if value is not None:
            self.read[name] = _yaml_value(value)
        return value

    def _layers(self) -> dict[int, Any]:
        """What layers have of their own, by number; what they share is then read from this config."""
        if not getattr(self._config, "is_heterogeneous", False):
            return {}
        found = {int(layer): own for layer, own in self._config.to_dict()["per_layer_config"].items()}
        self._config.allow_global_per_layer_attribute_access = True
        self.read["per_layer_config"] = found
        return found


def _yaml_value(value: Any) -> Any:
    view = ConfigView({"value": value}).shapespec_get("value")
    return dict(value) if isinstance(value, Mapping) else view


def written(body: Mapping[str, Any]) -> str:
    """YAML text: the top level in blocks, what is short in one line."""
    parts = []
    for key, value in body.items():
        parts.append(_entry(key, value, 0))
    return "\n".join(parts) + "\n"


def _entry(key: str, value: Any, indent: int) -> str:
    pad = " " * indent
    flow = _flow(value)
    if not isinstance(value, Mapping) or (
        len(pad) + len(key) + len(flow) <= 180 and (indent or key in ("config", "tiny", "attribute_map", "served_by"))
    ):
        return f"{pad}{_scalar(key)}: {flow}"
    inner = "\n".join(_entry(str(k), v, indent + 2) for k, v in value.items())
    return f"{pad}{_scalar(key)}:\n{inner}"


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(str(k))}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True).strip()
    return text.removesuffix("\n...").removesuffix("...").strip()
