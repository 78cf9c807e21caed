"""Where placeholder tokens stand in a row: told when a spec is loaded (do they fit?) and when it is built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class Misfit(Exception):
    """Values that their tensor can't hold; ``str`` says why."""


#: How many tokens: in every row, or in each row, or in each run of each row.
Counts = int | tuple[int | tuple[int, ...], ...]


@dataclass(frozen=True)
class Run:
    """``count`` tokens in ``groups`` equal runs, each with its marks around it; the first at place ``at`` where that
    is said. A count may differ from row to row, and from run to run."""

    token: int
    count: Counts
    groups: int = 1
    start: int | None = None
    end: int | None = None
    at: int | None = None

    @property
    def by_row(self) -> bool:
        """Whether rows may differ."""
        return isinstance(self.count, tuple)

    def lengths(self, row: int) -> list[int]:
        """How many tokens each run of a row has.

        Raises:
            Misfit: there is no count for the row, or it does not divide into its groups.
        """
        count = self._count(row)
        if isinstance(count, tuple):
            return [length for length in count if length > 0]
        if self.groups <= 0 or count <= 0:
            return []
        if count % self.groups:
            raise Misfit(f"{count} placeholders do not divide into {self.groups} equal runs")
        return [count // self.groups] * self.groups

    def most(self, row: int) -> int:
        """How many tokens a row has, or how many runs where it has more of these. Raises :class:`Misfit`."""
        count = self._count(row)
        if isinstance(count, tuple):
            return sum(length for length in count if length > 0)
        return max(count, self.groups) if count > 0 else 0

    def _count(self, row: int) -> int | tuple[int, ...]:
        if not isinstance(self.count, tuple):
            return self.count
        if row >= len(self.count):
            raise Misfit(f"{len(self.count)} counts of placeholders are said, and there are more rows")
        return self.count[row]

    def told(self) -> str:
        """The counts in a few characters."""
        if not isinstance(self.count, tuple):
            return str(self.count)
        return ", ".join(" + ".join(map(str, one)) if isinstance(one, tuple) else str(one) for one in self.count)


def runs_of(kinds: Sequence[Run], length: int, padding: int = 0, row: int = 0) -> list[tuple[int, list[int]]]:
    """Each run of placeholders of a row with its marks, as (start, tokens): one after the other.

    They stand behind ``padding`` places and one free token, or, where the row is too short for that, as far to the
    front as they must. A kind that says ``at`` stands there.

    Raises:
        Misfit: the row is too short, a count does not divide into its groups, or two kinds claim the same place.
    """
    laid_out = [(_tokens(kind, length, row), kind.at) for kind in kinds]
    needed = sum(len(run) for runs, at in laid_out if at is None for run in runs)
    place = min(1 + padding, length - needed)
    if place < 0:
        raise Misfit(f"placeholders with their marks need {needed} places, a row has {length}")
    found: list[tuple[int, list[int]]] = []
    for runs, at in laid_out:
        start = place if at is None else at
        for run in runs:
            found.append((start, run))
            start += len(run)
        place = start if at is None else place
    _check_apart(found, length)
    return found


def _tokens(kind: Run, length: int, row: int) -> list[list[int]]:
    """The tokens of each run of one kind."""
    many = kind.most(row)
    if many > length:  # told before a list of as many is made
        raise Misfit(f"{many} placeholders do not fit into a row of {length}")
    found = kind.lengths(row)
    before, after = ([mark] if mark is not None else [] for mark in (kind.start, kind.end))
    return [[*before, *[kind.token] * count, *after] for count in found]


def _check_apart(runs: list[tuple[int, list[int]]], length: int) -> None:
    end = 0
    for start, tokens in sorted(runs, key=lambda run: run[0]):
        if start < end:
            raise Misfit(f"two runs of placeholders claim place {start}")
        end = start + len(tokens)
    if end > length:
        raise Misfit(f"placeholders reach to place {end}, a row has {length}")
