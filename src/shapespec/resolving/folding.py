"""Formulas with everything but arrays worked out: ``where(input_ids == config.image_token_id, 1, 0)`` becomes
``where(input_ids == 32000, 1, 0)``, which is plain text that needs no config any more."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from shapespec.expressions.functions import ARRAY_FUNCTIONS
from shapespec.expressions.parse import Expression


class NotFoldable(Exception):
    """A formula reads what can't be written down; ``str`` says what."""


def fold(expression: Expression, arrays: frozenset[str], known: Callable[[Expression], Any]) -> str:
    """The formula's text, everything that is no array (and reads none) worked out by ``known``.

    Raises:
        NotFoldable: a part of the config, say, stands where a number should.
    """
    targets = [node.target for node in ast.walk(expression.tree) if isinstance(node, ast.comprehension)]
    bound = {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
    folder = _Folder(arrays | bound | ARRAY_FUNCTIONS, known)
    tree = ast.parse(expression.text, mode="eval").body
    return ast.unparse(ast.fix_missing_locations(folder.visit(tree)))


class _Folder(ast.NodeTransformer):
    def __init__(self, opaque: frozenset[str] | set[str], known: Callable[[Expression], Any]) -> None:
        self.opaque = opaque
        self.known = known

    def visit(self, node: ast.AST) -> Any:
        """A node with its closed parts replaced by their values."""
        if not isinstance(node, ast.expr) or isinstance(node, ast.Slice):
            return self.generic_visit(node)
        if not any(isinstance(part, ast.Name) and part.id in self.opaque for part in ast.walk(node)):
            return _written(self.known(Expression(ast.unparse(node), node, (), ())))
        if isinstance(node, ast.Call):
            node.args = [self.visit(part) for part in node.args]
            node.keywords = [ast.keyword(part.arg, self.visit(part.value)) for part in node.keywords]
            return node
        if isinstance(node, ast.Subscript):
            node.value, node.slice = self.visit(node.value), self._index(node.slice)
            return node
        return self.generic_visit(node)

    def _index(self, node: ast.expr) -> Any:
        """What stands in brackets: `x[0, 1]` is two indices, not a list of them."""
        if isinstance(node, ast.Tuple):
            node.elts = [self.visit(part) for part in node.elts]
            return node
        return self.visit(node)


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
    raise NotFoldable(f"the formula reads {value!r}")
