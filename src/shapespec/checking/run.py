"""Checks an architecture: each class it names, each component, at the default sizes and at others."""

from __future__ import annotations

import importlib.util
import inspect
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from shapespec.checking.answers import run as _run
from shapespec.checking.bounds import CHECKED, tried_bounds
from shapespec.checking.caches import (
    cache_argument,
    cache_pair,
    last_kept,
    logits_fault,
    singly,
    split,
    structure_fault,
    whole_sizes,
)
from shapespec.checking.lints import lints
from shapespec.checking.matters import fault_of, findings
from shapespec.checking.outputs import fault_in, undeclared
from shapespec.checking.result import FAILED, NOT_RUN, PASSED, CheckResult
from shapespec.checking.signatures import unnamed
from shapespec.checking.static import claims
from shapespec.errors import SpecError, UnknownNameError, unknown
from shapespec.layers import Stack
from shapespec.libraries import empty_like
from shapespec.libraries import library as library_named
from shapespec.libraries.making import called_part, only_data
from shapespec.plan import ComponentPlan
from shapespec.registry.chain import Registry
from shapespec.registry.declared import Declared
from shapespec.registry.paths import LIBRARIES, USER
from shapespec.spec import Spec, load_spec

#: The group of inputs that training needs.
LABELS = "labels"

Progress = Callable[[str], None]


@dataclass(frozen=True)
class _Head:
    """One class that an architecture's file names, with the task that it serves."""

    library: str
    architecture: str
    task: str | None
    model_class: str
    paths: tuple[str | Path, ...]

    def result(self, component: str | None, proof: str, outcome: str, **parts: Any) -> CheckResult:
        return CheckResult(
            self.library, self.architecture, self.task, self.model_class, component, proof, outcome, **parts
        )


def check_architecture(
    name: str,
    *,
    task: str | None = None,
    model_class: str | None = None,
    component: str | None = None,
    library: str | None = None,
    paths: Sequence[str | Path] = (),
    progress: Progress | None = None,
) -> list[CheckResult]:
    """Runs the real classes of an architecture on its built inputs.

    Each class is made with random weights from the `tiny` config and runs every component at the default sizes and
    at two others; outputs must have the declared shapes. A component with a cache must also give, for the last token,
    what the class gives without a cache.

    Args:
        name: the architecture.
        task, model_class, component: check only this one.
        progress: called with a word on what comes next.

    Returns:
        One result per class, component, proof and set of sizes, in the file's order.

    Raises:
        UnknownNameError: no such architecture, task or class. MissingPackageError: torch or transformers.
    """
    registry = Registry(paths)
    declared = Declared.of(registry, name, library)
    heads = declared.heads
    library = library or registry.library_of(declared.files[0])
    chosen = [
        (served, cls) for served, classes in heads.items() for cls in classes
        if task in (None, served) and model_class in (None, cls)
    ]  # fmt: skip
    if not chosen:
        known = list(heads) if task is not None and task not in heads else declared.classes
        raise UnknownNameError(
            unknown("task or class", task or model_class, known, argument="task" if task else "model_class")
        )
    results: list[CheckResult] = []
    for served, cls in dict.fromkeys(chosen):
        head = _Head(library, declared.architecture, served, cls, tuple(paths))
        reason, needs = _not_run(declared, cls)
        if reason is not None:
            results.append(head.result(None, "forward", NOT_RUN, reason=reason, needs=needs))
            continue
        if progress is not None:
            progress(f"{declared.architecture} {cls}")
        results += _check_head(head, component)
    return results


def _not_run(declared: Declared, cls: str) -> tuple[str | None, str | None]:
    """(why a class can't run here, the package that it lacks): a package that it needs is missing, or, where it needs
    none, what `not_run` says. (None, None) where it can."""
    reason, needs = declared.not_run(cls), declared.needs(cls)
    if needs is None:
        return reason, None
    if _installed(needs):
        return None, None
    return f"needs {needs}, which is not installed here{f'; {reason}' if reason else ''}", needs


def _installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):  # a submodule of what is missing, or a module without a spec
        return False


