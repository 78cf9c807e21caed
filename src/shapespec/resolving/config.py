"""A model's config as expressions see it: what was given, over the defaults that the YAML names.

A config may come as a path, a mapping (partial is fine) or a live object. A live object knows all its attributes, so
nothing is filled in for it: an attribute that it lacks is missing, not silently the YAML's default.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shapespec.errors import ConfigError, nearest
from shapespec.expressions import MissingValue

_ABSENT = object()

#: The attribute by which a layer's config may differ from the model's (Transformers' heterogeneous configs).
_PER_LAYER = "per_layer_config"

#: The largest config.json that is read: the largest real ones, with a vocabulary of labels inside, have a few MiB.
_MOST_BYTES = 1 << 26


class _MissingAttribute(MissingValue):
    """Looks for a near name only when it is shown: `first(…)` passes over many that are not there."""

    def __init__(self, view: ConfigView, prefix: str, attribute: str) -> None:
        super().__init__(f"{prefix}.{attribute}")
        self._view = view
        self._attribute = attribute

    def __str__(self) -> str:
        close = nearest(self._attribute, self._view.names())
        return f"the config has no `{self.name.removeprefix('config.')}`" + (f" (it has `{close}`)" if close else "")


def _no_type(_: str) -> tuple[Mapping[str, Any], Mapping[str, str]] | None:
    """No file is of any name."""
    return None


@dataclass(frozen=True)
class Parts:
    """What is known of a config's parts. ``flat`` names those whose attributes may stand at the top; ``of_type`` gives
    (defaults, other names) of the architecture that a part's ``model_type`` names, or None where no file does."""

    flat: tuple[str, ...] = ()
    of_type: Callable[[str], tuple[Mapping[str, Any], Mapping[str, str]] | None] = _no_type
    #: The dotted names that were asked for, under every name that they have.
    reads: set[str] = field(default_factory=set)


class ConfigView:
    """Attributes of a config, or of a part of one, by name.

    ``given`` is the caller's (a mapping or an object), ``defaults`` the YAML's, ``attribute_map`` other names of the
    same attributes, ``prefix`` the dotted path of this part, ``parts`` what is known of the parts below. ``typed`` is
    the architecture whose config this part is: what its own file says stands below the defaults.
    """

    __slots__ = ("_attribute_map", "_defaults", "_given", "_parts", "_prefix", "_typed")

    def __init__(
        self,
        given: Any,
        defaults: Mapping[str, Any] | None = None,
        attribute_map: Mapping[str, str] | None = None,
        prefix: str = "config",
        parts: Parts | None = None,
        typed: str | None = None,
    ) -> None:
        self._given = given
        self._defaults = defaults or {}
        self._attribute_map = attribute_map or {}
        self._prefix = prefix
        self._parts = parts or Parts()
        self._typed = typed

    def shapespec_get(self, name: str, default: Any = ...) -> Any:
        """An attribute's value: a number, text, a list, None, or a view of a nested part. ``per_layer_config`` is
        always there: `config.per_layer_config[layer]` is the config as that layer sees it.

        Raises:
            MissingValue: it is not there, and no default was given.
        """
        if name == _PER_LAYER:
            return _Layers(self)
        found, below = self._find(name)
        if found is _ABSENT:
            if default is not ...:
                return default
            raise _MissingAttribute(self, self._prefix, name)
        return self._wrap(name, found, below)

    def _find(self, name: str) -> tuple[Any, Mapping[str, Any]]:
        """The value, and the defaults for what lies below it."""
        found, below = self._known(name, self._defaults, self._attribute_map)
        if self._typed is None or _attribute(self._given, name) is not _ABSENT:
            return found, below
        typed = self._parts.of_type(self._typed)
        if typed is None:
            return found, below
        return self._known(name, {**self._defaults, **typed[0]}, {**typed[1], **self._attribute_map})

    def _known(
        self, name: str, defaults: Mapping[str, Any], attribute_map: Mapping[str, str]
    ) -> tuple[Any, Mapping[str, Any]]:
        """``_find`` with these defaults and other names."""
        other = attribute_map.get(name)
        names = [name] if other is None else [name, other]
        names += [known for known, real in attribute_map.items() if real == name]
        self._parts.reads.update(f"{self._prefix}.{known}" for known in names)
        default = next((defaults[known] for known in names if known in defaults), _ABSENT)
        below = default if isinstance(default, Mapping) else {}
        for known in names:
            found = _attribute(self._given, known)
            if found is None and known in self._parts.flat and isinstance(self._given, Mapping):
                continue
            if found is not _ABSENT:
                return found, ({} if is_live(found) else below)
        if name in self._parts.flat and isinstance(self._given, Mapping) and self._given:
            return {key: value for key, value in self._given.items() if key != "model_type"}, below
        return (default, below)

    def _wrap(self, name: str, found: Any, below: Mapping[str, Any]) -> Any:
        prefix = f"{self._prefix}.{name}"
        if is_live(found):
            return ConfigView(found, None, None, prefix)
        if isinstance(found, Mapping):
            declared = below.get("model_type")
            typed = found.get("model_type") or declared if isinstance(declared, str) else None
            parts = Parts((), self._parts.of_type, self._parts.reads)
            if typed != declared and self._parts.of_type(str(typed)) is None:
                typed = declared
            below = {"model_type": typed} if typed != declared else below
            return ConfigView(found, below, None, prefix, parts, typed)
        return _plain(found)

    def of_layer(self, layer: int) -> ConfigView:
        """The config as one layer sees it: what ``per_layer_config`` says of the layer, over the rest."""
        found, _ = self._find(_PER_LAYER)
        if found is _ABSENT or not _has_any(found):
            return self
        if isinstance(found, Mapping):
            own: Any = next((own for key, own in found.items() if str(key).isdigit() and int(key) == layer), {})
            given = _Over(self._given, own)
            return ConfigView(given, self._defaults, self._attribute_map, self._prefix, self._parts, self._typed)
        return ConfigView(found[layer], None, self._attribute_map, f"{self._prefix}.{_PER_LAYER}[{layer}]")

    def names(self) -> list[str]:
        """The attributes' names."""
        if isinstance(self._given, Mapping):
            own = list(self._given)
        else:
            own = [name for name in getattr(self._given, "__dict__", {}) if not name.startswith("_")]
        return list(dict.fromkeys([*map(str, own), *self._defaults]))

    def given_names(self) -> set[str]:
        """The names of what the caller gave, as opposed to the YAML's defaults."""
        return set(map(str, self._given)) if isinstance(self._given, Mapping) else set(self.names())

    def without_given(self) -> ConfigView:
        """The same with nothing given: what the files say."""
        parts = Parts(self._parts.flat, self._parts.of_type)
        return ConfigView({}, self._defaults, self._attribute_map, self._prefix, parts, self._typed)

    @property
    def reads(self) -> frozenset[str]:
        """The dotted names that were asked for, ``config`` in front."""
        return frozenset(self._parts.reads)

    def __len__(self) -> int:
        return len(self.names())

    def __contains__(self, name: object) -> bool:
        return self._find(str(name))[0] is not _ABSENT

    def __iter__(self) -> Any:
        return iter(self.names())

    def __repr__(self) -> str:
        return f"<{self._prefix}>"


