"""What belongs to one library of models alone, a module each.

A module of this package is a :class:`Library`; its name stands in :data:`NAMES`. Importing these modules imports no
library: each is imported when a class is made or an object is built.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache, lru_cache
from importlib import import_module
from random import Random
from typing import Any, Protocol

from shapespec.libraries.live import Home as Home
from shapespec.libraries.live import Live as Live
from shapespec.libraries.live import home_of as home_of
from shapespec.plan import Structure

#: The libraries, in the order in which a name is looked for in their folders.
NAMES = ("transformers", "diffusers", "timm", "sentence_transformers")

#: The library that the others are put together of: a user's own files are about it where no folder says otherwise.
MAIN = NAMES[0]

#: The module of what belongs to no library: Python's own containers.
NONE = "modules"

#: A container: what a structure and its parts (already built) become for the model.
Container = Callable[[Structure, list[Any]], Any]


class Library(Protocol):
    """What is asked of a library."""

    #: The containers that YAML may name, and the options that each takes (one that ends with a dot stands for all
    #: names below it). The tables are closed: a file names an entry, never a module or a class.
    CONTAINERS: Mapping[str, Container]
    OPTIONS: Mapping[str, Collection[str]]

    #: A pipeline may hold a model of another library: the library of a higher rank is asked first what it is.
    RANK: int

    #: The packages whose versions a stored result holds for.
    PACKAGES: tuple[str, ...]

    def recognised(self, model: Any) -> Live | None:
        """What a live model says of itself, told by its looks; None for what is none of the library's."""

    def configured(self, config: Any) -> Live | None:
        """What a live config says of its model, likewise."""

    def package(self) -> Any:
        """The package itself. Raises :class:`shapespec.MissingPackageError`."""

    def make(self, name: str, architecture: str, tiny: Mapping[str, Any], common: Mapping[str, Any]) -> Any:
        """The model that `heads:` calls ``name``, made from the `tiny` config with weights that are the same each time,
        in evaluation mode. ``tiny`` is what the architecture's own file says, ``common`` what it stands on says to all:
        of that a class takes what it knows. Raises :class:`shapespec.CheckError` where the library has none of the
        name."""

    def variations(
        self, name: str, architecture: str, tiny: Mapping[str, Any], common: Mapping[str, Any], random: Random
    ) -> Iterator[tuple[str, Callable[[], Any]]]:
        """Other configs of the model that `heads:` calls ``name``, without end: what was changed, and what makes the
        model (None where the change came to nothing; raises what the class raises where it takes no such config). A
        library whose models have no config of their own has no such function."""

    def default_config(self, architecture: str) -> Any:
        """The config that the library makes for an architecture where nothing is said; None where it makes none. A
        library whose models have no config of their own has no such function."""

    def make_part(self, name: str, architecture: str, values: Mapping[str, Any]) -> Any:
        """Another class that a component names, made from its config's values, likewise."""

    def asked(self, architecture: str, model: Any) -> tuple[Any, dict[str, Any]]:
        """What `load_spec` is called with for the live model: the target, and keywords."""

    def import_class(self, name: str, architecture: str) -> Any:
        """The class that `heads:` calls ``name``. Raises :class:`shapespec.CheckError` where the library has none."""

    def empty_like(self, built: Any, model: Any) -> Any:
        """An empty cache of a built one's kind, as the library itself starts with it; None for other kinds."""

    def register_containers(self) -> None:
        """Makes the library's containers known to torch.export, where the library is in use."""


@cache
def library(name: str) -> Any:
    """A library by the name of its folder, as a :class:`Library`; a user's own files are about :data:`MAIN`."""
    return import_module(f"shapespec.libraries.{name if name in NAMES else MAIN}")


@lru_cache(maxsize=1)
def containers() -> dict[str, Container]:
    """Every container by its name, those of Python itself first."""
    found: dict[str, Container] = dict(import_module(f"shapespec.libraries.{NONE}").CONTAINERS)
    for name in NAMES:
        found.update(library(name).CONTAINERS)
    return found


def options_of(container: str) -> tuple[str, ...]:
    """The options that a container takes. One that ends with a dot stands for all names below it."""
    return next((tuple(found) for name in NAMES if (found := library(name).OPTIONS.get(container))), ())


def takes_option(container: str, name: str) -> bool:
    """Whether a container takes an option of a name."""
    return any(name == known or (known[-1] == "." and name.startswith(known)) for known in options_of(container))


def live_model(value: Any) -> Live | None:
    """What a model says of itself; None for what is no model of a library that is known here."""
    if isinstance(value, (str, Mapping, type)) or not hasattr(value, "forward"):
        return None
    ranked = sorted(NAMES, key=lambda name: -library(name).RANK)
    return next((found for name in ranked if (found := library(name).recognised(value)) is not None), None)


def live_config(value: Any) -> Live | None:
    """What a live config says of its model; None for what is no config of a library that is known here."""
    if isinstance(value, (str, Mapping, type)):
        return None
    return next((found for name in NAMES if (found := library(name).configured(value)) is not None), None)


def empty_like(built: Any, model: Any) -> Any:
    """An empty cache of a built one's kind, for classes that fill a cache and make none themselves; None for kinds
    that no library starts with."""
    return next((found for name in NAMES if (found := library(name).empty_like(built, model)) is not None), None)


def packages() -> tuple[str, ...]:
    """The packages of all libraries."""
    return tuple(package for name in NAMES for package in library(name).PACKAGES)


def register_containers() -> None:
    """Makes the containers of every library that is in use known to torch.export."""
    for name in NAMES:
        library(name).register_containers()