def _check_head(head: _Head, only: str | None) -> list[CheckResult]:
    library_named(head.library).package()
    start = time.perf_counter()
    try:
        model = _tiny_model(head)
    except Exception as error:
        return [head.result(None, "build", FAILED, reason=_said(error), seconds=time.perf_counter() - start)]
    results = []
    sets = []
    for sizes in _size_sets(head, model):
        if isinstance(sizes, CheckResult):
            results.append(sizes)
            continue
        sets.append(sizes)
        results += _check_sizes(head, model, sizes, only)
    return [*results, *([] if only else _lints(head, model, sets))]


def _lints(head: _Head, model: Any, sets: Sequence[Mapping[str, int]]) -> Iterator[CheckResult]:
    """What is read off the files, in one line for each proof: the first fault, where there is any."""
    try:
        specs = [_spec(head, model, sizes) for sizes in sets]
        declared = Declared.of(Registry(head.paths), head.architecture, head.library if head.library != USER else None)
    except SpecError:
        return  # told where it was run
    default_config = getattr(library_named(head.library), "default_config", None)
    default = default_config(head.architecture) if default_config is not None and head.library != USER else None
    for proof, faults in lints(specs, declared, default):
        start = time.perf_counter()
        component, reason = next(iter(faults()), (None, None))
        outcome = FAILED if reason is not None else PASSED
        yield head.result(component, proof, outcome, reason=reason, seconds=time.perf_counter() - start)


def _tiny_model(head: _Head) -> Any:
    library = head.library if head.library in LIBRARIES else None
    spec = load_spec(head.architecture, task=head.task, model_class=head.model_class, library=library, paths=head.paths)
    own, common = tiny_values(spec)
    return library_named(head.library).make(head.model_class, head.architecture, own, common)


def tiny_head(
    name: str, model_class: str, *, library: str | None = None, paths: Sequence[str | Path] = ()
) -> tuple[_Head, Any]:
    """A class as `check` takes it, with its tiny model. Raises what making it does."""
    registry = Registry(paths)
    declared = Declared.of(registry, name, library)
    task = next(served for served, classes in declared.heads.items() if model_class in classes)
    library = library or registry.library_of(declared.files[0])
    head = _Head(library, declared.architecture, task, model_class, tuple(paths))
    return head, _tiny_model(head)


def live_spec(head: _Head, model: Any, paths: Sequence[str | Path] | None = None) -> Spec:
    """The spec of a live model as `check` loads it, by other paths where they are given."""
    return _spec(head if paths is None else replace(head, paths=tuple(paths)), model, {})


def tiny_values(spec: Spec) -> tuple[dict[str, Any], dict[str, Any]]:
    """(what the architecture's own files say under `tiny`, what those say on which they stand).

    Raises:
        CheckError: a value would have a library load code or weights.
    """
    assert spec.provenance is not None  # it comes from files
    layers = spec.provenance.stack.layers
    own = [layer for layer in layers if layer.document.data.get("architecture") == spec.architecture]
    parts = [Stack(some).value("tiny") or {} for some in (own, [layer for layer in layers if layer not in own])]
    for part in parts:
        only_data(part, "tiny")
    return parts[0], parts[1]


def _size_sets(head: _Head, model: Any) -> Iterator[dict[str, int] | CheckResult]:
    yield {}
    try:
        yield from _spec(head, model, {}).other_sizes(2)
    except SpecError as error:
        yield head.result(None, "sizes", FAILED, reason=_said(error))


def _spec(head: _Head, model: Any, sizes: Mapping[str, int], include: Sequence[str] = ()) -> Spec:
    """As a user would: from the live model. What a user's own file declares is asked for by name: the model's type may
    be the name of another."""
    own: tuple[Any, dict[str, Any]] = (head.architecture, {"config": model})
    target, more = own if head.library == USER else library_named(head.library).asked(head.architecture, model)
    given: dict[str, Any] = {**more, **sizes}
    return load_spec(target, task=head.task, paths=head.paths, include=include, **given)


