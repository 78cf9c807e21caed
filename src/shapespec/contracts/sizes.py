"""Sizes worked out by their rules: one given, the others by default or derived, each checked against its bounds."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any, TypeAlias

from shapespec.contracts.failures import failure, shortened
from shapespec.contracts.model import SizeRule, Value
from shapespec.errors import GrammarError, Location, Problem, SizeError
from shapespec.expressions import Budget, EvaluationFailure, Expression, MissingValue, Open, UnknownName, evaluate

#: No size is larger: what is larger fits no tensor.
MAX_SIZE = (1 << 63) - 1

#: How many sizes may depend on each other in a row.
_MOST_PENDING = 60


class _NoConfig:
    """Stands for the config once it is worked out: what is still asked of it was not there."""

    def shapespec_get(self, name: str, *default: Any) -> Any:
        raise MissingValue(f"config.{name}")


_NO_CONFIG = _NoConfig()

#: A size's place: the component that has a rule of its own for it (None for the rule that holds everywhere), its name.
Key: TypeAlias = tuple[str | None, str]

#: (least, most or None, step) of a size.
Bounds: TypeAlias = tuple[int, int | None, int]


class OutOfBounds(SizeError):
    """A size that its bounds do not allow, as ``sizes`` worked it out by ``rule``."""

    def __init__(self, problem: Problem, sizes: Sizes, rule: SizeRule, size: int) -> None:
        super().__init__(problem)
        self.sizes = sizes
        self.rule = rule
        self.size = size


class Sizes:
    """The sizes of one component (or of the whole spec). Each is worked out when it is first asked for, so that what
    nothing uses needs no value; ``found`` holds those that were asked for, in order.

    ``instead`` holds the sizes of defaults that gave way; ``alone`` names the rules that are ``component``'s own.
    """

    def __init__(
        self,
        rules: Mapping[str, SizeRule],
        formulas: Mapping[str, Value],
        given: Mapping[str, int],
        budget: Budget,
        instead: Mapping[Key, int] = MappingProxyType({}),
        component: str | None = None,
        alone: frozenset[str] = frozenset(),
    ) -> None:
        self.rules = rules
        self.formulas = formulas
        self.given = given
        self.budget = budget
        self.instead = instead
        self.component = component
        self.alone = alone
        self.found: dict[str, int] = {}
        self.local: dict[str, int] = {}
        self._pending: list[str] = []
        self._values: dict[str, Any] = {}

    def key(self, name: str) -> Key:
        """A size's place among those that may give way."""
        return (self.component if name in self.alone else None, name)

    def anew(self, instead: Mapping[Key, int], budget: Budget) -> Sizes:
        """The same with other defaults, nothing worked out yet."""
        return Sizes(self.rules, self.formulas, self.given, budget, instead, self.component, self.alone)

    def behind(self, value: Value) -> list[str]:
        """The sizes that a value reads, in order: those behind formulas and derived sizes too, and those that the
        defaults of these come from."""
        found: dict[str, None] = {}
        waiting = [*reversed(_names(value))]
        seen: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            rule = self.rules.get(name)
            if rule is None:
                waiting += reversed(_names(self.formulas.get(name)))
                continue
            found[name] = None
            waiting += reversed(_names(rule.equals if rule.is_derived else rule.value))
        return list(found)

    def lookup(self, name: str) -> Any:
        """A repetition's index, what a formula of that name gives, or a size. Raises :class:`UnknownName`."""
        if name in self.local:
            return self.local[name]
        if name == "config":
            return _NO_CONFIG
        if name not in self.formulas:
            return self.size(name)
        if name not in self._values:
            found = self.formulas[name]
            is_open = isinstance(found, Open)
            self._values[name] = evaluate(found.expression, self, budget=self.budget) if is_open else found
        return self._values[name]

    def size(self, name: str) -> int:
        """A size's value. Raises :class:`shapespec.SpecError` of the fitting kind."""
        if name not in self.found:
            rule = self.rules.get(name)
            if rule is None:
                raise UnknownName(name)
            outer, self.local = self.local, {}  # a size is the same in every repetition
            try:
                self.found[name] = self._guarded(name, rule)
            finally:
                self.local = outer
        return self.found[name]

    def value(self, value: Value, place: Callable[[], Location | None], what: str) -> Any:
        """What is known as it is, what is open worked out. Errors name the place and what it was for."""
        if not isinstance(value, Open):
            return value
        try:
            found = evaluate(value.expression, self, budget=self.budget)
        except EvaluationFailure as error:
            raise failure(error, value, place(), what, [*self.local, *self.rules]) from None
        return as_plain(found)

    def worked_out(self, part: ast.expr) -> Any:
        """The value of a part of an expression that reads sizes alone. Raises :class:`EvaluationFailure`."""
        return evaluate(Expression(ast.unparse(part), part, (), ()), self, budget=self.budget)

    def spend(self, steps: int, place: Callable[[], Location | None], what: str) -> None:
        """Takes steps of the budget. Raises :class:`shapespec.GrammarError` where none are left."""
        try:
            self.budget.spend(steps)
        except EvaluationFailure as error:
            raise GrammarError(Problem(f"{what} {error}", location=place())) from None

    def _guarded(self, name: str, rule: SizeRule) -> int:
        place = rule.origin(("equals" if rule.is_derived else "value",))
        if name in self._pending:
            circle = " → ".join(self._circle(name))
            raise GrammarError(Problem(f"`{name}` depends on itself: {circle}", location=place))
        if len(self._pending) >= _MOST_PENDING:
            said = f"`{name}` stands at the end of more than {_MOST_PENDING} names that depend on each other"
            raise GrammarError(Problem(said, location=place))
        self._pending.append(name)
        try:
            return self._resolved(name, rule)
        finally:
            self._pending.pop()

    def _circle(self, name: str) -> list[str]:
        """The way from a size back to itself, with the names that its file goes by."""
        sizes = [*self._pending[self._pending.index(name) :], name]
        steps = pairwise(sizes)
        return [*(part for one, other in steps for part in (one, *self.rules[one].through(other))), name]

    def _resolved(self, name: str, rule: SizeRule) -> int:
        if rule.is_derived:
            size = self._part(rule, "equals", f"the size `{name}`", f"`{name}`")
            # What a component alone derives is its own affair: the call's size is for the other components.
            if name in self.given and self.given[name] != size and not rule.own:
                raise SizeError(self._derived_problem(rule, size))
        elif name in self.given:
            size = self.given[name]
        elif self.key(name) in self.instead:
            size = self.instead[self.key(name)]
        elif rule.value is not None:
            size = self._part(rule, "value", f"the size `{name}`", f"`{name}`")
        else:
            expected = "a size given in the call: it has no default"
            raise SizeError(f"`{name}` has no value", argument=name, expected=expected)
        self._check_bounds(rule, size)
        return size

    def _derived_problem(self, rule: SizeRule, size: int) -> Problem:
        written = dict(rule.written)
        behind = written.get("behind") or " or ".join(f"`{part}`" for part in _names(rule.equals))
        why = f" ({rule.why})" if rule.why else ""
        place = rule.origin(("equals",))
        return Problem(
            f"{self.given[rule.name]} was given, but `{rule.name}` is derived from "
            f"`{written.get('equals', rule.equals)}`, which is {size}{why}",
            argument=rule.name,
            expected=f"{size}, or another value of {behind}" if behind else str(size),
            related=(("derived at", place),) if place else (),
        )

    def _part(self, rule: SizeRule, key: str, what: str, told: str) -> int:
        value = self.value(getattr(rule, key), lambda: rule.origin((key,)), what)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > MAX_SIZE:
            width = len(dict(rule.written).get(key, "")) or 1
            said = f"{told} is {shortened(value)}"
            raise SizeError(Problem(said, location=rule.origin((key,)), expected="a whole number", width=width))
        return value

    # -- bounds

    def bounds(self, name: str) -> Bounds:
        """A size's bounds and step."""
        rule = self.rules[name]
        least = self._bound(rule, "min")
        step = self._bound(rule, "multiple_of")
        if step is not None and step < 1:
            said = f"`multiple_of` of the size `{name}` is {step}"
            raise SizeError(Problem(said, location=rule.origin(("multiple_of",)), expected="1 or more"))
        return 1 if least is None else least, self._bound(rule, "max"), step or 1

    def _bound(self, rule: SizeRule, key: str) -> int | None:
        bound = getattr(rule, key)
        if bound is None:
            return None
        what = f"`{key}` of the size `{rule.name}`"
        if isinstance(bound, Open) and self.value(bound, lambda: rule.origin((key,)), what) is None:
            return None
        return self._part(rule, key, what, what)

    def _check_bounds(self, rule: SizeRule, size: int) -> None:
        bounds = self.bounds(rule.name)
        least, most, step = bounds
        if size < least or (most is not None and size > most) or size % step:
            raise OutOfBounds(self._problem(rule, size, bounds), self, rule, size)

    def _problem(self, rule: SizeRule, size: int, bounds: Bounds) -> Problem:
        if nearest_within(bounds, size) is None:
            return self._no_room(rule, bounds)
        fault, key, expected = misfit(rule, size, bounds)
        why = f" ({rule.why})" if rule.why else ""
        place = rule.origin((key,)) if getattr(rule, key) is not None else None
        related = (("bound set at", place),) if place is not None else ()
        if rule.name in self.given and not rule.is_derived:
            return Problem(f"{size} is {fault}{why}", argument=rule.name, expected=expected, related=related)
        origin = rule.origin(("equals" if rule.is_derived else "value",))
        message = f"`{rule.name}` is {size}, which is {fault}{why}"
        if origin is None:
            return Problem(message, argument=rule.name, expected=expected, related=related)
        return Problem(message, location=origin, expected=expected, related=related)

    def _no_room(self, rule: SizeRule, bounds: Bounds) -> Problem:
        """What is told where bounds leave nothing."""
        least, most, step = bounds
        said = [f"its least is {_told(rule, 'min', least)}", f"its most {_told(rule, 'max', most)}"]
        said += [f"its step {_told(rule, 'multiple_of', step)}"] if step > 1 else []
        why = f" ({rule.why})" if rule.why else ""
        places = [(key, rule.origin((key,))) for key in ("min", "max", "multiple_of") if getattr(rule, key) is not None]
        related = tuple((f"`{key}` set at", place) for key, place in places if place is not None)
        behind = [f"`{name}`" for value in (rule.min, rule.max, rule.multiple_of) for name in self.behind(value)]
        other = f"another {' or '.join(dict.fromkeys(behind))}" if behind else "another config"
        return Problem(f"no size is left: {'; '.join(said)}{why}", argument=rule.name, expected=other, related=related)


