"""Walks a checked expression over a scope.

Bounded: no number grows past 64 bits, no list (those inside it counted) past 100,000 items, and all the work together,
the items that lists are made of and looked through included, stays within a :class:`Budget`.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isfinite, prod
from typing import Any, Protocol

from shapespec.expressions.functions import LAZY_FUNCTIONS, MAX_ITEMS, SCALAR_FUNCTIONS
from shapespec.expressions.parse import MAX_INT, MAX_POWER, Expression

#: Steps of one budget: half a second of work, and five times what the spec of the largest model takes.
MAX_STEPS = 400_000


class EvaluationFailure(Exception):
    """An expression can't be evaluated; ``str`` says why. The caller knows the place and makes the user's error."""


class MissingValue(EvaluationFailure):
    """A config attribute or a list's item is not there. ``name`` is what was looked for (``config.num_mel_bins``)."""

    def __init__(self, name: str, message: str | None = None) -> None:
        super().__init__(message or f"there is no `{name}`")
        self.name = name


class UnknownName(EvaluationFailure):
    """A name that nothing declares. Unlike a config attribute, which one config has and another lacks, it is a mistake
    wherever it stands: `first(…)` does not pass over it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no `{name}`")
        self.name = name


class Budget:
    """What evaluation may cost: ``steps`` of the walk and items of lists together, ``elements`` of arrays apart.

    One budget may serve many expressions, so that a file can't ask for much by asking often.
    """

    __slots__ = ("elements", "steps")

    def __init__(self, steps: int = MAX_STEPS, elements: int = 0) -> None:
        self.steps = steps
        self.elements = elements

    def spend(self, steps: int) -> None:
        """Takes steps. Raises :class:`EvaluationFailure` where none are left."""
        self.steps -= steps
        if self.steps < 0:
            raise EvaluationFailure(f"takes too long: more than {MAX_STEPS:,} steps")

    def make(self, elements: int) -> None:
        """Takes elements, before an array is made. Raises :class:`EvaluationFailure` where too few are left."""
        self.elements -= elements
        if self.elements < 0:
            raise EvaluationFailure(f"makes an array of {elements:,} elements, far more than its tensor has")


class Scope(Protocol):
    """Where names get their values."""

    def lookup(self, name: str) -> Any:
        """The value of a name. Raises :class:`UnknownName` where nothing declares it."""


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
    expression: Expression,
    scope: Scope,
    functions: Mapping[str, Callable[..., Any]] = SCALAR_FUNCTIONS,
    budget: Budget | None = None,
) -> Any:
    """The value of an expression in a scope, within a budget (one of its own where none is given).

    Raises:
        MissingValue: a name or config attribute is not there.
        EvaluationFailure: anything else that goes wrong, such as a division by zero.
    """
    try:
        return _Evaluation(scope, functions, budget or Budget()).value(expression.tree)
    except RecursionError:
        raise EvaluationFailure("is nested too deeply") from None


class _Evaluation:
    def __init__(self, scope: Scope, functions: Mapping[str, Callable[..., Any]], budget: Budget) -> None:
        self.scope = scope
        self.functions = functions
        self.budget = budget
        self.local: dict[str, Any] = {}

    def value(self, node: ast.expr) -> Any:
        self.budget.spend(1)
        return _METHODS[type(node)](self, node)

    def _guard(self, work: Callable[[], Any]) -> Any:
        """Runs arithmetic and turns what Python raises into this module's error."""
        try:
            found = work()
        except EvaluationFailure:
            raise
        except ZeroDivisionError:
            raise EvaluationFailure("divides by zero") from None
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, MemoryError) as error:
            raise EvaluationFailure(str(error) or type(error).__name__) from None
        if isinstance(found, int) and not -MAX_INT <= found < MAX_INT:
            raise EvaluationFailure("gives a number that does not fit 64 bits")
        if isinstance(found, complex) or (isinstance(found, float) and not isfinite(found)):
            raise EvaluationFailure(f"gives `{found}`, which is no finite real number")
        return found

    def _listed(self, found: Any) -> Any:
        """A list, if it is not too long; what it holds is paid for."""
        count = weight(found)
        if count > MAX_ITEMS:
            raise EvaluationFailure(f"makes a list of more than {MAX_ITEMS:,} items")
        self.budget.spend(count)
        return found

    def _pay(self, *values: Any) -> None:
        """Pays, before it is done, for element-by-element work on arrays and for looking through lists."""
        shapes = [tuple(value.shape) for value in values if is_array(value)]
        if shapes:
            shapes += [_list_shape(value) for value in values if isinstance(value, list)]
            self.budget.make(broadcast_size(shapes))
        else:
            self.budget.spend(sum(map(weight, values)))

    def _true(self, value: Any) -> bool:
        return bool(self._guard(lambda: bool(value)))

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
        if isinstance(node.slice, ast.Tuple):
            index: Any = tuple(self._index(part) for part in node.slice.elts)
        else:
            index = self._index(node.slice)
        if is_array(owner):
            self.budget.make(_indexed_size(owner, index if isinstance(index, tuple) else (index,)))
            return self._guard(lambda: owner[index])
        if hasattr(owner, "shapespec_get"):
            return owner.shapespec_get(str(index))
        if owner is None or isinstance(owner, (int, float)):
            raise MissingValue(ast.unparse(node), f"`{ast.unparse(node.value)}` is {owner!r}, not a list")
        if isinstance(index, slice):
            return self._listed(self._guard(lambda: owner[index]))
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
        if isinstance(node.op, ast.BitOr):
            return self._fallback([node.left, node.right])
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.Pow) and not (isinstance(right, (int, float)) and abs(right) <= MAX_POWER):
            raise EvaluationFailure(f"raises to a power above {MAX_POWER}")
        _refuse_growth(left, right)
        self._pay(left, right)
        try:
            return self._listed(self._guard(lambda: _BINARY[type(node.op)](left, right)))
        except EvaluationFailure as error:
            if left is None or right is None:
                none = node.left if left is None else node.right
                raise EvaluationFailure(f"`{ast.unparse(none)}` is None") from None
            raise error

    def _unaryop(self, node: ast.UnaryOp) -> Any:
        value = self.value(node.operand)
        self._pay(value)
        if isinstance(node.op, ast.Not):
            return self._guard(lambda: not value)
        return self._guard(lambda: -value if isinstance(node.op, ast.USub) else +value)

    def _boolop(self, node: ast.BoolOp) -> Any:
        stop_at = isinstance(node.op, ast.Or)
        found: Any = None
        for part in node.values:
            found = self.value(part)
            if self._true(found) is stop_at:
                break
        return found

    def _compare(self, node: ast.Compare) -> Any:
        left = self.value(node.left)
        found: Any = True
        for op, part in zip(node.ops, node.comparators, strict=True):
            right = self.value(part)
            self._pay(left, right)
            found = self._guard(lambda left=left, op=op, right=right: _COMPARE[type(op)](left, right))  # type: ignore[misc]
            if len(node.ops) > 1 and not self._true(found):
                return False
            left = right
        return found

    def _ifexp(self, node: ast.IfExp) -> Any:
        return self.value(node.body if self._true(self.value(node.test)) else node.orelse)

    def _list(self, node: ast.List | ast.Tuple) -> Any:
        return self._listed([self.value(part) for part in node.elts])

    def _listcomp(self, node: ast.ListComp | ast.GeneratorExp) -> list[Any]:
        found: list[Any] = []
        outer = self.local
        try:
            self._comprehend(node.elt, node.generators, found)
        finally:
            self.local = outer
        self._listed(found)
        return found

    def _comprehend(self, element: ast.expr, generators: list[ast.comprehension], found: list[Any]) -> None:
        if not generators:
            found.append(self.value(element))
            if len(found) > MAX_ITEMS:
                raise EvaluationFailure(f"makes a list of more than {MAX_ITEMS:,} items")
            return
        head, *rest = generators
        items = self.value(head.iter)
        outer = self.local
        for item in self._guard(lambda: iter(items)):
            self.budget.spend(1)
            self.local = outer
            self._bind(head.target, item)
            if all(self._true(self.value(test)) for test in head.ifs):
                self._comprehend(element, rest, found)

    def _bind(self, target: ast.expr, item: Any) -> None:
        if isinstance(target, ast.Name):
            self.local = {**self.local, target.id: item}
        elif isinstance(target, ast.Tuple):
            for part, value in self._guard(lambda: list(zip(target.elts, item, strict=True))):
                self._bind(part, value)

    def _call(self, node: ast.Call) -> Any:
        name = node.func.id  # type: ignore[attr-defined]  # the parser lets only names through
        if name in LAZY_FUNCTIONS:
            return self._fallback(node.args) if name == "first" else self._has(node)
        if name not in self.functions:
            raise EvaluationFailure(f"`{name}` works on whole arrays: it belongs into a `formula:`")
        given = [self.value(part) for part in node.args]
        named = {part.arg: self.value(part.value) for part in node.keywords if part.arg}
        self.budget.spend(sum(map(weight, given)))
        try:
            return self._listed(self._guard(lambda: self.functions[name](*given, **named)))
        except EvaluationFailure as error:
            for part, value in zip(node.args, given, strict=True):
                if value is None:
                    raise EvaluationFailure(f"`{ast.unparse(part)}` is None") from None
            raise error

    def _fallback(self, parts: list[ast.expr]) -> Any:
        """The first that is there and is not None (`a | b`, or `first(a, b)`); a written ``None`` at the end stands for
        "else nothing"."""
        missing: list[str] = []
        chosen_from = list(alternatives(parts))
        for part in chosen_from:
            try:
                found = self.value(part)
            except MissingValue as error:
                missing.append(error.name)
                continue
            if found is not None:
                return found
            if part is chosen_from[-1] and isinstance(part, ast.Constant) and part.value is None:
                return None
            missing.append(ast.unparse(part))
        shown = ", ".join(f"`{name}`" for name in missing)
        raise MissingValue(missing[0] if missing else "first()", f"none of {shown} is there")

    def _has(self, node: ast.Call) -> bool:
        """Whether all arguments are there and not None."""
        try:
            return all(self.value(part) is not None for part in node.args)
        except MissingValue:
            return False


