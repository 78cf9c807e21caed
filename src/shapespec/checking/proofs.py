"""What is proven of one model at one set of sizes, component by component."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from shapespec.checking.allowed import allowed_sizes, longest_table
from shapespec.checking.answers import run
from shapespec.checking.bounds import CHECKED, Run, tried_bounds
from shapespec.checking.forward import forward_fault, target_of
from shapespec.checking.going_on import cache_fault
from shapespec.checking.heads import Head, live_spec
from shapespec.checking.inputs import Inputs
from shapespec.checking.requested import Requests
from shapespec.checking.result import FAILED, NOT_RUN, PASSED, CheckResult, said
from shapespec.checking.static import Change, claims
from shapespec.errors import SpecError, UnknownNameError
from shapespec.plan import ComponentPlan
from shapespec.spec import Spec

#: The group of inputs that training needs.
LABELS = "labels"


def size_sets(head: Head, base: Spec) -> Iterator[dict[str, int] | CheckResult]:
    """The sizes to run a live model's spec at, its default ones first; a failure where others can't be found."""
    yield {}
    try:
        yield from base.other_sizes(2)
    except SpecError as error:
        yield head.result(None, "sizes", FAILED, reason=said(error))


def check_sizes(
    head: Head, base: Spec, model: Any, sizes: dict[str, int], only: str | None, prove_inputs: bool = True
) -> Iterator[CheckResult]:
    """All proofs at one set of sizes. ``base`` is the live model's spec at its default sizes."""
    try:
        spec = base.at(**sizes)
    except SpecError as error:
        yield head.result(None, "forward", FAILED, sizes=sizes, reason=said(error))
        return
    asked = Requests(spec, partial(live_spec, head, model), partial(_asked_fault, model, spec))
    for plan in spec.plans:
        if only not in (None, plan.name):
            continue
        shown = dict(plan.dims)
        if plan.unchecked:
            yield head.result(plan.name, "forward", NOT_RUN, sizes=shown, reason=plan.unchecked)
            continue
        found: dict[str, Any] = {}
        passed = head.result(plan.name, "forward", PASSED, sizes=shown, found=found)
        told = None if sizes else found
        yield timed(passed, partial(forward_fault, spec, plan, model, told, whole=prove_inputs))
        if prove_inputs and not sizes:
            yield from input_proofs(head, spec, plan, model)
            yield _requests(head, asked, plan)
        if plan.name == "model" and not sizes:
            yield from _loss(head, model, shown)
        if plan.name == "model_with_past":
            yield timed(
                head.result(plan.name, "cache", PASSED, sizes=shown), partial(cache_fault, base, spec, model, sizes)
            )
    if not sizes:
        yield from _other_sizes(head, spec, model, only, prove_inputs)


def _other_sizes(head: Head, spec: Spec, model: Any, only: str | None, prove_inputs: bool) -> Iterator[CheckResult]:
    """What the spec allows and what it refuses of other sizes."""
    yield from _bounds(head, spec, model, only)
    yield from _static(head, spec, model, only)
    if prove_inputs:
        yield from _allowed(head, spec, model, only)


def _answers(model: Any) -> Run:
    """What a model answers to what a component of a spec builds."""
    return lambda spec, plan: run(target_of(plan, model, spec), spec.build(plan.name))


def _bounds(head: Head, spec: Spec, model: Any, only: str | None) -> Iterator[CheckResult]:
    for tried in tried_bounds(spec, _answers(model), CHECKED, partial(_astray, model)):
        if only in (None, tried.component):
            outcome, at = FAILED if tried.fault else PASSED, {tried.bound.name: tried.bound.within}
            yield head.result(tried.component, "bounds", outcome, sizes=at, reason=tried.fault)


