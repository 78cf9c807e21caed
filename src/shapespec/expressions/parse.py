"""Text to a checked syntax tree. Python's own parser reads it; only what is listed here is let through.

Nothing is ever passed to ``eval``: the tree is walked by :mod:`shapespec.expressions.evaluate`.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache

from shapespec.errors import ExpressionError, Problem, listing, nearest
from shapespec.expressions.functions import FUNCTION_NAMES

MAX_CHARACTERS = 1_000
MAX_NODES = 300
MAX_POWER = 64

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

    @property
    def is_name(self) -> bool:
        """Whether it is one bare name, such as ``batch_size``."""
        return isinstance(self.tree, ast.Name)

    def __hash__(self) -> int:
        return hash(self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and other.text == self.text


@lru_cache(maxsize=65_536)
def parse(text: str | int | float | bool) -> Expression:
    """Parses and checks an expression. A number stands for itself.

    Raises:
        ExpressionError: with the column (from 1, inside the text) in the problem's message.
    """
    if not isinstance(text, str):
        return Expression(str(text), ast.Constant(text), (), ())
    if _PLAIN_NAME.match(text) and text not in ("None", "True", "False"):
        return Expression(text, _parsed(text), (text,), ())
    tree = _parsed(text)
    _check(text, tree)
    return Expression(text.strip(), tree, *_names(tree))


def _parsed(text: str) -> ast.expr:
    if len(text) > MAX_CHARACTERS:
        raise _fail(text[:40] + "…", f"is longer than {MAX_CHARACTERS} characters")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        said = getattr(error, "msg", None) or "nested too deeply"
        column = getattr(error, "offset", None)
        raise _fail(text, f"is no expression: {said}{f' (character {column})' if column else ''}") from None


def _check(text: str, tree: ast.expr) -> None:
    bound = {name.id for comp in ast.walk(tree) if isinstance(comp, ast.comprehension) for name in ast.walk(comp.target)
             if isinstance(name, ast.Name)}
    count = 0
    for node in ast.walk(tree):
        count += 1
        if count > MAX_NODES:
            raise _fail(text, f"has more than {MAX_NODES} parts")
        if not isinstance(node, _ALLOWED):
            word = _WORDS.get(type(node), f"`{type(node).__name__}`")
            raise _fail(text, f"uses {word}", "names, numbers, operators, conditions, lists and the listed functions")
        _check_node(text, node, bound)


def _check_node(text: str, node: ast.AST, bound: set[str]) -> None:
    if isinstance(node, ast.Call):
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
    elif isinstance(node, (ast.Attribute, ast.Name)):
        name = node.attr if isinstance(node, ast.Attribute) else node.id
        if name.startswith("__"):
            raise _fail(text, f"uses `{name}`", "a name that does not start with two underscores")
        if isinstance(node, ast.Name) and name == "config" and name in bound:
            raise _fail(text, "binds `config`")
    elif isinstance(node, ast.comprehension) and (node.is_async or not isinstance(node.target, (ast.Name, ast.Tuple))):
        raise _fail(text, "uses a comprehension that is more than `for name in list`")
    elif isinstance(node, ast.Constant) and not isinstance(node.value, (int, float, str, bool, type(None))):
        raise _fail(text, f"holds `{node.value!r}`", "numbers, text, True, False and None")


def _names(tree: ast.expr) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The outside names, and the dotted paths below ``config``."""
    bound = {n.id for c in ast.walk(tree) if isinstance(c, ast.comprehension) for n in ast.walk(c.target)
             if isinstance(n, ast.Name)}
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