def alternatives(parts: list[ast.expr]) -> Iterator[ast.expr]:
    """What fallbacks choose from, first to last: `a | b | c` is three."""
    for part in parts:
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.BitOr):
            yield from alternatives([part.left, part.right])
        else:
            yield part


#: How each kind of node is worked out. The parser lets no others through.
_METHODS: dict[type[ast.expr], Callable[[_Evaluation, Any], Any]] = {
    ast.Attribute: _Evaluation._attribute,
    ast.BinOp: _Evaluation._binop,
    ast.BoolOp: _Evaluation._boolop,
    ast.Call: _Evaluation._call,
    ast.Compare: _Evaluation._compare,
    ast.Constant: _Evaluation._constant,
    ast.GeneratorExp: _Evaluation._listcomp,
    ast.IfExp: _Evaluation._ifexp,
    ast.List: _Evaluation._list,
    ast.ListComp: _Evaluation._listcomp,
    ast.Name: _Evaluation._name,
    ast.Subscript: _Evaluation._subscript,
    ast.Tuple: _Evaluation._list,
    ast.UnaryOp: _Evaluation._unaryop,
}


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


def weight(value: Any) -> int:
    """The items of a list, those of lists inside it included; no longer counted once they are too many."""
    if not isinstance(value, (list, tuple, range)):
        return 0
    count = len(value)
    if not isinstance(value, range):
        for item in value:
            if count > MAX_ITEMS:
                break
            count += weight(item)
    return count


