"""What structures become for a model: plain containers, and Transformers' cache and output objects.

Each container is one function of a structure and its parts (already built). Options, which the YAML gives per
repetition, say what kind of layer a cache's layer is.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
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
    """An object of the class that the options name by ``module`` and ``class``, made with the fields by keyword."""
    options = dict(structure.options)
    module, name = options.get("module"), options.get("class")
    if not isinstance(module, str) or not module.split(".")[0] == "transformers":
        raise UnknownNameError(f"the container `object` names the module `{module}`", expected="one of transformers")
    return getattr(_transformers(module), str(name))(**as_dict(structure, parts))


def as_dynamic_cache(structure: Structure, parts: list[Any]) -> Any:
    """``DynamicCache`` of layers filled with ``key`` and ``value`` and, for state-space and linear attention layers,
    ``conv`` and ``recurrent`` (with several of them: ``conv_0``, ``conv_1``, …)."""
    caches = _transformers("transformers.cache_utils")
    layers = [cache_layer(caches, part, dict(own.options)) for part, own in _layers(structure, parts)]
    cache = caches.DynamicCache()
    cache.layers = layers
    cache.layer_class_to_replicate = None if layers else caches.DynamicLayer
    return cache


def as_encoder_decoder_cache(structure: Structure, parts: list[Any]) -> Any:
    """``EncoderDecoderCache`` of a self-attention cache (``decoder``) and a cross-attention cache (``encoder``)."""
    caches = _transformers("transformers.cache_utils")
    made = []
    for side in ("decoder", "encoder"):
        cache = caches.DynamicCache()
        cache.layers = [
            cache_layer(caches, part.get(side, {}), dict(own.options) if side == "decoder" else {})
            for part, own in _layers(structure, parts)
        ]
        made.append(cache)
    return caches.EncoderDecoderCache(*made)


def _layers(structure: Structure, parts: list[Any]) -> list[tuple[dict[str, Any], Structure]]:
    return [(part, own) for part, own in zip(parts, structure.parts, strict=True) if isinstance(own, Structure)]


def cache_layer(caches: Any, states: dict[str, Any], options: dict[str, Any]) -> Any:
    """One layer of a cache: the kind that Transformers has for ``layer_type``, filled."""
    kinds = caches.DYNAMIC_LAYER_TYPE_MAPPING
    kind = options.get("layer_type") or ("full_attention" if states else "dummy")
    if kind not in kinds:
        raise UnknownNameError(f"unknown kind of cache layer `{kind}`", expected=f"one of {', '.join(kinds)}")
    given = {name: value for name, value in options.items() if name not in ("layer_type", "seen") and value is not None}
    layer = kinds[kind](**given)
    if "key" in states:
        layer.update(states["key"], states.get("value", states["key"]))
        if hasattr(layer, "cumulative_length") and options.get("seen") is not None:
            layer.cumulative_length = options["seen"]
    if "indexer_key" in states:
        layer.update_indexer(states["indexer_key"])
    for name, update in (("conv", "update_conv_state"), ("recurrent", "update_recurrent_state")):
        for key, state in states.items():
            head, _, number = key.partition("_")
            if head == name and (not number or number.isdigit()):
                getattr(layer, update)(state, state_idx=int(number or 0))
    return layer


CONTAINERS: dict[str, Callable[[Structure, list[Any]], Any]] = {
    "dict": as_dict,
    "tuple": as_tuple,
    "list": as_list,
    "model_output": as_model_output,
    "object": as_object,
    "dynamic_cache": as_dynamic_cache,
    "encoder_decoder_cache": as_encoder_decoder_cache,
}
