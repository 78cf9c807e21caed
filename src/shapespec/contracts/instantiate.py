"""A contract at given sizes: every tensor with its numbers, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from shapespec.contracts.failures import failure, shortened
from shapespec.contracts.giving_way import Yielded, settled
from shapespec.contracts.model import Axis, Component, Contract, Node, Parts, Plain, Repeated, Tensor, Value
from shapespec.contracts.sizes import MAX_SIZE, Key, Sizes, is_plain
from shapespec.errors import GrammarError, Location, Problem, RequirementError, SizeError, UnknownNameError, unknown
from shapespec.expressions import Budget, EvaluationFailure, NotFoldable, Open, text_over
from shapespec.kinds import Formula, Kind, WrongPart
from shapespec.placeholders import Misfit
from shapespec.plan import ComponentPlan, PlainValue, PlanNode, Structure, TensorSpec, leaves

#: More repetitions than any model has layers: a config that asks for more is wrong.
MOST_REPETITIONS = 4_096

#: What a node takes of the budget: some twenty thousand tensors are its end.
NODE_STEPS = 40

#: `height * {config.upscale}`: what stands in braces is worked out.
LABEL_EXPRESSION = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Instance:
    """A contract's plans at some sizes: ``sizes`` are those that a component uses, in the order of declaration,
    ``dynamic`` the names of the dynamic ones, ``yielded`` the defaults that gave way, ``whole`` and ``scopes`` (by
    component) what worked them out."""

    plans: tuple[ComponentPlan, ...]
    sizes: tuple[tuple[str, int], ...]
    dynamic: frozenset[str]
    yielded: tuple[Yielded, ...]
    whole: Sizes = field(compare=False, repr=False)
    scopes: dict[str, Sizes] = field(compare=False, repr=False)


def instantiate(contract: Contract, given: Mapping[str, int], budget: Budget | None = None) -> Instance:
    """The plans of a contract at some sizes. Defaults that bounds do not allow give way; given sizes do not.

    Raises:
        UnknownNameError: a given size is none of the contract's.
        SizeError: a size out of bounds, off its step, or derived from others; values that do not fit their tensor.
        RequirementError: a requirement that does not hold at these sizes.
        GrammarError: there is no component, or one is malformed.
    """

    def attempt(instead: Mapping[Key, int]) -> Instance:
        return _instantiated(contract, given, instead, budget or Budget())

    made, yielded = settled(attempt)
    return replace(made, yielded=yielded) if yielded else made


def _instantiated(contract: Contract, given: Mapping[str, int], instead: Mapping[Key, int], budget: Budget) -> Instance:
    shared = {rule.name: rule for rule in contract.sizes}
    formulas = dict(contract.formulas)
    whole = Sizes(shared, formulas, given, budget, instead)
    _check_requirements(contract, whole)
    plans, scopes = [], {}
    for component in contract.components:
        own = {rule.name: rule for rule in component.sizes}
        formulas_here = {**formulas, **dict(component.formulas)}
        sizes = Sizes({**shared, **own}, formulas_here, given, budget, instead, component.name, frozenset(own))
        if sizes.value(component.when, partial(component.origin, ("when",)), f"component `{component.name}`"):
            scopes[component.name] = sizes
            plans.append(_Maker(sizes).plan(component))
    if not plans:
        raise GrammarError(
            f"{contract.architecture} has no components here", expected="`components:` with a `model`, say"
        )
    used = _used(contract, whole, scopes)
    stray = next((size for size in given if size not in used), None)
    if stray is not None:
        expected = f"a size of {contract.architecture}: {', '.join(used)}"
        raise UnknownNameError(unknown("size", stray, used, argument=stray, expected=expected))
    dynamic = frozenset(name for name in used if _is_dynamic(name, whole, scopes))
    return Instance(tuple(plans), tuple(used.items()), dynamic, (), whole, scopes)


def _check_requirements(contract: Contract, whole: Sizes) -> None:
    for requirement in contract.requirements:
        place = partial(requirement.origin, ("that",))
        if whole.value(requirement.that, place, "a requirement"):
            continue
        values = [(name, whole.value(value, place, "a requirement")) for name, value in requirement.values]
        raise requirement_error(requirement.text, values, requirement.why, place())


def requirement_error(
    text: str, values: list[tuple[str, Any]], why: str | None, place: Location | None
) -> RequirementError:
    """What is told of values that do not agree."""
    shown = ", ".join(f"`{name}` is {value}" for name, value in values)
    said = f"{shown}: `{text}` does not hold{f' ({why})' if why else ''}"
    related = (("required at", place),) if place else ()
    return RequirementError(Problem(said, argument="config", expected="values that agree", related=related))


def _used(contract: Contract, whole: Sizes, scopes: Mapping[str, Sizes]) -> dict[str, int]:
    """Every size that a component read, in the order of declaration; a size that a component sets for itself has the
    value that holds elsewhere."""
    used: dict[str, int] = {}
    for sizes in scopes.values():
        for name, size in sizes.found.items():
            if sizes.rules[name].own:
                used.setdefault(name, size)
            else:
                used[name] = size
    for name in _behind(whole, list(used)):
        used.setdefault(name, whole.size(name))
    order = {rule.name: number for number, rule in enumerate(contract.sizes)}
    return dict(sorted(used.items(), key=lambda item: order.get(item[0], len(order))))


def _behind(whole: Sizes, names: list[str]) -> list[str]:
    """The sizes from which the defaults of these come, also where the call gave them another value: an encoder's
    length comes from the sequence's, and giving both is no mistake."""
    found: list[str] = []
    for name in names:
        rule = whole.rules.get(name)
        if rule is not None:
            fresh = [other for other in rule.behind if other not in found and other not in names]
            found += [*fresh, *_behind(whole, fresh)]
    return found


