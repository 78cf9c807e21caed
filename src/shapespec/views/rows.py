"""Specs and arrays as rows of plain text. Knows no terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from shapespec.plan import ComponentPlan, PlainValue, TensorSpec

if TYPE_CHECKING:
    import numpy as np

_NUMBER = re.compile(r"\.\d+\b")

#: How much of a long value is shown.
_ROOM = 60


@dataclass(frozen=True)
class TensorRow:
    """One tensor, or several alike that differ by a layer's number alone."""

    name: str
    shape: str
    dtype: str
    axes: str
    values: str


def input_rows(plan: ComponentPlan) -> list[TensorRow]:
    """A component's inputs: tensors first to last, then plain Python values."""
    rows = list(_folded(_row(t, t.values.told() if t.values is not None else "") for t in plan.tensors()))
    plain = [(name, node.value) for name, node in plan.arguments if isinstance(node, PlainValue)]
    return rows + [TensorRow(name, "", "python", "", _short(value)) for name, value in plain]


def output_rows(plan: ComponentPlan) -> list[TensorRow]:
    """A component's outputs."""
    return list(_folded(_row(tensor, "") for tensor in plan.output_tensors()))


def _row(tensor: TensorSpec, values: str) -> TensorRow:
    return TensorRow(tensor.name, shape_text(tensor.shape), tensor.dtype, axes_text(tensor.axes), values)


def shape_text(shape: Iterable[int | None]) -> str:
    """``[2, 16]``; ``?`` for an axis whose size only a run tells."""
    return f"[{', '.join('?' if size is None else str(size) for size in shape)}]"


def axes_text(axes: Mapping[int, str]) -> str:
    """``0 batch_size, 1 sequence_length``."""
    return ", ".join(f"{index} {name}" for index, name in axes.items())


def _folded(rows: Iterable[TensorRow]) -> Iterator[TensorRow]:
    """Rows of layers that are alike as one: ``past_key_values.0…31.key``."""
    for _, run in groupby(list(_by_stem(rows)), key=lambda pair: (pair[0], replace(pair[1], name=""))):
        alike = [row for _, row in run]
        first, last = (_NUMBER.search(row.name) for row in (alike[0], alike[-1]))
        if len(alike) == 1 or first is None or last is None:
            yield from alike
            continue
        numbers = f"{first.group()}…{last.group()[1:]}"
        name = alike[0].name[: first.start()] + numbers + alike[0].name[first.end() :]
        yield replace(alike[0], name=name)


def _by_stem(rows: Iterable[TensorRow]) -> Iterator[tuple[str, TensorRow]]:
    """Rows with their names but for the number, those of one name together at the place of the first."""
    stems: dict[str, list[TensorRow]] = {}
    for row in rows:
        stems.setdefault(_NUMBER.sub(".*", row.name, count=1), []).append(row)
    for stem, alike in stems.items():
        yield from ((stem, row) for row in alike)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _ROOM else f"{text[: _ROOM - 1]}…"


# -- arrays


def array_summary(name: str, array: np.ndarray) -> dict[str, Any]:
    """A built array as plain data: shape, type, bytes, and its least and greatest value (None where it is empty)."""
    low, high = (array.min(), array.max()) if array.size else (None, None)
    return {
        "name": name,
        "shape": list(array.shape),
        "dtype": array.dtype.name,
        "nbytes": array.nbytes,
        "min": _scalar(low),
        "max": _scalar(high),
    }


def _scalar(value: Any) -> Any:
    """A number that JSON knows: numpy's own, and bfloat16's by way of a float."""
    if value is None:
        return None
    found = value.item() if hasattr(value, "item") else value
    return found if isinstance(found, (bool, int, float)) else float(found)
