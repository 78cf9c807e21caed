"""The classes that architectures' files name: which there are, their tiny models, the specs of these."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapespec.checking.result import CheckResult
from shapespec.layers import Stack
from shapespec.libraries import library as library_named
from shapespec.libraries.making import only_data
from shapespec.registry.chain import Registry
from shapespec.registry.declared import Declared
from shapespec.registry.paths import LIBRARIES, USER
from shapespec.spec import Spec, load_spec


@dataclass(frozen=True)
class Head:
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


def not_run(declared: Declared, cls: str) -> tuple[str | None, str | None]:
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


def named_spec(head: Head) -> Spec:
    """The spec of a class by name, without a model."""
    library = head.library if head.library in LIBRARIES else None
    return load_spec(head.architecture, task=head.task, model_class=head.model_class, library=library, paths=head.paths)


def tiny_model(head: Head) -> Any:
    """The class with random weights, made from its `tiny` config. Raises what making it does."""
    own, common = tiny_values(named_spec(head))
    return library_named(head.library).make(head.model_class, head.architecture, own, common)


def head_of(declared: Declared, model_class: str, library: str, paths: Sequence[str | Path]) -> Head:
    """A class with the first task that it serves."""
    task = next(served for served, classes in declared.heads.items() if model_class in classes)
    return Head(library, declared.architecture, task, model_class, tuple(paths))


def tiny_head(
    name: str, model_class: str, *, library: str | None = None, paths: Sequence[str | Path] = ()
) -> tuple[Head, Any]:
    """A class as `check` takes it, with its tiny model. Raises what making it does."""
    registry = Registry(paths)
    declared = Declared.of(registry, name, library)
    head = head_of(declared, model_class, library or registry.library_of(declared.files[0]), paths)
    return head, tiny_model(head)


def live_spec(
    head: Head,
    model: Any,
    include: Sequence[str] = (),
    paths: Sequence[str | Path] | None = None,
    padding: str | None = None,
) -> Spec:
    """A live model's spec at its default sizes, as a user would load it; others are asked of it by :meth:`Spec.at`.
    What a user's own file declares is asked for by name, since the model's type may be the name of another. ``paths``
    are those of the head unless others are given."""
    own: tuple[Any, dict[str, Any]] = (head.architecture, {"config": model})
    target, more = own if head.library == USER else library_named(head.library).asked(head.architecture, model)
    laid = head.paths if paths is None else tuple(paths)
    return load_spec(target, task=head.task, paths=laid, include=include, padding=padding, **more)


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