def _is_dynamic(name: str, whole: Sizes, scopes: Mapping[str, Sizes]) -> bool:
    reading = [sizes.rules[name] for sizes in scopes.values() if name in sizes.found]
    return any(rule.dynamic for rule in reading or [whole.rules[name]])


class _Maker:
    """Makes the plan of one component."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes

    def plan(self, component: Component) -> ComponentPlan:
        inputs = self._nodes(component.inputs)
        outputs = self._nodes(component.outputs)
        also_returns = self._nodes(component.also_returns)
        _check_needs(inputs, dict(component.inputs))
        _check_names(f"inputs of `{component.name}`", inputs, component, "inputs")
        _check_names(f"outputs of `{component.name}`", outputs, component, "outputs")
        return ComponentPlan(
            name=component.name,
            arguments=tuple(inputs.items()),
            outputs=tuple(outputs.items()),
            dims=tuple(self.sizes.found.items()),
            aliases=component.aliases,
            call=component.call,
            model_class=component.model_class,
            model_config=self._model_config(component),
            graph_outputs=component.graph_outputs,
            unchecked=component.unchecked,
            stepwise=component.stepwise,
            also_returns=tuple(also_returns.items()),
        )

    def _model_config(self, component: Component) -> tuple[tuple[str, Any], ...] | None:
        if component.model_config is None:
            return None
        what = f"`model_config` of component `{component.name}`"
        return tuple(
            (key, self.sizes.value(value, partial(component.origin, ("model_config", key)), what))
            for key, value in component.model_config
        )

    def _nodes(self, nodes: tuple[tuple[str, Node], ...]) -> dict[str, PlanNode]:
        return {name: made for name, node in nodes if (made := self.made(node)) is not None}

    def made(self, node: Node, role: str | None = None, inert: str | None = None) -> PlanNode | None:
        """A node with its numbers, or None where its condition does not hold. ``role`` and ``inert`` are those of the
        structure around it, which are its own where it says none."""
        if not self._value(node.when, node, ("when",), f"`when` of {node.what}"):
            return None
        self.sizes.spend(NODE_STEPS, lambda: node.origin(()), node.what)
        if isinstance(node, Plain):
            return PlainValue(self._finished(node.value, node, ("python",), node.what))
        role, inert = node.role or role, node.inert or inert
        if isinstance(node, Tensor):
            return self._tensor(node, role, inert)
        options = self._options(node)
        if isinstance(node, Repeated):
            return Structure(node.container, None, tuple(self._repeated(node, role, inert)), options, role)
        return self._parts(node, options, role, inert)

    def _value(self, value: Value, node: Node, path: tuple[Any, ...], what: str) -> Any:
        return self.sizes.value(value, lambda: node.origin(path), what)

    def _finished(self, value: Value, node: Node, path: tuple[Any, ...], what: str) -> Any:
        """A value that needs nothing more. Raises :class:`GrammarError` for a part of the config."""
        found = self._value(value, node, path, what)
        if not is_plain(found):
            raise GrammarError(
                Problem(
                    f"{what} is no plain value: {shortened(found)}",
                    location=node.origin(path),
                    expected="a number, text, true, false, null, or a list of them",
                )
            )
        return found

    # -- tensors

    def _tensor(self, node: Tensor, role: str | None, inert: str | None) -> TensorSpec:
        axes = self._axes(node)
        shape = tuple(self._size(node, axis, index) for index, axis in enumerate(axes))
        labels = tuple(self._label(axis.label, node) for axis in axes)
        known = tuple(size for size in shape if size is not None)
        return TensorSpec(
            name=self._named(node),
            argument=node.argument,
            shape=shape,
            dtype_word=node.dtype,
            labels=labels,
            dynamic=tuple(axis.dynamic for axis in axes),
            expressions=tuple(axis.written for axis in axes),
            values=None if node.values is None else self._values(node, node.values, known),
            role=role,
            inert=inert,
        )

    def _axes(self, node: Tensor) -> tuple[Axis, ...]:
        for condition, axes in node.ranks:
            if self._value(condition, node, ("shape",), f"the shape of {node.what}"):
                return axes
        return node.axes

    def _size(self, node: Tensor, axis: Axis, index: int) -> int | None:
        if axis.size is None:
            return None
        size = self._value(axis.size, node, ("shape", index), f"axis {index} of {node.what}")
        if isinstance(size, float) and size.is_integer():
            size = int(size)
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= MAX_SIZE:
            message = f"axis {index} of {node.what}: `{axis.written}` is {shortened(size)}"
            raise SizeError(
                Problem(message, location=node.origin(("shape", index)), expected="a whole number, 0 or more")
            )
        return size

    def _label(self, label: str | None, node: Tensor) -> str | None:
        """An axis's name, what stands in braces worked out."""
        if label is None or "{" not in label:
            return label
        said = f"an axis's name of {node.what}"
        return LABEL_EXPRESSION.sub(lambda found: str(self._finished(Open(found[1]), node, ("shape",), said)), label)

    def _named(self, node: Tensor) -> str:
        """A tensor's name, the number of an open repetition around it worked out."""
        if not self.sizes.local:
            return node.name
        said = f"the name of {node.what}"
        return LABEL_EXPRESSION.sub(lambda found: str(self._finished(Open(found[1]), node, ("name",), said)), node.name)

    def _values(self, node: Tensor, kind: Kind, shape: tuple[int, ...]) -> Kind:
        try:
            found = kind.settled(lambda value: self._value(value, node, ("values",), f"the values of {node.what}"))
            if isinstance(found, Formula):
                found = replace(found, formula=self._formula(node, found))
            found.check(shape, node.dtype)
            return found
        except WrongPart as error:
            message, place = f"{node.what}: {error}", node.origin(("values",))
            raise GrammarError(Problem(message, location=place, expected=error.expected)) from None
        except Misfit as error:
            message, place = f"the values of {node.what} {list(shape)}: {error}", node.origin(("values",))
            raise GrammarError(Problem(message, location=place, expected="values that the tensor holds")) from None

    def _formula(self, node: Tensor, kind: Formula) -> str:
        """The formula's text, sizes written out as numbers."""
        place = node.origin(("values",))
        try:
            return text_over(kind.formula, frozenset(kind.reads), self.sizes.worked_out)
        except NotFoldable as error:
            message = f"{node.what}: the formula {error}"
            expected = "numbers, lists of numbers and inputs"
            raise GrammarError(Problem(message, location=place, expected=expected)) from None
        except EvaluationFailure as error:
            raise failure(error, kind.formula, place, f"the formula of {node.what}", self.sizes.rules) from None

    # -- structures

    def _options(self, node: Parts | Repeated) -> tuple[tuple[str, Any], ...]:
        return tuple(
            (key, self._finished(value, node, ("options", key), f"option `{key}` of {node.what}"))
            for key, value in node.options
        )

    def _parts(
        self, node: Parts, options: tuple[tuple[str, Any], ...], role: str | None, inert: str | None
    ) -> Structure:
        parts = enumerate(node.parts)
        made = [(number, found) for number, part in parts if (found := self.made(part, role, inert)) is not None]
        keys = None if node.keys is None else tuple(node.keys[number] for number, _ in made)
        return Structure(node.container, keys, tuple(found for _, found in made), options, role)

    def _repeated(self, node: Repeated, role: str | None, inert: str | None) -> list[PlanNode]:
        count = repetitions(self._value(node.repeat, node, ("repeat",), f"`repeat` of {node.what}"), node)
        outer = self.sizes.local
        found: list[PlanNode] = []
        try:
            for number in range(count):
                self.sizes.local = {**outer, node.index: number}
                found += [made for part in node.parts if (made := self.made(part, role, inert)) is not None]
        finally:
            self.sizes.local = outer
        return found


