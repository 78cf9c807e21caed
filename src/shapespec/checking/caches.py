"""The cache's proof: its built form is what the model itself makes, and going on from a cache gives what the whole
sequence gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shapespec.contracts.sizes import nearest_within
from shapespec.kinds import Arange, Formula
from shapespec.plan import ComponentPlan, PlanNode, Structure, TensorSpec
from shapespec.spec import Spec

#: (the past's size, the new tokens' size): the pairs that a cache may grow along.
PAIRS = (("past_decoder_sequence_length", "decoder_sequence_length"), ("past_sequence_length", "sequence_length"))

#: How many tokens came before where a cache's shapes do not tell: the states of a state-space model have no length.
STATE_TOKENS = 6

#: How far logits may differ in float32: two orders of summation through a few layers.
TOLERANCE = 2e-4


def cache_pair(plan: ComponentPlan) -> tuple[str, str] | None:
    """The sizes that a component's cache and its new tokens have, or None where it has no cache."""
    dims = dict(plan.dims)
    whole = next(((past, new) for past, new in PAIRS if past in dims and new in dims), None)
    return whole or next(((past, new) for past, new in PAIRS if new in dims), None)


def cache_argument(plan: ComponentPlan, plain: ComponentPlan) -> str | None:
    """The argument that carries the cache, and that the component without a past does not take."""
    known = {argument for argument, _ in plain.arguments}
    return next(
        (a for a, node in plan.arguments if a not in known and isinstance(node, Structure) and node.role == "cache"),
        None,
    )


