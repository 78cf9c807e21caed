"""Every (type, class) pair, checked one by one: the proof of the whole registry, with a stored, dated result."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import platform
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapespec.building.torch_backend import import_torch
from shapespec.checking.fingerprints import code_hash, files_hash
from shapespec.checking.isolated import run_isolated
from shapespec.checking.result import FAILED, NOT_RUN, PASSED, CheckResult
from shapespec.checking.run import check_architecture
from shapespec.errors import OutputError, SpecError
from shapespec.language.files import Architecture
from shapespec.libraries import MAIN, packages
from shapespec.libraries import library as library_named
from shapespec.registry.chain import Registry
from shapespec.registry.declared import Declared
from shapespec.registry.files import load_file
from shapespec.registry.paths import USER, file_name
from shapespec.writing.whole import write_text


@dataclass(frozen=True)
class Pair:
    """One class of one type. ``served_by`` is the type whose file declares it, where that is another; ``fault`` says
    why the type's file can't be read, where that is so; ``paths`` are the user's, over the built-in ones."""

    library: str
    architecture: str
    model_class: str | None
    served_by: str | None = None
    fault: str | None = None
    paths: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.library}/{self.architecture}/{self.model_class}"

    @property
    def searched(self) -> str | None:
        """The library in which the type is looked for: what only a user's own files declare is in none."""
        return None if self.library == USER else self.library


def fingerprint(pair: Pair) -> str:
    """A short hash of all files that the pair's spec is made from: a stored result is stale where it differs."""
    if pair.fault is not None:
        return "unreadable"
    names = dict.fromkeys(filter(None, (pair.architecture, pair.served_by)))
    return files_hash(Registry(pair.paths), names, pair.searched)