def _allowed(head: Head, spec: Spec, model: Any, only: str | None) -> Iterator[CheckResult]:
    start = time.perf_counter()
    for allowed in allowed_sizes(spec, _answers(model), longest_table(model)):
        seconds = time.perf_counter() - start
        start = time.perf_counter()
        if only in (None, allowed.component):
            told = {"tried": {name: f"{low} to {high}" for name, (low, high) in allowed.tried.items()}}
            outcome = FAILED if allowed.fault else PASSED
            yield head.result(allowed.component, "allowed", outcome, reason=allowed.fault, seconds=seconds, found=told)


def _astray(model: Any, spec: Spec) -> bool:
    """Whether going on from a cache is not what the whole sequence gives, at a spec's default sizes."""
    try:
        return cache_fault(spec, spec, model, {}) is not None
    except SpecError:
        raise
    except Exception:  # the class refuses one of the two
        return True


def _static(head: Head, spec: Spec, model: Any, only: str | None) -> Iterator[CheckResult]:
    """What is called static is refused at other values: one line for each component."""

    def wrong(change: Change) -> bool:
        try:
            return cache_fault(spec, change(spec), model, {}, change) is not None
        except Exception:
            return True

    start = time.perf_counter()
    found = list(claims(spec, lambda at, plan: target_of(plan, model, at), wrong))
    seconds = time.perf_counter() - start
    for component in dict.fromkeys(claim.component for claim in found):
        if only in (None, component):
            own = [claim for claim in found if claim.component == component]
            reason = "; ".join(claim.fault for claim in own if claim.fault) or None
            shown = {name: size for claim in own for name, size in claim.sizes}
            outcome = FAILED if reason else PASSED
            yield head.result(component, "static", outcome, sizes=shown, reason=reason, seconds=seconds)


def timed(passed: CheckResult, work: Callable[[], str | None]) -> CheckResult:
    start = time.perf_counter()
    try:
        fault = work()
    except Exception as error:
        fault = said(error)
    seconds = time.perf_counter() - start
    return replace(passed, seconds=seconds, outcome=FAILED if fault else PASSED, reason=fault)


def input_proofs(head: Head, spec: Spec, plan: ComponentPlan, model: Any) -> Iterator[CheckResult]:
    """What each input must be: named by a function on the way, of consequence, of its type and range."""
    shown = dict(plan.dims)
    found: dict[str, Any] = {}
    inputs = Inputs(spec, plan, model)
    proofs: dict[str, Callable[[], str | None]] = {
        "signature": inputs.signature,
        "matters": partial(inputs.matters, found),
        "ranges": inputs.ranges,
        "dtype": inputs.dtype,
    }
    for proof, work in proofs.items():
        told = {"found": found} if proof == "matters" else {}
        yield timed(head.result(plan.name, proof, PASSED, sizes=shown, **told), work)


def _requests(head: Head, asked: Requests, plan: ComponentPlan) -> CheckResult:
    """What a call may ask for runs, too."""
    found: dict[str, Any] = {}
    passed = head.result(plan.name, "requested", PASSED, sizes=dict(plan.dims), found=found)
    return timed(passed, partial(asked.run, plan.name, found))


def _asked_fault(model: Any, base: Spec, spec: Spec, plan: ComponentPlan, proven: frozenset[str]) -> str | None:
    there = {tensor.name for tensor in base.plan(plan.name).tensors()}
    inputs = Inputs(spec, plan, model, passed_over=proven | there)
    ran = inputs.signature() or forward_fault(spec, plan, model, requested=True)
    return ran or inputs.ranges() or inputs.dtype()


def _loss(head: Head, model: Any, shown: dict[str, int]) -> Iterator[CheckResult]:
    """With labels, where the class has any: the loss is a finite number."""
    try:
        spec = live_spec(head, model, include=[LABELS])
    except UnknownNameError:
        return  # no labels are declared for this task
    yield timed(head.result("model", "loss", PASSED, sizes=shown), lambda: _loss_fault(spec, model))


def _loss_fault(spec: Spec, model: Any) -> str | None:
    loss = run(target_of(spec.plan("model"), model, spec), spec.build("model")).get("loss")
    if loss is None:
        return "with labels the model returned no `loss`"
    return None if bool(loss.isfinite().all()) else f"the loss is {loss.tolist()}"