def split(
    whole: Mapping[str, Any],
    built: Mapping[str, Any],
    plan: ComponentPlan,
    plain: ComponentPlan,
    pair: tuple[str, str],
    past: int,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """(the whole sequence's inputs, those of its first ``past`` tokens, those of the rest after a cache).

    What spans cache and new tokens (a mask) is taken as built for the component with a cache, so that padding lies
    among the new tokens alone, as it does when one goes on generating.
    """
    _, new = pair
    later = dict(plan.arguments)
    spanning = {argument: built[argument] for argument, node in later.items() if spans(node, pair)}
    whole = {**whole, **{argument: value for argument, value in spanning.items() if argument in whole}}
    early = dict(plain.arguments)
    # A mask that the component with a cache does not take can't hide anything there: it hides nothing here either.
    unmasked = [a for a in whole if a not in later and _is_padding_mask(early.get(a)) and _is_along(early.get(a), new)]
    whole = {**whole, **{argument: whole[argument].new_ones(whole[argument].shape) for argument in unmasked}}
    first = {argument: _cut(value, early.get(argument), new, slice(0, past)) for argument, value in whole.items()}
    rest = {}
    for argument, node in later.items():
        if argument not in whole or _counts(node):
            rest[argument] = built[argument]
        else:
            rest[argument] = _cut(whole[argument], node, new, slice(past, None))
    return whole, first, rest


def singly(first: Mapping[str, Any], plain: ComponentPlan, pair: tuple[str, str]) -> Iterator[dict[str, Any]]:
    """The first tokens' inputs one token at a time; a padding mask of them is as long as what came so far."""
    _, new = pair
    nodes = dict(plain.arguments)
    along = [a for a in first if _is_along(nodes.get(a), new)]
    length = max(first[a].shape[-1] for a in along)
    for place in range(length):
        parts = {
            a: _cut(first[a], nodes[a], new, slice(0 if _is_padding_mask(nodes[a]) else place, place + 1))
            for a in along
        }
        yield {**first, **parts}


def is_cache(node: PlanNode) -> bool:
    """Whether an argument or an output carries a cache."""
    return isinstance(node, (Structure, TensorSpec)) and node.role == "cache"


def _is_mask(node: Any) -> bool:
    return isinstance(node, TensorSpec) and node.role == "mask"


def _is_padding_mask(node: Any) -> bool:
    """Whether it hides padding; a mask by formula hides something else, what comes later say."""
    return _is_mask(node) and not isinstance(node.values, Formula)


def _counts(node: Any) -> bool:
    """Whether an input counts places: the component with a cache must count on, so its own count is what is tried."""
    return isinstance(node, TensorSpec) and isinstance(node.values, Arange)


def _is_along(node: Any, size: str) -> bool:
    return isinstance(node, TensorSpec) and size in node.expressions


def spans(node: Any, pair: tuple[str, str]) -> bool:
    """Whether an input covers the cache's tokens and the new ones."""
    return isinstance(node, TensorSpec) and any(
        text.replace(" ", "") in (f"{a}+{b}", f"{b}+{a}") for text in node.expressions for a, b in [pair]
    )


def last_kept(rest: Mapping[str, Any], plan: ComponentPlan, pair: tuple[str, str], new: int) -> Any:
    """The index among the new tokens of each row's last token that no mask hides, or None where there is no mask."""
    for argument, node in plan.arguments:
        if argument in rest and _is_mask(node) and spans(node, pair) and rest[argument].ndim == 2:
            kept = rest[argument][:, -new:] != 0
            return new - 1 - kept.flip(-1).int().argmax(-1)
    return None


def _cut(value: Any, tensor: Any, new: str, part: slice) -> Any:
    if not isinstance(tensor, TensorSpec):
        return value
    for axis, text in enumerate(tensor.expressions):
        if text == new or (text.replace(" ", "").endswith(f"+{new}") and part.start == 0):
            value = value[tuple([slice(None)] * axis + [part])]
    return value.contiguous()


def structure_fault(built: Any, real: Any) -> str | None:
    """How a built cache differs from the one that the model made of as many tokens: kinds of layers and shapes."""
    ours, theirs = _filled(describe(built)), _filled(describe(real))
    if ours == theirs:
        return None
    if type(built) is not type(real):
        return f"the built cache is a {type(built).__name__}, the model's a {type(real).__name__}"
    if len(ours) != len(theirs):
        return f"the built cache has {len(ours)} layers, the model's {len(theirs)}"
    number = next(index for index, pair in enumerate(zip(ours, theirs, strict=True)) if pair[0] != pair[1])
    return f"layer {number} of the built cache is {ours[number]}, of the model's {theirs[number]}"


def _filled(layers: list[Any]) -> list[Any]:
    """Without the empty layers at the end: a class may make more of them than its decoder has, and they stay empty."""
    while layers and isinstance(layers[-1], tuple) and layers[-1][1:] == ({},):
        layers = layers[:-1]
    return layers


def describe(cache: Any) -> list[Any]:
    """The layers of a cache as (kind, shapes)."""
    if hasattr(cache, "self_attention_cache"):
        return [*describe(cache.self_attention_cache), *describe(cache.cross_attention_cache)]
    if hasattr(cache, "layers"):
        return [_layer(layer) for layer in cache.layers]
    if isinstance(cache, (tuple, list)):
        return [
            tuple(_shape(t) for t in layer) if isinstance(layer, (tuple, list)) else _shape(layer) for layer in cache
        ]
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


def logits_fault(whole: Any, continued: Any, new: int, last: Any) -> str | None:
    """How the last token's outputs differ between the whole sequence and its continuation from a cache. ``last`` is
    each row's last token among the ``new`` ones, where padding hides some."""
    import torch

    a, b = _tokens(whole)[:, -new:], _tokens(continued)[:, -new:]
    if a.shape != b.shape:
        return f"with a cache the new tokens' output has shape {list(b.shape)}, without {list(a.shape)}"
    rows = torch.arange(a.shape[0])
    last = torch.full_like(rows, a.shape[1] - 1) if last is None or len(last) != len(rows) else last
    a, b = a[rows, last].float(), b[rows, last].float()
    scale = max(1.0, float(a.abs().max()))
    apart = float((a - b).abs().max())
    if not torch.isfinite(b).all() or apart > TOLERANCE * scale:
        return f"with a cache the last token's output differs by {apart:.3g} from that without"
    return None


def _tokens(returned: Any) -> Any:
    for key in ("logits", "last_hidden_state", "prediction_logits"):
        found = returned.get(key) if hasattr(returned, "get") else None
        if found is not None:
            return found
    return returned[0]


def whole_sizes(spec: Spec, pair: tuple[str, str]) -> tuple[int, int]:
    """(tokens in the cache, new tokens) at a spec's sizes. The cache holds no fewer tokens than the class takes at the
    least without one: all of an image's tokens, say."""
    past, new = pair
    dims = dict(spec.plan("model_with_past").dims)
    least = nearest_within(spec.instance.scopes["model"].bounds(new), 1) or 1
    return max(dims.get(past, STATE_TOKENS), least), dims[new]