@dataclass(frozen=True)
class PairResult:
    """What the checks of one pair came to."""

    pair: Pair
    outcome: str
    reason: str | None
    seconds: float
    runs: tuple[CheckResult, ...]

    @property
    def needs(self) -> str | None:
        """The package without which the pair could not run."""
        return next((run.needs for run in self.runs if run.needs), None) if self.outcome == NOT_RUN else None

    def to_dict(self, main: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Plain data: the runs as (task, component, proof, outcome, sizes, what it found). With the ``main``
        versions of a stored result, the versions that differ from those."""
        other = {} if main is None else {k: v for k, v in versions().items() if main.get(k) != v}
        return {
            "library": self.pair.library,
            "architecture": self.pair.architecture,
            "model_class": self.pair.model_class,
            **({"served_by": self.pair.served_by} if self.pair.served_by else {}),
            "file": fingerprint(self.pair),
            "code": code_hash(),
            **({"versions": other} if other else {}),
            "outcome": self.outcome,
            "reason": self.reason,
            **({"needs": self.needs} if self.needs else {}),
            "seconds": round(self.seconds, 1),
            "runs": [_stored(run) for run in self.runs],
        }


def _stored(run: CheckResult) -> list[Any]:
    return [run.task, run.component, run.proof, run.outcome, run.sizes, *([run.found] if run.found else [])]


def registry_pairs(
    library: str = MAIN, only: Iterable[str] | None = None, paths: Sequence[str | Path] = ()
) -> list[Pair]:
    """Every pair that the registry declares for a library, in the files' order; only some architectures' where named.
    An architecture without a class is a pair without one. Those that only the user's ``paths`` declare, in no
    library's folder, come last."""
    registry = Registry(paths)
    names = [(library, name) for name in only] if only is not None else _names(registry, library)
    found: list[Pair] = []
    for home, name in names:
        try:
            found += _pairs_of(registry, name, home)
        except SpecError as error:
            if only is not None:
                raise
            fault = " ".join(str(error).split())[:400]
            found.append(Pair(home, name, None, fault=fault, paths=_texts(registry)))
    return found


def _names(registry: Registry, library: str) -> list[tuple[str, str]]:
    """A library's architectures, and the user's own, each as (library, name)."""
    known = {file_name(stem) for folder, stem, _ in registry.names() if folder != USER}
    own = [path for _, _, path in registry.names(USER)]
    names = [stem for _, stem, _ in registry.names(library)] if library != USER else []
    return [
        *((library, name) for name in dict.fromkeys(names)),
        *((USER, name) for name in dict.fromkeys(map(_declared, own)) if name and file_name(name) not in known),
    ]


def _declared(path: Path) -> str | None:
    """The architecture that a user's file declares; None for a file of another kind. One that can't be read goes by
    its own name: that is told in its place."""
    try:
        model = load_file(path).model
    except SpecError:
        return path.stem
    return model.architecture if isinstance(model, Architecture) else None


def _texts(registry: Registry) -> tuple[str, ...]:
    return tuple(map(str, registry.user_paths))


def _pairs_of(registry: Registry, name: str, library: str) -> list[Pair]:
    declared = Declared.of(registry, name, None if library == USER else library)
    paths, name, elsewhere = _texts(registry), declared.architecture, declared.served_by
    found = [Pair(library, name, cls, paths=paths) for cls in declared.classes if cls not in elsewhere]
    found += [Pair(library, name, cls, served_by, paths=paths) for cls, served_by in elsewhere.items()]
    return found or [Pair(library, name, None, paths=paths)]


def stale_pairs(pairs: Iterable[Pair], stored: Mapping[str, Mapping[str, Any]]) -> list[Pair]:
    """The pairs that a stored result does not hold, or whose files have changed since."""
    return [pair for pair in pairs if (stored.get(pair.key) or {}).get("file") != fingerprint(pair)]


def older_pairs(pairs: Iterable[Pair], stored: Mapping[str, Mapping[str, Any]]) -> list[Pair]:
    """The pairs whose files are as they were when the stored result was made, but not the code that checks them."""
    held = ((pair, stored.get(pair.key) or {}) for pair in pairs)
    return [p for p, entry in held if entry.get("code") != code_hash() and entry.get("file") == fingerprint(p)]


def not_run_pairs(pairs: Iterable[Pair], stored: Mapping[str, Mapping[str, Any]]) -> list[Pair]:
    """The pairs with a class that a stored result holds as not run: another environment may have what they need."""
    return [p for p in pairs if p.model_class and (stored.get(p.key) or {}).get("outcome") == NOT_RUN]


def says_the_same(entry: Mapping[str, Any], stored: Mapping[str, Any] | None) -> bool:
    """Whether a pair that was not run still isn't, for the same reason: then the stored entry stays."""
    return entry["outcome"] == NOT_RUN and all(
        (stored or {}).get(key) == entry[key] for key in ("outcome", "reason", "file")
    )


def sweep(
    pairs: Sequence[Pair],
    *,
    workers: int | None = None,
    limit: float = 180.0,
    done: Callable[[PairResult], None] | None = None,
) -> list[PairResult]:
    """Checks each pair in a process of its own. ``done`` hears of each as it ends; ``limit`` is in seconds."""
    warm_up()
    results = []
    for outcome in run_isolated(imported(pairs), _check_pair, workers=workers or os.cpu_count() or 1, limit=limit):
        runs: list[CheckResult] = outcome.value or []
        result = _judged(outcome.job, runs, outcome.fault, outcome.seconds)
        results.append(result)
        if done is not None:
            done(result)
    return results


def warm_up() -> None:
    """Imports what each process needs, once, before they are forked; one thread each, since several run at once."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import_torch().set_num_threads(1)
    library_named(MAIN).package()


def imported(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """The pairs, each class imported before its process is forked: importing costs more than checking, and the
    classes of a type share it. What can't be imported fails in its own process, where it is told."""
    for pair in pairs:
        if pair.model_class is not None:
            with contextlib.suppress(Exception):
                library_named(pair.library).import_class(pair.model_class, pair.served_by or pair.architecture)
        yield pair


def _check_pair(pair: Pair) -> list[CheckResult]:
    if pair.model_class is None:
        return []
    name = pair.served_by or pair.architecture
    return check_architecture(name, model_class=pair.model_class, library=pair.searched, paths=pair.paths)


def _judged(pair: Pair, runs: list[CheckResult], fault: str | None, seconds: float) -> PairResult:
    failed = [run for run in runs if run.outcome == FAILED]
    passed = [run for run in runs if run.outcome == PASSED]
    fault = pair.fault or fault
    if fault is not None:
        outcome, reason = FAILED, fault
    elif failed:
        outcome = FAILED
        reason = f"{failed[0].component or 'the class'}, {failed[0].proof}: {failed[0].reason}"
    elif passed:
        outcome, reason = PASSED, None
    else:
        outcome = NOT_RUN
        reason = next((run.reason for run in runs if run.reason), "the type has no class of its own that runs")
    return PairResult(pair, outcome, reason, seconds, tuple(runs))


def versions() -> dict[str, str]:
    """The versions that a result holds for."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for package in ("shapespec", "torch", *packages()):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def report(
    results: Iterable[dict[str, Any]], date: datetime.date | None = None, main: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The stored result: date, versions (``main``, or those of here), summary, and one entry per pair, sorted."""
    entries = sorted(results, key=lambda e: (e["library"], e["architecture"], e["model_class"] or ""))
    classes = [entry for entry in entries if entry["model_class"] is not None or entry["outcome"] == FAILED]
    green = {e["architecture"] for e in classes} - {e["architecture"] for e in classes if e["outcome"] != PASSED}
    return {
        "date": (date or datetime.datetime.now(datetime.timezone.utc).date()).isoformat(),
        "versions": dict(main) if main else versions(),
        "summary": {
            "types": len({e["architecture"] for e in entries}),
            "pairs": len(classes),
            **Counter(entry["outcome"] for entry in classes),
            "types wholly green": len(green),
            "types without a class": len(entries) - len(classes),
        },
        "pairs": entries,
    }


def read_report(path: Path) -> dict[str, dict[str, Any]]:
    """A stored result's entries by pair; empty where there is no file. Raises :class:`OutputError` for another file."""
    return _read(path)[1]


def read_versions(path: Path) -> dict[str, str] | None:
    """A stored result's main versions; None where there is no file. Raises :class:`OutputError` for another file."""
    return _read(path)[0]


def _read(path: Path) -> tuple[dict[str, str] | None, dict[str, dict[str, Any]]]:
    if not path.is_file():
        return None, {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        entries = {f"{e['library']}/{e['architecture']}/{e['model_class']}": e for e in found["pairs"]}
        return dict(found["versions"]), entries
    except (ValueError, KeyError, TypeError):
        raise OutputError(
            f"{path} is no stored result", argument="output", expected="a file that `check --all` wrote"
        ) from None


def write_report(path: Path, entries: Iterable[dict[str, Any]], main: Mapping[str, str] | None = None) -> None:
    """Writes the result whole or not at all: one line per pair, so that changes show as such."""
    write_pairs(path, report(entries, main=main))


def write_pairs(path: Path, found: dict[str, Any]) -> None:
    """Writes a result that has entries under `pairs`, one line for each."""
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in found.pop("pairs"))
    head = json.dumps(found, indent=1, ensure_ascii=False)[:-2]
    write_text(path, f'{head},\n "pairs": [\n{lines}\n]}}\n')
