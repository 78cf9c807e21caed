"""Where placeholder tokens stand in a row: told when a spec is loaded (do they fit?) and when it is built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class Misfit(Exception):
    """Values that their tensor can't hold; ``str`` says why."""


@dataclass(frozen=True)
class Run:
    """``count`` tokens in ``groups`` equal runs, each with its marks around it; the first at place ``at`` where that
    is said."""

    token: int
    count: int
    groups: int = 1
    start: int | None = None
    end: int | None = None
    at: int | None = None


def runs_of(kinds: Sequence[Run], length: int, padding: int = 0) -> list[tuple[int, list[int]]]:
    """Each run of placeholders with its marks, as (start, tokens): one after the other, the same in every row.

    They stand behind ``padding`` places and one free token, or, where the row is too short for that, as far to the
    front as they must. A kind that says ``at`` stands there.

    Raises:
        Misfit: the row is too short, a count does not divide into its groups, or two kinds claim the same place.
    """
    laid_out = [_tokens(kind, length) for kind in kinds]
    needed = sum(len(run) * groups for run, groups, at in laid_out if at is None)
    place = min(1 + padding, length - needed)
    if place < 0:
        raise Misfit(f"placeholders with their marks need {needed} places, a row has {length}")
    found: list[tuple[int, list[int]]] = []
    for run, groups, at in laid_out:
        start = place if at is None else at
        found += [(start + number * len(run), run) for number in range(groups)]
        place = place + len(run) * groups if at is None else place
    _check_apart(found, length)
    return found


def _tokens(kind: Run, length: int) -> tuple[list[int], int, int | None]:
    """(tokens of one run, number of runs, where they must start) of one kind."""
    if kind.groups <= 0 or kind.count <= 0:
        return [], 0, kind.at
    if kind.count > length:
        raise Misfit(f"{kind.count} placeholders do not fit into a row of {length}")
    if kind.count % kind.groups:
        raise Misfit(f"{kind.count} placeholders do not divide into {kind.groups} equal runs")
    before, after = ([mark] if mark is not None else [] for mark in (kind.start, kind.end))
    return [*before, *[kind.token] * (kind.count // kind.groups), *after], kind.groups, kind.at


def _check_apart(runs: list[tuple[int, list[int]]], length: int) -> None:
    end = 0
    for start, tokens in sorted(runs, key=lambda run: run[0]):
        if start < end:
            raise Misfit(f"two runs of placeholders claim place {start}")
        end = start + len(tokens)
    if end > length:
        raise Misfit(f"placeholders reach to place {end}, a row has {length}")
