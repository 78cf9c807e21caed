"""What a model answers, run in a way that can be repeated, and whether two answers differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

#: How far two numbers may lie apart, in parts of their own size and of the answer's, and still be one: the last places
#: of float32.
NOISE = 1e-6

Run = Callable[[dict[str, Any]], Any]


def run(target: Any, inputs: Mapping[str, Any]) -> Any:
    """What a target returns, without gradients; what it draws itself (noise, a choice of what to hide) is the same each
    time."""
    import numpy as np
    import torch

    torch.manual_seed(0)
    np.random.seed(0)
    with torch.no_grad():
        return target(**inputs)


def tensors_of(returned: Any, without: frozenset[str] = frozenset()) -> list[Any]:
    """The tensors of an answer in order, those of lists and mappings too, but for the keys of ``without``: caches
    tell of the inputs, not of what they change."""
    if hasattr(returned, "shape"):
        return [returned]
    if isinstance(returned, Mapping):
        returned = [value for key, value in returned.items() if key not in without]
    if isinstance(returned, (list, tuple)):
        return [tensor for part in returned for tensor in tensors_of(part)]
    return []


def differ(one: list[Any], other: list[Any], noise: float = NOISE) -> bool:
    """Whether two answers' tensors differ: in number, in shape, or by more than the last places of float32."""
    return len(one) != len(other) or any(_apart(a, b, noise) for a, b in zip(one, other, strict=True))


def _apart(one: Any, other: Any, noise: float) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype:
        return True
    if not one.is_floating_point() or not one.numel():
        return bool((one != other).any())
    one, other = one.double(), other.double()
    finite = one.isfinite() & other.isfinite()
    if bool((one.nan_to_num(7.0) != other.nan_to_num(7.0))[~finite].any()):
        return True
    one, other = one[finite], other[finite]
    if not one.numel():
        return False
    # Some numbers may be as large as they get (logits of what must not be): they are no scale for the others.
    typical = max(1e-3, float(one.abs().median()))
    return bool(((one - other).abs() > noise * (one.abs() + typical)).any())
