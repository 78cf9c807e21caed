"""The libraries whose real classes `check` runs, one module each, each a :class:`Library`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from shapespec.checking.libraries import diffusers, sentence_transformers, timm, transformers


class Library(Protocol):
    """What `check` asks of a library. A module of this package is one."""

    def package(self) -> Any:
        """The package itself. Raises :class:`shapespec.MissingPackageError`."""

    def make(self, name: str, architecture: str, tiny: Mapping[str, Any]) -> Any:
        """The model that `heads:` calls ``name``, made from the `tiny` config with weights that are the same each time,
        in evaluation mode. Raises :class:`shapespec.CheckError` where the library has none of the name."""

    def asked(self, architecture: str, model: Any) -> tuple[Any, dict[str, Any]]:
        """What `load_spec` is called with for the live model: the target, and keywords."""


LIBRARIES: dict[str, Library] = {
    "diffusers": diffusers,
    "sentence_transformers": sentence_transformers,
    "timm": timm,
    "transformers": transformers,
}


def library(name: str) -> Library:
    """A library by the name of its folder; a user's own files are about transformers."""
    return LIBRARIES.get(name, transformers)
