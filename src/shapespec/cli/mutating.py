"""``shapespec check --mutate``: which changes to specs does `check` notice?"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapespec.cli.output import print_json, print_text

if TYPE_CHECKING:
    from shapespec.checking.mutating import Mutated


def run(
    names: Sequence[str],
    count: int,
    *,
    seed: int | None,
    kinds: Sequence[str],
    library: str,
    paths: Sequence[str],
    workers: int | None,
    limit: float,
    output: str | None,
    as_json: bool,
) -> int:
    """Changes specs, checks each, and tells what was noticed. Returns 1 where less was than promised, else 0."""
    import os

    from shapespec.checking.mutating import LEAST, mutate, summary
    from shapespec.checking.sweep import registry_pairs

    seed = seed if seed is not None else random.SystemRandom().randrange(10**6)
    print(f"{count} changes, seed {seed} (repeat them with --seed {seed})", file=sys.stderr)
    pairs = registry_pairs(library, only=names or None, paths=paths)
    with _progress(count) as advance:
        jobs = workers or os.cpu_count() or 1
        results = mutate(pairs, count, seed, kinds=kinds, workers=jobs, limit=limit, done=advance)
    data: dict[str, Any] = {"seed": seed, **summary(results)}
    if output is not None:
        import json

        from shapespec.writing.whole import write_text

        write_text(Path(output), f"{json.dumps(data, indent=1, ensure_ascii=False)}\n")
    if as_json:
        print_json(data)
    else:
        _tell(results, data)
    return 0 if data["noticed"] >= LEAST * data["changes"] else 1


@contextmanager
def _progress(total: int) -> Iterator[Any]:
    """A line now and then on standard error, so that one sees that it goes on."""
    done = noticed = 0

    def advance(result: Mutated) -> None:
        nonlocal done, noticed
        done, noticed = done + 1, noticed + (result.noticed is not None)
        if done % 25 == 0 or done == total:
            print(f"{done} of {total} changes, {noticed} noticed", file=sys.stderr, flush=True)

    yield advance


def _tell(results: Sequence[Mutated], data: dict[str, Any]) -> None:
    from shapespec.views.terminal import print_table

    rows = [(kind, str(noticed), str(count), f"{noticed / count:.0%}") for kind, noticed, count in data["kinds"]]
    print_table(("change", "noticed", "of", ""), rows)
    survivors = [result for result in results if result.noticed is None]
    if survivors:
        print_text("")
        told = [(result.mutation.kind, result.pair.key, result.mutation.what) for result in survivors]
        print_table(("not noticed", "class", "what"), told)
    print_text("")
    print_text(f"{data['noticed']} of {data['changes']} noticed, of {data['architectures']} architectures")
