"""Tasks and model classes: which serves which, and which of them a call means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shapespec.errors import UnknownNameError, nearest, unknown
from shapespec.registry import Loaded

WITH_PAST = "-with-past"


@dataclass(frozen=True)
class Choice:
    """What a call settled on. ``task`` has no suffix; ``with_past`` says whether it was asked for with one."""

    task: str | None
    model_class: str | None
    with_past: bool

    @property
    def shown_task(self) -> str | None:
        """The task with its suffix."""
        return f"{self.task}{WITH_PAST}" if self.task and self.with_past else self.task


def heads_of(files: Sequence[Loaded]) -> dict[str, list[str]]:
    """``{task: classes}``, later files over earlier ones."""
    found: dict[str, list[str]] = {}
    for loaded in files:
        for task, classes in (getattr(loaded.model, "heads", None) or {}).items():
            if classes is None:
                found.pop(task, None)
            else:
                found[task] = [classes] if isinstance(classes, str) else list(classes)
    return found


def is_name_alone(files: Sequence[Loaded]) -> bool:
    """Whether a type is a config without a class of its own: told `about`, or served by other types' classes."""
    told = ("about", "served_by")
    more = ("extends", "heads", "components", "tasks", "classes", "variants")
    return any(getattr(loaded.model, key, None) for loaded in files for key in told) and not any(
        getattr(loaded.model, key, None) for loaded in files for key in more
    )


def choose(
    heads: dict[str, list[str]],
    default_task: str | None,
    task: str | None,
    model_class: str | None,
    architecture: str,
    tasks: Sequence[str] = (),
) -> Choice:
    """The task and the class that a call means. ``tasks`` are those that the files tell of: they count where no heads
    are declared.

    Raises:
        UnknownNameError: the architecture has no such task or class, or the class does not serve the task.
    """
    with_past = task is not None and task.endswith(WITH_PAST)
    bare = task.removesuffix(WITH_PAST) if task is not None else None
    known = list(heads) or list(tasks)
    if bare is not None and bare not in known:
        expected = f"a task of {architecture}: {', '.join(known)}" if known else f"no task: {architecture} has none"
        raise UnknownNameError(unknown("task", bare, known, argument="task", expected=expected))
    if model_class is not None:
        return Choice(_task_of(heads, default_task, bare, model_class, architecture), model_class, with_past)
    chosen = bare or default_task or next(iter(heads), None)
    classes = heads.get(chosen or "", [])
    return Choice(chosen, classes[0] if classes else None, with_past)


def _task_of(
    heads: dict[str, list[str]], default: str | None, task: str | None, model_class: str, architecture: str
) -> str:
    serving = [known for known, classes in heads.items() if model_class in classes]
    if not serving:
        known = sorted({name for classes in heads.values() for name in classes})
        raise UnknownNameError(
            f"unknown class `{model_class}` of {architecture}",
            argument="model_class",
            expected=f"one of {', '.join(known)}; or add it to `heads:` of the architecture's file" if known
            else "a class named under `heads:` of the architecture's file",
            suggestion=nearest(model_class, known),
        )
    if task is not None and task not in serving:
        raise UnknownNameError(
            f"`{model_class}` does not serve the task `{task}`", argument="task", expected=" or ".join(serving)
        )
    return task or (default if default in serving else serving[0])
