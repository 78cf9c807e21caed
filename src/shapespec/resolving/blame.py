"""Which value of a given config is at fault, where a spec can't be made of it; and which keys nothing read.

A wrong value shows where something works with it: an axis is no number, a condition divides by zero. The reader gave a
config, and is told of that: the attribute, its value, what it would have to be, and who reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shapespec.contracts.failures import shortened
from shapespec.errors import ConfigError, ExpressionError, GrammarError, Problem, SizeError, SpecError
from shapespec.resolving.config import ConfigView

_KINDS = ((bool, "true or false"), (int, "a whole number"), (float, "a number"), (str, "text"), (Mapping, "a mapping"),
          (Sequence, "a list"))  # fmt: skip


def blamed(error: SpecError, given: Any, config: ConfigView) -> SpecError:
    """The error as one of the config, where a value of it that was read is of another kind than its default, or no
    number above zero where that is; else the error itself."""
    if not isinstance(error, (ExpressionError, GrammarError, SizeError)) or not isinstance(given, Mapping):
        return error
    reason = error.problems[0]
    suspects = list(_suspects(given, config, reason.message))
    # The one that the error itself shows, where it shows one.
    shown = [one for one in suspects if shortened(one[1]) in reason.message]
    found = [
        Problem(
            f"`{name}` is {shortened(value)}",
            argument="config",
            expected=f"{expected}: {reason.message}",
            related=(*((("read at", reason.location),) if reason.location else ()), *reason.related),
        )
        for name, value, expected in shown or suspects
    ]
    return ConfigError(found) if found else error


def _suspects(given: Mapping[str, Any], config: ConfigView, said: str) -> Iterator[tuple[str, Any, str]]:
    """The values that were read and look wrong: dotted name, value, what was expected."""
    read = config.reads
    for path, value in _values(given, ()):
        if ".".join(("config", *path)) in read:
            default = _default_of(config, path)
            expected = _expected(value, default)
            # What is optional (none by default, or given as none) is at fault only where the error shows it.
            shows = shortened(value) in said or f"`{path[-1]}`" in said
            if expected is not None and (None not in (value, default) or shows):
                yield ".".join(path), value, expected


def _expected(value: Any, default: Any) -> str | None:
    """What a value had to be, its default says: None where it is that."""
    if default is None:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return None if is_number and value > 0 else "a whole number above 0, a list of such, or nothing"
    wanted, got = _kind(default), _kind(value)
    said = f"as its default, {shortened(default)}, is" if not isinstance(default, ConfigView) else "as its default is"
    if isinstance(default, int) and wanted == got == "a whole number":
        return f"a whole number above 0, {said}" if value <= 0 < default else None
    return None if wanted == got else f"{wanted}, {said}"


def _kind(value: Any) -> str:
    if isinstance(value, ConfigView):
        return "a mapping"
    return next((word for kind, word in _KINDS if isinstance(value, kind)), type(value).__name__)


def _default_of(config: ConfigView, path: Sequence[str]) -> Any:
    """What the files say of an attribute: None where they say nothing."""
    current: Any = config.without_given()
    for name in path:
        if not isinstance(current, ConfigView):
            return None
        current = current.shapespec_get(name, None)
    return current


def _values(given: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in given.items():
        here = (*path, str(name))
        yield here, value
        if isinstance(value, Mapping):
            yield from _values(value, here)
