"""Random weights that do not collapse: every input of a model reaches what it answers.

Models are initialised to be trained: with small numbers (a deviation of 0.02), gates that are shut, scales of 1e-6 and
projections of zeros. On a model of a few narrow layers that is silence: an image's features vanish in float32 beside
the text's, and whatever is fed instead gives the same answer. So weights are scaled by gain:

- the weight of a linear layer or a transposed convolution gets the deviation ``1 / sqrt(fan_in)``, so that what goes in
  at a scale of one comes out at a scale of one; that of a convolution ``sqrt(2 / fan_in)``, since what follows one
  mostly drops half of it and no norm of a fresh model makes up for that;
- an embedding gets the deviation 1;
- other parameters of two axes or more (position tables, class tokens, experts, mixing matrices) are raised to the
  deviation ``(last * second last) ** -0.25``, which is unit gain whichever of the axes comes in; none is lowered;
- vectors that are no bias and lie near zero (gates, layer scales, norms that start shut) get numbers from 0.5 to 1, and
  biases of zeros get a deviation of 0.1;
- codebooks that wait for their first data (buffers of zeros of two axes or more) are drawn with the deviation 1;
- whatever else holds no numbers, or no sane ones (memory that a checkpoint was to fill), is drawn.

Weights keep their pattern: they are multiplied, and drawn only where there is nothing to multiply. A parameter is drawn
from a stream of its own name, so one model is the same each time.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

#: Vectors below this are gates and scales that training would open.
SHUT = 0.11

#: What a weight that holds numbers stays below.
SANE = 1e3

#: The deviation of biases that start as zeros.
BIAS = 0.1


def wake(model: Any) -> None:
    """Scales a model's weights in place, by the rules above."""
    import torch

    with torch.no_grad():
        done: set[int] = set()
        for name, owner, key, parameter in _parameters(model):
            if id(parameter) not in done and parameter.is_floating_point() and parameter.numel():
                done.add(id(parameter))
                _scale(parameter, owner, name, key)
        for name, buffer in model.named_buffers():
            if buffer.ndim >= 2 and buffer.is_floating_point() and buffer.numel() and not bool(buffer.any()):
                buffer.normal_(generator=_stream(name))


@contextmanager
def empty_memory_told() -> Iterator[None]:
    """Within it, memory that nothing was written to holds NaN, which :func:`wake` replaces: it would differ each
    time."""
    import torch

    was, warn = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(was, warn_only=warn)


def _parameters(model: Any) -> Iterator[tuple[str, Any, str, Any]]:
    """Each parameter with its full name, the module that holds it, and its name there: embeddings first, so that a
    weight that is tied to one is scaled as one."""
    import torch

    owners = list(model.named_modules())
    owners.sort(key=lambda entry: not isinstance(entry[1], torch.nn.Embedding))
    for prefix, owner in owners:
        for key, parameter in owner.named_parameters(recurse=False):
            yield f"{prefix}.{key}", owner, key, parameter


def _scale(parameter: Any, owner: Any, name: str, key: str) -> None:
    if not _is_sane(parameter):
        _draw(parameter, name, key)
    if parameter.ndim < 2:
        if "bias" not in key and float(parameter.abs().max()) < SHUT:
            _uniform(parameter, name)
        return
    wanted, exact = _deviation(parameter, owner, key)
    found = _spread(parameter)
    if found > 0 and (exact or found < wanted):
        parameter.mul_(wanted / found)


def _is_sane(parameter: Any) -> bool:
    largest = float(parameter.abs().max())
    return 0 < largest < SANE  # NaN compares false


def _spread(parameter: Any) -> float:
    """The root mean square: what a sum over the weights scales by."""
    return float(parameter.float().square().mean().sqrt())


def _deviation(parameter: Any, owner: Any, key: str) -> tuple[float, bool]:
    """(the deviation that a weight of two axes or more should have, whether it is lowered to it, too)."""
    import torch

    shape = tuple(parameter.shape)
    if key == "weight" and isinstance(owner, torch.nn.Embedding):
        return 1.0, True
    if key == "weight" and isinstance(owner, torch.nn.Linear):
        return shape[-1] ** -0.5, True
    if key == "weight" and isinstance(owner, torch.nn.modules.conv._ConvTransposeNd):
        return max(1, shape[0] // owner.groups * prod(shape[2:]) // prod(owner.stride)) ** -0.5, True
    if key == "weight" and isinstance(owner, torch.nn.modules.conv._ConvNd):
        return (2 / prod(shape[1:])) ** 0.5, True
    return (shape[-1] * shape[-2]) ** -0.25, False


def _draw(parameter: Any, name: str, key: str) -> None:
    parameter.normal_(std=BIAS if "bias" in key and parameter.ndim < 2 else 1.0, generator=_stream(name))
    if parameter.ndim < 2 and "bias" not in key:
        _uniform(parameter, name)


def _uniform(parameter: Any, name: str) -> None:
    parameter.uniform_(0.5, 1.0, generator=_stream(name))


def _stream(name: str) -> Any:
    import torch

    return torch.Generator().manual_seed(zlib.crc32(name.encode()))
