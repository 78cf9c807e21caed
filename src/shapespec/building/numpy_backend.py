"""Numpy arrays. Caches are plain nested tuples and mappings: numpy has no objects for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from shapespec.building.memory import free_host_bytes
from shapespec.errors import MissingPackageError, UnknownNameError
from shapespec.plan import Structure


class NumpyBackend:
    """See :class:`shapespec.building.build.Backend`."""

    def __init__(self, device: str) -> None:
        if device != "cpu":
            expected = "`cpu`, or framework='torch'"
            raise UnknownNameError(f"numpy has no device `{device}`", argument="device", expected=expected)

    def needs_values(self) -> bool:
        return True

    def free_bytes(self) -> int | None:
        return free_host_bytes()

    def tensor(self, values: np.ndarray | None, shape: tuple[int, ...], dtype: str) -> np.ndarray:
        assert values is not None
        kind = _dtype(dtype)
        if values.shape == shape:
            return np.ascontiguousarray(values, dtype=kind).reshape(shape) if values.dtype != kind else _own(values)
        out = np.empty(shape, dtype=kind)
        fill_by_block(out.reshape(-1), values.reshape(-1).astype(kind))
        return out

    def pack(self, structure: Structure, parts: list[Any]) -> Any:
        if structure.keys is not None and structure.container not in ("tuple", "list"):
            return dict(zip(structure.keys, parts, strict=True))
        return list(parts) if structure.container == "list" else tuple(parts)


def _own(values: np.ndarray) -> np.ndarray:
    """An array that may be written to and shares nothing."""
    return np.array(values, order="C", copy=True)


def fill_by_block(out: np.ndarray, block: np.ndarray) -> None:
    """Repeats a flat block over a flat array."""
    whole = out.size // block.size if block.size else 0
    if whole:
        out[: whole * block.size].reshape(whole, -1)[...] = block
    rest = out.size - whole * block.size
    out[whole * block.size :] = block[:rest]


def _dtype(name: str) -> Any:
    if name != "bfloat16":
        return np.dtype(name)
    try:
        import ml_dtypes
    except ImportError:
        expected = "`pip install ml_dtypes`, or framework='torch'"
        raise MissingPackageError("numpy has no bfloat16 of its own", argument="dtype", expected=expected) from None
    return np.dtype(ml_dtypes.bfloat16)
