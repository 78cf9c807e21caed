"""What can go wrong, told so that the reader can mend it.

Every error that a user can cause is a :class:`SpecError`. It holds one or more :class:`Problem`, each with the place (a
file, a line and a column, or the name of an argument), what was found, what was expected and, where a known name is
close, which. ``str(error)`` is the text for people; ``error.to_dict()`` is the same for machines.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

#: The most characters of a source line that an error shows.
_EXCERPT = 160


@dataclass(frozen=True)
class Location:
    """A place in a file: ``line`` and ``column`` count from 1, ``source`` is the text of that line."""

    file: str
    line: int = 1
    column: int = 1
    source: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    ``message`` says what was found, ``expected`` what would have been right, ``suggestion`` the nearest known name,
    ``argument`` the argument of the call at fault (where no file is), ``width`` how many characters the caret marks,
    and ``related`` other places that take part, each with a word on why.
    """

    message: str
    location: Location | None = None
    argument: str | None = None
    expected: str | None = None
    suggestion: str | None = None
    width: int = 1
    related: tuple[tuple[str, Location], ...] = ()

    def __str__(self) -> str:
        lines = [f"{self._where()}{self.message}"]
        if self.location is not None:
            lines += _excerpt(self.location, self.width)
        if self.expected:
            lines.append(f"  expected: {self.expected}")
        if self.suggestion:
            lines.append(f"  did you mean `{self.suggestion}`?")
        for word, place in self.related:
            lines.append(f"  {word}: {place}")
        return "\n".join(lines)

    def _where(self) -> str:
        if self.location is not None:
            return f"{self.location}: "
        return f"{self.argument}: " if self.argument else ""

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data: absent parts are left out."""
        place = self.location
        full = {
            "message": self.message,
            "file": place.file if place else None,
            "line": place.line if place else None,
            "column": place.column if place else None,
            "argument": self.argument,
            "expected": self.expected,
            "suggestion": self.suggestion,
            "related": [{"why": word, "at": str(where)} for word, where in self.related] or None,
        }
        return {key: value for key, value in full.items() if value is not None}


def _excerpt(place: Location, width: int) -> list[str]:
    """The source line with a caret below it. Tabs are kept so that the caret stands where the reader sees it; of a
    long line only what surrounds the caret is shown; what a terminal would obey rather than show is replaced."""
    if not place.source:
        return []
    skipped = max(0, place.column - _EXCERPT * 3 // 4)
    source = "".join(char if char.isprintable() or char == "\t" else "�" for char in place.source[skipped:][:_EXCERPT])
    column = place.column - skipped
    lead = "".join("\t" if char == "\t" else " " for char in source[: column - 1])
    room = max(1, min(width, len(source) - column + 1))
    mark = "…" if skipped else ""
    return [f"{place.line:>6} | {mark}{source}", f"{' ' * 6} | {' ' * len(mark)}{lead}{'^' * room}"]


class SpecError(ValueError):
    """The user's input is wrong: the base of every error that shapespec raises on purpose.

    ``problems`` are the things that are wrong, in the order of the file (or of the call).
    """

    def __init__(self, problems: Problem | Sequence[Problem] | str, **parts: Any) -> None:
        if isinstance(problems, str):
            problems = Problem(problems, **parts)
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def to_dict(self) -> dict[str, Any]:
        """``{"error": class name, "problems": [...]}``."""
        return {"error": type(self).__name__, "problems": [problem.to_dict() for problem in self.problems]}


class FileError(SpecError):
    """A YAML file can't be read: it is missing, not YAML, over a limit, or uses what is refused (tags, aliases)."""


class GrammarError(SpecError):
    """A YAML file is well-formed but does not say what a spec may say."""


class ExpressionError(SpecError):
    """An expression is malformed, uses what is not allowed, or can't be evaluated."""


class UnknownNameError(SpecError):
    """An architecture, task, class, component, size, framework, dtype or device that is not known."""


class RequestError(SpecError):
    """Inputs that were asked for together and exclude each other."""


class SizeError(SpecError):
    """A size that is no positive integer, is out of bounds, off its step, or contradicts what it is derived from."""


class ConfigError(SpecError):
    """A config that is no config, lacks what the spec reads, or contradicts itself."""


class RequirementError(ConfigError):
    """Config values that `requires:` says do not go together."""


class ContractError(SpecError):
    """A contract that does not fit its schema, is of a newer version, or is asked for what it has settled."""


class TooLargeError(SpecError):
    """A build needs more bytes than ``max_bytes`` or than the device has free."""


class MissingPackageError(SpecError):
    """An optional package is needed and not installed."""


class OutputError(SpecError):
    """A file can't be written. What was there before is still there."""


class CheckError(SpecError):
    """A check can't be run as asked (what the models themselves answer is a result, not an error)."""


def nearest(name: object, known: Iterable[str]) -> str | None:
    """The known name that ``name`` most likely means, or None where none is close."""
    names = sorted(set(known))
    text = str(name)[:100]
    folded = {candidate.lower().replace("-", "_"): candidate for candidate in names}
    close = difflib.get_close_matches(text.lower().replace("-", "_"), list(folded), n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def listing(names: Iterable[str], limit: int = 20) -> str:
    """Names for an "expected one of" line: all of them, or the first ``limit`` and how many more."""
    ordered = list(names)
    if not ordered:
        return "nothing: there is none"
    shown = ", ".join(f"`{name}`" for name in ordered[:limit])
    more = len(ordered) - limit
    return f"{'one of ' if len(ordered) > 1 else ''}{shown}{f' and {more} more' if more > 0 else ''}"


def unknown(what: str, name: object, known: Iterable[str], *, argument: str | None = None, **parts: Any) -> Problem:
    """The problem of a name that is not known: what was found, what is, and which is near."""
    names = list(known)
    return Problem(
        f"unknown {what} `{name}`",
        argument=argument,
        expected=parts.pop("expected", None) or listing(names),
        suggestion=nearest(name, names),
        **parts,
    )
