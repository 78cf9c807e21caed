"""Compares shapespec with the rows, graph by graph: ``python -m tests.parity.compare --help``."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from shapespec import SpecError, load_spec
from shapespec.spec import Spec
from tests.parity.rows import Row, configs, rows

ASPECTS = ("names", "shapes", "dtypes", "axes", "output names", "output axes")

DIFFERENCES = Path(__file__).parent / "differences.yaml"


@dataclass(frozen=True)
class Comparison:
    """One row and what differs: ``{aspect: (Optimum's, shapespec's)}``, or the error with which shapespec failed."""

    row: Row
    differing: Mapping[str, tuple[Any, Any]]
    error: str | None = None

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not self.differing and self.error is None

    def has(self, aspect: str) -> bool:
        """Whether one aspect is equal."""
        return self.error is None and aspect not in self.differing


@lru_cache(maxsize=1)
def _spec(
    source: str, library: str, model_type: str, task: str, variant: str, config: str, sizes: tuple[Any, ...]
) -> Spec:
    return load_spec(
        model_type, library=library, task=task, variant=variant, config=configs(source)[config], **dict(sizes)
    )


def spec_of(row: Row, source: str = "rows") -> Spec:
    """The spec that a row is about."""
    sizes = tuple(row.sizes.items())
    return _spec(source, row.library, row.model_type, row.task, row.variant, row.config, sizes)


def compared(row: Row, source: str = "rows") -> Comparison:
    """A row against shapespec."""
    try:
        spec = spec_of(row, source)
        inputs, outputs = spec.inputs(row.component), spec.outputs(row.component)
    except SpecError as error:
        return Comparison(row, {}, f"{type(error).__name__}: {' '.join(str(error).split())}")
    pairs = {
        "names": ([x.name for x in row.inputs], list(inputs)),
        "shapes": ({x.name: x.shape for x in row.inputs}, {n: t.shape for n, t in inputs.items()}),
        "dtypes": ({x.name: x.dtype for x in row.inputs}, {n: t.dtype for n, t in inputs.items()}),
        "axes": ({x.name: x.axes for x in row.inputs}, {n: t.axes for n, t in inputs.items()}),
        "output names": ([x.name for x in row.outputs], list(outputs)),
        "output axes": ({x.name: x.axes for x in row.outputs}, {n: t.axes for n, t in outputs.items()}),
    }
    return Comparison(row, {k: (theirs, ours) for k, (theirs, ours) in pairs.items() if theirs != ours})


def all_compared(source: str = "rows", only: Iterable[str] = ()) -> Iterator[Comparison]:
    """Every row that Optimum manages; with ``only``, those whose id holds one of these words."""
    wanted = tuple(only)
    for row in rows(source):
        if row.error is None and (not wanted or any(word in row.id for word in wanted)):
            yield compared(row, source)


def differences() -> list[dict[str, Any]]:
    """The deliberate differences, as ``differences.yaml`` lists them."""
    return yaml.safe_load(DIFFERENCES.read_text())["differences"] or []


def covers(difference: Mapping[str, Any], row: Row) -> bool:
    """Whether a deliberate difference speaks of a row: each key of ``rows`` must be the row's own value."""
    return all(getattr(row, key) in ([value] if isinstance(value, str) else value)
               for key, value in difference["rows"].items())  # fmt: skip


def counted(found: Iterable[Comparison]) -> dict[str, int]:
    """Rows, rows equal by each aspect, rows wholly equal."""
    tally: Counter[str] = Counter()
    for one in found:
        tally["rows"] += 1
        tally["equal"] += one.equal
        for aspect in ASPECTS:
            tally[aspect] += one.has(aspect)
    return {key: tally[key] for key in ("rows", *ASPECTS, "equal")}


def _shown(theirs: Any, ours: Any) -> tuple[Any, Any]:
    """The parts that differ."""
    if isinstance(theirs, dict):
        keys = [key for key in [*theirs, *ours] if theirs.get(key) != ours.get(key)]
        keys = list(dict.fromkeys(keys))[:6]
        return {k: theirs.get(k, "-") for k in keys}, {k: ours.get(k, "-") for k in keys}
    missing, more = [x for x in theirs if x not in ours], [x for x in ours if x not in theirs]
    return (missing or theirs)[:12], (more or ours)[:12]


def _told(one: Comparison) -> str:
    lines = [one.row.id + (f" {one.row.config}" if one.row.config else "")]
    if one.error:
        lines.append(f"    {one.error[:400]}")
    for aspect, (theirs, ours) in one.differing.items():
        left, right = _shown(theirs, ours)
        lines += [f"    {aspect}: Optimum {left}", f"    {' ' * len(aspect)}  here    {right}"]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """The command. Its exit code is 1 where a row differs that `differences.yaml` does not list."""
    parser = argparse.ArgumentParser(prog="python -m tests.parity.compare", description=__doc__)
    parser.add_argument("only", nargs="*", help="rows whose name holds one of these words: `transformers/bert `")
    parser.add_argument("--others", action="store_true", help="the rows at other sizes and on other configs")
    parser.add_argument("--failed", action="store_true", help="show each row that differs, with what differs")
    parser.add_argument("--types", action="store_true", help="show the model types with rows that differ, and how many")
    parser.add_argument("--json", action="store_true", help="print it for a machine")
    chosen = parser.parse_args(arguments)
    found = list(all_compared("others" if chosen.others else "rows", chosen.only))
    listed = differences()
    unlisted = [one for one in found if not one.equal and not any(covers(entry, one.row) for entry in listed)]
    deliberate = sum(not one.equal for one in found) - len(unlisted)
    counts = {**counted(found), "deliberate": deliberate, "unexpected": len(unlisted)}
    if chosen.json:
        failed = [{"row": x.row.id, "config": x.row.config, "error": x.error, "differing": sorted(x.differing)}
                  for x in found if not x.equal]  # fmt: skip
        print(json.dumps({"counts": counts, "differing": failed}, indent=1))
        return bool(unlisted)
    if chosen.failed:
        print("\n".join(_told(one) for one in found if not one.equal))
    if chosen.types:
        every = Counter(one.row.model_type for one in found)
        bad = Counter(one.row.model_type for one in found if not one.equal)
        print("\n".join(f"{name}: {count} of {every[name]}" for name, count in bad.items()))
    total = counts["rows"] or 1
    for key, count in counts.items():
        print(f"{key:13} {count:4}" + (f"  {100 * count / total:5.1f}%" if key not in ("rows",) else ""))
    return bool(unlisted)


if __name__ == "__main__":
    sys.exit(main())
