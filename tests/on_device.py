"""Live models on a device, or in another type: ``python -m tests.on_device cuda [--dtype bfloat16] [TYPE …]``.

`build()` follows the model: its inputs lie where its parameters lie, floats have their type. Each class with a `tiny`
config is moved there as a whole, its spec loaded from it and every graph run. On the way the values are compared with
those that the same spec builds on the CPU: a device changes nothing of them. What the class can't do there is told with
its own error; what it can do on the CPU alone is not our fault, but seen.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from shapespec import Spec, SpecError
from shapespec.checking.forward import forward_fault
from shapespec.checking.heads import Head, live_spec, tiny_model
from shapespec.checking.isolated import run_isolated
from shapespec.checking.result import said
from shapespec.checking.sweep import Pair, registry_pairs, warm_up
from shapespec.checking.vary_sweep import head_of
from shapespec.plan import ComponentPlan

#: So many classes share a process: making a device ready takes longer than most classes.
TOGETHER = 12

#: A device that has failed once (an index out of bounds) answers nothing more in the same process.
_BROKEN = ("CUDA error", "device-side assert", "AcceleratorError")


@dataclass(frozen=True)
class Where:
    """The device and the type to which models are moved."""

    device: str
    dtype: str


@dataclass(frozen=True)
class Ran:
    """One class in one place: ``fault`` says what went wrong, at which ``stage``: ``make``, ``move``, ``spec`` before
    anything is built, ``place`` and ``values`` in what is built, ``forward`` in the class."""

    pair: str
    dtype: str
    stage: str | None = None
    fault: str | None = None


def tried(pair: Pair, places: Sequence[Where]) -> Iterator[Ran]:
    """One class in each place, moved from one to the next."""
    head = head_of(pair)
    assert head is not None  # those without are left out
    try:
        model = tiny_model(head)
    except Exception as error:
        yield Ran(pair.key, "", "make", said(error))
        return
    for where in places:
        yield _in_place(head, pair, model, where)


def _in_place(head: Head, pair: Pair, model: Any, where: Where) -> Ran:
    import torch

    stage = "move"
    try:
        model = model.to(where.device, getattr(torch, where.dtype))
        stage = "spec"
        spec = live_spec(head, model)
        for plan in spec.plans:
            if plan.unchecked:
                continue
            for stage, fault_of in _STAGES.items():
                fault = fault_of(spec, plan, where, model)
                if fault is not None:
                    return Ran(pair.key, where.dtype, stage, f"{plan.name}: {fault}")
    except Exception as error:
        return Ran(pair.key, where.dtype, stage, said(error))
    return Ran(pair.key, where.dtype)


def _misplaced(spec: Spec, plan: ComponentPlan, where: Where, model: Any) -> str | None:
    """What is built elsewhere, or of another type than the model's."""
    import torch

    words = {tensor.name: tensor.dtype_word for tensor in plan.tensors()}
    for name, value in spec.build(plan.name, flat=True).items():
        if not isinstance(value, torch.Tensor):
            continue
        if value.device.type != where.device:
            return f"`{name}` lies on {value.device}"
        if words[name] == "float" and value.dtype != getattr(torch, where.dtype):
            return f"`{name}` is {value.dtype}"
    return None


def _other_values(spec: Spec, plan: ComponentPlan, where: Where, model: Any) -> str | None:
    """What has other values than on the CPU."""
    here = spec.build(plan.name, flat=True, device="cpu", dtype=where.dtype)
    for name, value in spec.build(plan.name, flat=True).items():
        if hasattr(value, "cpu") and not bool((value.cpu() == here[name]).all()):
            return f"`{name}` has other values than on the CPU"
    return None


def _forward(spec: Spec, plan: ComponentPlan, where: Where, model: Any) -> str | None:
    """What the class returns that is not as declared. A graph with a class of its own is made on the CPU: not run."""
    return forward_fault(spec, plan, model) if plan.model_class is None else None


_STAGES = {"place": _misplaced, "values": _other_values, "forward": _forward}


@dataclass(frozen=True)
class _Job:
    pairs: tuple[Pair, ...]
    places: tuple[Where, ...]


def _together(job: _Job) -> list[Ran]:
    """The classes of a job, as far as the device goes on."""
    found: list[Ran] = []
    for pair in job.pairs:
        found += tried(pair, job.places)
        if any(word in (found[-1].fault or "") for word in _BROKEN):
            break
    return found


def run(pairs: Sequence[Pair], places: Sequence[Where], workers: int, limit: float) -> Iterator[Ran]:
    """Each class in each place, so many processes at once. ``limit`` is in seconds for each process."""
    warm_up()
    waiting = list(pairs)
    size = TOGETHER
    while waiting:
        jobs = [_Job(tuple(waiting[i : i + size]), tuple(places)) for i in range(0, len(waiting), size)]
        waiting = []
        for outcome in run_isolated(jobs, _together, workers=workers, limit=limit):
            found: list[Ran] = outcome.value or []
            yield from found
            done = {ran.pair for ran in found}
            rest = [pair for pair in outcome.job.pairs if pair.key not in done]
            if outcome.fault is not None and len(outcome.job.pairs) == 1:
                yield Ran(rest[0].key, "", "process", outcome.fault)
            else:
                waiting += rest
        size = max(1, size // 4)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.on_device", description=__doc__)
    parser.add_argument("device", help="cuda, cpu")
    parser.add_argument("types", nargs="*", metavar="TYPE")
    parser.add_argument("--dtype", action="append", help="of the floats; may be given several times [float32]")
    parser.add_argument("--sample", type=int, help="only so many classes, at random")
    parser.add_argument("--limit", type=float, default=120, help="seconds for each process")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("-o", "--output", type=Path, help="a line of JSON for each class, as it ends")
    given = parser.parse_intermixed_args()
    try:
        pairs = [pair for pair in registry_pairs(only=given.types or None) if head_of(pair) is not None]
    except SpecError as error:
        print(error, file=sys.stderr)
        return 2
    Random(0).shuffle(pairs)
    places = [Where(given.device, dtype) for dtype in given.dtype or ["float32"]]
    counts: Counter[str] = Counter()
    lines = given.output.open("w", encoding="utf-8") if given.output else None
    for ran in run(pairs[: given.sample], places, given.jobs, given.limit):
        counts[f"{ran.dtype} {'ran' if ran.fault is None else 'failed: ' + str(ran.stage)}".strip()] += 1
        if ran.fault is not None:
            print(f"{ran.pair} {ran.dtype} {ran.stage}: {ran.fault[:300]}", flush=True)
        if lines is not None:
            print(json.dumps(asdict(ran)), file=lines, flush=True)
    print(", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    return 1 if any("failed" in what for what in counts) else 0


if __name__ == "__main__":
    sys.exit(main())
