"""`check` on changed specs: which changes does it notice?"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapespec.checking.heads import live_spec, tiny_head
from shapespec.checking.isolated import run_isolated
from shapespec.checking.mutations import MAKERS, Mutation, Subject
from shapespec.checking.result import FAILED, PASSED
from shapespec.checking.run import check_architecture
from shapespec.checking.sweep import Pair, imported, warm_up
from shapespec.errors import SpecError, UnknownNameError, unknown
from shapespec.registry.chain import Registry
from shapespec.registry.declared import Declared
from shapespec.registry.paths import USER
from shapespec.spec import Spec, load_spec

#: How many mutations are made of one class.
EACH = 5

#: The part of all changes that `check` promises to notice.
LEAST = 0.92

#: How many mutations are tried for one that changes something.
_MOST_TRIES = 8


@dataclass(frozen=True)
class _Draw:
    """What is to be drawn: so many mutations of a pair, of some ``kinds`` (none: one of each kind)."""

    pair: Pair
    count: int
    seed: str
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """A change of a pair's spec that is to be checked."""

    pair: Pair
    mutation: Mutation


@dataclass(frozen=True)
class Mutated:
    """What `check` said to a changed spec: ``noticed`` is the first thing that it told, or None."""

    pair: Pair
    mutation: Mutation
    noticed: str | None
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "pair": self.pair.key,
            "kind": self.mutation.kind,
            "what": self.mutation.what,
            "overlay": self.mutation.overlay,
            "noticed": self.noticed,
            "seconds": round(self.seconds, 1),
        }


def mutate(
    pairs: Sequence[Pair],
    count: int,
    seed: int,
    *,
    kinds: Sequence[str] = (),
    workers: int = 1,
    limit: float = 180.0,
    done: Callable[[Mutated], None] | None = None,
) -> list[Mutated]:
    """Changes the specs of some pairs, one change at a time, and checks each as `check` does.

    Args:
        pairs: from which classes are drawn, one of an architecture as long as there are others.
        count: how many changes; :data:`EACH` of one class.
        seed: draws the same again.
        kinds: only these kinds of changes, several of a kind in one class; where none is named, all kinds, one of each.
        workers, limit: processes at once, and the seconds that each may take.
        done: hears of each as it ends.

    A class that fails unchanged tells nothing of changes, so that another is drawn in its place; a change that does not
    change the contract is none.

    Raises:
        UnknownNameError: no such kind.
    """
    strange = next((kind for kind in kinds if kind not in MAKERS), None)
    if strange is not None:
        raise UnknownNameError(unknown("kind of change", strange, list(MAKERS), argument="kind"))
    warm_up()
    found: list[Mutated] = []
    for job in _jobs(pairs, count, seed, tuple(kinds), workers, limit):
        for outcome in run_isolated(job, checked, workers=workers, limit=limit):
            result = Mutated(outcome.job.pair, outcome.job.mutation, outcome.fault or outcome.value, outcome.seconds)
            found.append(result)
            if done is not None:
                done(result)
    return found


