"""The arguments of a call, checked before anything is looked up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shapespec.contracts.failures import shortened
from shapespec.contracts.sizes import MAX_SIZE
from shapespec.counting import counted
from shapespec.errors import SizeError, UnknownNameError

#: What asks for all inputs on request that go together: those that stand instead of no others.
ALL = "all"


class Requested:
    """The inputs that the call asks for, by group or by their own name. Notes what was found, so that what is unknown
    is told."""

    def __init__(self, asked: Iterable[str] = ()) -> None:
        self.asked = frozenset(asked)
        self._found: set[str] = {ALL}

    def names(self, name: str | None, groups: Iterable[str]) -> bool:
        """Whether the call names an input, or a group of it: `all` names none."""
        return bool(self._naming(name, groups))

    def takes(self, name: str | None, groups: Sequence[str], *, alternative: bool) -> bool:
        """Whether an input is there: always where it is of no group, else where the call asks for it. ``alternative``
        is one that stands instead of others."""
        return not groups or self.names(name, groups) or (ALL in self.asked and not alternative)

    def note(self, name: str | None, groups: Iterable[str]) -> None:
        """Notes an input that there is: what names it is not unknown."""
        self._found |= self._naming(name, groups)

    def unknown(self) -> list[str]:
        """What the call asks for, and no input of the spec answers to."""
        return sorted(self.asked - self._found)

    def _naming(self, name: str | None, groups: Iterable[str]) -> frozenset[str]:
        return self.asked & {name, *groups} if self.asked else self.asked


def checked_names(**names: Any) -> None:
    """Raises :class:`UnknownNameError` for an argument that is neither text nor None."""
    for argument, word in names.items():
        if word is not None and not isinstance(word, str):
            raise UnknownNameError(f"`{word!r}` is no name", argument=argument, expected="text, or None")


def checked_sizes(sizes: Mapping[str, Any]) -> dict[str, int]:
    """The sizes as whole numbers. Raises :class:`SizeError`."""
    found = {}
    for name, size in sizes.items():
        number = counted(size)
        if number is None:
            raise SizeError(f"`{shortened(size)}` is no size", argument=name, expected="a whole number")
        if not 0 <= number <= MAX_SIZE:
            expected = "a positive whole number" if number < 0 else "a whole number that fits 64 bits"
            raise SizeError(f"{shortened(number)} is no size", argument=name, expected=expected)
        found[name] = number
    return found


def requested(include: str | Iterable[str]) -> Requested:
    """What is asked for: one name, or several. Raises :class:`UnknownNameError` for what is neither."""
    if isinstance(include, str):
        return Requested([include])
    if not isinstance(include, Iterable):
        raise UnknownNameError(f"`{include!r}` is no list", argument="include", expected="a name, or a list of names")
    found = list(include)
    odd = [name for name in found if not isinstance(name, str)]
    if odd:
        raise UnknownNameError(f"`{odd[0]!r}` is no name", argument="include", expected="a name, or a list of names")
    return Requested(found)
