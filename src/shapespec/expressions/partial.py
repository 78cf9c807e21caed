"""Works out of an expression what is known already, and leaves the rest as text.

``num_image_tokens + batch_size * config.num_codebooks`` becomes ``576 + batch_size * 4`` once the config is known: what
remains reads sizes (and, in formulas, arrays) alone, and can be worked out again and again without a config.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import Any

from shapespec.expressions.evaluate import MissingValue, alternatives
from shapespec.expressions.functions import ARRAY_FUNCTIONS
from shapespec.expressions.parse import MAX_FOLDED, Expression, parse, parse_folded


class NotFoldable(Exception):
    """An expression reads what can't be written down; ``str`` says what."""


@dataclass(frozen=True)
class Open:
    """What is left of an expression once all but sizes is known."""

    text: str

    @property
    def expression(self) -> Expression:
        """The text, parsed."""
        return parse_folded(self.text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Knowledge:
    """What is known: ``is_open`` says of a name whether it stays as it is, ``reads_open`` whether what it stands for
    reads names that do, ``inlined`` folds what it stands for, ``value`` works out what reads none."""

    is_open: Callable[[str], bool]
    inlined: Callable[[str, Callable[[Expression], Any]], Any]
    reads_open: Callable[[str], bool]
    value: Callable[[ast.expr], Any]


def partial(expression: Expression, known: Knowledge) -> Any:
    """The expression's value, or :class:`Open` with what is left of it.

    Raises:
        EvaluationFailure: a part that is known can't be worked out.
        NotFoldable: a part of the config, say, stands where a number should.
    """
    folded = _Folding(known, frozenset()).fold(expression.tree)
    if isinstance(folded, _Known):
        return folded.value
    text = ast.unparse(ast.fix_missing_locations(folded))
    if len(text) > MAX_FOLDED:
        raise NotFoldable(f"worked out it is longer than {MAX_FOLDED:,} characters")
    return Open(text)


@dataclass(frozen=True)
class _Known:
    """A part that is worked out."""

    value: Any


_ABSENT = _Known(object())


#: How a call of a function over whole arrays stands among the names that a part reads.
ARRAY_CALLS = frozenset(f"{name}()" for name in ARRAY_FUNCTIONS)


def _read(node: ast.AST) -> frozenset[str]:
    """The names that a part reads from outside, and the functions over arrays that it calls. Kept at the node: the same
    trees are folded again and again."""
    found: frozenset[str] | None = getattr(node, "_read", None)
    if found is None:
        found = frozenset().union(*map(_read, ast.iter_child_nodes(node)))
        if isinstance(node, ast.Name):
            found = frozenset({node.id})
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            parts = [*node.args, *[part.value for part in node.keywords]]
            found = frozenset({f"{node.func.id}()"} & ARRAY_CALLS).union(*map(_read, parts))
        elif isinstance(node, (ast.ListComp, ast.GeneratorExp)):
            found -= _names_bound_in(node)
        node._read = found  # type: ignore[attr-defined]
    return found


class _Folding:
    """``bound`` are the names that comprehensions around a part bind."""

    def __init__(self, known: Knowledge, bound: frozenset[str]) -> None:
        self.known = known
        self.bound = bound

    def fold(self, node: ast.expr) -> ast.expr | _Known:
        if not self._reads_open(node):
            return _Known(self.known.value(node))
        method = _METHODS.get(type(node))
        return method(self, node) if method is not None else self._settled(self._inside(node))

    def _reads_open(self, node: ast.AST) -> bool:
        known = self.known
        return any(
            name in ARRAY_CALLS or name in self.bound or known.is_open(name) or known.reads_open(name)
            for name in _read(node)
        )

    def written(self, node: ast.expr) -> ast.expr:
        """A part as an expression again, whatever of it is known."""
        return _as_expression(self.fold(node))

    def _settled(self, node: ast.expr) -> ast.expr | _Known:
        """A part whose open parts may have gone on the way."""
        return node if self._reads_open(node) else _Known(self.known.value(node))

    def _inside(self, node: Any) -> Any:
        """The node with each expression inside it folded."""
        found = copy(node)
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                setattr(found, name, [self._part(item) for item in value])
            elif isinstance(value, ast.AST):
                setattr(found, name, self._part(value))
        return found

    def _part(self, node: Any) -> Any:
        if isinstance(node, (ast.keyword, ast.Slice)):  # a slice is an `ast.expr` too, and has no value of its own
            return self._inside(node)
        return self.written(node) if isinstance(node, ast.expr) else node

    def _name(self, node: ast.Name) -> ast.expr | _Known:
        if node.id in self.bound or self.known.is_open(node.id):
            return node
        found: ast.expr | _Known = self.known.inlined(
            node.id, lambda meaning: _Folding(self.known, frozenset()).fold(meaning.tree)
        )
        return found

    def _ifexp(self, node: ast.IfExp) -> ast.expr | _Known:
        test = self.fold(node.test)
        if isinstance(test, _Known):
            return self.fold(node.body if test.value else node.orelse)
        return self._settled(ast.IfExp(test, *map(_as_expression, map(self._branch, (node.body, node.orelse)))))

    def _branch(self, node: ast.expr) -> ast.expr | _Known:
        """A part that may never be asked for: a config attribute that is not there is missed once it is."""
        try:
            return self.fold(node)
        except MissingValue as error:
            root, _, path = error.name.partition(".")
            if root != "config" or not path:
                raise
            config = ast.Name("config", ast.Load())
            if path.isidentifier():
                return ast.Attribute(config, path, ast.Load())
            return ast.Subscript(config, ast.Constant(path), ast.Load())

    def _boolop(self, node: ast.BoolOp) -> ast.expr | _Known:
        stops_at = isinstance(node.op, ast.Or)
        kept: list[ast.expr] = []
        for number, part in enumerate(node.values):
            found = self.fold(part) if not kept else self._branch(part)
            last = number == len(node.values) - 1
            if isinstance(found, _Known):
                if bool(found.value) is stops_at or (last and not kept):
                    if not kept:
                        return found
                    kept.append(_written(found.value))
                    break
                if last:
                    kept.append(_written(found.value))
                continue
            kept.append(found)
        return kept[0] if len(kept) == 1 else ast.BoolOp(node.op, kept)

    def _call(self, node: ast.Call) -> ast.expr | _Known:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "first":
            return self._fallback(node.args)
        if name == "has":
            return self._has(node)
        found = ast.Call(
            node.func,
            [self.written(part) for part in node.args],
            [ast.keyword(part.arg, self.written(part.value)) for part in node.keywords],
        )
        return found if name in ARRAY_FUNCTIONS else self._settled(found)

    def _binop(self, node: ast.BinOp) -> ast.expr | _Known:
        if isinstance(node.op, ast.BitOr):
            return self._fallback([node.left, node.right])
        return self._settled(ast.BinOp(self.written(node.left), node.op, self.written(node.right)))

    def _fallback(self, parts: list[ast.expr]) -> ast.expr | _Known:
        """The first part that is there, and after an open one all that may still be needed."""
        kept: list[ast.expr] = []
        every = list(alternatives(parts))
        for part in every:
            found = self._lenient(part)
            if part is every[-1] and isinstance(part, ast.Constant) and part.value is None:  # "else nothing"
                if not kept:
                    return _Known(None)
                kept.append(part)
                break
            if found is _ABSENT or (isinstance(found, _Known) and found.value is None):
                continue
            if isinstance(found, _Known):
                if not kept:
                    return found
                kept.append(_written(found.value))
                break
            kept.append(found)
        if not kept:
            shown = ", ".join(f"`{ast.unparse(part)}`" for part in every)
            raise MissingValue(ast.unparse(every[0]) if every else "first()", f"none of {shown} is there")
        certain = len(kept) == 1 and isinstance(kept[0], ast.Name)
        return kept[0] if certain else ast.Call(ast.Name("first", ast.Load()), kept, [])

    def _has(self, node: ast.Call) -> ast.expr | _Known:
        """Whether all are there. A size is; what is worked out of sizes may turn out to be None."""
        kept: list[ast.expr] = []
        for part in node.args:
            found = self._lenient(part)
            if found is _ABSENT or (isinstance(found, _Known) and found.value is None):
                if not kept:
                    return _Known(False)
                return ast.Call(node.func, [*kept, ast.Constant(None)], [])
            if not isinstance(found, (_Known, ast.Name)):
                kept.append(found)
        return ast.Call(node.func, kept, []) if kept else _Known(True)

    def _lenient(self, part: ast.expr) -> ast.expr | _Known:
        try:
            return self.fold(part)
        except MissingValue:
            return _ABSENT

    def _comprehension(self, node: Any) -> ast.expr | _Known:
        inner = _Folding(self.known, self.bound | _names_bound_in(node))
        generators = [
            ast.comprehension(g.target, (inner if n else self).written(g.iter), [inner.written(i) for i in g.ifs], 0)
            for n, g in enumerate(node.generators)
        ]
        return self._settled(type(node)(inner.written(node.elt), generators))

    def _subscript(self, node: ast.Subscript) -> ast.expr | _Known:
        index = node.slice
        if isinstance(index, ast.Tuple):  # `x[0, 1]` is two indices, not a list of them
            index = ast.Tuple([self._part(part) for part in index.elts], ast.Load())
        else:
            index = self._part(index)
        return self._settled(ast.Subscript(self.written(node.value), index, ast.Load()))


_METHODS: dict[type[ast.expr], Callable[[_Folding, Any], ast.expr | _Known]] = {
    ast.Name: _Folding._name,
    ast.IfExp: _Folding._ifexp,
    ast.BoolOp: _Folding._boolop,
    ast.Call: _Folding._call,
    ast.BinOp: _Folding._binop,
    ast.Subscript: _Folding._subscript,
    ast.ListComp: _Folding._comprehension,
    ast.GeneratorExp: _Folding._comprehension,
}


def _names_bound_in(node: ast.AST) -> frozenset[str]:
    targets = [part.target for part in ast.walk(node) if isinstance(part, ast.comprehension)]
    return frozenset(part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))


def _as_expression(found: ast.expr | _Known) -> ast.expr:
    return _written(found.value) if isinstance(found, _Known) else found


def _written(value: Any) -> ast.expr:
    """A value as an expression."""
    if isinstance(value, range):
        bounds = [_written(bound) for bound in (value.start, value.stop, value.step)]
        return ast.Call(ast.Name("range", ast.Load()), bounds, [])
    if isinstance(value, (list, tuple)):
        return ast.List([_written(item) for item in value], ast.Load())
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    if value is None or isinstance(value, (bool, int, float, str)):
        return ast.Constant(value)
    raise NotFoldable(f"reads {value!r}")


def text_over(formula: Any, arrays: frozenset[str], value: Callable[[ast.expr], Any]) -> str:
    """The text of a formula in which only ``arrays`` remain as names; ``value`` works out the other parts.

    Raises:
        EvaluationFailure: a part can't be worked out. NotFoldable: its value can't be written down.
    """
    expression = formula.expression if isinstance(formula, Open) else parse(formula)
    known = Knowledge(arrays.__contains__, lambda name, fold: fold(parse(name)), lambda name: False, value)
    found = partial(expression, known)
    return found.text if isinstance(found, Open) else ast.unparse(_written(found))
