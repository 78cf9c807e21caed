"""The proof of a cache: going on from one gives, for the last tokens, what the class gives without."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from shapespec.checking.answers import run
from shapespec.checking.bounds import alone
from shapespec.checking.caches import (
    cache_argument,
    cache_pair,
    last_kept,
    logits_fault,
    singly,
    split,
    structure_fault,
    whole_sizes,
)
from shapespec.checking.forward import target_of
from shapespec.contracts.instantiate import instantiate
from shapespec.libraries import empty_like
from shapespec.spec import Spec


def cache_fault(
    base: Spec, spec: Spec, model: Any, sizes: dict[str, int], change: Callable[[Spec], Spec] = lambda spec: spec
) -> str | None:
    """What is wrong with going on from a cache, or None. ``base`` is the spec at its default sizes, ``spec`` the same
    at ``sizes``; ``change`` is made to it at others, too."""
    plan, plain = spec.plan("model_with_past"), spec.plan("model")
    target = target_of(plan, model, spec)
    pair = cache_pair(plan)
    argument = cache_argument(plan, plain)
    if pair is None or argument is None:
        return "a component with a cache needs a size of new tokens and the cache's own argument"
    past, new = whole_sizes(spec, pair)
    if pair[0] in dict(plan.dims):
        spec = change(base.at(**{**sizes, pair[0]: past}))
        plan, plain = spec.plan("model_with_past"), spec.plan("model")
    apart = {name: size for name, size in sizes.items() if name != pair[0]}  # what came before is among the new tokens
    whole_spec = _whole(base, {**apart, pair[1]: past + new})
    built = spec.build("model_with_past")
    whole, first, rest = split(whole_spec.build("model"), built, plan, whole_spec.plan("model"), pair, past)
    keep, drop = _use_cache(target, True), _use_cache(target, False)
    cache = None
    for part in singly(first, plain, pair) if plan.stepwise else [first]:
        cache = _filled(target, {**part, **keep}, argument, built[argument], cache)
    if cache is None:
        return f"the model returned no `{argument}`"
    fault = structure_fault(built[argument], cache)
    if fault:
        return fault
    continued = run(target, {**rest, argument: cache, **keep})
    without = run(target, {**whole, **drop})
    return logits_fault(without, continued, new, last_kept(rest, plan, pair, new))


def _whole(base: Spec, sizes: dict[str, int]) -> Spec:
    """The spec at a whole sequence's sizes: of the component without a cache alone, since the sequence may leave one no
    room."""
    contract = alone(base.contract, "model")
    known = Spec(contract, instantiate(contract, {}), base.home).sizes
    given = {name: size for name, size in {**base.instance.whole.given, **sizes}.items() if name in known}
    return Spec(contract, instantiate(contract, given), base.home)


def _filled(target: Any, inputs: dict[str, Any], argument: str, built: Any, cache: Any) -> Any:
    """What a class keeps of some inputs, going on from a cache where there is one."""
    if cache is not None:
        return run(target, {**inputs, argument: cache}).get(argument)
    found = run(target, inputs).get(argument)
    if found is None and (empty := empty_like(built, target)) is not None:
        found = run(target, {**inputs, argument: empty}).get(argument)
    return found


def _use_cache(target: Any, on: bool) -> dict[str, bool]:
    """The flag, for what names it: what only passes on its keywords may hand it to parts that have no cache."""
    named = inspect.signature(getattr(target, "forward", target)).parameters
    return {"use_cache": on} if "use_cache" in named else {}
