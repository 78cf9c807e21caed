"""Names and what they mean before sizes are settled: `let` names, the config, and what the call says of itself."""

from __future__ import annotations

import ast
import copy
import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shapespec.contracts.failures import failure
from shapespec.contracts.model import SizeRule, Value
from shapespec.contracts.sizes import as_plain
from shapespec.errors import GrammarError, Location, Problem, SpecError
from shapespec.expressions import (
    Budget,
    EvaluationFailure,
    Expression,
    Knowledge,
    MissingValue,
    NotFoldable,
    Open,
    UnknownName,
    evaluate,
    parse,
    partial,
)
from shapespec.language.merging import rule_at
from shapespec.layers import Merged, Stack, overlay
from shapespec.resolving.config import ConfigView

#: How many names may depend on each other in a row.
_MOST_PENDING = 60

#: What is longer than this is read by its name.
_INLINED = 100

#: What bounds a size.
BOUNDS = ("min", "max", "multiple_of")

#: The name that gathers `special_tokens:`.
SPECIAL_TOKENS = "special_token_ids"

_DIM = rule_at(("dims", "*"))


class _Spelling(ast.NodeTransformer):
    """Puts what `let` names stand for in their place, a few deep, and of conditions what holds."""

    def __init__(self, let_of: Callable[[str], Any], settled: Callable[[ast.expr], bool | None], depth: int = 3):
        self.let_of = let_of
        self.settled = settled
        self.depth = depth

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        holds = self.settled(node.test)
        return self.generic_visit(node) if holds is None else self.visit(node.body if holds else node.orelse)

    def visit_Name(self, node: ast.Name) -> Any:
        found = self.let_of(node.id) if self.depth else None
        if found is None:
            return node
        return _Spelling(self.let_of, self.settled, self.depth - 1).visit(copy.deepcopy(found))


