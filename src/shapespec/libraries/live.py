"""What a live model says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

#: The types of parameters that inputs may have; a quantized model's weights are of others.
FLOATS = ("float32", "float16", "bfloat16", "float64")


@dataclass(frozen=True)
class Live:
    """A live model. ``name`` is its architecture's, or None where only its class tells; ``classes`` are its own and
    those that it is derived from."""

    library: str
    name: str | None
    classes: tuple[str, ...]
    config: Any


@dataclass(frozen=True)
class Home:
    """Where a model's numbers live: ``dtype`` is that of its first floating-point parameter, ``device`` that of its
    first parameter. What no live model says is float32 on the CPU."""

    dtype: str = FLOATS[0]
    device: str = "cpu"


def home_of(model: Any) -> Home:
    """A live model's home, as it is now; nothing of the model is kept. Buffers tell where there are no parameters."""
    # Two walks that end at what they look for: a large model has thousands of parameters.
    first = next(_tensors(model), None)
    dtypes = (str(getattr(tensor, "dtype", "")).removeprefix("torch.") for tensor in _tensors(model))
    dtype = next((found for found in dtypes if found in FLOATS), Home.dtype)
    return Home(dtype, str(getattr(first, "device", Home.device)))


def _tensors(model: Any) -> Iterator[Any]:
    for kind in ("parameters", "buffers"):
        found = getattr(model, kind, None)
        if callable(found):
            yield from found()


def classes_of(model: Any) -> tuple[str, ...]:
    """The names of a model's class and of those that it is derived from."""
    return tuple(cls.__name__ for cls in type(model).__mro__)
