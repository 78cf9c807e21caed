"""``shapespec check``."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from shapespec.cli import options, varying
from shapespec.cli.output import print_json, print_text
from shapespec.cli.sweeping import STORED, Request, run
from shapespec.errors import UnknownNameError
from shapespec.libraries import MAIN
from shapespec.registry.chain import Registry
from shapespec.views.terminal import print_table

if TYPE_CHECKING:
    from shapespec.checking import CheckResult

_Progress = Callable[[str], None]


@click.command(
    "check",
    short_help="Run the real models on the built inputs.",
    epilog="""\b
Examples:
  shapespec check bert
  shapespec check llama --task text-generation --component model_with_past
  shapespec check --all -o results/transformers.json --page docs/coverage.md
  shapespec check --stale --sample 60
  shapespec check bert --vary 12
  shapespec check --all --vary 12 --resume -o results/varied.json
  shapespec check --mutate 1000 --seed 1""",
)
@click.argument("architectures", nargs=-1, metavar="[ARCHITECTURE]...")
@click.option("--all", "everything", is_flag=True, help="Every class of every architecture, each in its own process.")
@click.option(
    "--vary",
    type=click.IntRange(min=1),
    metavar="N",
    help="Instead of the tiny config, N others for each class, drawn by --seed: each must run, by name too.",
)
@click.option("--stale", is_flag=True, help="The classes whose file has changed since the stored result.")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="N classes drawn at random.")
@click.option("--seed", type=int, metavar="N", help="Draw the same sample again.")
@click.option(
    "--mutate",
    type=click.IntRange(min=1),
    metavar="N",
    help="Change N things in specs, one at a time, and tell which changes the check notices.",
)
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="With --mutate: only this kind of changes.")
@click.option("-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Processes at once; as many as cores.")
@click.option(
    "--limit", type=float, default=180.0, show_default=True, metavar="SECONDS", help="The most that one class may take."
)
@click.option("--resume", is_flag=True, help="Keep what FILE of -o holds and still is so, and run the rest.")
@click.option("--again", is_flag=True, help="With --all --resume: also run what FILE holds as not run.")
@click.option(
    "--stored", default=STORED, show_default=True, metavar="FILE", help="The stored result that --stale looks at."
)
@click.option("--page", metavar="FILE", help="Write a page of Markdown from the result.")
@click.option("--task", metavar="TASK", help="Only this task's classes.")
@click.option("--class", "model_class", metavar="CLASS", help="Only this class.")
@click.option("--component", metavar="NAME", help="Only this graph.")
@options.library
@options.paths
@click.option("-o", "--output", metavar="FILE", help="Write the results as JSON to this file, too.")
@options.as_json
def command(
    architectures: tuple[str, ...],
    everything: bool,
    vary: int | None,
    stale: bool,
    sample: int | None,
    seed: int | None,
    mutate: int | None,
    kinds: tuple[str, ...],
    jobs: int | None,
    limit: float,
    resume: bool,
    again: bool,
    stored: str,
    page: str | None,
    library: str | None,
    paths: tuple[str, ...],
    output: str | None,
    as_json: bool,
    **only: Any,
) -> int:
    """Run the real model classes of ARCHITECTURE, with random weights, on the inputs that its spec builds.

    At the default sizes and at two others that the spec calls dynamic; outputs must have the declared shapes. What was
    never run is shown as not run. Needs torch and transformers; downloads nothing.
    """
    many = everything or stale or bool(sample)
    _refuse_kinds(kinds, mutate)
    if mutate is not None:
        if many or vary or resume or again or page or any(value is not None for value in only.values()):
            raise click.UsageError(
                "--mutate goes with architectures, --seed, --kind, --jobs, --limit, --library, -p and -o"
            )
        if output is not None:
            _refuse_early(output)
        from shapespec.cli.mutating import run as run_mutations

        names = _known(architectures, library, paths)
        return run_mutations(
            names, mutate, seed=seed, kinds=kinds, library=library or MAIN, paths=paths, workers=jobs, limit=limit,
            output=output, as_json=as_json,
        )  # fmt: skip
    if many == bool(architectures):
        raise click.UsageError("name architectures, or give --all, --stale or --sample")
    if many and any(value is not None for value in only.values()):
        raise click.UsageError("--task, --class and --component go with named architectures")
    if again and not (everything and resume and output):
        raise click.UsageError("--again goes with --all --resume and -o")
    if vary is not None:
        _only_for_vary(stale or sample or page or only["task"] or only["component"], output, resume)
        names, cls = _known(architectures, library, paths), only["model_class"]
        asked = varying.Request(names, cls, vary, seed or 0, library, paths, jobs, limit, resume, output, as_json)
        return varying.run(asked)
    if many:
        if output is not None:
            _refuse_early(output)
        return run(
            Request(
                everything,
                stale,
                sample or 0,
                seed,
                library or MAIN,
                paths,
                jobs,
                limit,
                resume,
                again,
                stored,
                output,
                page,
                as_json,
            )
        )
    names = _known(architectures, library, paths)
    if output is not None:
        _refuse_early(output)
    from shapespec.checking import check_architecture

    with _progress() as tell:
        results = [
            result
            for name in names
            for result in check_architecture(name, library=library, paths=paths, progress=tell, **only)
        ]
    if not results:
        raise UnknownNameError(
            f"nothing to check in {', '.join(names)}",
            argument="component",
            expected="a component that `shapespec show` lists",
        )
    _report(results, output, as_json)
    return 1 if any(result.outcome == "failed" for result in results) else 0


def _only_for_vary(others: Any, output: str | None, resume: bool) -> None:
    if others:
        raise click.UsageError(
            "--vary goes with named architectures (and --class) or --all, and with --seed, -j, -o, --resume"
        )
    if resume and output is None:
        raise click.UsageError("--resume goes with -o")
    if output is not None:
        _refuse_early(output)


def _known(architectures: Sequence[str], library: str | None, paths: Sequence[str]) -> list[str]:
    """The architectures, each once. Raises :class:`UnknownNameError` before anything runs."""
    registry = Registry(paths)
    for name in architectures:
        registry.architecture(name, library)
    return list(dict.fromkeys(architectures))


def _refuse_early(output: str) -> None:
    """An output that can't be written is told before the models run. Raises :class:`OutputError`."""
    from pathlib import Path

    from shapespec.writing.whole import checked_target

    checked_target(Path(output))


