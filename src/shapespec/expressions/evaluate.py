"""Walks a checked expression over a scope. Bounded: no value grows past 64 bits, no list past 100,000 items."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from shapespec.expressions.functions import LAZY_FUNCTIONS, MAX_ITEMS, SCALAR_FUNCTIONS
from shapespec.expressions.parse import MAX_POWER, Expression

_MAX_INT = 1 << 63


class EvaluationFailure(Exception):
    """An expression can't be evaluated; ``str`` says why. The caller knows the place and makes the user's error."""


class MissingValue(EvaluationFailure):
    """A name or a config attribute is not there. ``name`` is what was looked for (``config.num_mel_bins``)."""

    def __init__(self, name: str, message: str | None = None) -> None:
        super().__init__(message or f"there is no `{name}`")
        self.name = name


class Scope(Protocol):
    """Where names get their values."""

    def lookup(self, name: str) -> Any:
        """The value of a name. Raises :class:`MissingValue` where there is none."""


class Attributes(Protocol):
    """A value with attributes that an expression may read: a config or a part of one."""

    def shapespec_get(self, name: str, default: Any = ...) -> Any:
        """The attribute's value. Raises :class:`MissingValue` where there is none and no default is given."""


_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda item, items: item in items,
    ast.NotIn: lambda item, items: item not in items,
}


def evaluate(
    expression: Expression, scope: Scope, functions: Mapping[str, Callable[..., Any]] = SCALAR_FUNCTIONS
) -> Any:
    """The value of an expression in a scope.

    Raises:
        MissingValue: a name or config attribute is not there.
        EvaluationFailure: anything else that goes wrong, such as a division by zero.
    """
    return _Evaluation(scope, functions).value(expression.tree)


