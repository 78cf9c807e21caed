"""The containers that a file may name: those of the libraries' closed tables."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from shapespec.errors import listing, nearest
from shapespec.libraries import containers


def _checked_name(name: str) -> str:
    known = containers()
    if name not in known:
        raise PydanticCustomError(
            "container",
            "unknown container `{name}`",
            {"name": name, "expected": listing(known), "suggestion": nearest(name, known)},
        )
    return name


#: What a structure becomes for the model.
ContainerWord = Annotated[str, AfterValidator(_checked_name), Field(json_schema_extra={"enum": [*containers()]})]
