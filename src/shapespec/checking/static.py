"""The proof of what is static: sizes that are said to have one value are tried at others, which the class must refuse.

A size is static where a file says `dynamic: false`, where it follows from the config alone, or where its bounds leave
one value. Those are tried that inputs have; what stands in outputs alone (a number of queries) nobody can give, and
what another part of the model made (a cache, an encoder's states) is as large as that part makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

from shapespec.building.build import backend, built_with
from shapespec.checking.answers import differ, run, tensors_of
from shapespec.checking.bounds import MOST_BYTES, alone
from shapespec.contracts.instantiate import instantiate
from shapespec.contracts.model import Contract, Node, Parts, Repeated, SizeRule, Tensor
from shapespec.contracts.sizes import Sizes
from shapespec.errors import SpecError
from shapespec.expressions import Open
from shapespec.plan import ComponentPlan, leaves
from shapespec.spec import Spec

#: How many times as much of what a component sets for itself is tried.
FAR = 32

#: How far two answers may lie apart that are one but for the order of their sums: those of inputs of two sizes.
ROUNDING = 1e-4

#: The roles of inputs that the model made itself.
MADE = ("cache", "states")

#: What a component of a spec calls.
Target = Callable[[Spec, ComponentPlan], Any]

#: Other sizes, set in a spec.
Change = Callable[[Spec], Spec]

#: Whether what a component with a cache answers is wrong, compared with the whole sequence, where sizes are others.
Wrong = Callable[[Change], bool]


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


def claims(spec: Spec, target: Target, wrong: Wrong) -> Iterator[Claim]:
    """What the components' inputs claim of static sizes, tried: each size alone, then those side by side of which
    neither was refuted.

    A claim holds where one component that reads the size refuses all others, does not look at what is more of it, or
    answers otherwise than without a cache: a tower's frames are fixed, though a decoder whose cache holds them takes
    any mask of them.
    """
    trial = _Trial(spec, target, wrong)
    held: set[tuple[str, ...]] = set()
    untrue: dict[tuple[str, ...], Claim] = {}
    for plan in spec.plans:
        if plan.unchecked:
            continue
        for names in _together(spec, plan.name):
            if names in held or any((name,) in untrue for name in names):
                continue
            claim = trial.claim(plan.name, names)
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
    tensors = [tensor for name, node in found.inputs if name in there for tensor in tensors_in(node, MADE)]
    return [[sizes.behind(axis.size) for axis in tensor.axes] for tensor in tensors]


def tensors_in(node: Node, without: Collection[str] = ()) -> Iterator[Tensor]:
    """The tensors of a contract's node, but for those of some roles."""
    if getattr(node, "role", None) in without:
        return
    if isinstance(node, Tensor):
        yield node
    elif isinstance(node, (Parts, Repeated)):
        for part in node.parts:
            yield from tensors_in(part, without)


