"""Every spec through its contract and back: ``python -m tests.contracts`` (minutes; ``--sample 60`` takes a few).

Each (library, architecture, task, class, variant) is written as a contract and read again: the contract that comes back
must be equal, the plans at other sizes, too, and what numpy builds of them the same bit for bit.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np

from shapespec import SpecError, list_specs, load_spec
from shapespec.contracts.document import contract_text
from shapespec.contracts.instantiate import instantiate
from shapespec.contracts.model import Contract
from shapespec.contracts.reading import contract_of
from shapespec.contracts.text import Text, parsed
from shapespec.registry.chain import Registry
from shapespec.registry.declared import Declared
from shapespec.spec import Spec

#: What is built of a spec beside its plans: more bytes would only take longer, and what a build makes follows from a
#: plan alone.
MOST_BYTES = 1 << 23


@dataclass(frozen=True)
class Asked:
    """What `load_spec` is called with."""

    library: str
    architecture: str
    task: str | None = None
    model_class: str | None = None
    variant: str | None = None
    include: tuple[str, ...] = ()

    def spec(self, **sizes: int) -> Spec:
        """The spec."""
        return load_spec(
            self.architecture, library=self.library, task=self.task, model_class=self.model_class,
            variant=self.variant, include=self.include, **sizes,
        )  # fmt: skip

    def __str__(self) -> str:
        said = (self.library, self.architecture, self.task, self.model_class, self.variant, *self.include)
        return "/".join(part for part in said if part)


def everything() -> Iterator[Asked]:
    """All that the registry has: each task, bare and (where there is one) with a filled cache, each class, each
    variant."""
    registry = Registry(())
    for entry in list_specs():
        declared = Declared.of(registry, entry.architecture, entry.library)
        variants = [None, *declared.named("variants")]
        for task, classes in declared.heads.items():
            for model_class in [None, *classes[1:]]:
                yield from (Asked(entry.library, entry.architecture, task, model_class, v) for v in variants)
            yield Asked(entry.library, entry.architecture, f"{task}-with-past")
        if not declared.heads and not declared.is_name_alone:  # some types are names alone, of no class
            yield from (Asked(entry.library, entry.architecture, None, None, v) for v in variants)


def round_trip(contract: Contract, name: str = "x.contract.json") -> Contract:
    """A contract written and read again."""
    text = contract_text(contract)
    return contract_of(parsed(Text(name, text)), Text(name, text))


def other_sizes(spec: Spec, random: Random) -> dict[str, int]:
    """Some sizes that a spec takes, other than its own."""
    rules = {rule.name: rule for rule in spec.contract.sizes}
    given: dict[str, int] = {}
    names = [name for name in spec.dims if name in rules and not rules[name].is_derived]
    for name in random.sample(names, min(4, len(names))):
        step = spec.instance.whole.bounds(name)[2]
        wanted = {**given, name: spec.dims[name] + step * random.choice((1, 2, 3))}
        try:
            instantiate(spec.contract, wanted)
        except SpecError:
            continue
        given = wanted
    return given


def differing(spec: Spec, random: Random, counts: Counter[str] | None = None) -> Iterator[str]:
    """What differs once a spec has been through its contract, at its own sizes and at two other sets. ``counts`` are
    of what was looked at."""
    counts = Counter() if counts is None else counts
    back = round_trip(spec.contract)
    if back != spec.contract:
        yield "the contract"
        return
    if contract_text(back) != contract_text(spec.contract):
        yield "the text"
    for given in ({}, other_sizes(spec, random), other_sizes(spec, random)):
        before, after = Spec(spec.contract, instantiate(spec.contract, given)), load_spec(back, **given)
        if before != after or hash(before) != hash(after):
            yield f"the plans at {given}"
        counts["sets of sizes of their own" if not given else "sets of other sizes"] += 1
        for component in before.components:
            if before.nbytes(component) > MOST_BYTES:
                counts["components too large to build"] += 1
                continue
            counts["components built"] += 1
            if not same(before, after, component):
                yield f"the inputs of {component} at {given}"


def same(before: Spec, after: Spec, component: str) -> bool:
    """Whether two specs build the same."""
    one, other = (spec.build(component, framework="numpy", flat=True, seed=3) for spec in (before, after))
    return list(one) == list(other) and all(_equal(one[name], other[name]) for name in one)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    return bool(one == other)


def check(asked: Iterable[Asked], seed: int) -> Counter[str]:
    """Counts by outcome; what differs is printed."""
    counts: Counter[str] = Counter()
    for one in asked:
        try:
            spec = one.spec()
        except SpecError as error:
            counts["no spec"] += 1
            if not (one.task or "").endswith("-with-past"):
                print(f"{one}: no spec: {str(error).splitlines()[0]}")
            continue
        counts["specs"] += 1
        try:
            found = list(differing(spec, Random(f"{one} {seed}"), counts))
        except Exception as error:
            found = [f"{type(error).__name__}: {error}"]
        counts["differing" if found else "equal"] += 1
        for what in found:
            print(f"{one}: {what}")
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.contracts", description=__doc__)
    parser.add_argument("--sample", type=int, help="only so many, at random")
    parser.add_argument("--seed", type=int, default=0, help="of the sample and of the sizes")
    given = parser.parse_args()
    asked = list(everything())
    if given.sample is not None:
        asked = Random(given.seed).sample(asked, min(given.sample, len(asked)))
    started = time.monotonic()
    counts = check(asked, given.seed)
    shown = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
    print(f"{len(asked)} asked for: {shown}; {time.monotonic() - started:.0f} s")
    return 1 if counts["differing"] else 0


if __name__ == "__main__":
    sys.exit(main())
