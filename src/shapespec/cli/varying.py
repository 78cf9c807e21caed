"""``shapespec check --vary N``: other configs of each class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapespec.cli.output import print_json, print_text
from shapespec.cli.sweeping import now_and_then, progress
from shapespec.errors import UnknownNameError
from shapespec.libraries import MAIN

if TYPE_CHECKING:
    from shapespec.checking.sweep import Pair
    from shapespec.checking.vary_sweep import VariedPair


@dataclass(frozen=True)
class Request:
    """What was asked for: ``names`` are architectures (none stands for all of the library), ``count`` configs for each
    class, ``output`` the file to write; with ``resume``, what of it still holds is not run again."""

    names: Sequence[str]
    model_class: str | None
    count: int
    seed: int
    library: str | None
    paths: tuple[str, ...]
    workers: int | None
    limit: float
    resume: bool
    output: str | None
    as_json: bool


def run(request: Request) -> int:
    """Draws and runs. Returns 1 where a config failed, or by name was not what the live model's is; else 0."""
    from shapespec.checking.vary_sweep import COUNTED, kept, read_report, vary_pairs, write_report

    pairs = _pairs(request)
    path = None if request.output is None else Path(request.output)
    entries = kept(read_report(path), pairs, request.count, request.seed) if request.resume and path else {}
    waiting = [pair for pair in pairs if pair not in entries]

    def write() -> None:
        if path is not None:
            write_report(path, entries.values(), request.count, request.seed)

    with progress(len(waiting)) as advance:
        save = now_and_then(write)

        def done(result: VariedPair) -> None:
            entries[result.pair] = result.to_dict()
            advance(result)
            save()

        results = vary_pairs(
            waiting, request.count, seed=request.seed, workers=request.workers, limit=request.limit, done=done
        )
    write()
    totals: Counter[str] = Counter()
    for entry in entries.values():
        totals.update({name: entry[name] for name in COUNTED})
    if request.as_json:
        print_json({"counts": dict(totals), "pairs": list(entries.values())})
    else:
        for result in results:
            _tell(result)
        print_text(", ".join(f"{totals[name]} {name}" for name in COUNTED[:-2])
                   + f"; by name equal to live: {totals['by_name_equal']} of {totals['by_name']}")  # fmt: skip
    wrong = any(entry["failures"] or entry.get("fault") for entry in entries.values())
    return 1 if wrong else 0


def _pairs(request: Request) -> list[Pair]:
    from shapespec.checking.sweep import registry_pairs
    from shapespec.checking.vary_sweep import head_of

    library = request.library or MAIN
    pairs = registry_pairs(library, request.names or None, request.paths)
    chosen = [pair for pair in pairs if request.model_class in (None, pair.model_class) and head_of(pair) is not None]
    if not chosen:
        raise UnknownNameError(
            f"no class to vary in {', '.join(request.names) or library}",
            argument="vary",
            expected="an architecture with a class that runs here",
        )
    return chosen


def _tell(result: VariedPair) -> None:
    if result.fault is not None:
        print_text(f"{result.pair.key}: {result.fault}")
    for one in result.configs:
        if one.outcome == "failed":
            print_text(f"{result.pair.key}: {one.changes}: {one.stage}: {one.reason}")
        for way, fault in one.names.items():
            if fault:
                print_text(f"{result.pair.key}: {one.changes}: by name, {way}: {_short(fault)}")


def _short(fault: Any) -> str:
    return str(fault)[:300]