class Names:
    """The names of one component (or of the whole spec, where ``component`` is None)."""

    def __init__(
        self,
        stack: Stack,
        config: ConfigView,
        facts: Mapping[str, Any],
        component: Merged | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.stack = stack
        self.config = config
        self.facts = facts
        self.component = component
        self.budget = budget or Budget()
        self.local: dict[str, Any] = {}
        self.counted: set[str] = set()  # indices of repetitions whose number a size tells
        self._lets: dict[str, Any] = {}
        self._local_lets: dict[tuple[Any, ...], Any] = {}
        self._pending: list[str] = []
        self._merged_dims: dict[str, Merged | None] = {}
        self._behind: dict[str, tuple[str, ...]] = {}
        self._dynamic: dict[str, bool] = {}
        self._rules: dict[str, SizeRule] = {}
        self.formulas: dict[str, Open] = {}
        self._local_reads = 0

    def within(self, name: str, component: Merged) -> Names:
        """The names of one component, over what holds everywhere; the work of both counts as one."""
        facts = {**self.facts, "component": name}
        return Names(self.stack, self.config, facts, component, self.budget)

    # -- sizes as declared

    def dim(self, name: str) -> Merged | None:
        """The merged declaration of a size, or None where there is none."""
        if name not in self._merged_dims:
            found = self.stack.merged("dims", name)
            if self.is_own(name):
                assert self.component is not None
                found = overlay(found, self.component.sub(("dims", name)), _DIM)
            self._merged_dims[name] = found
        return self._merged_dims[name]

    def is_own(self, name: str) -> bool:
        """Whether the component declares the size for itself."""
        return self.component is not None and (self.component.value.get("dims") or {}).get(name) is not None

    def rule(self, name: str) -> SizeRule:
        """The rule of a size, all but other sizes worked out."""
        if name not in self._rules:
            dim = self.dim(name)
            assert dim is not None
            outer, self.local = self.local, {}  # a size is the same in every repetition
            try:
                self._rules[name] = self._rule(name, dim)
            finally:
                self.local = outer
        return self._rules[name]

    def _rule(self, name: str, dim: Merged) -> SizeRule:
        key = "equals" if "equals" in dim.value else "value"
        what = {key: f"the size `{name}`", **{bound: f"`{bound}` of the size `{name}`" for bound in BOUNDS}}
        parts = {
            part: self.folded(dim.value[part], dim.origin((part,)), said)
            for part, said in what.items() if part in dim.value
        }  # fmt: skip
        if key in parts and parts[key] is None:
            parts[key] = Open("None")  # said, and no number: told where the size is asked for
        written = [(part, self._spelled(dim.value[part]) if part in BOUNDS else str(dim.value[part])) for part in parts]
        if "equals" in parts:
            written.append(("behind", " or ".join(f"`{part}`" for part in _roots(parse(dim.value["equals"])))))
        behind = tuple(self.dims_in(parse(dim.value["value"]))) if "value" in dim.value else ()
        return SizeRule(
            name,
            **parts,
            dynamic=self.is_dynamic(name),
            named=self.is_named(name),
            why=dim.value.get("why"),
            source=dim.value.get("source"),
            behind=behind,
            own=self.is_own(name),
            written=tuple(written),
            through=functools.partial(self._through, name),
            origin=dim.origin,
        )

    def _spelled(self, text: Any) -> str:
        """A bound as written, short `let` names spelled out, so that it names what sets it: a config's attribute."""
        expression = parse(text)
        if not any(self._is_let(name) for name in expression.names):
            return str(text)
        found = ast.unparse(_Spelling(self._let_of, self._settled).visit(copy.deepcopy(expression.tree)))
        return found if len(found) <= _INLINED else str(text)

    def _settled(self, condition: ast.expr) -> bool | None:
        """Whether a condition holds; None where sizes decide it, or it can't be told."""
        try:
            found = self.folded(ast.unparse(condition), None, "a condition")
        except SpecError:
            return None
        return None if isinstance(found, Open) else bool(found)

    def _let_of(self, name: str) -> Any:
        """What a `let` name stands for, parsed; None for what is none."""
        let = self.stack.merged("let", name) if self._is_let(name) else None
        return parse(let.value).tree if let is not None else None

    def is_dynamic(self, name: str) -> bool:
        """Whether a size is dynamic: as declared, where its bounds leave more than one value; a derived one is when a
        size that it comes from is."""
        dim = self.dim(name)
        if dim is None or self._is_pinned(name, dim):
            return False
        return self._is_declared_dynamic(name, dim)

    def _is_declared_dynamic(self, name: str, dim: Merged) -> bool:
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
        return dim is not None and bool(dim.value.get("named", self._is_declared_dynamic(name, dim)))

    def _is_pinned(self, name: str, dim: Merged) -> bool:
        """Whether bounds leave a size one value, whatever the other sizes are."""
        if "min" not in dim.value or "max" not in dim.value:
            return False
        least, most = (
            self.folded(dim.value[key], dim.origin((key,)), f"`{key}` of the size `{name}`") for key in ("min", "max")
        )
        return isinstance(least, int) and least == most

    def dims_in(self, expression: Expression) -> list[str]:
        """The sizes that an expression reads, `let` names seen through."""
        names = (name for name in expression.names if name not in self.local and name != "config")
        reached = (other for name in names for other in self._reached(name))
        return [name for name in dict.fromkeys(reached) if self.dim(name) is not None]

    def _reached(self, name: str) -> tuple[str, ...]:
        """What a name reads in the end, `let` names seen through: sizes, and whatever else is no `let` name. Itself
        where it is none."""
        if name not in self._behind:
            ways = self._ways((name,))
            self._behind[name] = tuple(other for other in ways if not self._is_let(other) and other != "config")
        return self._behind[name]

    def _through(self, name: str, other: str) -> tuple[str, ...]:
        """The `let` names by which a size reads another, first to last."""
        dim = self.dim(name)
        assert dim is not None
        ways = self._ways(parse(dim.value["equals" if "equals" in dim.value else "value"]).names)
        found: list[str] = []
        before = ways.get(other)
        while before is not None:
            found.insert(0, before)
            before = ways[before]
        return tuple(found)

    def _ways(self, names: Iterable[str]) -> dict[str, str | None]:
        """Every name that these lead to, in order, themselves included, each with the `let` name that reads it. No
        recursion: a chain may be long, and what leads back adds nothing."""
        ways: dict[str, str | None] = {}
        waiting: list[tuple[str, str | None]] = [(name, None) for name in reversed(tuple(names))]
        while waiting:
            name, before = waiting.pop()
            if name in ways:
                continue
            ways[name] = before
            if self._is_let(name):
                let = self.stack.merged("let", name)
                assert let is not None
                waiting += [(inner, name) for inner in reversed(parse(let.value).names)]
        return ways

    def _is_let(self, name: str) -> bool:
        return self.dim(name) is None and self.stack.merged("let", name) is not None

    # -- expressions

    def folded(self, text: Any, place: Location | None, what: str, arrays: frozenset[str] | None = None) -> Value:
        """An expression's value, or what is left of it: sizes, and ``arrays`` where it is a formula. Errors name the
        place and what it was for."""
        expression = parse(text)
        if isinstance(expression.tree, ast.Name) and self._stays(expression.tree.id):
            return Open(expression.text)  # most sizes are one name
        try:
            if arrays is None and not any(self._stays(name) or self._reads_open(name) for name in expression.names):
                return as_plain(evaluate(expression, self, budget=self.budget))
            return as_plain(partial(expression, self._knowledge(arrays or frozenset())))
        except EvaluationFailure as error:
            raise failure(error, expression.text, place, what, self.names()) from None
        except NotFoldable as error:
            message, expected = f"{what}: `{text}` {error}", "numbers, lists of numbers and sizes"
            raise GrammarError(Problem(message, location=place, expected=expected)) from None

    def _knowledge(self, arrays: frozenset[str]) -> Knowledge:
        return Knowledge(
            is_open=lambda name: name in arrays or self._stays(name),
            inlined=self._inlined,
            reads_open=self._reads_open,
            value=self._worked_out,
        )

    def _stays(self, name: str) -> bool:
        return name in self.counted or (name not in self.local and name != "config" and self.dim(name) is not None)

    def _inlined(self, name: str, fold: Callable[[Expression], Any]) -> Any:
        """What a `let` name that reads sizes is folded to: what it stands for, or, where that is long and the same in
        every repetition, its name."""
        let = self.stack.merged("let", name)
        assert let is not None
        if name in self.formulas:
            return ast.Name(name, ast.Load())
        before = self._local_reads
        try:
            found = self._guarded(name, lambda: fold(parse(let.value)))
            text = ast.unparse(found) if isinstance(found, ast.expr) else ""
            if len(text) <= _INLINED or self._local_reads != before or self.counted:
                return found
            self.formulas[name] = Open(text)
            return ast.Name(name, ast.Load())
        except MissingValue:
            raise
        except EvaluationFailure as error:
            raise failure(error, let.value, let.origin(()), f"`let` name `{name}`", self.names()) from None

    def _reads_open(self, name: str) -> bool:
        if name in self.local or name == "config":
            return False
        return self._is_let(name) and any(map(self._stays, self._reached(name)))

    def _worked_out(self, part: ast.expr) -> Any:
        return evaluate(Expression(_unparsed(part), part, (), ()), self, budget=self.budget)

    def lookup(self, name: str) -> Any:
        """The value of a name that reads no size: a repetition's index, a `let` name, ``config``, or a fact of the
        call."""
        if name in self.local:
            self._local_reads += 1
            return self.local[name]
        if name == "config":
            return self.config
        if name in self._lets:
            return self._lets[name]
        here = (name, *self.local.items())  # what reads an index differs from one repetition to the next
        if here in self._local_lets:
            self._local_reads += 1
            return self._local_lets[here]
        let = self.stack.merged("let", name)
        if let is not None:
            return self._remembered(name, here, lambda: self._let(name, let))
        if name in self.facts:
            return self.facts[name]
        if name == SPECIAL_TOKENS:
            return self._remembered(name, here, self._special_tokens)
        raise UnknownName(name)

    def _remembered(self, name: str, here: tuple[Any, ...], work: Callable[[], Any]) -> Any:
        before = self._local_reads
        value = self._guarded(name, work)
        if self._local_reads == before:
            self._lets[name] = value
        else:
            self._local_lets[here] = value
        return value

    def _guarded(self, name: str, work: Callable[[], Any]) -> Any:
        if name in self._pending:
            circle = " → ".join([*self._pending[self._pending.index(name) :], name])
            raise GrammarError(Problem(f"`{name}` depends on itself: {circle}", location=self._place(name)))
        if len(self._pending) >= _MOST_PENDING:
            raise GrammarError(
                Problem(
                    f"`{name}` stands at the end of more than {_MOST_PENDING} names that depend on each other",
                    location=self._place(name),
                )
            )
        self._pending.append(name)
        try:
            return work()
        finally:
            self._pending.pop()

    def _place(self, name: str) -> Location | None:
        let = self.stack.merged("let", name)
        return let.origin(()) if let is not None else None

    def _let(self, name: str, let: Merged) -> Any:
        """A `let` value. What is missing inside stays a MissingValue, so that a fallback can pass over it."""
        try:
            return evaluate(parse(let.value), self, budget=self.budget)
        except MissingValue:
            raise
        except EvaluationFailure as error:
            raise failure(error, let.value, let.origin(()), f"`let` name `{name}`", self.names()) from None

    def _special_tokens(self) -> list[Any]:
        """What `special_tokens:` names, as far as the config has it."""
        found = []
        for name in self.stack.keys("special_tokens"):
            token = self.stack.merged("special_tokens", name)
            assert token is not None
            try:
                found.append(evaluate(parse(token.value), self, budget=self.budget))
            except MissingValue:
                continue
            except EvaluationFailure as error:
                what = f"the special token `{name}`"
                raise failure(error, token.value, token.origin(()), what, self.names()) from None
        return found

    def spend(self, steps: int, merged: Merged, what: str) -> None:
        """Takes steps of the load's budget. Raises :class:`GrammarError` at ``merged`` where none are left."""
        try:
            self.budget.spend(steps)
        except EvaluationFailure as error:
            raise GrammarError(Problem(f"{what} {error}", location=merged.origin(()))) from None

    def names(self) -> list[str]:
        """Every name that an expression may use here."""
        own = [*self.stack.keys("dims"), *self.stack.keys("let"), *self.facts, "config", SPECIAL_TOKENS]
        return [*self.local, *own]


def _unparsed(part: ast.expr) -> str:
    return part.id if isinstance(part, ast.Name) else ast.unparse(part)


def _roots(expression: Expression) -> list[str]:
    names = [name for name in expression.names if name != "config"]
    return [*names, *[f"config.{path}" for path in expression.config_paths]]