class _Evaluation:
    def __init__(self, scope: Scope, functions: Mapping[str, Callable[..., Any]]) -> None:
        self.scope = scope
        self.functions = functions
        self.local: dict[str, Any] = {}
        self.steps = 0

    def value(self, node: ast.expr) -> Any:
        self.steps += 1
        if self.steps > 10 * MAX_ITEMS:
            raise EvaluationFailure(f"takes more than {10 * MAX_ITEMS:,} steps")
        return getattr(self, f"_{type(node).__name__.lower()}")(node)

    def _guard(self, work: Callable[[], Any]) -> Any:
        """Runs arithmetic and turns what Python raises into this module's error."""
        try:
            found = work()
        except EvaluationFailure:
            raise
        except ZeroDivisionError:
            raise EvaluationFailure("divides by zero") from None
        except (TypeError, ValueError, OverflowError, IndexError, KeyError, AttributeError) as error:
            raise EvaluationFailure(str(error) or type(error).__name__) from None
        if isinstance(found, int) and not -_MAX_INT <= found < _MAX_INT:
            raise EvaluationFailure("gives a number that does not fit 64 bits")
        return found

    def _constant(self, node: ast.Constant) -> Any:
        return node.value

    def _name(self, node: ast.Name) -> Any:
        if node.id in self.local:
            return self.local[node.id]
        return self.scope.lookup(node.id)

    def _attribute(self, node: ast.Attribute) -> Any:
        owner = self.value(node.value)
        if hasattr(owner, "shapespec_get"):
            return owner.shapespec_get(node.attr)
        shown = ast.unparse(node)
        if isinstance(owner, Mapping):
            if node.attr in owner:
                return owner[node.attr]
            raise MissingValue(shown)
        if owner is None:
            raise MissingValue(shown, f"`{ast.unparse(node.value)}` is None, so there is no `{shown}`")
        raise EvaluationFailure(f"`{ast.unparse(node.value)}` is `{owner!r}`, which has no attributes")

    def _subscript(self, node: ast.Subscript) -> Any:
        owner = self.value(node.value)
        if isinstance(node.slice, ast.Slice):
            bounds = [None if part is None else self.value(part) for part in
                      (node.slice.lower, node.slice.upper, node.slice.step)]
            return self._guard(lambda: owner[slice(*bounds)])
        if isinstance(node.slice, ast.Tuple):
            index: Any = tuple(self._index(part) for part in node.slice.elts)
        else:
            index = self.value(node.slice)
        if hasattr(owner, "shapespec_get"):
            return owner.shapespec_get(str(index))
        if owner is None or isinstance(owner, (int, float)):
            raise MissingValue(ast.unparse(node), f"`{ast.unparse(node.value)}` is {owner!r}, not a list")
        if isinstance(owner, (Sequence, Mapping)):
            try:
                return owner[index]
            except (IndexError, KeyError):
                raise MissingValue(ast.unparse(node), f"`{ast.unparse(node.value)}` has no item {index!r}") from None
            except TypeError as error:
                raise EvaluationFailure(str(error)) from None
        return self._guard(lambda: owner[index])

    def _index(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Slice):
            return slice(*[None if part is None else self.value(part) for part in (node.lower, node.upper, node.step)])
        return self.value(node)

    def _binop(self, node: ast.BinOp) -> Any:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.Pow) and not (isinstance(right, (int, float)) and abs(right) <= MAX_POWER):
            raise EvaluationFailure(f"raises to a power above {MAX_POWER}")
        if isinstance(node.op, (ast.Mult, ast.Add)):
            _refuse_growth(left, right)
        try:
            return self._guard(lambda: _BINARY[type(node.op)](left, right))
        except EvaluationFailure as error:
            if left is None or right is None:
                none = node.left if left is None else node.right
                raise EvaluationFailure(f"`{ast.unparse(none)}` is None") from None
            raise error

    def _unaryop(self, node: ast.UnaryOp) -> Any:
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return self._guard(lambda: not value)
        return self._guard(lambda: -value if isinstance(node.op, ast.USub) else +value)

    def _boolop(self, node: ast.BoolOp) -> Any:
        stop_at = isinstance(node.op, ast.Or)
        found: Any = None
        for part in node.values:
            found = self.value(part)
            if self._guard(lambda found=found: bool(found)) is stop_at:  # type: ignore[misc]
                break
        return found

    def _compare(self, node: ast.Compare) -> Any:
        left = self.value(node.left)
        found: Any = True
        for op, part in zip(node.ops, node.comparators, strict=True):
            right = self.value(part)
            found = self._guard(lambda left=left, op=op, right=right: _COMPARE[type(op)](left, right))  # type: ignore[misc]
            if len(node.ops) > 1 and not found:
                return False
            left = right
        return found

    def _ifexp(self, node: ast.IfExp) -> Any:
        return self.value(node.body if self.value(node.test) else node.orelse)

    def _list(self, node: ast.List) -> Any:
        return [self.value(part) for part in node.elts]

    def _tuple(self, node: ast.Tuple) -> Any:
        return [self.value(part) for part in node.elts]

    def _listcomp(self, node: ast.ListComp | ast.GeneratorExp) -> list[Any]:
        found: list[Any] = []
        self._comprehend(node.elt, node.generators, found)
        return found

    _generatorexp = _listcomp

    def _comprehend(self, element: ast.expr, generators: list[ast.comprehension], found: list[Any]) -> None:
        if not generators:
            found.append(self.value(element))
            if len(found) > MAX_ITEMS:
                raise EvaluationFailure(f"makes a list of more than {MAX_ITEMS:,} items")
            return
        head, *rest = generators
        outer = dict(self.local)
        items = self.value(head.iter)
        for item in self._guard(lambda: iter(items)):
            self._bind(head.target, item)
            if all(self.value(test) for test in head.ifs):
                self._comprehend(element, rest, found)
        self.local = outer

    def _bind(self, target: ast.expr, item: Any) -> None:
        if isinstance(target, ast.Name):
            self.local = {**self.local, target.id: item}
        elif isinstance(target, ast.Tuple):
            for part, value in self._guard(lambda: list(zip(target.elts, item, strict=True))):
                self._bind(part, value)

    def _call(self, node: ast.Call) -> Any:
        name = node.func.id  # type: ignore[attr-defined]  # the parser lets only names through
        if name in LAZY_FUNCTIONS:
            return self._first(node) if name == "first" else self._has(node)
        if name not in self.functions:
            raise EvaluationFailure(f"`{name}` works on whole arrays: it belongs into a `formula:`")
        given = [self.value(part) for part in node.args]
        named = {part.arg: self.value(part.value) for part in node.keywords if part.arg}
        try:
            return self._guard(lambda: self.functions[name](*given, **named))
        except EvaluationFailure as error:
            for part, value in zip(node.args, given, strict=True):
                if value is None:
                    raise EvaluationFailure(f"`{ast.unparse(part)}` is None") from None
            raise error

    def _first(self, node: ast.Call) -> Any:
        """The first argument that is there and is not None."""
        missing: list[str] = []
        for part in node.args:
            try:
                found = self.value(part)
            except MissingValue as error:
                missing.append(error.name)
                continue
            if found is not None:
                return found
            missing.append(ast.unparse(part))
        raise MissingValue(missing[0] if missing else "first()", f"none of {', '.join(f'`{m}`' for m in missing)} is there")

    def _has(self, node: ast.Call) -> bool:
        """Whether all arguments are there and not None."""
        try:
            return all(self.value(part) is not None for part in node.args)
        except MissingValue:
            return False


def _refuse_growth(left: Any, right: Any) -> None:
    """Lists and text stay small whatever is multiplied or added."""
    for value, other in ((left, right), (right, left)):
        if isinstance(value, str):
            raise EvaluationFailure("does arithmetic on text")
        if isinstance(value, list):
            size = len(value) * max(other, 0) if isinstance(other, int) else len(value) + _length(other)
            if size > MAX_ITEMS:
                raise EvaluationFailure(f"makes a list of more than {MAX_ITEMS:,} items")


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0
