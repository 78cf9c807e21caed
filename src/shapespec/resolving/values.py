"""Values as written to values in numbers: every expression of a kind is worked out, formulas are folded."""

from __future__ import annotations

from typing import Any

from shapespec.errors import ExpressionError, GrammarError, Location, Problem
from shapespec.expressions import parse
from shapespec.expressions.parse import Expression
from shapespec.layers import Merged
from shapespec.resolving.fits import misfit
from shapespec.resolving.folding import NotFoldable, fold
from shapespec.resolving.scope import Scope
from shapespec.spec import Fill

#: Where nothing is said: reals between 0 and 1, as Optimum draws them.
DEFAULT_FLOATS = Fill("uniform", (("low", 0.0), ("high", 1.0)))


def resolve_values(
    merged: Merged, dtype_word: str, shape: tuple[int, ...], scope: Scope, arguments: frozenset[str], what: str
) -> Fill:
    """The fill of a node.

    Raises:
        GrammarError: an integer input says nothing of its values, or values do not fit the tensor.
    """
    values = merged.value.get("values")
    if values is None:
        if dtype_word.startswith(("float", "bfloat")):
            return DEFAULT_FLOATS
        message = f"{what} has no values"
        raise GrammarError(Problem(message, location=merged.origin(()), expected="`values:`, since it is no float"))
    place = merged.origin(("values",))
    kind = next(name for name in _RESOLVERS if name in values)
    fill: Fill = _RESOLVERS[kind](values, _Reader(scope, place, what, arguments))
    fault = misfit(fill, shape, dtype_word)
    if fault is not None:
        message = f"the values of {what} {list(shape)}: {fault}"
        raise GrammarError(Problem(message, location=place, expected="values that the tensor holds"))
    return fill


class _Reader:
    """Reads a kind's parts as numbers."""

    def __init__(self, scope: Scope, place: Location | None, what: str, arguments: frozenset[str]) -> None:
        self.scope = scope
        self.place = place
        self.what = what
        self.arguments = arguments

    def value(self, text: Any, part: str) -> Any:
        return plain(self.scope.evaluate(text, self.place, f"`{part}` of {self.what}"))

    def known(self, expression: Expression) -> Any:
        """The value of a closed part of a formula."""
        return self.scope.evaluated(expression, self.place, f"the formula of {self.what}")

    def optional(self, values: dict[str, Any], part: str) -> Any:
        return self.value(values[part], part) if values.get(part) is not None else None

    def whole(self, text: Any, part: str) -> int:
        found = self.value(text, part)
        if isinstance(found, float) and found.is_integer():
            found = int(found)
        if not isinstance(found, int) or isinstance(found, bool):
            raise self.fail(f"`{part}` is {found!r}", "a whole number")
        return found

    def number(self, text: Any, part: str) -> int | float | bool:
        found = self.value(text, part)
        if not isinstance(found, (int, float)):
            raise self.fail(f"`{part}` is {found!r}", "a number, true or false")
        return found

    def fail(self, message: str, expected: str) -> GrammarError:
        return GrammarError(Problem(f"{self.what}: {message}", location=self.place, expected=expected))


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
    params: dict[str, Any] = {"low": low, "high": high}
    for part in ("starts_with", "ends_with", "pad"):
        found = read.optional(values, part)
        # Some configs list several end-of-sequence ids: any of them ends a sequence, so the first will do.
        found = found[0] if isinstance(found, tuple) and found else found
        params[part] = None if found is None else read.whole(found, part)
    placeholders = tuple(p for item in values.get("placeholders") or () if (p := _placeholder(item, read)) is not None)
    params["placeholders"] = placeholders
    tokens = [dict(item)[part] for item in placeholders for part in ("token", "start", "end")]
    never = {i for i in [*avoid, *tokens] if i is not None and low <= i < high}  # else there would be more than `count`
    params["avoid"] = tuple(sorted(never))
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
        "start": _mark(item, "start", read),
        "end": _mark(item, "end", read),
    }
    return tuple(parts.items())


def _mark(item: dict[str, Any], part: str, read: _Reader) -> int | None:
    found = read.optional(item, part)
    return None if found is None else read.whole(found, f"placeholders.{part}")


def _numbers(kind: str, *names: str) -> Any:
    def resolver(values: dict[str, Any], read: _Reader) -> Fill:
        found = [float(read.number(part, kind)) for part in values[kind]]
        return Fill(kind, tuple(zip(names, found, strict=True)))

    return resolver


def _constant(values: dict[str, Any], read: _Reader) -> Fill:
    return Fill("constant", (("value", read.number(values["constant"], "constant")),))


def _arange(values: dict[str, Any], read: _Reader) -> Fill:
    start, step = (
        default if read.optional(values, part) is None else read.number(values[part], part)
        for part, default in (("start", 0), ("step", 1))
    )
    return Fill("arange", (("axis", values["arange"]), ("start", start), ("step", step)))


def _mask(values: dict[str, Any], read: _Reader) -> Fill:
    params = {"side": values["mask"]}
    for part, default in (("least", 1), ("past", 0), ("multiple_of", 1)):
        params[part] = read.whole(values[part], part) if values.get(part) is not None else default
    return Fill("mask", tuple(params.items()))


def _boxes(values: dict[str, Any], read: _Reader) -> Fill:
    most = 1 if read.optional(values, "max") is None else read.number(values["max"], "max")
    return Fill("boxes", (("format", values["boxes"]), ("max", most)))


def _one_hot(values: dict[str, Any], read: _Reader) -> Fill:
    return Fill("one_hot")


def _literal(values: dict[str, Any], read: _Reader) -> Fill:
    def resolved(item: Any) -> Any:
        if isinstance(item, list):
            return tuple(resolved(part) for part in item)
        found = read.value(item, "literal")  # an expression may give a whole list
        return tuple(resolved(list(part) if isinstance(part, tuple) else part) for part in found) if isinstance(
            found, tuple
        ) else read.number(item, "literal")

    return Fill("literal", (("values", resolved(values["literal"])),))


def _choice(values: dict[str, Any], read: _Reader) -> Fill:
    return Fill("choice", (("among", tuple(read.number(item, "choice") for item in values["choice"])),))


def _formula(values: dict[str, Any], read: _Reader) -> Fill:
    expression = parse(values["formula"])
    needs = tuple(name for name in expression.names if name in read.arguments)
    try:
        folded = fold(expression, frozenset(needs), read.known)
        parse(folded)  # what a long list makes of it must still be within bounds
    except NotFoldable as error:
        raise read.fail(str(error), "numbers, lists of numbers and inputs") from None
    except ExpressionError as error:
        raise read.fail(f"the formula, worked out: {error.problems[0].message}", "shorter lists") from None
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
