"""Values as written to values in numbers: every expression of a kind is worked out, formulas are folded."""

from __future__ import annotations

import ast
from typing import Any

from shapespec.errors import GrammarError, Location, Problem
from shapespec.expressions import EvaluationFailure, evaluate, parse
from shapespec.expressions.functions import ARRAY_FUNCTIONS
from shapespec.expressions.parse import Expression
from shapespec.layers import Merged
from shapespec.resolving.scope import Scope
from shapespec.spec import Fill

#: Where nothing is said: reals between 0 and 1, as Optimum draws them.
DEFAULT_FLOATS = Fill("uniform", (("low", 0.0), ("high", 1.0)))


def resolve_values(merged: Merged, dtype_word: str, scope: Scope, arguments: frozenset[str], what: str) -> Fill:
    """The fill of a node. Raises :class:`GrammarError` where an integer input says nothing of its values."""
    values = merged.value.get("values")
    if values is None:
        if dtype_word.startswith(("float", "bfloat")):
            return DEFAULT_FLOATS
        raise GrammarError(Problem(f"{what} has no values", location=merged.origin(()), expected="`values:`, since it is no float"))
    place = merged.origin(("values",))
    kind = next(name for name in _RESOLVERS if name in values)
    return _RESOLVERS[kind](values, _Reader(scope, place, what, arguments))


class _Reader:
    """Reads a kind's parts as numbers."""

    def __init__(self, scope: Scope, place: Location | None, what: str, arguments: frozenset[str]) -> None:
        self.scope = scope
        self.place = place
        self.what = what
        self.arguments = arguments

    def value(self, text: Any, part: str) -> Any:
        return plain(self.scope.evaluate(text, self.place, f"`{part}` of {self.what}"))

    def optional(self, values: dict[str, Any], part: str) -> Any:
        return self.value(values[part], part) if values.get(part) is not None else None

    def whole(self, text: Any, part: str) -> int:
        found = self.value(text, part)
        if isinstance(found, float) and found.is_integer():
            found = int(found)
        if not isinstance(found, int) or isinstance(found, bool):
            raise self.fail(f"`{part}` is {found!r}", "a whole number")
        return found

    def fail(self, message: str, expected: str) -> GrammarError:
        return GrammarError(Problem(f"{self.what}: {message}", location=self.place, expected=expected))

    def input_named(self, name: str, part: str) -> str:
        if name not in self.arguments:
            raise self.fail(f"`{part}` names `{name}`, which this component does not take", "another input of the component")
        return name


def plain(value: Any) -> Any:
    """Lists as tuples, so that a spec is hashable."""
    return tuple(plain(item) for item in value) if isinstance(value, (list, tuple, range)) else value


def is_plain(value: Any) -> bool:
    """Whether a plain value holds nothing but numbers, text, truth values and None."""
    if isinstance(value, tuple):
        return all(is_plain(item) for item in value)
    return value is None or isinstance(value, (bool, int, float, str))


def _integers(values: dict[str, Any], read: _Reader) -> Fill:
    low, high = (read.whole(bound, "integers") for bound in values["integers"])
    if high <= low:
        raise read.fail(f"integers from [{low}, {high}): there is none", "high above low")
    avoid = _ids(read.value(item, "avoid") for item in values.get("avoid") or ())
    params: dict[str, Any] = {"low": low, "high": high, "avoid": tuple(sorted({i for i in avoid if low <= i < high}))}
    for part in ("starts_with", "ends_with", "pad"):
        found = read.optional(values, part)
        # Some configs list several end-of-sequence ids: any of them ends a sequence, so the first will do.
        params[part] = found[0] if isinstance(found, tuple) and found else found
    placeholders = tuple(p for item in values.get("placeholders") or () if (p := _placeholder(item, read)) is not None)
    params["placeholders"] = placeholders
    params["distinct"], params["ordered"] = values.get("distinct"), bool(values.get("ordered"))
    needs: tuple[str, ...] = ()
    if values.get("mask") is not None and params["pad"] is not None and values["mask"] in read.arguments:
        params["mask"] = values["mask"]
        needs = (values["mask"],)
    return Fill("integers", tuple(params.items()), needs)


def _ids(found: Any) -> list[int]:
    """Ids from numbers, lists of numbers and Nones."""
    ids: list[int] = []
    for item in found:
        if isinstance(item, tuple):
            ids += _ids(item)
        elif isinstance(item, int):
            ids.append(item)
    return ids


