"""Text to a checked syntax tree. Python's own parser reads it; only what is listed here is let through.

Nothing is ever passed to ``eval``: the tree is walked by :mod:`shapespec.expressions.evaluate`.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite

from shapespec.errors import ExpressionError, Problem, listing, nearest
from shapespec.expressions.functions import FUNCTION_NAMES

MAX_CHARACTERS = 1_000
MAX_NODES = 300

#: The same once what is known is worked out: names then stand for what they mean, and lists are written out.
MAX_FOLDED = 20_000
MAX_FOLDED_NODES = 6_000

MAX_POWER = 64

#: Whole numbers, written or worked out, fit 64 bits.
MAX_INT = 1 << 63

_ALLOWED: tuple[type[ast.AST], ...] = (
    ast.Expression,
    ast.Constant,
    ast.Name,
    ast.Load,
    ast.Store,
    ast.Attribute,
    ast.Subscript,
    ast.Slice,
    ast.BinOp,
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.Div,
    ast.FloorDiv,
    ast.Mod,
    ast.Pow,
    ast.BitOr,
    ast.UnaryOp,
    ast.USub,
    ast.UAdd,
    ast.Not,
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.Compare,
    ast.Eq,
    ast.NotEq,
    ast.Lt,
    ast.LtE,
    ast.Gt,
    ast.GtE,
    ast.In,
    ast.NotIn,
    ast.Is,
    ast.IsNot,
    ast.IfExp,
    ast.Call,
    ast.keyword,
    ast.List,
    ast.Tuple,
    ast.ListComp,
    ast.GeneratorExp,
    ast.comprehension,
)

_WORDS: dict[type[ast.AST], str] = {
    ast.Lambda: "a lambda",
    ast.JoinedStr: "an f-string",
    ast.NamedExpr: "an assignment",
    ast.Dict: "a mapping",
    ast.DictComp: "a mapping",
    ast.Set: "a set",
    ast.SetComp: "a set",
    ast.Starred: "a star",
    ast.Await: "await",
}

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@dataclass(frozen=True)
class Expression:
    """A parsed expression.

    ``names`` are the names that it reads from outside (dims, ``let`` names, ``config``), in order of appearance;
    ``config_paths`` the dotted config attributes (``config.text_config.hidden_size`` is ``text_config.hidden_size``).
    """

    text: str
    tree: ast.expr
    names: tuple[str, ...]
    config_paths: tuple[str, ...]

    def __hash__(self) -> int:
        return hash(self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and other.text == self.text


@lru_cache(maxsize=65_536, typed=True)  # typed: `1`, `1.0` and `true` are three things
def parse(text: str | int | float | bool) -> Expression:
    """Parses and checks an expression. A number stands for itself.

    Raises:
        ExpressionError: with the column (from 1, inside the text) in the problem's message.
    """
    if not isinstance(text, str):
        return Expression(str(text), ast.Constant(text), (), ())
    if _PLAIN_NAME.match(text) and text not in ("None", "True", "False") and not text.startswith("__"):
        return Expression(text, _parsed(text), (text,), ())
    return _checked(text, MAX_CHARACTERS, MAX_NODES)


@lru_cache(maxsize=16_384)
def parse_folded(text: str) -> Expression:
    """As ``parse``, of an expression of which all that is known is worked out, which makes it longer.

    Raises:
        ExpressionError: it is malformed, or longer than any that a spec is left with.
    """
    return _checked(text, MAX_FOLDED, MAX_FOLDED_NODES)


def _checked(text: str, most_characters: int, most_nodes: int) -> Expression:
    tree = _parsed(text, most_characters)
    _check(text, tree, most_nodes)
    return Expression(text.strip(), tree, *_names(tree))


def _parsed(text: str, most: int = MAX_CHARACTERS) -> ast.expr:
    if len(text) > most:
        raise _fail(text[:40] + "…", f"is longer than {most} characters")
    if "\\" in text:
        raise _fail(text, "holds a backslash")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        said = getattr(error, "msg", None) or "nested too deeply"
        column = getattr(error, "offset", None)
        raise _fail(text, f"is no expression: {said}{f' (character {column})' if column else ''}") from None


def _check(text: str, tree: ast.expr, most: int) -> None:
    bound = _bound_names(tree)
    for number, node in enumerate(ast.walk(tree)):
        if number >= most:
            raise _fail(text, f"has more than {most} parts")
        if not isinstance(node, _ALLOWED):
            word = _WORDS.get(type(node), f"`{type(node).__name__}`")
            raise _fail(text, f"uses {word}", "names, numbers, operators, conditions, lists and the listed functions")
        _check_node(text, node, bound)


def _check_node(text: str, node: ast.AST, bound: set[str]) -> None:
    if isinstance(node, ast.Call):
        _check_call(text, node)
    elif isinstance(node, (ast.Attribute, ast.Name)):
        name = node.attr if isinstance(node, ast.Attribute) else node.id
        if name.startswith("__"):
            raise _fail(text, f"uses `{name}`", "a name that does not start with two underscores")
        if isinstance(node, ast.Name) and name == "config" and name in bound:
            raise _fail(text, "binds `config`")
    elif isinstance(node, ast.comprehension) and (node.is_async or not _is_plain_target(node.target)):
        raise _fail(text, "uses a comprehension that is more than `for name in list`")
    elif isinstance(node, ast.Compare):
        for op, part in zip(node.ops, node.comparators, strict=True):
            if isinstance(op, (ast.Is, ast.IsNot)) and not _is_singleton(part):
                raise _fail(text, "compares with `is`", "`is None`, or `==` for values")
    elif isinstance(node, ast.Constant):
        _check_constant(text, node.value)


def _check_call(text: str, node: ast.Call) -> None:
    if not isinstance(node.func, ast.Name):
        raise _fail(text, "calls something that is not a function's name", listing(sorted(FUNCTION_NAMES), 60))
    if node.func.id not in FUNCTION_NAMES:
        raise ExpressionError(
            Problem(
                f"`{text}` calls the unknown function `{node.func.id}`",
                expected=listing(sorted(FUNCTION_NAMES), 60),
                suggestion=nearest(node.func.id, FUNCTION_NAMES),
            )
        )
    if any(part.arg is None for part in node.keywords):
        raise _fail(text, "uses `**`", "arguments one by one")


def _check_constant(text: str, value: object) -> None:
    if not isinstance(value, (int, float, str, bool, type(None))):
        raise _fail(text, f"holds `{value!r}`", "numbers, text, True, False and None")
    if isinstance(value, (int, float)) and not -MAX_INT <= value < MAX_INT and not _is_finite_float(value):
        raise _fail(text, "holds a number that is too large", "a number that fits 64 bits")


def _is_finite_float(value: float) -> bool:
    return isinstance(value, float) and isfinite(value)


def _is_singleton(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool))


def _is_plain_target(target: ast.expr) -> bool:
    """Whether a loop binds names alone: `x`, or `x, y`."""
    return all(isinstance(part, (ast.Name, ast.Tuple, ast.Store)) for part in ast.walk(target))


def _bound_names(tree: ast.AST) -> set[str]:
    """The names that comprehensions bind."""
    targets = [node.target for node in ast.walk(tree) if isinstance(node, ast.comprehension)]
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}


def _names(tree: ast.expr) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The outside names, and the dotted paths below ``config``."""
    bound = _bound_names(tree)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names: dict[str, None] = {}
    paths: dict[str, None] = {}
    inner: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and id(node) not in inner:
            parts, root = _chain(node, inner)
            if isinstance(root, ast.Name) and root.id == "config":
                paths[".".join(parts)] = None
        if isinstance(node, ast.Name) and node.id not in bound and id(node) not in called:
            names[node.id] = None
    return tuple(names), tuple(paths)


def _chain(node: ast.Attribute, inner: set[int]) -> tuple[list[str], ast.expr]:
    parts: list[str] = []
    current: ast.expr = node
    while isinstance(current, ast.Attribute):
        inner.add(id(current))
        parts.append(current.attr)
        current = current.value
    return parts[::-1], current


def _fail(text: str, what: str, expected: str | None = None) -> ExpressionError:
    return ExpressionError(Problem(f"`{text}` {what}", expected=expected))
