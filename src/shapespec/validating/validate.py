"""Validates files: what they look like, what they say, and whether every head of an architecture resolves.

Needs neither torch nor transformers. The steps are in :mod:`shapespec.validating`, one module each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from shapespec.errors import Location, Problem, SpecError
from shapespec.language.checked import MOST_PROBLEMS, check_document
from shapespec.language.files import Architecture, Family
from shapespec.reading import read_file
from shapespec.registry.files import Loaded
from shapespec.registry.paths import shown
from shapespec.validating.descendants import Descendants
from shapespec.validating.files import Candidate, given_roots, yaml_files
from shapespec.validating.headers import header_problems
from shapespec.validating.heads import resolve_problems
from shapespec.validating.names import family_problems, name_problems
from shapespec.validating.order import order_problems
from shapespec.validating.surroundings import Surroundings, dependents


@dataclass(frozen=True)
class Report:
    """What a validation found: the files that were looked at, and their problems in the order of file and position."""

    files: tuple[str, ...]
    problems: tuple[Problem, ...]


def validate(paths: str | Path | Sequence[str | Path]) -> list[Problem]:
    """Every problem of the files, sorted by file and position; an empty list where all is well.

    Looked at are: the first line (it names the schema), the file's name, the order of its keys, the grammar, the parent
    that it extends, and names that nothing uses. Each architecture is resolved with its own config defaults for each
    head, task and variant; so is each one beside a family that is given.

    Args:
        paths: files, or folders that are searched for ``.yaml`` and ``.yml`` (hidden folders are passed over).

    Never raises for what a file holds, and does not stop at the first problem.
    """
    return list(examine(paths).problems)


def examine(paths: str | Path | Sequence[str | Path]) -> Report:
    """As :func:`validate`, with the files that were looked at."""
    given = [Path(path) for path in ([paths] if isinstance(paths, (str, Path)) else paths)]
    candidates, problems = yaml_files(given)
    roots = given_roots(given)
    readable: list[tuple[Candidate, Loaded]] = []
    for candidate in candidates:
        loaded = _look_at(candidate, problems)
        if loaded is not None:
            readable.append((candidate, loaded))
    resolvable = [(c, f, True) for c, f in readable] + [(c, f, False) for c, f in dependents(readable)]
    descendants = Descendants()
    for candidate, loaded, asked_for in resolvable:
        problems += _surrounded(candidate, loaded, roots, descendants if asked_for else None)
    names = _Names(candidates)
    unique = {(problem.location, problem.message): problem for problem in map(names.told, problems)}
    return Report(tuple(c.display for c in candidates), tuple(_capped(sorted(unique.values(), key=_order))))


def _look_at(candidate: Candidate, problems: list[Problem]) -> Loaded | None:
    """A file by itself: its problems are added. None where it can't be read or breaks the grammar."""
    name = shown(candidate.path)
    try:
        document = read_file(candidate.path, shown_as=name)
    except SpecError as error:
        problems += [_placed(problem, name) for problem in error.problems]
        return None
    problems += header_problems(document, candidate)
    problems += order_problems(document)
    try:
        return Loaded(document, check_document(document))
    except SpecError as error:
        problems += error.problems
        return None


def _placed(problem: Problem, name: str) -> Problem:
    """A problem of a whole file, put at its beginning."""
    if problem.location is not None:
        return problem
    message = problem.message.removeprefix(f"can't read {name}: ").removeprefix(f"{name} ")
    return replace(problem, message=message, location=Location(name))


def _surrounded(
    candidate: Candidate, loaded: Loaded, roots: Sequence[Path], descendants: Descendants | None
) -> list[Problem]:
    """A file among the others: its parents, the names that it uses (of a file that was asked for, with which
    ``descendants`` come) and its heads."""
    try:
        around = Surroundings.of(candidate, loaded, roots)
    except SpecError as error:
        return list(error.problems)
    if isinstance(loaded.model, Family) and descendants is not None:
        return list(family_problems(loaded, around, descendants))
    if not isinstance(loaded.model, Architecture):
        return []
    found = name_problems(loaded, around) if descendants is not None else []
    return found + resolve_problems(loaded, around)


class _Names:
    """Files in problems by the names that the caller gave them, so that an editor finds them."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self.given = {shown(candidate.path): candidate.display for candidate in candidates}

    def told(self, problem: Problem) -> Problem:
        related = tuple((word, self._place(place)) for word, place in problem.related)
        return replace(problem, location=self._place(problem.location) if problem.location else None, related=related)

    def _place(self, place: Location) -> Location:
        if place.file in self.given:
            return replace(place, file=self.given[place.file])
        path = Path(place.file)
        here = Path.cwd()
        near = path.is_absolute() and path.is_relative_to(here)
        return replace(place, file=str(path.relative_to(here))) if near else place


def _capped(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Of each file no more problems than somebody reads, and how many more there are."""
    for _, of_file in groupby(problems, key=lambda problem: problem.location.file if problem.location else ""):
        told = list(of_file)
        yield from told[:MOST_PROBLEMS]
        more = told[MOST_PROBLEMS:]
        if len(more) > 1 or (more and not more[0].message.startswith("and ")):
            yield Problem(f"and {len(more):,} more problems", location=more[0].location)
        else:
            yield from more  # the grammar's own "and … more problems"


def _order(problem: Problem) -> tuple[str, int, int, str]:
    place = problem.location or Location("")
    return place.file, place.line, place.column, problem.message
