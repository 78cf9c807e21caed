"""Other configs than the one that a file's author chose: drawn, made, run, and asked for by name too.

A config that the class can't be built with counts for nothing. All others count, and each must run: at the default
sizes and at another set, with the outputs that the spec declares and, where there is a cache, as without it. One that
`requires:` refuses must be one on which the class itself fails. By name, with the config as JSON, the spec must be the
live model's.
"""

from __future__ import annotations

import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from shapespec.checking import by_name
from shapespec.checking.forward import forward_fault
from shapespec.checking.heads import Head, live_spec, named_spec, tiny_values
from shapespec.checking.proofs import check_sizes, size_sets
from shapespec.checking.result import FAILED, CheckResult, said
from shapespec.errors import CheckError, RequirementError, SpecError
from shapespec.libraries import library as library_named
from shapespec.spec import Spec

#: What a drawn config comes to. ``not built``: the class takes no such config, or the change came to nothing;
#: ``refused``: `requires:` says why, and the class does fail.
RAN, FAILED_RUN, REFUSED, NOT_BUILT = "ran", "failed", "refused", "not built"

#: How many are drawn, at the most, for each that is wanted.
MOST_DRAWN = 8


@dataclass(frozen=True)
class Varied:
    """One drawn config: what was changed, what it came to, at which stage it failed and why. ``names`` holds, for each
    way of asking by name, None where the spec was the live model's and ran, else what differed."""

    changes: str
    outcome: str
    stage: str | None = None
    reason: str | None = None
    names: Mapping[str, str | None] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, what is None left out."""
        found = {"changes": self.changes, "outcome": self.outcome, "stage": self.stage, "reason": self.reason}
        differing = {way: fault for way, fault in self.names.items() if fault}
        return {
            **{key: value for key, value in found.items() if value},
            **({"by_name": differing} if differing else {}),
        }


def vary(head: Head, count: int, seed: int = 0) -> list[Varied]:
    """Draws ``count`` configs of one class that it can be built with, and runs each.

    The same seed draws the same, whatever else is checked. Fewer come where the class takes hardly any other config;
    what could not be built is in the list, too.

    Raises:
        CheckError: the library's models have no config that could be varied.
    """
    library = library_named(head.library)
    spec = named_spec(head)
    own, common = tiny_values(spec)
    required = spec.provenance.stack.keys("requires") if spec.provenance is not None else []
    random = Random(zlib.crc32(f"{seed}/{head.architecture}/{head.model_class}".encode()))
    if not hasattr(library, "variations"):
        raise CheckError(f"the models of {head.library} have no config to vary", argument="vary")
    drawn = library.variations(head.model_class, head.architecture, own, common, random)
    found: list[Varied] = []
    seen: set[str] = set()
    for changes, make in (next(drawn) for _ in range(MOST_DRAWN * count)):
        if sum(one.outcome != NOT_BUILT for one in found) >= count:
            break
        if not changes or changes in seen:
            continue
        seen.add(changes)
        found.append(_one(head, changes, make, required, len(found)))
    return found


def _one(head: Head, changes: str, make: Any, required: Sequence[str], number: int) -> Varied:
    try:
        model = make()
    except Exception as error:
        return Varied(changes, NOT_BUILT, "build", said(error))
    if model is None:
        return Varied(changes, NOT_BUILT, "build", "the config is the same")
    try:
        live = live_spec(head, model)
    except RequirementError as error:
        return _refusal(head, changes, model, required, said(error))
    except SpecError as error:
        return Varied(changes, FAILED_RUN, "spec", said(error))
    results = list(_runs(head, live, model, number))
    failed = next((run for run in results if run.outcome == FAILED), None)
    if failed is not None:
        return Varied(changes, FAILED_RUN, f"{failed.component or 'spec'} {failed.proof}", failed.reason)
    return Varied(changes, RAN, names=by_name.faults(head, live, model))


def _runs(head: Head, live: Spec, model: Any, number: int) -> Iterator[CheckResult]:
    """At the default sizes, and at one other set: the odd and the even one in turns."""
    sets = list(size_sets(head, live))
    other = sets[1:][number % 2 : number % 2 + 1] or sets[1:2]
    for sizes in [*sets[:1], *other]:
        if isinstance(sizes, CheckResult):
            yield sizes
        else:
            # That each input matters is proven on the tiny config, whose weights are scaled until it shows.
            yield from check_sizes(head, live, model, sizes, None, prove_inputs=False)


def _refusal(head: Head, changes: str, model: Any, required: Sequence[str], reason: str) -> Varied:
    """A refused config: right where the class fails, too, on the inputs that are built where nothing is required."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "unrequired.yaml"
        lines = "".join(f"  {name}: null\n" for name in required)
        file.write_text(f"architecture: {head.architecture}\nrequires:\n{lines}", encoding="utf-8")
        fault = _unrequired_fault(replace(head, paths=(*head.paths, file)), model)
    if fault is None:
        return Varied(changes, FAILED_RUN, "requires", f"refused, and yet the class runs: {reason}")
    return Varied(changes, REFUSED, "requires", reason)


def _unrequired_fault(head: Head, model: Any) -> str | None:
    """How the class fails where nothing is required: each of its graphs is tried."""
    try:
        spec = live_spec(head, model)
        plans = [plan for plan in spec.plans if not plan.unchecked]
        return next((fault for plan in plans if (fault := forward_fault(spec, plan, model))), None)
    except Exception as error:
        return said(error)


def summary(found: Sequence[Varied]) -> dict[str, Any]:
    """Counts, and the failures in full."""
    counts = Counter(one.outcome for one in found)
    ways = [(way, fault) for one in found for way, fault in one.names.items()]
    return {
        **{outcome: counts[outcome] for outcome in (RAN, FAILED_RUN, REFUSED, NOT_BUILT)},
        "by_name": len(ways),
        "by_name_equal": sum(fault is None for _, fault in ways),
        "failures": [one.to_dict() for one in found if one.outcome == FAILED_RUN or any(one.names.values())],
    }
