"""The cache's proof: its built form is what the model itself makes, and going on from a cache gives what the whole
sequence gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapespec.spec import ComponentPlan, Spec, TensorSpec

#: (the past's size, the new tokens' size): the pairs that a cache may grow along.
PAIRS = (("past_decoder_sequence_length", "decoder_sequence_length"), ("past_sequence_length", "sequence_length"))

#: How far logits may differ in float32: two orders of summation through a few layers.
TOLERANCE = 2e-4


def cache_pair(plan: ComponentPlan) -> tuple[str, str] | None:
    """The sizes that a component's cache and its new tokens have, or None where it has no cache."""
    dims = dict(plan.dims)
    return next(((past, new) for past, new in PAIRS if past in dims and new in dims), None)


def cache_argument(plan: ComponentPlan, plain: ComponentPlan) -> str | None:
    """The argument that carries the cache: the one that the component without a past does not take."""
    known = {argument for argument, _ in plain.arguments}
    return next((argument for argument, node in plan.arguments if argument not in known and not isinstance(node, TensorSpec)), None)


def split(whole: Mapping[str, Any], plan: ComponentPlan, plain: ComponentPlan, pair: tuple[str, str], past: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The whole sequence's inputs as those of its first ``past`` tokens, and those of the rest after a cache."""
    _, new = pair
    first, rest = {}, {}
    tensors = {argument: node for argument, node in plain.arguments if isinstance(node, TensorSpec)}
    for argument, value in whole.items():
        first[argument] = _cut(value, tensors.get(argument), new, slice(0, past))
    later = {argument: node for argument, node in plan.arguments}
    for argument, value in whole.items():
        if argument in later:
            node = later[argument]
            rest[argument] = _cut(value, node if isinstance(node, TensorSpec) else None, new, slice(past, None))
    return first, rest


def _cut(value: Any, tensor: TensorSpec | None, new: str, part: slice) -> Any:
    if tensor is None:
        return value
    for axis, text in enumerate(tensor.expressions):
        if text == new:
            index = [slice(None)] * axis + [part]
            value = value[tuple(index)]
    return value


def structure_fault(built: Any, real: Any) -> str | None:
    """How a built cache differs from the one that the model made of as many tokens: kinds of layers and shapes."""
    ours, theirs = describe(built), describe(real)
    if ours == theirs:
        return None
    if type(built) is not type(real):
        return f"the built cache is a {type(built).__name__}, the model's a {type(real).__name__}"
    if len(ours) != len(theirs):
        return f"the built cache has {len(ours)} layers, the model's {len(theirs)}"
    number = next(index for index, pair in enumerate(zip(ours, theirs, strict=True)) if pair[0] != pair[1])
    return f"layer {number} of the built cache is {ours[number]}, of the model's {theirs[number]}"


def describe(cache: Any) -> list[Any]:
    """The layers of a cache as (kind, shapes)."""
    if hasattr(cache, "self_attention_cache"):
        return [*describe(cache.self_attention_cache), *describe(cache.cross_attention_cache)]
    if hasattr(cache, "layers"):
        return [_layer(layer) for layer in cache.layers]
    if isinstance(cache, (tuple, list)):
        return [tuple(_shape(t) for t in layer) if isinstance(layer, (tuple, list)) else _shape(layer) for layer in cache]
    return [type(cache).__name__]


def _layer(layer: Any) -> tuple[str, dict[str, Any]]:
    shapes: dict[str, Any] = {}
    for name in ("keys", "values", "indexer_keys"):
        found = getattr(layer, name, None)
        if found is not None and found.numel():
            shapes[name] = _shape(found)
    for name in ("conv_states", "recurrent_states"):
        states = getattr(layer, name, None) or {}
        for number, state in states.items():
            if state is not None:
                shapes[f"{name}.{number}"] = _shape(state)
    return type(layer).__name__, shapes


def _shape(tensor: Any) -> Any:
    return list(tensor.shape) if hasattr(tensor, "shape") else tensor


def logits_fault(whole: Any, continued: Any) -> str | None:
    """How the last token's outputs differ between the whole sequence and its continuation from a cache."""
    import torch

    a, b = _last(whole), _last(continued)
    if a.shape != b.shape:
        return f"with a cache the last token's output has shape {list(b.shape)}, without {list(a.shape)}"
    scale = max(1.0, float(a.abs().max()))
    apart = float((a - b).abs().max())
    if not torch.isfinite(b).all() or apart > TOLERANCE * scale:
        return f"with a cache the last token's output differs by {apart:.3g} from that without"
    return None


def _last(returned: Any) -> Any:
    for key in ("logits", "last_hidden_state", "prediction_logits"):
        found = returned.get(key) if hasattr(returned, "get") else None
        if found is not None:
            return found[:, -1].float()
    return returned[0][:, -1].float()


def whole_sizes(spec: Spec, pair: tuple[str, str]) -> tuple[int, int]:
    """(tokens in the cache, new tokens) at a spec's sizes."""
    past, new = pair
    plan = spec.plan("model_with_past")
    dims = dict(plan.dims)
    return dims[past], dims[new]
