"""Where placeholder tokens stand in a row: told when a spec is loaded (do they fit?) and when it is built."""

from __future__ import annotations

from shapespec.spec import Fill


class DoesNotFit(Exception):
    """Values that their tensor can't hold; ``str`` says why."""


def placeholder_runs(fill: Fill, length: int, padding: int = 0) -> list[tuple[int, list[int]]]:
    """Each run of placeholders with its marks, as (start, tokens): one after the other, the same in every row.

    They stand behind ``padding`` places and one free token, or, where the row is too short for that, as far to the
    front as they must. A kind that says ``at`` stands there.

    Raises:
        DoesNotFit: the row is too short, a count does not divide into its groups, or two kinds claim the same place.
    """
    kinds = [_tokens(dict(item), length) for item in fill.get("placeholders") or ()]
    needed = sum(len(run) * groups for run, groups, at in kinds if at is None)
    place = min(1 + padding, length - needed)
    if place < 0:
        raise DoesNotFit(f"placeholders with their marks need {needed} places, a row has {length}")
    found: list[tuple[int, list[int]]] = []
    for run, groups, at in kinds:
        start = place if at is None else at
        found += [(start + number * len(run), run) for number in range(groups)]
        place = place + len(run) * groups if at is None else place
    _check_apart(found, length)
    return found


def _tokens(parts: dict[str, int | None], length: int) -> tuple[list[int], int, int | None]:
    """(tokens of one run, number of runs, where they must start) of one kind."""
    count, groups = parts["count"] or 0, parts["groups"] or 0
    if groups <= 0 or count <= 0:
        return [], 0, parts["at"]
    if count > length:
        raise DoesNotFit(f"{count} placeholders do not fit into a row of {length}")
    if count % groups:
        raise DoesNotFit(f"{count} placeholders do not divide into {groups} equal runs")
    around = [[mark] if mark is not None else [] for mark in (parts["start"], parts["end"])]
    return [*around[0], *[parts["token"] or 0] * (count // groups), *around[1]], groups, parts["at"]


def _check_apart(runs: list[tuple[int, list[int]]], length: int) -> None:
    end = 0
    for start, tokens in sorted(runs, key=lambda run: run[0]):
        if start < end:
            raise DoesNotFit(f"two runs of placeholders claim place {start}")
        end = start + len(tokens)
    if end > length:
        raise DoesNotFit(f"placeholders reach to place {end}, a row has {length}")
