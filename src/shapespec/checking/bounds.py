"""The proof of bounds: at a bound the class runs, and beyond it the class fails or answers with something else, be it
that it no longer goes on from a cache as the whole sequence has it.

A bound that the class does not have keeps people from sizes that run; it is told as untrue. `check` tries those of
:data:`CHECKED`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from shapespec.checking.outputs import fault_in
from shapespec.checking.result import said
from shapespec.contracts.instantiate import instantiate
from shapespec.contracts.model import Component, Contract, SizeRule
from shapespec.contracts.sizes import Sizes, nearest_within
from shapespec.errors import SizeError, SpecError
from shapespec.expressions import Budget
from shapespec.plan import ComponentPlan
from shapespec.spec import Spec

#: Runs a spec's component on what it builds, and gives what the class returned.
Run = Callable[[Spec, ComponentPlan], Any]

#: Whether going on from a cache, at a spec's default sizes, gives something else than the whole sequence does.
Astray = Callable[[Spec], bool]

#: The bounds that a size may have.
KEYS = ("min", "max", "multiple_of")

#: Those that `check` tries. Many files say a `min` or a `multiple_of` that stands for what a processor makes rather
#: than for what the class takes; `tried_bounds` tells which.
CHECKED = ("max",)

#: A bound whose inputs take more bytes is not run: it says so.
MOST_BYTES = 1 << 28


@dataclass(frozen=True)
class Bound:
    """One bound of a size: ``key`` is one of :data:`KEYS`; ``within`` is the last size that it allows in a component,
    ``beyond`` the next one, which it does not."""

    name: str
    key: str
    within: int
    beyond: int

    def __str__(self) -> str:
        return f"`{self.key}` of {self.name}, {self.within}"


@dataclass(frozen=True)
class Tried:
    """What came of a bound in one component: ``fault`` says what is wrong with it, if anything."""

    component: str
    bound: Bound
    fault: str | None


def tried_bounds(spec: Spec, run: Run, keys: Collection[str] = KEYS, astray: Astray | None = None) -> Iterator[Tried]:
    """Every bound (of ``keys``) that files declare for a size that may be given, tried.

    Each component that reads the size must run at the bound, and one of them must not run beyond it: an encoder's
    length bounds the encoder, though a decoder takes states of any length. Components are tried until one has shown it.
    """
    shown: set[tuple[str, str]] = set()
    untrue: dict[tuple[str, str], Tried] = {}
    for plan in spec.plans:
        if plan.unchecked:
            continue
        for bound in declared_bounds(spec, plan.name):
            key = (bound.name, bound.key)
            if key in shown or bound.key not in keys:
                continue
            try:
                fault = _within_fault(spec, plan.name, bound, run)
            except SizeError:  # other sizes have no room there: their bounds are nearer
                continue
            if fault is None and runs_beyond(spec, plan.name, bound, run, astray):
                untrue.setdefault(key, Tried(plan.name, bound, f"{bound}, is untrue: {bound.beyond} runs, too"))
                continue
            shown.add(key)
            yield Tried(plan.name, bound, fault)
    yield from (tried for key, tried in untrue.items() if key not in shown)


def declared_bounds(spec: Spec, component: str) -> Iterator[Bound]:
    """The bounds that files declare for the sizes that a component reads and that may be given."""
    sizes = spec.instance.scopes[component]
    for name in sizes.found:
        if not sizes.rules[name].is_derived:
            yield from _bounds_of(sizes.rules[name], sizes)


def _bounds_of(rule: SizeRule, sizes: Sizes) -> Iterator[Bound]:
    least, most, step = bounds = sizes.bounds(rule.name)
    low = nearest_within(bounds, least)
    if rule.min is not None and low is not None:
        yield Bound(rule.name, "min", low, low - step)
    if most is not None and most // step > 0:
        yield Bound(rule.name, "max", most // step * step, (most // step + 1) * step)
    if step > 1:
        near = sizes.found[rule.name]
        up = most is None or near + step <= most
        yield Bound(rule.name, "multiple_of", near, near + 1 if up else near - 1)


def _within_fault(spec: Spec, component: str, bound: Bound, run: Run) -> str | None:
    at = _spec(spec, alone(spec.contract, component), {bound.name: bound.within})
    if at.nbytes() > MOST_BYTES:
        return f"{bound}, takes {at.nbytes():,} bytes to try: `tiny` may say a config whose bounds are small"
    fault = _fault(at, run)
    return None if fault is None else f"the class does not run at {bound}: {fault}"


def runs_beyond(spec: Spec, component: str, bound: Bound, run: Run, astray: Astray | None = None) -> bool:
    """Whether the class runs at the size that a bound forbids, and as well as below it. What can't even be built does
    not, nor what is empty."""
    if bound.beyond < 1:
        return False
    # The bound speaks at these sizes: without it, what gave way to it would be as large as ever.
    scope = spec.instance.scopes[component]
    read = scope.behind(getattr(scope.rules[bound.name], bound.key))
    given = {name: scope.found[name] for name in read if name in scope.found and not scope.rules[name].is_derived}
    given[bound.name] = bound.beyond
    try:
        beyond = _spec(spec, _without(alone(spec.contract, component), bound), given)
        if _fault(beyond, run) is not None:
            return False
    except SpecError:
        return False
    if astray is None or component != "model_with_past" or "model" not in spec.components:
        return True
    try:
        return not astray(_spec(spec, _without(spec.contract, bound), given))
    except SpecError:  # the cache can't be filled at such sizes: nothing is shown
        return True


def alone(contract: Contract, component: str) -> Contract:
    """The contract of one component, without what others ask of its sizes."""
    found = next(one for one in contract.components if one.name == component)
    return replace(contract, components=(found,))


def _spec(spec: Spec, contract: Contract, given: Mapping[str, int]) -> Spec:
    return Spec(contract, instantiate(contract, given), spec.home)


def _fault(spec: Spec, run: Run) -> str | None:
    plan = spec.plans[0]
    try:
        returned = run(spec, plan)
    except SpecError:
        raise
    except Exception as error:
        return said(error, 200)
    return None if plan.graph_outputs else fault_in(plan, returned)


def _without(contract: Contract, bound: Bound) -> Contract:
    """The contract without a bound, and without those that would speak in its place: of sizes that follow this one by
    default, and bounds of others that read it."""
    views = [_view(contract, component) for component in contract.components]

    def loosened(rule: SizeRule) -> SizeRule:
        if rule.name == bound.name:
            return replace(rule, **cast("dict[str, Any]", {bound.key: None}))
        follows = any(bound.name in sizes.behind(rule.value) for sizes in views)
        keys = [
            key
            for key in ("min", "max")
            if follows or any(bound.name in sizes.behind(getattr(rule, key)) for sizes in views)
        ]
        return replace(rule, **cast("dict[str, Any]", dict.fromkeys(keys)))

    components = tuple(replace(one, sizes=tuple(map(loosened, one.sizes))) for one in contract.components)
    return replace(contract, sizes=tuple(map(loosened, contract.sizes)), components=components)


def _view(contract: Contract, component: Component) -> Sizes:
    """The sizes as a component reads them, none of them worked out."""
    rules = {rule.name: rule for rule in (*contract.sizes, *component.sizes)}
    return Sizes(rules, {**dict(contract.formulas), **dict(component.formulas)}, {}, Budget())
