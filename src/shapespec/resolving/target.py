"""What a call means: which architecture, whose files, which task, class and variant, which config."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shapespec.errors import UnknownNameError, nearest, unknown
from shapespec.libraries import Home, Live, home_of, live_config, live_model
from shapespec.registry.chain import Registry
from shapespec.registry.declared import Declared
from shapespec.resolving.config import read_config

WITH_PAST = "-with-past"


@dataclass(frozen=True)
class Choice:
    """What a call settled on. ``task`` has no suffix; ``with_past`` says whether it was asked for with one; ``padding``
    is the side that it asks for, None for what the files say."""

    task: str | None
    model_class: str | None
    with_past: bool
    variant: str | None = None
    live: bool = False
    padding: str | None = None

    @property
    def shown_task(self) -> str | None:
        """The task with its suffix."""
        return f"{self.task}{WITH_PAST}" if self.task and self.with_past else self.task


@dataclass(frozen=True)
class Target:
    """What was meant: the declaring files, the choice among what they declare, the config, and where a live model's
    numbers live."""

    registry: Registry
    declared: Declared
    choice: Choice
    config: Any
    library: str
    home: Home = field(default_factory=Home)


def identified(
    target: Any,
    registry: Registry,
    *,
    task: str | None,
    model_class: Any,
    config: Any,
    library: str | None,
    variant: str | None,
    padding: str | None = None,
) -> Target:
    """What a call means.

    Raises:
        UnknownNameError: the target is nothing of the kind, or has no such task, class or variant.
    """
    alive = live_model(target)
    model = alive or live_model(config)
    name, found_config, found_library = _named(target, model)
    given = config if config is not None and live_model(config) is None else found_config
    classes = model.classes if model is not None else ()
    library = library or found_library
    name = name if name is not None else _serving(registry, library, classes)
    declared = Declared.of(registry, name, library)
    # A class may be given itself; a live model says its own.
    wanted = model_class.__name__ if isinstance(model_class, type) else model_class
    wanted = wanted or _known_class(declared, classes)
    elsewhere = declared.served_elsewhere(wanted)
    if elsewhere is not None:
        declared = Declared.of(registry, elsewhere, library)
    choice = replace(chosen(declared, task, wanted, variant, model is not None), padding=padding)
    home = home_of(target if alive is not None else config) if model is not None else Home()
    return Target(registry, declared, choice, read_config(given), registry.library_of(declared.files[0]), home)


def _named(target: Any, model: Live | None) -> tuple[str | None, Any, str | None]:
    """(architecture, or None where only the class tells, config, library) of a target."""
    if isinstance(target, str):
        return target, model.config if model is not None else None, None
    if model is not None:
        return model.name, model.config, model.library
    config = live_config(target)
    if config is not None:
        return config.name, config.config, config.library
    raise UnknownNameError(
        f"`{type(target).__name__}` is nothing that a spec can be loaded for",
        argument="target",
        expected="an architecture's name, or a config or a model of a library that `shapespec list` names",
    )


def _serving(registry: Registry, library: str | None, classes: Sequence[str]) -> str:
    """The one architecture whose heads name a live model's class, or the nearest of those that it is derived from.

    Raises:
        UnknownNameError: none does, or several do.
    """
    names = dict.fromkeys(stem for _, stem, _ in registry.names(library))
    named = {name: set(Declared.of(registry, name, library).classes) for name in names}
    serving = ([name for name, known in named.items() if cls in known] for cls in classes)
    found = next(filter(None, serving), [])
    if len(found) == 1:
        return found[0]
    said = "serves several architectures" if found else "is named by no architecture"
    expected = f"load_spec(name, config=model) with one of {', '.join(found or names)}"
    raise UnknownNameError(f"the class `{classes[0]}` {said}", argument="target", expected=expected)


def _known_class(declared: Declared, classes: Sequence[str]) -> str | None:
    """A live model's class: of those that it is derived from the nearest that a file names (a user's subclass takes
    what its parent takes), else its own."""
    known = {*declared.served_by, *declared.classes}
    return next((cls for cls in classes if cls in known), next(iter(classes), None))


def chosen(
    declared: Declared, task: str | None, model_class: str | None, variant: str | None, live: bool = False
) -> Choice:
    """The task, the class and the variant that a call means.

    Raises:
        UnknownNameError: the architecture has no such task, class or variant, or the class does not serve the task.
    """
    heads = declared.heads
    with_past = task is not None and task.endswith(WITH_PAST)
    bare = task.removesuffix(WITH_PAST) if task is not None else None
    known = list(heads) or declared.named("tasks")
    if bare is not None and bare not in known:
        name = declared.architecture
        expected = f"a task of {name}: {', '.join(known)}" if known else f"no task: {name} has none"
        raise UnknownNameError(unknown("task", bare, known, argument="task", expected=expected))
    variant = _variant(declared, variant)
    if model_class is not None:
        return Choice(_task_of(declared, bare, model_class), model_class, with_past, variant, live)
    found = bare or declared.default_task
    classes = heads.get(found or "", [])
    return Choice(found, classes[0] if classes else None, with_past, variant, live)


def _task_of(declared: Declared, task: str | None, model_class: str) -> str:
    serving = [known for known, classes in declared.heads.items() if model_class in classes]
    if not serving:
        known = sorted(declared.classes)
        raise UnknownNameError(
            f"unknown class `{model_class}` of {declared.architecture}",
            argument="model_class",
            expected=f"one of {', '.join(known)}; or add it to `heads:` of the architecture's file"
            if known
            else "a class named under `heads:` of the architecture's file",
            suggestion=nearest(model_class, known),
        )
    if task is not None and task not in serving:
        raise UnknownNameError(
            f"`{model_class}` does not serve the task `{task}`", argument="task", expected=" or ".join(serving)
        )
    default = declared.default_task
    return task or (default if default in serving else serving[0])


def _variant(declared: Declared, variant: str | None) -> str | None:
    known = declared.named("variants")
    if variant is not None and variant != "default" and variant not in known:
        raise UnknownNameError(unknown("variant", variant, known, argument="variant"))
    return variant if variant in known else declared.default_variant
