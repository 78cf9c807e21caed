"""What the files of one architecture declare of it: its classes and tasks, and what is known of each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from shapespec.errors import UnknownNameError
from shapespec.layers import Layer, Stack
from shapespec.registry.chain import Registry
from shapespec.registry.files import Loaded, architecture_of


class Declared:
    """An architecture's declaring files (the built-in one first, then a user's) with their parents, merged."""

    def __init__(self, files: Sequence[Loaded], chains: Sequence[Sequence[Loaded]]) -> None:
        self.files = tuple(files)
        self.chains = tuple(tuple(chain) for chain in chains)

    @staticmethod
    def of(registry: Registry, name: str, library: str | None = None) -> Declared:
        """Reads them. Raises :class:`UnknownNameError`, :class:`FileError`, :class:`GrammarError`."""
        files = registry.architecture(name, library)
        return Declared(files, [registry.chain(loaded) for loaded in files])

    @cached_property
    def everyone(self) -> tuple[Loaded, ...]:
        """The declaring files with their parents, low to high."""
        return tuple(dict.fromkeys(loaded for chain in self.chains for loaded in chain))

    @cached_property
    def stack(self) -> Stack:
        """Their bodies, those for one task, class or variant left out."""
        return Stack([Layer(loaded.document, ()) for loaded in self.everyone])

    @cached_property
    def own(self) -> Stack:
        """As ``stack``, of the declaring files alone: what one architecture says of its classes holds for no other."""
        return Stack([Layer(loaded.document, ()) for loaded in self.files])

    @property
    def architecture(self) -> str:
        """Its name."""
        return architecture_of(self.files[0]).architecture

    @property
    def heads(self) -> dict[str, list[str]]:
        """``{task: classes}``."""
        found: dict[str, Any] = self.stack.value("heads") or {}
        return {task: [classes] if isinstance(classes, str) else list(classes) for task, classes in found.items()}

    @property
    def classes(self) -> list[str]:
        """Every class that a head names."""
        return list(dict.fromkeys(cls for classes in self.heads.values() for cls in classes))

    @property
    def default_task(self) -> str | None:
        """The task taken where a call names none: the one that the highest file says, if a head serves it, else that
        of the first head. Where there are no heads, the one that is said."""
        said: str | None = self.stack.value("default_task")
        heads = self.heads
        return said if said in heads or not heads else next(iter(heads))

    @property
    def default_variant(self) -> str | None:
        """The variant taken where a call names none."""
        found: str | None = self.stack.value("default_variant")
        return found

    def named(self, section: str) -> list[str]:
        """The keys of `tasks`, `classes` or `variants`."""
        return self.stack.keys(section)

    @property
    def served_by(self) -> dict[str, str]:
        """``{class: the architecture whose file tells of it}``."""
        return self.own.value("served_by") or {}

    @property
    def about(self) -> str | None:
        """What it is, in a few words."""
        found: str | None = self.own.value("about")
        return found

    def needs(self, model_class: str) -> str | None:
        """The package that a class needs."""
        found: str | None = (self.own.value("needs") or {}).get(model_class)
        return found

    def not_run(self, model_class: str) -> str | None:
        """Why `check` can't run a class."""
        found: str | None = (self.own.value("not_run") or {}).get(model_class)
        return found

    @property
    def is_name_alone(self) -> bool:
        """Whether a type is a config without a class of its own: told `about`, or served by other types' classes."""
        said = {key for loaded in self.files for key, value in loaded.document.data.items() if value}
        more = {"extends", "heads", "components", "tasks", "classes", "variants"}
        return bool(said & {"about", "served_by"}) and not said & more

    def served_elsewhere(self, model_class: str | None) -> str | None:
        """The type whose file tells of the class; of a type that is a name alone, and whose class the call leaves open,
        the first that serves it. Raises :class:`UnknownNameError` for a type that no class serves."""
        served = self.served_by
        if model_class is not None or not self.is_name_alone:
            return served.get(model_class or "")
        if served:
            return next(iter(served.values()))
        raise UnknownNameError(f"{self.architecture} has no class of its own", expected=self.about)
