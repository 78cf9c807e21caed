"""The arguments of a call, checked before anything is looked up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shapespec.contracts.failures import shortened
from shapespec.contracts.sizes import MAX_SIZE
from shapespec.counting import counted
from shapespec.errors import SizeError, UnknownNameError, unknown


class Requested:
    """The groups of inputs that the call asks for. Notes which groups there are, so that an unknown one is told."""

    def __init__(self, asked: Iterable[str] = ()) -> None:
        self.asked = frozenset(asked)
        self.known: set[str] = set()

    def __contains__(self, group: object) -> bool:
        self.known.add(str(group))
        return group in self.asked

    def check(self) -> None:
        """Raises :class:`UnknownNameError` for a group that no input of the spec belongs to."""
        for group in sorted(self.asked - self.known):
            raise UnknownNameError(unknown("group of inputs", group, sorted(self.known), argument="include"))


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


def requested(include: Sequence[str]) -> Requested:
    """The groups asked for. Raises :class:`UnknownNameError` for what is no list of names."""
    if isinstance(include, str):
        raise UnknownNameError(f"`{include}` is text", argument="include", expected=f'a list: ["{include}"]')
    odd = next((group for group in include if not isinstance(group, str)), None)
    if odd is not None:
        raise UnknownNameError(f"`{odd!r}` is no group's name", argument="include", expected="a list of names")
    return Requested(include)
