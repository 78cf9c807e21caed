"""Checks an architecture: each class it names, each component, at the default sizes and at others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from shapespec.checking.arguments import argument_faults, unfed_arguments
from shapespec.checking.heads import Head, live_spec, not_run, tiny_model
from shapespec.checking.lints import lints
from shapespec.checking.proofs import check_sizes, size_sets
from shapespec.checking.result import FAILED, NOT_RUN, PASSED, CheckResult, said
from shapespec.errors import SpecError, UnknownNameError, unknown
from shapespec.libraries import library as library_named
from shapespec.registry.chain import Registry
from shapespec.registry.declared import Declared
from shapespec.registry.paths import USER
from shapespec.spec import Spec

Progress = Callable[[str], None]


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
        head = Head(library, declared.architecture, served, cls, tuple(paths))
        reason, needs = not_run(declared, cls)
        if reason is not None:
            results.append(head.result(None, "forward", NOT_RUN, reason=reason, needs=needs))
            continue
        if progress is not None:
            progress(f"{declared.architecture} {cls}")
        results += _check_head(head, component)
    return results


def _check_head(head: Head, only: str | None) -> list[CheckResult]:
    library_named(head.library).package()
    start = time.perf_counter()
    try:
        model = tiny_model(head)
    except Exception as error:
        return [head.result(None, "build", FAILED, reason=said(error), seconds=time.perf_counter() - start)]
    try:
        base = live_spec(head, model)
    except SpecError as error:
        return [head.result(None, proof, FAILED, reason=said(error)) for proof in ("forward", "sizes")]
    results = []
    sets = []
    for sizes in size_sets(head, base):
        if isinstance(sizes, CheckResult):
            results.append(sizes)
            continue
        sets.append(sizes)
        results += check_sizes(head, base, model, sizes, only)
    return results if only else [*results, *_lints(head, base, sets), _arguments(head, base, type(model))]


def _lints(head: Head, base: Spec, sets: Sequence[Mapping[str, int]]) -> Iterator[CheckResult]:
    """What is read off the files, in one line for each proof: the first fault, where there is any."""
    try:
        specs = [base.at(**sizes) for sizes in sets]
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


def _arguments(head: Head, base: Spec, model_class: type) -> CheckResult:
    """Whether the files speak of each argument of forward; those that nobody feeds are told with their reasons."""
    start = time.perf_counter()
    component, reason = next(argument_faults(base, model_class), (None, None))
    unfed = unfed_arguments(base, model_class)
    outcome, found = FAILED if reason is not None else PASSED, {"unfed": unfed} if unfed else {}
    seconds = time.perf_counter() - start
    return head.result(component, "arguments", outcome, reason=reason, seconds=seconds, found=found)