class _Trial:
    """A spec's components at other sizes than its own."""

    def __init__(self, spec: Spec, target: Target, wrong: Wrong) -> None:
        self.spec = spec
        self.target = target
        self.wrong = wrong

    def claim(self, component: str, names: tuple[str, ...]) -> Claim:
        """What came of static sizes of a component: doubled, then halved. A one is not tried in place of more: it is
        broadcast to what it should be. What a component sets for itself (one token at a time) is untrue where any
        number runs: twice as much, and far more."""
        scope = self.spec.instance.scopes[component]
        now = tuple((name, scope.found[name]) for name in names)
        doubled, far = ({name: times * value for name, value in now} for times in (2, FAR))
        halved = {name: value // 2 for name, value in now}
        if all(scope.rules[name].own for name in names):
            runs = self._runs(component, doubled) and self._runs(component, far)
            return Claim(component, now, tuple(doubled.values()) if runs else None)
        quartered = {name: value // 4 for name, value in now}
        # Half an image may be one patch, which is broadcast, too: then a quarter has none.
        for others in ([doubled], [halved, quartered]):
            tried = [other for other in others if min(other.values()) > 1]
            if tried and all(self._runs(component, other) for other in tried):
                return Claim(component, now, tuple(others[0].values()))
        return Claim(component, now, None)

    def _runs(self, component: str, values: Mapping[str, int]) -> bool:
        """Whether the class answers with numbers, whatever the files say, and looks at all that it is given."""
        try:
            contract = freed(alone(self.spec.contract, component), values)
            other = Spec(contract, instantiate(contract, {}), self.spec.home)
        except SpecError:  # no such input can be made
            return False
        if other.nbytes() > MOST_BYTES:
            return False
        more = self._more(other, component)
        try:
            answer = self._answer(other, {})
            looked = not more or differ(answer, self._answer(other, more))
        except Exception:  # the class refuses: the claim holds
            return False
        if not looked or not _finite(answer) or self._repeated(other, component, answer):
            return False
        own = any(self.spec.instance.scopes[component].rules[name].own for name in values)
        return not (own and self.wrong(partial(_changed, values, component)))

    def _repeated(self, other: Spec, component: str, answer: Sequence[Any]) -> bool:
        """Whether less than the size answers as itself repeated up to the size does: the class does not take less,
        but broadcasts it (one patch over the positions of all)."""
        arguments = self.spec.plan(component).arguments
        whole = {tensor.name: tensor.shape for _, node in arguments for tensor in leaves(node)}
        repeated: dict[str, Any] = {}
        for name, tensor in other.build(component, flat=True).items():
            was = whole.get(name)
            if was is None or len(was) != tensor.dim() or tuple(was) == tuple(tensor.shape):
                continue
            for axis, full in enumerate(was):
                if full is None or not 0 < tensor.shape[axis] <= full:
                    return False
                tensor = tensor.index_select(axis, _cycle(tensor.shape[axis], full))
            repeated[name] = tensor
        if not repeated:
            return False
        one = alone(self.spec.contract, component)
        now = {name: size.value for name, size in self.spec.sizes.items() if size.settable}
        try:
            spec = Spec(one, instantiate(one, now), self.spec.home)
            return not differ(list(answer), self._answer(spec, repeated), ROUNDING)
        except Exception:  # no such input can be made, or the class refuses it: nothing shows that less is broadcast
            return False

    def _answer(self, spec: Spec, changed: Mapping[str, Any]) -> list[Any]:
        plan = spec.plans[0]
        values = {**spec.build(plan.name, flat=True), **changed}
        inputs = built_with(plan, lambda tensor: values[tensor.name].clone(), backend("torch", "cpu"))
        return tensors_of(run(self.target(spec, plan), inputs))

    def _more(self, other: Spec, component: str) -> dict[str, Any]:
        """The tensors that are larger than before, what was added along each axis changed to what stands before it."""
        arguments = self.spec.plan(component).arguments
        before = {tensor.name: tensor.shape for _, node in arguments for tensor in leaves(node)}
        changed: dict[str, Any] = {}
        for name, tensor in other.build(component, flat=True).items():
            for axis, (was, now) in enumerate(zip(before.get(name, ()), tensor.shape, strict=False)):
                if was is not None and was < now:
                    tensor = changed[name] = changed.get(name, tensor).clone()
                    tensor.narrow(axis, was, now - was).copy_(tensor.narrow(axis, 0, now - was).clone().flip(axis))
        return changed


def _changed(values: Mapping[str, int], component: str, spec: Spec) -> Spec:
    contract = freed(spec.contract, values, component)
    given = {name: size.value for name, size in spec.sizes.items() if size.settable and name not in values}
    return Spec(contract, instantiate(contract, given), spec.home)


def freed(contract: Contract, values: Mapping[str, int], component: str | None = None) -> Contract:
    """The contract with some sizes set to other values: everywhere, or only where one component sets them for
    itself."""

    def rule(one: SizeRule) -> SizeRule:
        if one.name not in values:
            return one
        return replace(one, value=values[one.name], equals=None, min=None, max=None, multiple_of=None)

    components = tuple(
        replace(one, sizes=tuple(map(rule, one.sizes))) if component in (None, one.name) else one
        for one in contract.components
    )
    sizes = contract.sizes if component is not None else tuple(map(rule, contract.sizes))
    return replace(contract, sizes=sizes, components=components, requirements=())


def _cycle(count: int, full: int) -> Any:
    """0, 1, … ``count - 1`` over and over, ``full`` in all."""
    import torch

    return torch.arange(full) % count


def _finite(tensors: Sequence[Any]) -> bool:
    return not any(tensor.is_floating_point() and bool(tensor.isnan().any()) for tensor in tensors)
