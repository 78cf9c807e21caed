"""The proof of what is static: sizes that are said to have one value are tried at others, which the class must refuse.

A size is static where a file says `dynamic: false`, where it follows from the config alone, or where its bounds leave
one value. Those are tried that inputs have; what stands in outputs alone (a number of queries) nobody can give, and
what another part of the model made (a cache, an encoder's states) is as large as that part makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from shapespec.checking.answers import tensors_of
from shapespec.checking.bounds import MOST_BYTES, alone
from shapespec.contracts.instantiate import instantiate
from shapespec.contracts.model import Component, Contract, Node, Parts, Repeated, SizeRule, Tensor
from shapespec.contracts.sizes import Sizes
from shapespec.expressions import Open
from shapespec.plan import ComponentPlan
from shapespec.spec import Spec

#: The roles of inputs that the model made itself.
MADE = ("cache", "states")

#: Runs a spec's component on what it builds, and gives what the class returned.
Run = Callable[[Spec, ComponentPlan], Any]


@dataclass(frozen=True)
class Claim:
    """Sizes of one component's inputs that are static: alone, or two that stand side by side in a tensor (an image's
    height and width: some classes want a square). ``untrue`` are other values at which the class runs, or None."""

    component: str
    sizes: tuple[tuple[str, int], ...]
    untrue: tuple[int, ...] | None

    @property
    def fault(self) -> str | None:
        """What is wrong with it, if anything."""
        if self.untrue is None:
            return None
        what = " and ".join(f"{name} ({value})" for name, value in self.sizes)
        are = "is" if len(self.sizes) == 1 else "are"
        return f"{what} {are} called static, but the class runs at {' and '.join(map(str, self.untrue))}"


def claims(spec: Spec, run: Run) -> Iterator[Claim]:
    """What the components' inputs claim of static sizes, tried: each size alone, then those side by side of which
    neither was refuted.

    A claim holds where one component that reads the size refuses all others: a tower's frames are fixed, though a
    decoder whose cache holds them takes any mask of them.
    """
    held: set[tuple[str, ...]] = set()
    untrue: dict[tuple[str, ...], Claim] = {}
    for plan in spec.plans:
        if plan.unchecked:
            continue
        for names in _together(spec, plan.name):
            if names in held or any((name,) in untrue for name in names):
                continue
            claim = _tried(spec, plan.name, names, run)
            if claim.untrue is None:
                held.add(names)
                yield claim
            else:
                untrue[names] = claim
    yield from (claim for names, claim in untrue.items() if names not in held)


def static_sizes(spec: Spec, component: str) -> list[str]:
    """The static sizes that a component's inputs have; not those that follow from others."""
    sizes = spec.instance.scopes[component]
    names = {name: None for axes in _shapes(spec, component) for axis in axes for name in axis}
    return [name for name in names if _is_static(spec, sizes, name)]


def _is_static(spec: Spec, sizes: Sizes, name: str) -> bool:
    rule = sizes.rules[name]
    return name in sizes.found and not rule.dynamic and not isinstance(rule.equals, Open)


def _together(spec: Spec, component: str) -> Iterator[tuple[str, ...]]:
    names = static_sizes(spec, component)
    yield from ((name,) for name in names)
    pairs = {
        (one, other): None
        for axes in _shapes(spec, component) for before, behind in pairwise(axes) for one in before for other in behind
        if one != other and one in names and other in names
    }  # fmt: skip
    yield from pairs


def _shapes(spec: Spec, component: str) -> list[list[list[str]]]:
    """For each tensor of the inputs, for each axis, the sizes behind it."""
    sizes = spec.instance.scopes[component]
    found = next(one for one in spec.contract.components if one.name == component)
    there = {name for name, _ in spec.plan(component).arguments}
    tensors = [tensor for name, node in found.inputs if name in there for tensor in _tensors(node)]
    return [[sizes.behind(axis.size) for axis in tensor.axes] for tensor in tensors]


def _tensors(node: Node) -> Iterator[Tensor]:
    if getattr(node, "role", None) in MADE:
        return
    if isinstance(node, Tensor):
        yield node
    elif isinstance(node, (Parts, Repeated)):
        for part in node.parts:
            yield from _tensors(part)


def _tried(spec: Spec, component: str, names: tuple[str, ...], run: Run) -> Claim:
    now = tuple((name, spec.instance.scopes[component].found[name]) for name in names)
    doubled = {name: 2 * value for name, value in now}
    halved = {name: value // 2 for name, value in now}
    for other in (doubled, halved):
        if min(other.values()) > 0 and _runs(spec, component, other, run):
            return Claim(component, now, tuple(other.values()))
    return Claim(component, now, None)


def _runs(spec: Spec, component: str, values: Mapping[str, int], run: Run) -> bool:
    """Whether the class answers with numbers where sizes have other values, whatever the files say."""
    try:
        contract = freed(alone(spec.contract, component), values)
        other = Spec(contract, instantiate(contract, {}), spec.home)
        return other.nbytes() <= MOST_BYTES and _finite(run(other, other.plans[0]))
    except Exception:  # the class refuses, or there is no such input: the claim holds
        return False


def freed(contract: Contract, values: Mapping[str, int]) -> Contract:
    """The contract of one component with some sizes set to other values."""

    def rule(one: SizeRule) -> SizeRule:
        if one.name not in values:
            return one
        return replace(one, value=values[one.name], equals=None, min=None, max=None, multiple_of=None)

    (component,) = contract.components
    own: Component = replace(component, sizes=tuple(map(rule, component.sizes)))
    return replace(contract, sizes=tuple(map(rule, contract.sizes)), components=(own,), requirements=())


def _finite(returned: Any) -> bool:
    tensors = [tensor for tensor in tensors_of(returned) if tensor.is_floating_point()]
    return not any(bool(tensor.isnan().any()) for tensor in tensors)