def _jobs(
    pairs: Sequence[Pair], count: int, seed: int, kinds: tuple[str, ...], workers: int, limit: float
) -> Iterator[list[Job]]:
    """The jobs of several classes at a time, until there are as many as wanted."""
    waiting = list(_drawn(pairs, seed))
    left = count
    while left > 0 and waiting:
        batch = [waiting.pop(0) for _ in range(min(len(waiting), max(workers, -(-left // EACH)), 8 * workers))]
        draws = [_Draw(pair, EACH, f"{seed} {pair.key}", kinds) for pair in batch]
        by_pair = {
            outcome.job.pair: outcome.value or []
            for outcome in run_isolated(_with_classes(draws), _mutations, workers=workers, limit=limit)
        }
        jobs = [Job(pair, mutation) for pair in batch for mutation in by_pair[pair]][:left]
        left -= len(jobs)
        yield jobs


def _with_classes(draws: list[_Draw]) -> Iterator[_Draw]:
    for _, draw in zip(imported(draw.pair for draw in draws), draws, strict=True):
        yield draw


def _drawn(pairs: Sequence[Pair], seed: int) -> Iterator[Pair]:
    """Every pair with a class, in an order by the seed: one of each architecture before the second of any."""
    mixed = sorted((pair for pair in pairs if pair.model_class is not None), key=lambda pair: pair.key)
    random.Random(seed).shuffle(mixed)
    rounds: dict[str, int] = {}
    ranked = []
    for pair in mixed:
        ranked.append((rounds.get(pair.architecture, 0), pair))
        rounds[pair.architecture] = rounds.get(pair.architecture, 0) + 1
    return iter([pair for _, pair in sorted(ranked, key=lambda item: item[0])])


# -- in a process of its own


def _name(pair: Pair) -> str:
    return pair.served_by or pair.architecture


def _check(pair: Pair, paths: Sequence[str]) -> tuple[str | None, bool]:
    """(the first thing that `check` tells of a pair, whether anything passed)."""
    runs = check_architecture(_name(pair), model_class=pair.model_class, library=pair.searched, paths=paths)
    failed = next((run for run in runs if run.outcome == FAILED), None)
    told = None if failed is None else f"{failed.component or 'the class'}, {failed.proof}: {failed.reason}"
    return told, any(run.outcome == PASSED for run in runs)


def checked(job: Job) -> str | None:
    """The first thing that `check` tells of a changed spec, or None where it notices nothing."""
    with tempfile.TemporaryDirectory() as folder:
        paths = _laid_over(job.pair, job.mutation, folder)
        try:
            told = _check(job.pair, paths)[0]
        except SpecError as error:
            told = " ".join(str(error).split())[:400]
    return None if told is None else told.replace(f"{folder}/", "")


def _laid_over(pair: Pair, mutation: Mutation, folder: str) -> list[str]:
    """The paths under which a mutation holds."""
    own = Path(folder) if pair.library == USER else Path(folder) / pair.library
    own.mkdir(exist_ok=True)
    declared = Declared.of(Registry(pair.paths), _name(pair), pair.searched)
    lines = [f"architecture: {json.dumps(declared.architecture)}"]
    # JSON is YAML: nothing needs quoting by hand.
    lines += [f"{key}: {json.dumps(value)}" for key, value in mutation.overlay.items()]
    file = Path(str(declared.files[0].document.file)).name
    (own / file).write_text("\n".join([*lines, ""]), encoding="utf-8")
    return [*pair.paths, folder]


def _mutations(draw: _Draw) -> list[Mutation]:
    """Mutations of a pair that change its contract: a kind is drawn, then one of the kind. None where the pair does not
    pass unchanged."""
    pair, rng = draw.pair, random.Random(draw.seed)
    told, passed = _check(pair, pair.paths)
    if told is not None or not passed:
        return []
    registry = Registry(pair.paths)
    declared = Declared.of(registry, _name(pair), pair.searched)
    head, model = tiny_head(_name(pair), str(pair.model_class), library=pair.searched, paths=pair.paths)
    spec = live_spec(head, model)
    subject = Subject(spec, declared.own.value("config") or {})
    of_kind = {kind: list(make(subject)) for kind, make in MAKERS.items() if not draw.kinds or kind in draw.kinds}
    of_kind = {kind: made for kind, made in of_kind.items() if made}

    def meant(paths: Sequence[str]) -> list[Any]:
        live = live_spec(head, model, paths=paths)
        by_name = load_spec(_name(pair), model_class=pair.model_class, library=pair.searched, paths=paths)
        return [_told(live), _told(by_name)]

    now = meant(pair.paths)
    found: list[Mutation] = []
    for _ in range(draw.count * _MOST_TRIES):
        if len(found) == draw.count or not of_kind:
            break
        kind = rng.choice(sorted(of_kind))
        mutation = of_kind[kind].pop(rng.randrange(len(of_kind[kind])))
        if _changes(pair, mutation, meant, now):
            found.append(mutation)
        if not of_kind[kind] or (mutation in found and not draw.kinds):
            del of_kind[kind]
    return found


def _told(spec: Spec) -> Any:
    """What a contract says, reasons and places left out."""
    return spec.plans, [_bare(rule) for rule in spec.contract.sizes]


def _bare(rule: Any) -> tuple[Any, ...]:
    """A size's rule; a least or a step of 1 is what holds where none is said."""
    said = {key: getattr(rule, key) for key in ("name", "value", "equals", "min", "max", "multiple_of", "dynamic")}
    said |= {key: None for key in ("min", "multiple_of") if said[key] == 1}
    return tuple(map(str, said.values()))


def _changes(pair: Pair, mutation: Mutation, meant: Callable[[Sequence[str]], list[Any]], now: list[Any]) -> bool:
    """Whether a mutation changes the resolved contract: what can't be loaded does."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return meant(_laid_over(pair, mutation, folder)) != now
        except SpecError:
            return True


def tally(results: Sequence[Mutated]) -> list[tuple[str, int, int]]:
    """(kind, noticed, all) in the order of the kinds."""
    kinds: Mapping[str, Any] = MAKERS
    rows = []
    for kind in kinds:
        of_kind = [result for result in results if result.mutation.kind == kind]
        if of_kind:
            rows.append((kind, sum(result.noticed is not None for result in of_kind), len(of_kind)))
    return rows


def summary(results: Sequence[Mutated]) -> dict[str, Any]:
    """Plain data: how many changes there were and were noticed, by kind, and what survived."""
    return {
        "changes": len(results),
        "noticed": sum(result.noticed is not None for result in results),
        "architectures": len({result.pair.architecture for result in results}),
        "kinds": [list(row) for row in tally(results)],
        "survivors": [result.to_dict() for result in results if result.noticed is None],
    }