def repetitions(count: Any, node: Any) -> int:
    """How many times parts come. Raises :class:`SizeError` for what is no such number."""
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MOST_REPETITIONS:
        message = f"`repeat` of {node.what} is {shortened(count)}"
        raise SizeError(
            Problem(message, location=node.origin(("repeat",)), expected=f"a whole number up to {MOST_REPETITIONS:,}")
        )
    return count


def _check_names(what: str, nodes: Mapping[str, PlanNode], component: Component, section: str) -> None:
    """Raises :class:`GrammarError` where two tensors would have one name in the graph."""
    seen: set[str] = set()
    for tensor in (tensor for node in nodes.values() for tensor in leaves(node)):
        if tensor.name in seen:
            message = f"two {what} are named `{tensor.name}`"
            raise GrammarError(
                Problem(message, location=component.origin((section,)), expected="a `name:` of its own for each")
            )
        seen.add(tensor.name)


def _check_needs(nodes: Mapping[str, PlanNode], written: Mapping[str, Node]) -> None:
    """Raises :class:`GrammarError` where values come from an input that is no tensor, or from themselves."""
    needs = {name: node.needs for name, node in nodes.items() if isinstance(node, TensorSpec)}
    for name, node in nodes.items():
        place = partial(written[name].origin, ("values",))  # looked up where it is told: a contract's takes a while
        for tensor in leaves(node):
            odd = next((need for need in tensor.needs if need not in needs), None)
            if odd is not None:
                message = f"the values of `{tensor.name}` come from `{odd}`, which is a structure"
                raise GrammarError(Problem(message, location=place(), expected="an input that is one tensor"))
        circle = _circle(name, needs)
        if circle:
            message = f"the values of `{name}` come from themselves: {' → '.join(circle)}"
            raise GrammarError(Problem(message, location=place()))


def _circle(start: str, needs: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The way from a tensor's values back to themselves, or an empty list."""
    seen: set[str] = set()
    ways = [[start]]
    while ways:
        way = ways.pop()
        for need in needs.get(way[-1], ()):
            if need == start:
                return [*way, need]
            if need not in seen:
                seen.add(need)
                ways.append([*way, need])
    return []