def nearest_within(bounds: Bounds, size: int) -> int | None:
    """The size nearest to ``size`` that bounds and step allow (of two as near the larger), or None where none is."""
    least, most, step = bounds
    low = -(-least // step) * step
    high = None if most is None else most // step * step
    if high is not None and high < low:
        return None
    near = (2 * size + step) // (2 * step) * step
    return max(low, near if high is None else min(near, high))


def misfit(rule: SizeRule, size: int, bounds: Bounds) -> tuple[str, str, str]:
    """(in what a size does not fit its bounds, which of them it is, what fits)."""
    least, most, step = bounds
    if size < least:
        return f"below its least, {_told(rule, 'min', least)}", "min", f"{least} or more"
    if most is not None and size > most:
        return f"above its most, {_told(rule, 'max', most)}", "max", f"{most} or less"
    below, above = size // step * step, -(-size // step) * step
    near = f"{below} or {above}" if below > 0 else f"{above}"
    return f"no multiple of {_told(rule, 'multiple_of', step)}", "multiple_of", near


def _told(rule: SizeRule, key: str, bound: int | None) -> str:
    """A bound with what it is written as, where that tells more than the number."""
    written = dict(rule.written).get(key)
    return str(bound) if written in (None, str(bound)) else f"{bound}, which is `{written}`"


def as_plain(value: Any) -> Any:
    """Lists as tuples, so that what holds them is hashable."""
    return tuple(as_plain(item) for item in value) if isinstance(value, (list, tuple, range)) else value


def is_plain(value: Any) -> bool:
    """Whether a value holds nothing but numbers, text, truth values and None."""
    if isinstance(value, tuple):
        return all(is_plain(item) for item in value)
    return value is None or isinstance(value, (bool, int, float, str))


def _names(value: Value) -> tuple[str, ...]:
    return value.expression.names if isinstance(value, Open) else ()