def _check_sizes(
    head: _Head, model: Any, sizes: dict[str, int], only: str | None, prove_inputs: bool = True
) -> Iterator[CheckResult]:
    try:
        spec = _spec(head, model, sizes)
    except SpecError as error:
        yield head.result(None, "forward", FAILED, sizes=sizes, reason=_said(error))
        return
    if not sizes:
        yield from _bounds(head, spec, model, only)
        yield from _static(head, spec, model, only)
    for plan in spec.plans:
        if only not in (None, plan.name):
            continue
        shown = dict(plan.dims)
        if plan.unchecked:
            yield head.result(plan.name, "forward", NOT_RUN, sizes=shown, reason=plan.unchecked)
            continue
        found: dict[str, Any] = {}
        passed = head.result(plan.name, "forward", PASSED, sizes=shown, found=found)
        yield _timed(passed, partial(_forward_fault, spec, plan, model, None if sizes else found))
        if prove_inputs and not sizes:
            yield from _input_proofs(head, spec, plan, model)
        if plan.name == "model" and not sizes:
            yield from _loss(head, model, shown)
        if plan.name == "model_with_past":
            yield _timed(
                head.result(plan.name, "cache", PASSED, sizes=shown), partial(_cache_fault, head, spec, model, sizes)
            )


def _bounds(head: _Head, spec: Spec, model: Any, only: str | None) -> Iterator[CheckResult]:
    def run(at: Spec, plan: ComponentPlan) -> Any:
        return _run(_target(plan, model, at), at.build(plan.name))

    for tried in tried_bounds(spec, run, CHECKED):
        if only in (None, tried.component):
            outcome, at = FAILED if tried.fault else PASSED, {tried.bound.name: tried.bound.within}
            yield head.result(tried.component, "bounds", outcome, sizes=at, reason=tried.fault)


def _static(head: _Head, spec: Spec, model: Any, only: str | None) -> Iterator[CheckResult]:
    """What is called static is refused at other values: one line for each component."""

    def run(at: Spec, plan: ComponentPlan) -> Any:
        return _run(_target(plan, model, at), at.build(plan.name))

    start = time.perf_counter()
    found = list(claims(spec, run))
    seconds = time.perf_counter() - start
    for component in dict.fromkeys(claim.component for claim in found):
        if only in (None, component):
            own = [claim for claim in found if claim.component == component]
            reason = "; ".join(claim.fault for claim in own if claim.fault) or None
            shown = {name: size for claim in own for name, size in claim.sizes}
            outcome = FAILED if reason else PASSED
            yield head.result(component, "static", outcome, sizes=shown, reason=reason, seconds=seconds)


def _timed(passed: CheckResult, work: Callable[[], str | None]) -> CheckResult:
    start = time.perf_counter()
    try:
        fault = work()
    except Exception as error:
        fault = _said(error)
    seconds = time.perf_counter() - start
    return replace(passed, seconds=seconds, outcome=FAILED if fault else PASSED, reason=fault)


def _forward_fault(spec: Spec, plan: ComponentPlan, model: Any, told: dict[str, Any] | None = None) -> str | None:
    """What is wrong with the outputs, or None. ``told`` is filled with what the page shows: what comes back and is not
    declared, and the outputs of which some axis is compared by its being there alone."""
    returned = _run(_target(plan, model, spec), spec.build(plan.name))
    if told is not None:
        more, ranks = undeclared(plan, returned), [t.name for t in plan.output_tensors() if None in t.shape]
        told |= {**({"undeclared": more} if more else {}), **({"by rank": ranks} if ranks else {})}
    return None if plan.graph_outputs else fault_in(plan, returned)


def _target(plan: ComponentPlan, model: Any, spec: Spec) -> Any:
    """What a component calls: the model, a part of it, a method, or another class altogether."""
    target = model
    if plan.model_class is not None:
        values = _as_config(plan.model_config or ())
        only_data(values, "model_config")
        target = library_named(spec.library).make_part(plan.model_class, spec.architecture, values)
    for part in plan.call.split(".") if plan.call else []:
        target = called_part(target, part.removesuffix("()"))
        target = target() if part.endswith("()") else target
    return target


def _as_config(values: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values}


def _input_proofs(head: _Head, spec: Spec, plan: ComponentPlan, model: Any) -> Iterator[CheckResult]:
    """A function on the way names each argument, and each input changes the answer."""
    shown = dict(plan.dims)
    yield _timed(head.result(plan.name, "signature", PASSED, sizes=shown), partial(_signature_fault, spec, plan, model))
    found: dict[str, Any] = {}
    passed = head.result(plan.name, "matters", PASSED, sizes=shown, found=found)
    yield _timed(passed, partial(_matters_fault, spec, plan, model, found))


