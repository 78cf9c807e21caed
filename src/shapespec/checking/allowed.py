"""The proof of what bounds leave open: a size that may be given runs at the least that the spec allows, and far beyond
its default, at more than the model's tables have rows.

A spec promises that whatever it does not refuse runs. A bound that was forgotten shows at its end alone: positions run
out, a kernel is longer than the sound.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shapespec.checking.bounds import Run
from shapespec.checking.outputs import fault_in
from shapespec.checking.result import said
from shapespec.checking.static import tensors_in
from shapespec.contracts.size import Size
from shapespec.contracts.sizes import Sizes
from shapespec.errors import SpecError
from shapespec.expressions import Open
from shapespec.plan import ComponentPlan
from shapespec.spec import Spec

#: No table of more rows is looked beyond: who tries gives `tiny` a shorter one.
MOST_ROWS = 1100

#: By how much a size grows from one run to the next, on the way to its far end.
GROWTH = 4

#: A run of so many seconds of its thread is the last on the way: the next could take the square of `GROWTH` times
#: as long.
LONG = 0.4

#: What takes more bytes is not built.
MOST_BYTES = 1 << 25


@dataclass(frozen=True)
class Allowed:
    """What came of the sizes of one component: how far each was ``tried`` (the least, the largest), and the
    ``fault``, if any."""

    component: str
    tried: dict[str, tuple[int, int]]
    fault: str | None


def allowed_sizes(spec: Spec, run: Run, rows: int) -> Iterator[Allowed]:
    """Every dynamic size that may be given, at its two ends: all at their least in each component, then each far beyond
    in the first component that has it. ``rows`` are those of the model's longest table.

    What the spec refuses is fine. What counts rows alone (a batch) has its end wherever memory does.
    """
    trial = _Trial(spec, run)
    far: set[str] = set()
    for plan in spec.plans:
        if plan.unchecked or plan.graph_outputs:
            continue
        sizes = [spec.sizes[name] for name, _ in plan.dims if name in spec.dynamic_sizes]
        sizes = [size for size in sizes if size.settable]
        low, faults = trial.least(plan.name, sizes)
        tried = {name: (value, spec.sizes[name].value) for name, value in low.items()}
        for size in sizes:
            if size.name not in far and not _counts_rows(spec, plan.name, size.name):
                reached, fault = trial.beyond(plan.name, size, rows)
                # What is as large by default has been as far, unless a bound of the other came first.
                far |= {size.name, *(name for name, value in reached.items() if rows < value == reached[size.name])}
                tried[size.name] = (tried[size.name][0], reached[size.name])
                faults += [fault] if fault else []
        if tried:
            yield Allowed(plan.name, tried, "; ".join(faults) or None)


def _counts_rows(spec: Spec, component: str, name: str) -> bool:
    """Whether a size stands only as the first axis of a component's inputs, as it is or as what another is by
    default: each row is computed as all others are."""
    sizes = spec.instance.scopes[component]
    found = next(one for one in spec.contract.components if one.name == component)
    axes = [pair for _, node in found.inputs for tensor in tensors_in(node) for pair in enumerate(tensor.axes)]
    uses = [number == 0 and _is(sizes, axis.size, name) for number, axis in axes if name in sizes.behind(axis.size)]
    return bool(uses) and all(uses)


def _is(sizes: Sizes, value: Any, name: str) -> bool:
    """Whether a value is a size, or one that is as large by default."""
    while isinstance(value, Open) and value.text != name and value.text in sizes.rules:
        rule = sizes.rules[value.text]
        value = rule.equals if rule.is_derived else rule.value
    return isinstance(value, Open) and value.text == name


def longest_table(model: Any) -> int:
    """The rows of the model's longest table, of those that are at most :data:`MOST_ROWS` long: the first side of
    parameters and buffers that have two, and the second of those that hold one item for all (a table with a place for
    the batch)."""
    tensors = [*_tensors(model, "parameters"), *_tensors(model, "buffers")]
    sides = (side for tensor in tensors if tensor.ndim >= 2 for side in tuple(tensor.shape)[:2])
    return max((side for side in sides if side <= MOST_ROWS), default=0)


def _tensors(model: Any, kind: str) -> list[Any]:
    return list(getattr(model, kind)()) if hasattr(model, kind) else []


class _Trial:
    """Components of a spec, run at other sizes."""

    def __init__(self, spec: Spec, run: Run) -> None:
        self.spec = spec
        self.run = run

    def least(self, component: str, sizes: Sequence[Size]) -> tuple[dict[str, int], list[str]]:
        """(the least of each size that runs, what is wrong at those that do not): all at once, and one by one where
        that does not run or is refused."""
        low = {size.name: min(size.value, -(-size.least // size.step) * size.step) for size in sizes}
        fault, seconds = self._fault(component, low)
        if fault is None and seconds is not None:
            return low, []
        now = {size.name: size.value for size in sizes}
        faults = []
        for name in [name for name in low if low[name] < now[name]]:
            alone, seconds = self._fault(component, {name: low[name]})
            faults += [alone] if alone else []
            now[name] = low[name] if alone is None and seconds is not None else now[name]
        return now, faults or ([fault] if fault else [])

    def beyond(self, component: str, size: Size, rows: int) -> tuple[dict[str, int], str | None]:
        """(the sizes of the component where one is the largest that ran, what is wrong at one that does not run)."""
        reached = dict(self.spec.plan(component).dims)
        for value in self._way(size, rows):
            fault, seconds = self._fault(component, {size.name: value})
            if fault is not None or seconds is None:
                return reached, fault
            reached = {**dict(self.spec.at(**{size.name: value}).plan(component).dims), size.name: value}
            if seconds > LONG:
                break
        return reached, None

    def _way(self, size: Size, rows: int) -> Iterator[int]:
        """The sizes on the way beyond all tables."""
        end = (rows // size.step + 1) * size.step
        value = size.value * GROWTH
        while value < end:
            yield value // size.step * size.step
            value *= GROWTH
        if size.value < end:
            yield end

    def _fault(self, component: str, given: Mapping[str, int]) -> tuple[str | None, float | None]:
        """(what is wrong with a component at some sizes, the seconds of its thread); no seconds where it
        was not run: refused, or too large to try."""
        try:
            spec = self.spec.at(**given)
            if spec.nbytes(component) > MOST_BYTES:
                return None, None
            start = time.thread_time()
            fault = _run_fault(self.run, spec, spec.plan(component))
        except SpecError:  # refused; or the component can't be called at any size, which its forward proof tells
            return None, None
        seconds = time.thread_time() - start
        what = " and ".join(f"{value} of {name}" for name, value in given.items())
        return (None if fault is None else f"the spec allows {what}: {fault}"), seconds


def _run_fault(run: Callable[[Spec, ComponentPlan], Any], spec: Spec, plan: ComponentPlan) -> str | None:
    try:
        return fault_in(plan, run(spec, plan))
    except SpecError:
        raise
    except Exception as error:
        return f"the class fails: {said(error, 200)}"
