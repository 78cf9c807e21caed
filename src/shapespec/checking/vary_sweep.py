"""Many classes, each with many configs: each pair in a process of its own."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from shapespec.checking import heads
from shapespec.checking.fingerprints import code_hash
from shapespec.checking.heads import Head, not_run
from shapespec.checking.isolated import run_isolated
from shapespec.checking.sweep import Pair, fingerprint, imported, versions, warm_up, write_pairs
from shapespec.checking.vary import FAILED_RUN, NOT_BUILT, RAN, REFUSED, Varied, summary, vary
from shapespec.errors import OutputError
from shapespec.registry.chain import Registry
from shapespec.registry.declared import Declared

#: What is added up over pairs.
COUNTED = (RAN, FAILED_RUN, REFUSED, NOT_BUILT, "by_name", "by_name_equal")


@dataclass(frozen=True)
class VariedPair:
    """What the drawn configs of one pair came to; ``fault`` says why none was run."""

    pair: Pair
    configs: tuple[Varied, ...]
    fault: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data: counts, and the failures in full."""
        return {
            "library": self.pair.library,
            "architecture": self.pair.architecture,
            "model_class": self.pair.model_class,
            "file": fingerprint(self.pair),
            "code": code_hash(),
            **({"fault": self.fault} if self.fault else {}),
            **summary(self.configs),
        }


def vary_pairs(
    pairs: Sequence[Pair],
    count: int,
    *,
    seed: int = 0,
    workers: int | None = None,
    limit: float = 600.0,
    done: Callable[[VariedPair], None] | None = None,
) -> list[VariedPair]:
    """Draws ``count`` configs for each pair that has a class which runs here, and runs them. ``limit`` is in seconds
    for one pair; ``done`` hears of each as it ends."""
    warm_up()
    results = []
    jobs = imported(pair for pair in pairs if head_of(pair) is not None)
    work = partial(_vary_pair, count=count, seed=seed)
    for outcome in run_isolated(jobs, work, workers=workers or os.cpu_count() or 1, limit=limit):
        result = VariedPair(outcome.job, tuple(outcome.value or ()), outcome.fault)
        results.append(result)
        if done is not None:
            done(result)
    return results


def _vary_pair(pair: Pair, count: int, seed: int) -> list[Varied]:
    head = head_of(pair)
    assert head is not None  # those without are left out
    return vary(head, count, seed)


def head_of(pair: Pair) -> Head | None:
    """A pair's class with the task that it serves; None for what has no class that runs here."""
    if pair.model_class is None or pair.fault is not None:
        return None
    declared = Declared.of(Registry(pair.paths), pair.served_by or pair.architecture, pair.searched)
    if not_run(declared, pair.model_class)[0] is not None:
        return None
    return heads.head_of(declared, pair.model_class, pair.library, pair.paths)


def report(entries: Iterable[Mapping[str, Any]], count: int, seed: int) -> dict[str, Any]:
    """The stored result: how it was drawn, versions, sums, and one entry per pair, sorted."""
    found = sorted(entries, key=lambda e: (e["library"], e["architecture"], e["model_class"]))
    totals: Counter[str] = Counter()
    for entry in found:
        totals.update({name: entry[name] for name in COUNTED})
    head = {"configs_per_pair": count, "seed": seed, "versions": versions()}
    faults = sum("fault" in entry for entry in found)
    return {**head, "summary": {"pairs": len(found), "pairs not run": faults, **totals}, "pairs": found}


def kept(found: Mapping[str, Any] | None, pairs: Iterable[Pair], count: int, seed: int) -> dict[Pair, dict[str, Any]]:
    """The entries of a stored result that still hold: of the same count and seed, with files and code as they are."""
    if found is None or (found["configs_per_pair"], found["seed"]) != (count, seed):
        return {}
    entries = {f"{e['library']}/{e['architecture']}/{e['model_class']}": e for e in found["pairs"]}
    held = {pair: entries[pair.key] for pair in pairs if pair.key in entries}
    return {
        pair: entry
        for pair, entry in held.items()
        if entry.get("code") == code_hash() and entry.get("file") == fingerprint(pair) and "fault" not in entry
    }


def write_report(path: Path, entries: Iterable[Mapping[str, Any]], count: int, seed: int) -> None:
    """Writes the result whole or not at all: one line per pair."""
    write_pairs(path, report(entries, count, seed))


def read_report(path: Path) -> dict[str, Any] | None:
    """A stored result; None where there is no file. Raises :class:`OutputError` for another file."""
    if not path.is_file():
        return None
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if {"summary", "pairs", "configs_per_pair"} <= found.keys():
            return found
    except (ValueError, AttributeError):
        pass
    raise OutputError(f"{path} is no result of `check --vary`", argument="varied",
                      expected="a file that `check --all --vary N` wrote")  # fmt: skip
