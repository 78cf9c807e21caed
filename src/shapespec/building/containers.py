"""What structures become for a model: plain containers, and Transformers' cache and output objects.

Each container is one function of a structure and its parts (already built). Options, which the YAML gives per
repetition, say what kind of layer a cache's layer is.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from shapespec.errors import MissingPackageError, UnknownNameError
from shapespec.spec import Structure


def _transformers(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        raise MissingPackageError(
            "transformers is not installed, and this input is one of its objects",
            argument="flat",
            expected="`pip install shapespec[transformers]`, or flat=True for the tensors alone",
        ) from None


def as_dict(structure: Structure, parts: list[Any]) -> Any:
    """A mapping."""
    return dict(zip(structure.keys or range(len(parts)), parts, strict=True))


def as_tuple(structure: Structure, parts: list[Any]) -> Any:
    """A tuple; repetitions with several fields are tuples too, as the old caches were."""
    return tuple(tuple(part.values()) if isinstance(part, dict) else part for part in parts)


def as_list(structure: Structure, parts: list[Any]) -> Any:
    """A list."""
    return list(parts)


def as_model_output(structure: Structure, parts: list[Any]) -> Any:
    """Transformers' ``BaseModelOutput``, or the output class that the option ``class`` names."""
    name = dict(structure.options).get("class", "BaseModelOutput")
    return _transformers("transformers.modeling_outputs").__dict__[name](**as_dict(structure, parts))


def as_object(structure: Structure, parts: list[Any]) -> Any:
    """An object of the class that the options name by ``module`` and ``class``, made with the fields by keyword; or,
    with the option ``attributes``, made first ("made": without arguments, "bare": without its ``__init__``) and then
    given the fields as attributes."""
    options = dict(structure.options)
    cls = getattr(_own_module(options.get("module")), str(options.get("class")))
    attributes = options.get("attributes")
    if attributes is None:
        return cls(**as_dict(structure, parts))
    found = cls() if attributes == "made" else cls.__new__(cls)
    for name, part in as_dict(structure, parts).items():
        setattr(found, name, part)
    return found


def _own_module(module: Any) -> Any:
    if not isinstance(module, str) or not module.split(".")[0] == "transformers":
        raise UnknownNameError(f"a container names the module `{module}`", expected="one of transformers")
    return _transformers(module)


def as_dynamic_cache(structure: Structure, parts: list[Any]) -> Any:
    """``DynamicCache`` of layers (see :func:`cache_layer`)."""
    caches = _transformers("transformers.cache_utils")
    layers = [cache_layer(caches, part, dict(own.options)) for part, own in _layers(structure, parts)]
    cache = caches.DynamicCache()
    cache.layers = layers
    cache.layer_class_to_replicate = None if layers else caches.DynamicLayer
    return cache


def as_encoder_decoder_cache(structure: Structure, parts: list[Any]) -> Any:
    """``EncoderDecoderCache`` of a self-attention cache (``decoder``) and a cross-attention cache (``encoder``), whose
    layers are empty where the fields say nothing of it."""
    caches = _transformers("transformers.cache_utils")
    made = []
    for side in ("decoder", "encoder"):
        cache = caches.DynamicCache()
        cache.layers = [
            cache_layer(
                caches, part.get(side, {}), dict(own.options) if side == "decoder" else {"layer_type": "full_attention"}
            )
            for part, own in _layers(structure, parts)
        ]
        made.append(cache)
    return caches.EncoderDecoderCache(*made)


def _layers(structure: Structure, parts: list[Any]) -> list[tuple[dict[str, Any], Structure]]:
    return [(part, own) for part, own in zip(parts, structure.parts, strict=True) if isinstance(own, Structure)]


def as_cache_layer(structure: Structure, parts: list[Any]) -> Any:
    """One layer of a cache alone (see :func:`cache_layer`)."""
    return cache_layer(_transformers("transformers.cache_utils"), as_dict(structure, parts), dict(structure.options))


def cache_layer(caches: Any, states: dict[str, Any], options: dict[str, Any]) -> Any:
    """One layer of a cache: the kind that Transformers has for ``layer_type``, filled.

    ``key`` and ``value``, ``indexer_key``, ``conv`` and ``recurrent`` (with several of them: ``conv_0``, ``conv_1``, …)
    go the way that models put them there; any other field becomes the layer's attribute of its name. Options:
    ``module`` brings the kind, where it is a model's own; ``seen`` is how many tokens went through a layer with a
    window; all others are for the layer's class (``config.sliding_window`` is an attribute of its ``config``).
    """
    kinds = caches.DYNAMIC_LAYER_TYPE_MAPPING
    kind = options.get("layer_type") or ("full_attention" if states else "dummy")
    if kind not in kinds and options.get("module") is not None:
        _own_module(options["module"])
    if kind not in kinds:
        raise UnknownNameError(f"unknown kind of cache layer `{kind}`", expected=f"one of {', '.join(kinds)}")
    layer = kinds[kind](**_arguments(options))
    if "key" in states:
        _fill_attention(caches, layer, states["key"], states.get("value", states["key"]))
        if hasattr(layer, "cumulative_length") and options.get("seen") is not None:
            layer.cumulative_length = options["seen"]
    if "indexer_key" in states:
        layer.update_indexer(states["indexer_key"])
    for name, state in states.items():
        head, _, number = name.partition("_")
        if head in ("conv", "recurrent") and (not number or number.isdigit()):
            getattr(layer, f"update_{head}_state")(state, state_idx=int(number or 0))
        elif name not in ("key", "value", "indexer_key"):
            if not hasattr(layer, name):
                raise UnknownNameError(f"a `{type(layer).__name__}` has no `{name}`")
            setattr(layer, name, state)
    return layer


def _fill_attention(caches: Any, layer: Any, key: Any, value: Any) -> None:
    """Puts keys and values into a layer. The plain kinds take them as they are: their `update` would copy what may be
    gigabytes."""
    if type(layer) in (caches.DynamicLayer, caches.DynamicSlidingWindowLayer):
        layer.lazy_initialization(key, value)
        layer.keys, layer.values = key, value
        if hasattr(layer, "cumulative_length"):
            layer.cumulative_length = key.shape[-2]
    else:
        layer.update(key, value)


def _arguments(options: dict[str, Any]) -> dict[str, Any]:
    """What a layer's class is made with: options with dots in their names are parts of an object, further down of
    mappings."""
    given: dict[str, Any] = {}
    for name, value in options.items():
        if name in ("layer_type", "seen", "module") or value is None:
            continue
        first, *path = name.split(".")
        if not path:
            given[first] = value
            continue
        owner = vars(given.setdefault(first, SimpleNamespace()))
        for part in path[:-1]:
            owner = owner.setdefault(part, {})
        owner[path[-1]] = value
    return given


CONTAINERS: dict[str, Callable[[Structure, list[Any]], Any]] = {
    "dict": as_dict,
    "tuple": as_tuple,
    "list": as_list,
    "model_output": as_model_output,
    "object": as_object,
    "cache_layer": as_cache_layer,
    "dynamic_cache": as_dynamic_cache,
    "encoder_decoder_cache": as_encoder_decoder_cache,
}