# -- arrays, known by their shape alone: numpy is not imported here


def is_array(value: Any) -> bool:
    """Whether a value is an array."""
    return hasattr(value, "shape") and hasattr(value, "ndim")


def _list_shape(value: Any) -> tuple[int, ...]:
    """The shape that a list has as an array."""
    if is_array(value):
        return tuple(value.shape)
    return (len(value), *(_list_shape(value[0]) if value else ())) if isinstance(value, list) else ()


def broadcast_size(shapes: Sequence[tuple[int, ...]]) -> int:
    """How many elements arrays of these shapes have together, by numpy's rule."""
    most = max(map(len, shapes))
    padded = [(1,) * (most - len(shape)) + shape for shape in shapes]
    return prod(max(sizes) if 0 not in sizes else 0 for sizes in zip(*padded, strict=True))


def _indexed_size(owner: Any, index: tuple[Any, ...]) -> int:
    """At most how many elements an indexed array has: arrays as indices may repeat what they point to."""
    picked = [_list_shape(part) for part in index if is_array(part) or isinstance(part, list)]
    if not picked:
        return 0  # a view
    consumed = sum(part is not None for part in index)
    taken = [
        size
        for size, part in zip(owner.shape, [p for p in index if p is not None], strict=False)
        if isinstance(part, slice)
    ]
    return broadcast_size(picked) * int(prod(taken)) * int(prod(owner.shape[consumed:]))
