"""Transformers' cache and output objects: the containers that YAML may name, and nothing that it does not.

Each container is one function of a structure and its parts (already built). The tables are closed: a file names an
entry, and which module and class that means stands here. transformers is imported when a container is made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import MISSING, fields
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from shapespec.errors import MissingPackageError, UnknownNameError, unknown
from shapespec.plan import Structure

#: Kinds of cache layers that a model brings with it, each with the module that registers it.
LAYERS_OF_MODELS = {
    "compressed_sparse_attention": "transformers.models.deepseek_v4.modeling_deepseek_v4",
    "heavily_compressed_attention": "transformers.models.deepseek_v4.modeling_deepseek_v4",
    "minimax_m3_sparse": "transformers.models.minimax_m3_vl.modeling_minimax_m3_vl",
    "reference_sliding_attention": "transformers.models.unlimited_ocr.modeling_unlimited_ocr",
}


def _named(module: str, name: str | None = None) -> Any:
    """A module of transformers, or what it calls ``name``. Raises :class:`MissingPackageError`."""
    try:
        found = import_module(module)
        return found if name is None else getattr(found, name)
    except (ImportError, AttributeError):
        lacking = f"transformers, as installed here, has no `{name or module}`"
        said = lacking if _is_installed() else "transformers is not installed"
        raise MissingPackageError(
            f"{said}, and this input is one of its objects",
            argument="flat",
            expected="`pip install shapespec[transformers]`, or flat=True for the tensors alone",
        ) from None


def _is_installed() -> bool:
    try:
        return import_module("transformers") is not None
    except ImportError:
        return False


def _by_name(structure: Structure, parts: list[Any], what: str, known: Collection[str]) -> dict[str, Any]:
    """The parts by their fields' names. Raises :class:`UnknownNameError` for one that is not known."""
    found = dict(zip(structure.keys or (), parts, strict=True))
    for name in found:
        if name not in known:
            raise UnknownNameError(unknown(f"field of `{what}`", name, known))
    return found


# -- what encoders return, and other bundles of tensors


def _bundle(module: str, name: str) -> Callable[[Structure, list[Any]], Any]:
    """A container that is one dataclass, made with the fields by keyword."""

    def make(structure: Structure, parts: list[Any]) -> Any:
        cls = _named(module, name)
        given = _by_name(structure, parts, structure.container, [field.name for field in fields(cls)])
        for field in fields(cls):
            if field.name not in given and field.default is MISSING and field.default_factory is MISSING:
                raise UnknownNameError(f"a `{structure.container}` without `{field.name}`", expected="all its fields")
        return cls(**given)

    return make


# -- caches of two models that are no list of layers


def as_minimax_cache(structure: Structure, parts: list[Any]) -> Any:
    """MiniMax's cache: ``layers`` as a cache has them, and ``linear_cache`` beside them."""
    cache = _named("transformers.models.minimax.modeling_minimax", "MiniMaxCache")()
    for name, part in _by_name(structure, parts, "minimax_cache", ("layers", "linear_cache")).items():
        setattr(cache, name, part)
    return cache


def as_xlstm_cache(structure: Structure, parts: list[Any]) -> Any:
    """xLSTM's cache. Its ``__init__`` would make states of its own, from a config that is not at hand here."""
    cls = _named("transformers.models.xlstm.modeling_xlstm", "xLSTMCache")
    cache = cls.__new__(cls)
    for name, part in _by_name(structure, parts, "xlstm_cache", ("seqlen_offset", "rnn_state")).items():
        setattr(cache, name, part)
    return cache


# -- caches of layers


def as_dynamic_cache(structure: Structure, parts: list[Any]) -> Any:
    """``DynamicCache`` of layers (see :func:`cache_layer`)."""
    caches = _named("transformers.cache_utils")
    layers = [cache_layer(caches, part, dict(own.options)) for part, own in _layers(structure, parts)]
    cache = caches.DynamicCache()
    cache.layers = layers
    cache.layer_class_to_replicate = None if layers else caches.DynamicLayer
    return cache


def as_encoder_decoder_cache(structure: Structure, parts: list[Any]) -> Any:
    """``EncoderDecoderCache`` of a self-attention cache (``decoder``) and a cross-attention cache (``encoder``), whose
    layers are empty where the fields say nothing of it."""
    caches = _named("transformers.cache_utils")
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
    """Each layer's states with its structure. Raises :class:`UnknownNameError` where a part is no layer."""
    if not all(isinstance(part, dict) for part in parts):
        raise UnknownNameError(f"a `{structure.container}` holds layers", expected="`repeat` with `fields`: key, …")
    return list(zip(parts, structure.parts, strict=True))  # type: ignore[arg-type]  # a mapping comes of a structure