def _signature_fault(spec: Spec, plan: ComponentPlan, model: Any) -> str | None:
    missing = unnamed(plan, _target(plan, model, spec))
    return f"no function on the way takes {', '.join(f'`{name}`' for name in missing)}" if missing else None


def _matters_fault(spec: Spec, plan: ComponentPlan, model: Any, told: dict[str, Any]) -> str | None:
    """What is wrong with the inputs, or None. ``told`` is filled with what the page shows: how many inputs matter,
    which are inert and why, and which can have one value alone."""
    faults = []
    inert: dict[str, str] = {}
    fixed: list[str] = []
    count = 0
    for finding in findings(plan, _target(plan, model, spec), spec.build(plan.name, flat=True)):
        tensor = finding.tensor
        count += finding.matters is True
        fixed += [tensor.name] if finding.matters is None else []
        if tensor.inert is not None:
            inert[tensor.name] = tensor.inert
        fault = fault_of(finding)
        faults += [fault] if fault else []
    told |= {"matter": count, **({"inert": inert} if inert else {}), **({"one value": fixed} if fixed else {})}
    return "; ".join(faults) or None


def _loss(head: _Head, model: Any, shown: dict[str, int]) -> Iterator[CheckResult]:
    """With labels, where the class has any: the loss is a finite number."""
    try:
        spec = _spec(head, model, {}, [LABELS])
    except UnknownNameError:
        return  # no labels are declared for this task
    yield _timed(head.result("model", "loss", PASSED, sizes=shown), lambda: _loss_fault(spec, model))


def _loss_fault(spec: Spec, model: Any) -> str | None:
    loss = _run(_target(spec.plan("model"), model, spec), spec.build("model")).get("loss")
    if loss is None:
        return "with labels the model returned no `loss`"
    return None if bool(loss.isfinite().all()) else f"the loss is {loss.tolist()}"


def _cache_fault(head: _Head, spec: Spec, model: Any, sizes: dict[str, int]) -> str | None:
    """What is wrong with going on from a cache, or None."""
    plan, plain = spec.plan("model_with_past"), spec.plan("model")
    target = _target(plan, model, spec)
    pair = cache_pair(plan)
    argument = cache_argument(plan, plain)
    if pair is None or argument is None:
        return "a component with a cache needs a size of new tokens and the cache's own argument"
    past, new = whole_sizes(spec, pair)
    if pair[0] in dict(plan.dims):
        spec = _spec(head, model, {**sizes, pair[0]: past})
        plan, plain = spec.plan("model_with_past"), spec.plan("model")
    whole_spec = _spec(head, model, {**sizes, pair[1]: past + new})
    built = spec.build("model_with_past")
    whole, first, rest = split(whole_spec.build("model"), built, plan, whole_spec.plan("model"), pair, past)
    keep, drop = _use_cache(target, True), _use_cache(target, False)
    cache = None
    for part in singly(first, plain, pair) if plan.stepwise else [first]:
        cache = _filled(target, {**part, **keep}, argument, built[argument], cache)
    if cache is None:
        return f"the model returned no `{argument}`"
    fault = structure_fault(built[argument], cache)
    if fault:
        return fault
    continued = _run(target, {**rest, argument: cache, **keep})
    without = _run(target, {**whole, **drop})
    return logits_fault(without, continued, new, last_kept(rest, plan, pair, new))


def _filled(target: Any, inputs: dict[str, Any], argument: str, built: Any, cache: Any) -> Any:
    """What a class keeps of some inputs, going on from a cache where there is one."""
    if cache is not None:
        return _run(target, {**inputs, argument: cache}).get(argument)
    found = _run(target, inputs).get(argument)
    if found is None and (empty := empty_like(built, target)) is not None:
        found = _run(target, {**inputs, argument: empty}).get(argument)
    return found


def _use_cache(target: Any, on: bool) -> dict[str, bool]:
    """The flag, for what names it: what only passes on its keywords may hand it to parts that have no cache."""
    named = inspect.signature(getattr(target, "forward", target)).parameters
    return {"use_cache": on} if "use_cache" in named else {}


def _said(error: BaseException) -> str:
    """An error as one line for a table."""
    text = " ".join(str(error).split()) or type(error).__name__
    return f"{type(error).__name__}: {text}"[:400]
