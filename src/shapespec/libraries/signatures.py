"""What the forward of a class takes, by its signature."""

from __future__ import annotations

import inspect
import re
from typing import Any

#: Annotations of what holds tensors: tensors, arrays, caches, and what another part returned.
_TENSORS = re.compile(r"Tensor|ndarray|Cache|ModelOutput|OutputWith")


def tensor_arguments(model_class: Any) -> tuple[str, ...]:
    """The arguments of a class's forward that are annotated as tensors, or as what holds some; those with neither an
    annotation nor a default too."""
    parameters = list(inspect.signature(model_class.forward).parameters.values())[1:]
    return tuple(parameter.name for parameter in parameters if _holds_tensors(parameter))


def _holds_tensors(parameter: inspect.Parameter) -> bool:
    if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
        return False
    if parameter.annotation is parameter.empty:
        return parameter.default is parameter.empty
    return _TENSORS.search(str(parameter.annotation)) is not None
