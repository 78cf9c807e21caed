"""Which keys a mapping at some place of a file may have: for error messages and for completion."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from shapespec.language.base import Part
from shapespec.language.values import MODELS, kind_of_values
from shapespec.reading.document import Path


def keys_at(model: type[Part], data: Any, place: Path) -> list[str]:
    """The known keys of the mapping at ``place`` of ``data``, by the grammar's annotations from ``model`` down."""
    annotations: list[Any] = [model]
    for part in place:
        annotations = [inner for outer in annotations for inner in _descend(outer, part)]
        data = data[part]
    models = [option for annotation in annotations for option in _alternatives(annotation) if _is_model(option)]
    chosen = kind_of_values(data)
    exact = [option for option in models if chosen and option is MODELS[chosen]]
    return list(dict.fromkeys(field.alias or name for m in exact or models for name, field in m.model_fields.items()))


def is_free(model: type[Part], place: Path) -> bool:
    """Whether a mapping may hold anything: a config that another program reads, and what lies below it."""
    annotations: list[Any] = [model]
    for part in place:
        annotations = [inner for outer in annotations for inner in _descend(outer, part)]
        if any(_holds_anything(option) for outer in annotations for option in _alternatives(outer)):
            return True
    return False


def _holds_anything(annotation: Any) -> bool:
    return get_origin(annotation) is dict and get_args(annotation)[-1] is Any


def _descend(annotation: Any, part: Any) -> Iterator[Any]:
    """The annotations of what lies under ``part``."""
    for option in _alternatives(annotation):
        if _is_model(option):
            yield from (f.annotation for name, f in option.model_fields.items() if part in (name, f.alias))
        elif get_origin(option) in (dict, list):
            yield get_args(option)[-1]


def _alternatives(annotation: Any) -> Iterator[Any]:
    """What a union admits, one by one, without the metadata."""
    origin = get_origin(annotation)
    if origin is typing.Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif origin in (typing.Union, types.UnionType):
        for part in get_args(annotation):
            yield from _alternatives(part)
    else:
        yield annotation


def _is_model(option: Any) -> bool:
    return isinstance(option, type) and issubclass(option, BaseModel)
