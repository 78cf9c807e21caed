"""A spec's inputs in files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from shapespec.building import build
from shapespec.errors import UnknownNameError
from shapespec.plan import ComponentPlan
from shapespec.writing.arrays import WRITERS, checked_format
from shapespec.writing.whole import whole_file


@dataclass(frozen=True)
class Saved:
    """One file that was written: ``tensors`` counts its tensors, ``nbytes`` their bytes."""

    component: str
    path: Path
    tensors: int
    nbytes: int


def save_inputs(
    plans: Sequence[ComponentPlan],
    path: str | Path,
    notes: Mapping[str, str],
    *,
    dtype: str = "float32",
    int_dtype: str = "int64",
    seed: int = 0,
    max_bytes: int | None = None,
) -> list[Saved]:
    """Builds inputs with numpy and writes them under their flat names; needs no torch.

    Args:
        plans: the components.
        path: ends in ``.npz`` or ``.safetensors``. Of several components each gets a file: ``inputs.npz`` becomes
            ``inputs.encoder.npz`` and so on; all of them are written, or none is.
        notes: what a file says of itself, where its format can.
        dtype, int_dtype, seed, max_bytes: see :meth:`shapespec.Spec.build`.

    Raises:
        OutputError: before anything is built, see :func:`checked_format` and :func:`whole_file`.
        UnknownNameError, TooLargeError: see :meth:`shapespec.Spec.build`.
    """
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
            arrays = build(
                plan,
                framework="numpy",
                device="cpu",
                dtype=dtype,
                int_dtype=int_dtype,
                seed=seed,
                flat=True,
                max_bytes=max_bytes,
            )
            WRITERS[suffix](stream, arrays, {**notes, "component": plan.name, "seed": str(seed)})
            saved.append(Saved(plan.name, target, len(arrays), sum(array.nbytes for array in arrays.values())))
    return saved


def _targets(path: Path, plans: Sequence[ComponentPlan]) -> list[Path]:
    if len(plans) == 1:
        return [path]
    return [path.with_name(f"{path.stem}.{plan.name}{path.suffix}") for plan in plans]
