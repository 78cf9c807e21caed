"""Names and their values: sizes, `let` names, the config, and what the call says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapespec.configs import ConfigView
from shapespec.errors import (
    ConfigError,
    ExpressionError,
    GrammarError,
    Location,
    Problem,
    SizeError,
    SpecError,
    nearest,
)
from shapespec.expressions import Budget, EvaluationFailure, Expression, MissingValue, UnknownName, evaluate, parse
from shapespec.layers import Merged, Stack, overlay

#: No size is larger: what is larger fits no tensor.
MAX_SIZE = (1 << 63) - 1

#: How many names may depend on each other in a row.
_MOST_PENDING = 60

#: The marks of an output's axis whose size only a run tells.
UNKNOWN_MARK = "?"


class Scope:
    """The names of one component (or of the whole spec, where ``component`` is None).

    Sizes are worked out when they are first asked for, so that only what a spec uses needs a config value.
    """

    def __init__(
        self,
        stack: Stack,
        config: ConfigView,
        given: Mapping[str, int],
        facts: Mapping[str, Any],
        component: Merged | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.stack = stack
        self.config = config
        self.given = given
        self.facts = facts
        self.component = component
        self.budget = budget or Budget()
        self.local: dict[str, Any] = {}
        self.sizes: dict[str, int] = {}
        self._lets: dict[str, Any] = {}
        self._local_lets: dict[tuple[Any, ...], Any] = {}
        self._pending: list[str] = []
        self._merged_dims: dict[str, Merged | None] = {}
        self._dims_behind: dict[str, list[str]] = {}
        self._dynamic: dict[str, bool] = {}
        self._local_reads = 0

    def within(self, name: str, component: Merged) -> Scope:
        """The names of one component, over what holds everywhere; the work of both counts as one."""
        facts = {**self.facts, "component": name}
        return Scope(self.stack, self.config, self.given, facts, component, self.budget)

    # -- dims

    def dim(self, name: str) -> Merged | None:
        """The merged declaration of a size, or None where there is none."""
        if name not in self._merged_dims:
            found = self.stack.merged("dims", name)
            own = self.component.value.get("dims", {}).get(name) if self.component is not None else None
            if own is not None and self.component is not None:
                found = overlay(found, self.component.sub(("dims", name)), "dim")
            self._merged_dims[name] = found
        return self._merged_dims[name]

    def size(self, name: str) -> int:
        """A size's value, checked against its bounds. Raises :class:`SpecError` of the fitting kind."""
        if name not in self.sizes:
            dim = self.dim(name)
            if dim is None:
                raise UnknownName(name)
            outer, self.local = self.local, {}  # a size is the same in every repetition
            try:
                self.sizes[name] = self._guarded(name, lambda: self._resolve(name, dim))
            finally:
                self.local = outer
        return self.sizes[name]

    def _guarded(self, name: str, work: Any) -> Any:
        if name in self._pending:
            circle = " → ".join([*self._pending[self._pending.index(name) :], name])
            raise GrammarError(Problem(f"`{name}` depends on itself: {circle}", location=self._place(name)))
        if len(self._pending) >= _MOST_PENDING:
            raise GrammarError(
                Problem(f"`{name}` stands at the end of more than {_MOST_PENDING} names that depend on each other",
                        location=self._place(name))
            )
        self._pending.append(name)
        try:
            return work()
        finally:
            self._pending.pop()

    def _place(self, name: str) -> Location | None:
        dim = self.dim(name)
        if dim is not None:
            return dim.origin(("equals",)) if "equals" in dim.value else dim.origin(("value",))
        let = self.stack.merged("let", name)
        return let.origin(()) if let is not None else None

    def _resolve(self, name: str, dim: Merged) -> int:
        if "equals" in dim.value:
            size = self._whole(name, dim, "equals")
            own = name in ((self.component.value.get("dims") or {}) if self.component is not None else {})
            # What a component alone derives is its own affair: the call's size is for the other components.
            if name in self.given and self.given[name] != size and not own:
                raise SizeError(self._derived_problem(name, dim, size))
        elif name in self.given:
            size = self.given[name]
        elif "value" in dim.value:
            size = self._whole(name, dim, "value")
        else:
            expected = "a size given in the call: it has no default"
            raise SizeError(f"`{name}` has no value", argument=name, expected=expected)
        self._check_bounds(name, dim, size)
        return size

    def _derived_problem(self, name: str, dim: Merged, size: int) -> Problem:
        text = str(dim.value["equals"])
        behind = " or ".join(f"`{part}`" for part in _roots(parse(dim.value["equals"])))
        why = f" ({dim.value['why']})" if dim.value.get("why") else ""
        return Problem(
            f"{self.given[name]} was given, but `{name}` is derived from `{text}`, which is {size}{why}",
            argument=name,
            expected=f"{size}, or another value of {behind}" if behind else str(size),
            related=(("derived at", place),) if (place := dim.origin(("equals",))) else (),
        )

    def _whole(self, name: str, dim: Merged, key: str) -> int:
        value = self.evaluate(dim.value[key], dim.origin((key,)), f"the size `{name}`")
        return self._checked_whole(value, dim, key, f"`{name}`")

    def _checked_whole(self, value: Any, dim: Merged, key: str, what: str) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > MAX_SIZE:
            said = f"{what} is {shortened(value)}"
            width = len(str(dim.value[key]))
            raise SizeError(Problem(said, location=dim.origin((key,)), expected="a whole number", width=width))
        return value

    def _check_bounds(self, name: str, dim: Merged, size: int) -> None:
        least = self._bound(name, dim, "min", 1)
        most = self._bound(name, dim, "max", None)
        step = self._bound(name, dim, "multiple_of", None)
        if least is not None and size < least:
            raise self._bound_error(name, dim, size, f"below its least, {least}", f"{least} or more", "min")
        if most is not None and size > most:
            raise self._bound_error(name, dim, size, f"above its most, {most}", f"{most} or less", "max")
        if step is not None and step < 1:
            raise SizeError(
                Problem(f"`multiple_of` of the size `{name}` is {step}", location=dim.origin(("multiple_of",)),
                        expected="1 or more")
            )
        if step is not None and size % step:
            below, above = size // step * step, -(-size // step) * step
            near = f"{below} or {above}" if below > 0 else f"{above}"
            raise self._bound_error(name, dim, size, f"no multiple of {step}", near, "multiple_of")

    def _bound(self, name: str, dim: Merged, key: str, default: int | None) -> int | None:
        if key not in dim.value:
            return default
        what = f"`{key}` of the size `{name}`"
        found = self.evaluate(dim.value[key], dim.origin((key,)), what)
        return default if found is None else self._checked_whole(found, dim, key, what)

    def _bound_error(self, name: str, dim: Merged, size: int, fault: str, expected: str, key: str) -> SizeError:
        why = f" ({dim.value['why']})" if dim.value.get("why") else ""
        place = dim.origin((key,)) if key in dim.value else None
        related = (("bound set at", place),) if place is not None else ()
        if name in self.given:
            return SizeError(
                Problem(f"{size} is {fault}{why}", argument=name, expected=expected, related=related)
            )
        origin = dim.origin(("equals",)) if "equals" in dim.value else dim.origin(("value",))
        message = f"`{name}` is {size}, which is {fault}{why}"
        return SizeError(Problem(message, location=origin, expected=expected, related=related))

    def is_dynamic(self, name: str) -> bool:
        """Whether a size is dynamic: as declared; a derived one is when a size that it comes from is."""
        dim = self.dim(name)
        if dim is None:
            return False
        if "dynamic" in dim.value:
            return bool(dim.value["dynamic"])
        if "equals" in dim.value:
            if name not in self._dynamic:
                self._dynamic[name] = False  # what leads back here adds nothing
                parts = self.dims_in(parse(dim.value["equals"]))
                self._dynamic[name] = any(self.is_dynamic(part) for part in parts)
            return self._dynamic[name]
        return True

    def is_named(self, name: str) -> bool:
        """Whether graphs name an axis of this size."""
        dim = self.dim(name)
        return dim is not None and bool(dim.value.get("named", self.is_dynamic(name)))

    def dims_in(self, expression: Expression) -> list[str]:
        """The sizes that an expression reads, `let` names seen through."""
        found: list[str] = []
        for name in expression.names:
            if name in self.local or name == "config":
                continue
            if self.dim(name) is not None:
                found.append(name)
            elif (let := self.stack.merged("let", name)) is not None:
                if name not in self._dims_behind:
                    self._dims_behind[name] = []  # what leads back here adds nothing
                    self._dims_behind[name] = self.dims_in(parse(let.value))
                found += self._dims_behind[name]
        return list(dict.fromkeys(found))

    # -- expressions

    def lookup(self, name: str) -> Any:
        """The value of a name: a repetition's index, a size, a `let` name, ``config``, or a fact of the call."""
        if name in self.local:
            self._local_reads += 1
            return self.local[name]
        if name == "config":
            return self.config
        if self.dim(name) is not None:
            return self.size(name)
        if name in self._lets:
            return self._lets[name]
        here = (name, *self.local.items())  # what reads an index differs from one repetition to the next
        if here in self._local_lets:
            self._local_reads += 1
            return self._local_lets[here]
        let = self.stack.merged("let", name)
        if let is not None:
            before = self._local_reads
            value = self._guarded(name, lambda: self._let(name, let))
            if self._local_reads == before:
                self._lets[name] = value
            else:
                self._local_lets[here] = value
            return value
        if name in self.facts:
            return self.facts[name]
        raise UnknownName(name)

    def _let(self, name: str, let: Merged) -> Any:
        """A `let` value. What is missing inside stays a MissingValue, so that `first(…)` can pass over it."""
        try:
            return evaluate(parse(let.value), self, budget=self.budget)
        except MissingValue:
            raise
        except EvaluationFailure as error:
            raise self._failure(error, let.value, let.origin(()), f"`let` name `{name}`") from None

    def evaluate(self, text: Any, place: Location | None, what: str) -> Any:
        """An expression's value. Errors name the place and what it was for."""
        return self.evaluated(parse(text), place, what)

    def evaluated(self, expression: Expression, place: Location | None, what: str) -> Any:
        """As ``evaluate``, of an expression that is parsed."""
        try:
            return evaluate(expression, self, budget=self.budget)
        except EvaluationFailure as error:
            raise self._failure(error, expression.text, place, what) from None

    def spend(self, steps: int, merged: Merged, what: str) -> None:
        """Takes steps of the load's budget. Raises :class:`GrammarError` at ``merged`` where none are left."""
        try:
            self.budget.spend(steps)
        except EvaluationFailure as error:
            raise GrammarError(Problem(f"{what} {error}", location=merged.origin(()))) from None

    def _failure(self, error: EvaluationFailure, text: Any, place: Location | None, what: str) -> SpecError:
        width = max(1, len(str(text)))
        if isinstance(error, MissingValue) and "." in error.name:  # an attribute: of the config or of a part of it
            related = ((f"{what} reads it", place),) if place else ()
            return ConfigError(
                Problem(str(error), argument="config", expected=f"{_as_given(error.name)}: {what} is `{text}`",
                        related=related)
            )
        if isinstance(error, UnknownName):
            return ExpressionError(
                Problem(f"{what}: {error}", location=place, suggestion=nearest(error.name, self.names()), width=width,
                        expected="a size, a `let` name, `config.…` or a fact such as `task`")
            )
        fault = f"{what}: {error}" if isinstance(error, MissingValue) else f"{what}: `{text}` {error}"
        return ExpressionError(Problem(fault, location=place, width=width))

    def names(self) -> list[str]:
        """Every name that an expression may use here."""
        return [*self.local, *self.stack.keys("dims"), *self.stack.keys("let"), *self.facts, "config"]

    def holds(self, condition: Any, place: Location | None, what: str) -> bool:
        """Whether a condition holds (None always does)."""
        return condition is None or bool(self.evaluate(condition, place, f"`when` of {what}"))


def _as_given(name: str) -> str:
    """How a config attribute is given: ``config.text_config.x`` as ``config={"text_config": {"x": …}}``."""
    root, *parts = name.split(".")
    if root != "config":
        return f"a value for `{name}`"
    inner = "…"
    for part in reversed(parts):
        inner = f'{{"{part}": {inner}}}'
    return f"a config that has it, or config={inner}"


def shortened(value: Any) -> str:
    """A value as an error shows it."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _roots(expression: Expression) -> list[str]:
    names = [name for name in expression.names if name != "config"]
    return [*names, *[f"config.{path}" for path in expression.config_paths]]
