"""``shapespec check`` over many pairs: all of them, those whose file has changed, or a sample."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapespec.cli.output import print_json, print_text

if TYPE_CHECKING:
    from shapespec.checking.sweep import Pair, PairResult

#: The stored result of the last full sweep.
STORED = "results/transformers.json"

#: What `check --vary` stored, beside it.
VARIED = "varied.json"


#: Code changes with nearly every commit, and concerns every class: so many of those whose files stay as they were run
#: again by `--stale`, drawn anew each time, so that it stays a matter of a minute.
MOST_OLDER = 150

#: A file of results is written now and then, so that little is lost where a long run is cut off: each time so many
#: pairs are done.
WRITTEN_EACH = 50


@dataclass(frozen=True)
class Request:
    """What was asked for. ``sample`` is a number of pairs drawn at random, ``stored`` the result that tells what is
    stale (and, with ``resume``, what need not run again), ``again`` asks for what was not run, too, ``output`` and
    ``page`` name the files to write."""

    everything: bool
    stale: bool
    sample: int
    seed: int | None
    library: str
    paths: tuple[str, ...]
    workers: int | None
    limit: float
    resume: bool
    again: bool
    stored: str
    output: str | None
    page: str | None
    as_json: bool


def run(request: Request) -> int:
    """Runs the sweep. Returns 1 where a pair failed that the stored result does not hold as failed, else 0."""
    from shapespec.checking.sweep import (
        read_report,
        read_versions,
        registry_pairs,
        report,
        says_the_same,
        sweep,
        write_report,
    )

    held = Path(request.output if request.resume and request.output else request.stored)
    known = read_report(held)
    # What is resumed keeps the versions that it began with; an entry made beside others says so.
    main = read_versions(held) if request.resume else None
    pairs = _chosen(registry_pairs(request.library, paths=request.paths), known, request)
    entries: dict[str, dict[str, Any]] = dict(known) if request.resume else {}
    failed: list[PairResult] = []

    def write() -> None:
        if request.output is not None:
            write_report(Path(request.output), entries.values(), main)

    with progress(len(pairs)) as advance:
        save = now_and_then(write)

        def done(result: PairResult) -> None:
            entry = result.to_dict(main)
            if not (request.again and says_the_same(entry, known.get(result.pair.key))):
                entries[result.pair.key] = entry
            was = (known.get(result.pair.key) or {}).get("outcome")
            if result.outcome == "failed" and (was != "failed" or request.everything):
                failed.append(result)
            advance(result)
            save()

        results = sweep(pairs, workers=request.workers, limit=request.limit, done=done)
    write()
    if request.page is not None:
        _write_page(Path(request.page), report(entries.values(), main=main), held.with_name(VARIED))
    _tell(results, failed, request)
    return 1 if failed else 0


def _chosen(pairs: list[Pair], known: dict[str, dict[str, Any]], request: Request) -> list[Pair]:
    from shapespec.checking.sweep import not_run_pairs, older_pairs, stale_pairs

    stale, older = stale_pairs(pairs, known), older_pairs(pairs, known)
    if request.everything and request.resume:
        wanted = {*stale, *older, *(not_run_pairs(pairs, known) if request.again else ())}
        return [pair for pair in pairs if pair in wanted]
    if request.everything:
        return pairs
    seed = request.seed if request.seed is not None else random.SystemRandom().randrange(10**6)
    chosen = stale if request.stale else []
    if request.stale and older:
        drawn = random.Random(f"older {seed}").sample(older, min(MOST_OLDER, len(older)))
        print(f"{len(older)} results are older than the code: {len(drawn)} of them, seed {seed}", file=sys.stderr)
        chosen = [*chosen, *sorted(drawn, key=lambda pair: pair.key)]
    rest = [pair for pair in pairs if pair not in set(chosen)]
    if request.sample:
        print(f"sample of {request.sample} pairs, seed {seed} (repeat it with --seed {seed})", file=sys.stderr)
    drawn = random.Random(seed).sample(rest, min(request.sample, len(rest)))
    return [*chosen, *sorted(drawn, key=lambda pair: pair.key)]


def now_and_then(write: Callable[[], None]) -> Callable[[], None]:
    """What is called after each pair, and writes after every :data:`WRITTEN_EACH` of them."""
    count = 0

    def save() -> None:
        nonlocal count
        count += 1
        if count % WRITTEN_EACH == 0:
            write()

    return save


@contextmanager
def progress(total: int) -> Iterator[Any]:
    """A bar on a terminal; elsewhere a line now and then, so that a log shows that it goes on."""
    if sys.stderr.isatty():
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        from shapespec.views.terminal import console

        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
        )
        with Progress(*columns, console=console(sys.stderr), transient=True) as bar:
            task = bar.add_task("starting", total=total)
            yield lambda result: bar.update(task, advance=1, description=result.pair.key)
        return
    count = 0

    def advance(result: PairResult) -> None:
        nonlocal count
        count += 1
        if count % 50 == 0 or count == total:
            print(f"{count} of {total} pairs", file=sys.stderr, flush=True)

    yield advance


def _write_page(path: Path, result: dict[str, Any], varied: Path) -> None:
    from shapespec.checking.vary_sweep import read_report
    from shapespec.views.coverage import coverage_page
    from shapespec.writing.whole import write_text

    write_text(path, coverage_page(result, read_report(varied)))


def _tell(results: list[PairResult], failed: list[PairResult], request: Request) -> None:
    counts = Counter(result.outcome for result in results)
    if request.as_json:
        print_json({"counts": dict(counts), "pairs": [result.to_dict() for result in results]})
        return
    for result in failed:
        print_text(f"{result.pair.key}: {result.reason}")
    print_text(", ".join(f"{counts[outcome]} {outcome}" for outcome in ("passed", "failed", "not run")))
