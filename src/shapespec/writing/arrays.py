"""Named arrays in files: ``.npz`` and ``.safetensors``, by numpy alone."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from shapespec.errors import OutputError, nearest
from shapespec.writing.whole import whole_file

#: Every zip entry's date, so that the same tensors give the same bytes.
_DATE = (1980, 1, 1, 0, 0, 0)


def _write_npz(stream: IO[bytes], arrays: Mapping[str, np.ndarray], notes: Mapping[str, str]) -> None:
    """What ``numpy.load`` reads. Not ``numpy.savez``, which can't store an input called `file` and dates entries."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", _DATE)
            with archive.open(entry, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


#: safetensors' names of types.
_SAFETENSORS_TYPES = {
    "bool": "BOOL", "int8": "I8", "uint8": "U8", "int16": "I16", "int32": "I32", "int64": "I64",
    "float16": "F16", "bfloat16": "BF16", "float32": "F32", "float64": "F64",
}  # fmt: skip


def _write_safetensors(stream: IO[bytes], arrays: Mapping[str, np.ndarray], notes: Mapping[str, str]) -> None:
    """The length of the header, the header, the bytes. Not by the package of that name: it copies everything twice, and
    scrambles arrays that are not C-contiguous."""
    # Wide types first, so that every tensor starts at a multiple of its width, as the package has it.
    ordered = sorted(arrays.items(), key=lambda item: -item[1].dtype.itemsize)
    header: dict[str, Any] = {"__metadata__": dict(notes)}
    end = 0
    for name, array in ordered:
        start, end = end, end + array.nbytes
        kind = _SAFETENSORS_TYPES[array.dtype.name]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    stream.write(len(text).to_bytes(8, "little") + text)
    for _, array in ordered:
        # As bytes: numpy has no buffer for bfloat16. An array without elements or axes is no exception.
        flat = np.ascontiguousarray(array).reshape(-1)
        stream.write(flat.view(np.uint8).data if flat.size else b"")


WRITERS: dict[str, Callable[[IO[bytes], Mapping[str, np.ndarray], Mapping[str, str]], None]] = {
    ".npz": _write_npz,
    ".safetensors": _write_safetensors,
}


def checked_format(path: Path, dtype: str = "float32") -> str:
    """The format that a name asks for.

    Raises:
        OutputError: the name ends in neither, or bfloat16 is to go into ``.npz``: numpy's format has no name for it,
            and would read it back as raw bytes.
    """
    suffix = path.suffix.lower()
    if suffix not in WRITERS:
        raise OutputError(
            f"`{path.name}` does not say which format",
            argument="output",
            expected="a name that ends in .npz or .safetensors",
            suggestion=path.stem + close if suffix and (close := nearest(suffix, WRITERS)) else None,
        )
    if suffix == ".npz" and dtype == "bfloat16":
        raise OutputError(
            ".npz can't hold bfloat16", argument="output", expected="a name that ends in .safetensors, or another dtype"
        )
    return suffix


def save_arrays(path: str | Path, arrays: Mapping[str, np.ndarray], notes: Mapping[str, str] | None = None) -> None:
    """Writes named arrays in the format that the path's ending names. ``notes`` go into safetensors' header.

    Raises:
        OutputError: see :func:`checked_format` and :func:`whole_file`.
    """
    target = Path(path)
    for array in arrays.values():
        suffix = checked_format(target, array.dtype.name)
    suffix = checked_format(target)
    with whole_file(target) as stream:
        WRITERS[suffix](stream, arrays, notes or {})
