"""Tensors to files: ``.npz`` and ``.safetensors``, by numpy alone. A file is written whole or not at all."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from shapespec.errors import OutputError, UnknownNameError, nearest
from shapespec.spec import ComponentPlan, Spec
from shapespec.version import __version__

#: Every zip entry's date, so that the same tensors give the same bytes.
_DATE = (1980, 1, 1, 0, 0, 0)


# -- files, whole or not at all


@contextmanager
def whole_file(path: str | Path) -> Iterator[IO[bytes]]:
    """A new file that takes the place of ``path`` once it is complete.

    It is written beside it under a name of its own; where anything goes wrong that is removed, and what was at ``path``
    before is still there. A link is followed, an existing file's permissions are kept.

    Raises:
        OutputError: the folder is missing or can't be written to, the path is a folder or a device, the disk is full.
    """
    target = Path(path)
    with _telling(target):
        target = checked_target(target)
        partial = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.partial")
        try:
            # O_EXCL: never through a link that someone else put there. 0o666: the user's umask decides.
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
            with os.fdopen(handle, "wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            if target.exists():
                shutil.copymode(target, partial)
            partial.replace(target)
        finally:
            with suppress(OSError):
                partial.unlink()


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"can't write {path}: {error.strerror or error}",
            argument="output",
            expected="a file that can be written to",
        ) from None


def checked_target(path: Path) -> Path:
    """Where a path leads. Raises :class:`OutputError` for what no file can be put at; looks, and writes nothing."""
    target = path.resolve()
    if not target.parent.is_dir():
        raise OutputError(f"there is no folder {path.parent}", argument="output", expected="an existing folder")
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        kind = "a folder" if target.is_dir() else "no regular file"
        raise OutputError(f"{path} is {kind}", argument="output", expected="a file, new or to be replaced")
    return target


def write_whole(path: str | Path, data: bytes) -> None:
    """Writes bytes, whole or not at all. Raises :class:`OutputError`."""
    with whole_file(path) as stream:
        stream.write(data)


def write_text(path: str | Path, text: str) -> None:
    """Writes UTF-8 text, whole or not at all. Raises :class:`OutputError`."""
    write_whole(path, text.encode("utf-8"))


# -- formats


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


_WRITERS: dict[str, Callable[[IO[bytes], Mapping[str, np.ndarray], Mapping[str, str]], None]] = {
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
    if suffix not in _WRITERS:
        raise OutputError(
            f"`{path.name}` does not say which format",
            argument="output",
            expected="a name that ends in .npz or .safetensors",
            suggestion=path.stem + close if suffix and (close := nearest(suffix, _WRITERS)) else None,
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
        _WRITERS[suffix](stream, arrays, notes or {})


# -- specs


@dataclass(frozen=True)
class Saved:
    """One file that was written: ``tensors`` counts its tensors, ``nbytes`` their bytes."""

    component: str
    path: Path
    tensors: int
    nbytes: int


def save_inputs(
    spec: Spec,
    path: str | Path,
    components: Sequence[str] | None = None,
    *,
    dtype: str = "float32",
    int_dtype: str = "int64",
    seed: int = 0,
    max_bytes: int | None = None,
) -> list[Saved]:
    """Builds inputs with numpy and writes them under their flat names; needs no torch.

    Args:
        path: ends in ``.npz`` or ``.safetensors``. Of several components each gets a file: ``inputs.npz`` becomes
            ``inputs.encoder.npz`` and so on; all of them are written, or none is.
        components: which; the first where none is named.
        dtype, int_dtype, seed, max_bytes: see :meth:`shapespec.Spec.build`.

    Raises:
        OutputError: before anything is built, see :func:`checked_format` and :func:`whole_file`.
        UnknownNameError, TooLargeError: see :meth:`shapespec.Spec.build`.
    """
    plans = [spec.plan(name) for name in components] if components else [spec.plan()]
    targets = _targets(Path(path), plans)
    for plan in plans:
        for tensor in plan.tensors():
            checked_format(Path(path), tensor.dtype_as(dtype, int_dtype))
        if not any(True for _ in plan.tensors()):
            raise UnknownNameError(f"`{plan.name}` takes no tensors", argument="component", expected="one with inputs")
    suffix = checked_format(Path(path))
    saved = []
    with ExitStack() as files:
        for plan, target in zip(plans, targets, strict=True):
            stream = files.enter_context(whole_file(target))
            arrays = spec.build(
                plan.name,
                framework="numpy",
                dtype=dtype,
                int_dtype=int_dtype,
                seed=seed,
                flat=True,
                max_bytes=max_bytes,
            )
            _WRITERS[suffix](stream, arrays, {**_notes(spec), "component": plan.name, "seed": str(seed)})
            saved.append(Saved(plan.name, target, len(arrays), sum(array.nbytes for array in arrays.values())))
    return saved


def _targets(path: Path, plans: Sequence[ComponentPlan]) -> list[Path]:
    if len(plans) == 1:
        return [path]
    return [path.with_name(f"{path.stem}.{plan.name}{path.suffix}") for plan in plans]


def _notes(spec: Spec) -> dict[str, str]:
    """What a file says of itself, where its format can."""
    facts = {
        "architecture": spec.architecture,
        "library": spec.library,
        "task": spec.task,
        "model_class": spec.model_class,
        "variant": spec.variant,
        "shapespec": __version__,
    }
    return {name: value for name, value in facts.items() if value is not None}
