"""The inputs' proof: each input changes what the class answers. "Forward returned" proves little: most models accept
almost anything, also what they do not look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from shapespec.checking.answers import differ
from shapespec.checking.trial import Trial
from shapespec.kinds import Boxes, Choice, Integers, Mask, Normal, OneHot, Uniform
from shapespec.plan import TensorSpec, leaves

#: Kinds of values that another seed draws anew.
DRAWN = (Integers, Uniform, Normal, Boxes, OneHot, Choice)

#: How often a drawn input is drawn anew before it counts as one that changes nothing.
SEEDS = (1, 2, 3)


@dataclass(frozen=True)
class Finding:
    """What came of one input tensor: whether it ``matters`` (None: it can have one value alone, or is
    a part of a cache that matters), and whether the class
    does without the whole argument and answers the same (``missed`` is False then)."""

    tensor: TensorSpec
    matters: bool | None
    missed: bool = True


def findings(trial: Trial) -> list[Finding]:
    """One for each input tensor of the component that is tried."""
    found = []
    for argument, node in trial.plan.arguments:
        for tensor in leaves(node):
            matters = _matters(trial, tensor)
            found.append(Finding(tensor, matters, bool(matters) or _is_missed(trial, argument)))
    return _caches_whole(found)


def _caches_whole(found: list[Finding]) -> list[Finding]:
    """A cache matters as one: some layers keep what the next token alone does not look at (an index that chooses among
    fewer tokens than it may, a buffer that is not full). What each part holds is the cache's own proof."""
    alive = {one.tensor.argument for one in found if one.tensor.role == "cache" and one.matters}
    return [
        replace(one, matters=None)
        if one.tensor.argument in alive and one.matters is False and one.tensor.inert is None
        else one
        for one in found
    ]


def fault_of(found: Finding) -> str | None:
    """What is wrong with an input, or None: it changes nothing and the file does not say why, or the other way
    round."""
    name, inert = found.tensor.name, found.tensor.inert
    if inert is not None and found.matters:
        return f"`{name}` is said to be inert ({inert}), and changes the answer"
    if inert is not None or found.matters is not False:
        return None
    missed = "without it the class fails or answers otherwise" if found.missed else "without it the answer is the same"
    return f"`{name}` changes nothing: drawn anew, the answer is the same; {missed}"


def _matters(trial: Trial, tensor: TensorSpec) -> bool | None:
    """Whether other values change the answer, or make the class fail (it looked at them, then)."""
    tried = False
    for other in _others(trial, tensor):
        if bool((other == trial.flat[tensor.name]).all()):
            continue
        tried = True
        try:
            if differ(trial.expected, trial.answer({tensor.name: other})):
                return True
        except Exception:
            return True
    return False if tried else None


def _is_missed(trial: Trial, argument: str) -> bool:
    """Whether without an argument the class fails or answers otherwise."""
    try:
        return differ(trial.expected, trial.answer({}, argument))
    except Exception:
        return True


def _others(trial: Trial, tensor: TensorSpec) -> Iterator[Any]:
    value = trial.flat[tensor.name]
    if isinstance(tensor.values, Mask):
        yield from _hidden_more(value)
    if isinstance(tensor.values, (*DRAWN, Mask)):
        for seed in SEEDS:
            yield trial.made(tensor, seed)
    else:
        yield from _moved(value)


def _hidden_more(mask: Any) -> Iterator[Any]:
    """A mask with more hidden in each row: its last place, its first one, then its last half and its first (a place
    alone may lie inside a patch or a frame that the class rounds up to)."""
    length = mask.shape[-1] if mask.ndim else 1
    for share in (1, length // 2):
        for last in (True, False):
            other = mask.clone().reshape(-1, length)
            for row in other:
                kept = row.nonzero().flatten()
                some = min(share, len(kept) - 1)
                if some > 0:
                    row[kept[-some:] if last else kept[:some]] = 0
            yield other.reshape(mask.shape)


def _moved(value: Any) -> Iterator[Any]:
    """Other values of a kind that no seed draws: the same in another order, then others near them."""
    for axis in reversed(range(value.ndim)):
        if value.shape[axis] > 1:
            yield value.flip(axis)
            yield value.roll(1, axis)
    if str(value.dtype) == "torch.bool" or bool(((value == 0) | (value == 1)).all()):
        turned = ~value if str(value.dtype) == "torch.bool" else 1 - value
        for place in (-1, 0):
            one = value.clone().reshape(-1)
            if one.numel():
                one[place] = turned.reshape(-1)[place]
                yield one.reshape(value.shape)
        yield turned
    elif value.is_floating_point():
        yield value * 0.5 + 0.25
    else:
        with suppress(RuntimeError):
            yield value + 1
            yield (value - 1).clamp(min=0)
