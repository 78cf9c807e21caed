"""The containers that a file may name, and the options that each takes."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from shapespec.errors import listing, nearest
from shapespec.libraries import transformers_containers

#: Every container, those of Python itself first.
CONTAINER_NAMES = ("dict", "list", "tuple", *transformers_containers.CONTAINERS)


def options_of(container: str) -> tuple[str, ...]:
    """The options that a container takes. One that ends with a dot stands for all names below it."""
    return transformers_containers.OPTIONS.get(container, ())


def takes_option(container: str, name: str) -> bool:
    """Whether a container takes an option of a name."""
    return any(name == known or (known[-1] == "." and name.startswith(known)) for known in options_of(container))


def _checked_name(name: str) -> str:
    if name not in CONTAINER_NAMES:
        raise PydanticCustomError(
            "container",
            "unknown container `{name}`",
            {"name": name, "expected": listing(CONTAINER_NAMES), "suggestion": nearest(name, CONTAINER_NAMES)},
        )
    return name


#: What a structure becomes for the model.
ContainerWord = Annotated[str, AfterValidator(_checked_name), Field(json_schema_extra={"enum": [*CONTAINER_NAMES]})]