def _refuse_kinds(kinds: tuple[str, ...], mutate: int | None) -> None:
    if kinds and mutate is None:
        raise click.UsageError("--kind goes with --mutate")


@contextmanager
def _progress() -> Iterator[_Progress | None]:
    """A word on what runs now, on standard error and only where somebody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from shapespec.views.terminal import console

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console(sys.stderr), transient=True) as bar:
        running = bar.add_task("starting", total=None)
        yield lambda word: bar.update(running, description=word)


def _report(results: list[CheckResult], output: str | None, as_json: bool) -> None:
    counts = Counter(result.outcome for result in results)
    data = {
        "passed": counts["passed"],
        "failed": counts["failed"],
        "not_run": counts["not run"],
        "results": [result.to_dict() for result in results],
    }
    if output is not None:
        import json

        from shapespec.writing.whole import write_text

        write_text(output, f"{json.dumps(data, indent=2, default=str)}\n")
    if as_json:
        print_json(data)
        return
    for (architecture, task, model_class), group in groupby(
        results, key=lambda result: (result.architecture, result.task, result.model_class)
    ):
        head = " ".join(part for part in (architecture, model_class, f"({task})" if task else "") if part)
        rows = [
            (r.component or "", r.proof, r.outcome, f"{r.seconds:.2f}", _sizes(r.sizes), r.reason or "") for r in group
        ]
        print_table(("component", "proof", "outcome", "seconds", "sizes", "reason"), rows, title=head)
        print_text("")
    print_text(", ".join(f"{counts[outcome]} {outcome}" for outcome in ("passed", "failed", "not run")))


def _sizes(sizes: dict[str, int]) -> str:
    return " ".join(f"{name}={size}" for name, size in sizes.items())