def _placeholder(item: dict[str, Any], read: _Reader) -> tuple[tuple[str, Any], ...] | None:
    if item.get("when") is not None and not read.value(item["when"], "placeholders.when"):
        return None
    parts: dict[str, Any] = {
        "token": read.whole(item["token"], "placeholders.token"),
        "count": read.whole(item["count"], "placeholders.count"),
        "groups": read.whole(item["groups"], "placeholders.groups") if item.get("groups") is not None else 1,
        "at": read.whole(item["at"], "placeholders.at") if item.get("at") is not None else None,
        "start": read.optional(item, "start"),
        "end": read.optional(item, "end"),
    }
    return tuple(parts.items())


def _numbers(kind: str, *names: str) -> Any:
    def resolver(values: dict[str, Any], read: _Reader) -> Fill:
        found = [float(read.value(part, kind)) for part in values[kind]]
        return Fill(kind, tuple(zip(names, found, strict=True)))

    return resolver


def _constant(values: dict[str, Any], read: _Reader) -> Fill:
    return Fill("constant", (("value", read.value(values["constant"], "constant")),))


def _arange(values: dict[str, Any], read: _Reader) -> Fill:
    start, step = read.optional(values, "start"), read.optional(values, "step")
    return Fill(
        "arange",
        (("axis", values["arange"]), ("start", 0 if start is None else start), ("step", 1 if step is None else step)),
    )


def _mask(values: dict[str, Any], read: _Reader) -> Fill:
    params = {"side": values["mask"]}
    for part, default in (("least", 1), ("past", 0), ("multiple_of", 1)):
        params[part] = read.whole(values[part], part) if values.get(part) is not None else default
    return Fill("mask", tuple(params.items()))


def _boxes(values: dict[str, Any], read: _Reader) -> Fill:
    most = read.optional(values, "max")
    return Fill("boxes", (("format", values["boxes"]), ("max", 1 if most is None else most)))


def _one_hot(values: dict[str, Any], read: _Reader) -> Fill:
    return Fill("one_hot")


def _literal(values: dict[str, Any], read: _Reader) -> Fill:
    def resolved(item: Any) -> Any:
        return tuple(resolved(part) for part in item) if isinstance(item, list) else read.value(item, "literal")

    return Fill("literal", (("values", resolved(values["literal"])),))


def _choice(values: dict[str, Any], read: _Reader) -> Fill:
    return Fill("choice", (("among", tuple(read.value(item, "choice") for item in values["choice"])),))


def _formula(values: dict[str, Any], read: _Reader) -> Fill:
    expression = parse(values["formula"])
    needs = tuple(name for name in expression.names if name in read.arguments)
    folded = fold(expression, read.scope, frozenset(needs), read)
    return Fill("formula", (("text", folded),), needs)


_RESOLVERS = {
    "integers": _integers,
    "uniform": _numbers("uniform", "low", "high"),
    "normal": _numbers("normal", "mean", "deviation"),
    "constant": _constant,
    "arange": _arange,
    "boxes": _boxes,
    "one_hot": _one_hot,
    "literal": _literal,
    "choice": _choice,
    "formula": _formula,
    "mask": _mask,
}


def fold(expression: Expression, scope: Scope, arrays: frozenset[str], read: _Reader) -> str:
    """A formula with everything but arrays worked out: ``where(input_ids == config.image_token_id, 1, 0)`` becomes
    ``where(input_ids == 32000, 1, 0)``, which is plain text that needs no config any more."""
    bound = {n.id for c in ast.walk(expression.tree) if isinstance(c, ast.comprehension)
             for n in ast.walk(c.target) if isinstance(n, ast.Name)}
    opaque = arrays | bound | ARRAY_FUNCTIONS

    class Folder(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            if not isinstance(node, ast.expr):
                return super().visit(node)
            if any(isinstance(part, ast.Name) and part.id in opaque for part in ast.walk(node)):
                return self._visit_open(node)
            return _literal_tree(self._known(node), read)

        def _visit_open(self, node: ast.expr) -> ast.expr:
            if isinstance(node, ast.Call):
                node.args = [self.visit(part) for part in node.args]
                node.keywords = [ast.keyword(part.arg, self.visit(part.value)) for part in node.keywords]
                return node
            self.generic_visit(node)
            return node

        def _known(self, node: ast.expr) -> Any:
            try:
                return evaluate(Expression(ast.unparse(node), node, (), ()), scope)
            except EvaluationFailure as error:
                raise scope._failure(error, ast.unparse(node), read.place, f"the formula of {read.what}") from None

    tree = ast.parse(expression.text, mode="eval").body
    return ast.unparse(ast.fix_missing_locations(Folder().visit(tree)))


def _literal_tree(value: Any, read: _Reader) -> ast.expr:
    if isinstance(value, (list, tuple)):
        return ast.List([_literal_tree(item, read) for item in value], ast.Load())
    if value is None or isinstance(value, (bool, int, float, str)):
        return ast.Constant(value)
    raise read.fail(f"the formula reads {value!r}", "numbers, lists of numbers and inputs")
