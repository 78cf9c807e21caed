"""Resolves an architecture for each of its heads and variants with its own config defaults, as `load_spec` would."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from shapespec.errors import Location, Problem, SpecError
from shapespec.registry.files import Loaded
from shapespec.resolving.target import WITH_PAST
from shapespec.spec import load_spec
from shapespec.validating.surroundings import Surroundings

#: How many heads times variants are resolved: no architecture has a tenth of them.
MOST_CASES = 300

#: How many heads a problem names.
_NAMED = 3


_ASKS_FOR_PAST = re.compile(r"\bwith_past\b")

#: Seconds: a head resolves in milliseconds.
_PATIENCE = 0.5


@dataclass(frozen=True)
class _Case:
    """One call of `load_spec`."""

    task: str | None
    model_class: str | None
    variant: str | None

    def __str__(self) -> str:
        head = f"`{self.model_class}` ({self.task})" if self.model_class else "the architecture"
        return head + (f" in the variant `{self.variant}`" if self.variant else "")


@dataclass
class _Fault:
    problem: Problem
    cases: list[_Case] = field(default_factory=list)


def resolve_problems(loaded: Loaded, around: Surroundings) -> list[Problem]:
    """What keeps the heads from resolving: each fault once, with the heads that it keeps."""
    if around.declared.is_name_alone:
        return []  # a config without a class: nothing resolves
    faults: dict[tuple[Location | None, str], _Fault] = {}
    cases = list(islice(_cases(around), MOST_CASES + 1))
    if len(cases) > MOST_CASES:
        place = loaded.document.location(("heads",), key=True)
        return [Problem(f"more than {MOST_CASES} heads and variants", location=place, expected="fewer, to be resolved")]
    for case in cases:
        start = time.perf_counter()
        for problem in _problems(loaded, around, case):
            fault = faults.setdefault((problem.location, problem.message), _Fault(problem))
            fault.cases.append(case)
        if faults and time.perf_counter() - start > _PATIENCE:
            break  # a file that is wrong and asks for so much work gets no more of it
    return [_told(fault, loaded, len(cases)) for fault in faults.values()]


def _cases(around: Surroundings) -> Iterator[_Case]:
    variants = around.declared.named("variants")
    served: list[tuple[str | None, str | None]] = [
        (task, name) for task, classes in around.declared.heads.items() for name in classes
    ]
    for variant in [None, *variants]:
        for task, model_class in served or [(None, None)]:
            yield _Case(task, model_class, variant)


def _problems(loaded: Loaded, around: Surroundings, case: _Case) -> list[Problem]:
    name = getattr(loaded.model, "architecture", "")
    found: list[Problem] = []
    for task in _tasks(around, case):
        try:
            load_spec(
                name,
                task=task,
                model_class=case.model_class,
                variant=case.variant,
                library=around.library,
                paths=around.paths,
            )
        except SpecError as error:
            found += [problem for problem in error.problems if problem not in found]
    return found


def _tasks(around: Surroundings, case: _Case) -> tuple[str | None, ...]:
    """The task, and the same with a past where a condition asks for that."""
    asked = (line for x in around.declared.everyone for line in x.document.lines)
    if case.task is None or not any(_ASKS_FOR_PAST.search(line) for line in asked):
        return (case.task,)
    return case.task, f"{case.task}{WITH_PAST}"


def _told(fault: _Fault, loaded: Loaded, everyone: int) -> Problem:
    """A fault with its place in a file and the heads that it concerns."""
    problem = fault.problem
    first = fault.cases[0]
    heads = loaded.document.location(("heads", first.task) if first.task is not None else (), key=True)
    location, related = problem.location, list(problem.related)
    if location is None:
        # A missing config value or a size is told to callers as an argument's fault. Here nobody gave an argument: the
        # architecture's own file is to say it.
        expected = "a default under `config:`" if problem.argument == "config" else problem.expected
        location, problem = heads, replace(problem, argument=None, expected=expected)
    if location != heads and (len(fault.cases) < everyone or location.file != loaded.document.file):
        related.append((f"when resolving {_named(fault.cases)}", heads))
    return replace(problem, location=location, related=tuple(related))


def _named(cases: list[_Case]) -> str:
    more = len(cases) - _NAMED
    return ", ".join(map(str, cases[:_NAMED])) + (f" and {more} more" if more > 0 else "")