def as_cache_layer(structure: Structure, parts: list[Any]) -> Any:
    """One layer of a cache alone (see :func:`cache_layer`)."""
    states = dict(zip(structure.keys or (), parts, strict=True))
    return cache_layer(_named("transformers.cache_utils"), states, dict(structure.options))


def cache_layer(caches: Any, states: dict[str, Any], options: dict[str, Any]) -> Any:
    """One layer of a cache: the kind that Transformers has for ``layer_type``, filled.

    ``key`` and ``value``, ``indexer_key``, ``conv`` and ``recurrent`` (with several of them: ``conv_0``, ``conv_1``, …)
    go the way that models put them there; any other field becomes the layer's attribute of its name. Options:
    ``seen`` is how many tokens went through a layer with a window; all others are for the layer's class
    (``config.sliding_window`` is an attribute of its ``config``).
    """
    kinds = caches.DYNAMIC_LAYER_TYPE_MAPPING
    kind = options.get("layer_type") or ("full_attention" if states else "dummy")
    if kind in LAYERS_OF_MODELS:
        _named(LAYERS_OF_MODELS[kind])  # which registers it
    if kind not in kinds:
        raise UnknownNameError(unknown("kind of cache layer", kind, [*kinds, *LAYERS_OF_MODELS]))
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
            _set_state(layer, name, state)
    return layer


def _set_state(layer: Any, name: str, state: Any) -> None:
    """Sets what a layer has under a name: its state, never what it does or what Python keeps there."""
    if name.startswith("_") or not hasattr(layer, name) or callable(getattr(layer, name)):
        raise UnknownNameError(f"a `{type(layer).__name__}` has no `{name}`")
    setattr(layer, name, state)


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
        if name in ("layer_type", "seen") or value is None:
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


def empty_like(built: Any, model: Any) -> Any:
    """See :class:`shapespec.libraries.Library`: as `generate` gives it."""
    caches = _named("transformers.cache_utils")
    if type(built) is caches.EncoderDecoderCache:
        return caches.EncoderDecoderCache(_empty(caches, model), _empty(caches, model))
    return _empty(caches, model) if type(built) is caches.DynamicCache else None


def _empty(caches: Any, model: Any) -> Any:
    return caches.DynamicCache(config=model.config.get_text_config(decoder=True))


_OUTPUTS = "transformers.modeling_outputs"

CONTAINERS: dict[str, Callable[[Structure, list[Any]], Any]] = {
    "model_output": _bundle(_OUTPUTS, "BaseModelOutput"),
    "moe_model_output": _bundle(_OUTPUTS, "MoEModelOutput"),
    "moe_model_output_with_past": _bundle(_OUTPUTS, "MoEModelOutputWithPastAndCrossAttentions"),
    "moonshine_encoder_output": _bundle(
        "transformers.models.moonshine.modeling_moonshine", "MoonshineEncoderModelOutput"
    ),
    "moonshine_streaming_encoder_output": _bundle(
        "transformers.models.moonshine_streaming.modeling_moonshine_streaming", "MoonshineStreamingEncoderModelOutput"
    ),
    "nemotron_asr_streaming_encoder_output": _bundle(
        "transformers.models.nemotron_asr_streaming.modeling_nemotron_asr_streaming",
        "NemotronAsrStreamingEncoderModelOutput",
    ),
    "parakeet_encoder_output": _bundle("transformers.models.parakeet.modeling_parakeet", "ParakeetEncoderModelOutput"),
    "udop_encoder_output": _bundle("transformers.models.udop.modeling_udop", "BaseModelOutputWithAttentionMask"),
    "esmfold2_atom_inputs": _bundle("transformers.models.esmfold2.modeling_esmfold2", "EsmFold2AtomInputs"),
    "cache_layer": as_cache_layer,
    "dynamic_cache": as_dynamic_cache,
    "encoder_decoder_cache": as_encoder_decoder_cache,
    "minimax_cache": as_minimax_cache,
    "xlstm_cache": as_xlstm_cache,
}

#: The options of a cache's layer. One that ends with a dot stands for all names below it.
LAYER_OPTIONS = ("layer_type", "sliding_window", "number_of_states", "seen", "config.")

#: The options that containers take: those that are not named here take none.
OPTIONS = dict.fromkeys(("cache_layer", "dynamic_cache", "encoder_decoder_cache"), LAYER_OPTIONS)