class _Layers:
    """``per_layer_config``: by the number of a layer."""

    __slots__ = ("_view",)

    def __init__(self, view: ConfigView) -> None:
        self._view = view

    def shapespec_get(self, name: str, default: Any = ...) -> Any:
        """The config as the layer of this number sees it. Raises :class:`MissingValue` where it is no number."""
        if name.isdigit():
            return self._view.of_layer(int(name))
        if default is not ...:
            return default
        raise MissingValue(f"{self._view!r}.{_PER_LAYER}.{name}")


class _Over(Mapping[str, Any]):
    """Some attributes over those of a mapping or an object."""

    def __init__(self, base: Any, own: Mapping[str, Any]) -> None:
        self._base = base
        self._own = own

    def __getitem__(self, name: str) -> Any:
        found = self._own[name] if name in self._own else _attribute(self._base, name)
        if found is _ABSENT:
            raise KeyError(name)
        return found

    def __iter__(self) -> Any:
        return iter({**(self._base if isinstance(self._base, Mapping) else {}), **self._own})

    def __len__(self) -> int:
        return len(list(iter(self)))


def is_live(value: Any) -> bool:
    """Whether a value is a config object rather than plain data: seen by its methods, no library is imported."""
    return not isinstance(value, (Mapping, type)) and hasattr(value, "to_dict") and hasattr(value, "__dict__")


def _has_any(layers: Any) -> bool:
    """Whether a config tells its layers apart. Transformers counts them by `num_hidden_layers`, which a config that
    calls it otherwise (`attribute_map:` says how) may lack: such a one has no layers that differ."""
    try:
        return bool(layers)
    except Exception:
        return False


def _attribute(owner: Any, name: str) -> Any:
    if owner is None:
        return _ABSENT
    if isinstance(owner, Mapping):
        # A live config's mapping may be keyed by numbers, which a file writes as text.
        return owner.get(int(name), _ABSENT) if name not in owner and name.isdecimal() else owner.get(name, _ABSENT)
    try:
        return getattr(owner, name, _ABSENT)
    except Exception:  # a property of the config that fails is as good as absent
        return _ABSENT


def _plain(value: Any) -> Any:
    """Numbers, text, None, and lists of them; whatever else an object holds is passed on as text."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple, range)):
        return [ConfigView(item) if isinstance(item, Mapping) or is_live(item) else _plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(map(_plain, value), key=str)
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        return value.item()
    return str(value)


def read_config(config: Any) -> Any:
    """What ``config=`` may be, as a mapping or a live object: None gives an empty mapping.

    Raises:
        ConfigError: a path that can't be read, no JSON, no mapping in it, or another type altogether.
    """
    if config is None:
        return {}
    if isinstance(config, (str, Path)):
        return _read_json(Path(config))
    if isinstance(config, Mapping):
        bad = next((key for key in config if not isinstance(key, str)), None)
        if bad is not None:
            raise ConfigError(f"the key {bad!r} is no text", argument="config", expected="attribute names")
        return dict(config)
    if is_live(config):
        return config
    raise ConfigError(
        f"`{type(config).__name__}` is no config",
        argument="config",
        expected="a path to a config.json, a mapping, or a config object",
    )


def _read_json(path: Path) -> Mapping[str, Any]:
    file = path / "config.json" if path.is_dir() else path

    def fail(message: str, expected: str = "a config.json") -> ConfigError:
        return ConfigError(message, argument="config", expected=expected)

    try:
        with file.open("rb") as stream:
            raw = stream.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise fail(f"can't read {file}: {said}", "a path to a config.json") from None
    if len(raw) > _MOST_BYTES:
        raise fail(f"{file} is larger than {_MOST_BYTES:,} bytes")
    try:
        found = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise fail(f"{file} is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise fail(f"{file} holds a {type(found).__name__}", "a JSON object")
    return found
