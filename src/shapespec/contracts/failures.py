"""Errors of evaluation, told where the expression stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shapespec.errors import ConfigError, ExpressionError, Location, Problem, SpecError, nearest
from shapespec.expressions import EvaluationFailure, MissingValue, UnknownName


def failure(
    error: EvaluationFailure, text: Any, place: Location | None, what: str, names: Iterable[str] = ()
) -> SpecError:
    """The user's error for an expression of ``what`` at ``place`` that can't be worked out; ``names`` are those that
    it might have meant."""
    width = max(1, len(str(text)))
    if isinstance(error, MissingValue) and "." in error.name:  # an attribute: of the config or of a part of it
        related = ((f"{what} reads it", place),) if place else ()
        expected = f"{_as_given(error.name)}: {what} is `{text}`"
        return ConfigError(Problem(str(error), argument="config", expected=expected, related=related))
    if isinstance(error, UnknownName):
        return ExpressionError(
            Problem(
                f"{what}: {error}",
                location=place,
                suggestion=nearest(error.name, names),
                width=width,
                expected="a size, a `let` name, `config.…` or a fact such as `task`",
            )
        )
    fault = f"{what}: {error}" if isinstance(error, MissingValue) else f"{what}: `{text}` {error}"
    return ExpressionError(Problem(fault, location=place, width=width))


def _as_given(name: str) -> str:
    """How a config attribute is given: ``config.text_config.x`` as ``config={"text_config": {"x": …}}``."""
    root, *parts = name.split(".")
    if root != "config":
        return f"a value for `{name}`"
    inner = "…"
    for part in reversed(parts):
        inner = f'{{"{part}": {inner}}}'
    return f"a config that has it, or config={inner}"


def _as_lists(value: Any) -> Any:
    return [_as_lists(item) for item in value] if isinstance(value, tuple) else value


def shortened(value: Any) -> str:
    """A value as an error shows it: lists, which are kept as tuples, as lists again."""
    text = repr(_as_lists(value))
    return text if len(text) <= 60 else f"{text[:57]}…"
