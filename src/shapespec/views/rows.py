"""Specs and arrays as rows of plain text. Knows no terminal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from shapespec.spec import ComponentPlan, Fill, PlainValue, TensorSpec

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
    rows = list(_folded(_row(tensor, fill_text(tensor.fill)) for tensor in plan.tensors()))
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


# -- values


def fill_text(fill: Fill) -> str:
    """How a tensor's values are made, in a few words."""
    write = _FILLS.get(fill.kind)
    return write(fill) if write is not None else fill.kind


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _ROOM else f"{text[: _ROOM - 1]}…"


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _integers(fill: Fill) -> str:
    parts = [f"integers [{fill.get('low')}, {fill.get('high')})"]
    avoided = fill.get("avoid") or ()
    if avoided:
        parts.append(f"without {_short(', '.join(map(str, avoided)))}")
    for item in fill.get("placeholders") or ():
        marks = dict(item)
        parts.append(f"with {marks['count']} of {marks['token']}")
    parts += [f"{word} {fill.get(key)}" for key, word in (("starts_with", "first"), ("ends_with", "last"))
              if fill.get(key) is not None]  # fmt: skip
    if fill.get("mask"):
        parts.append(f"{fill.get('pad')} where {fill.get('mask')} is 0")
    parts += ["no value twice in a row"] * bool(fill.get("distinct")) + ["sorted"] * bool(fill.get("ordered"))
    return ", ".join(parts)


def _mask(fill: Fill) -> str:
    side = fill.get("side")
    return "all ones" if side == "none" else f"ones, padded with zeros on the {side}"


def _arange(fill: Fill) -> str:
    step = fill.get("step", 1)
    return f"counting from {_number(fill.get('start', 0))}" + (f" by {_number(step)}" if step != 1 else "")


_FILLS: dict[str, Callable[[Fill], str]] = {
    "integers": _integers,
    "mask": _mask,
    "arange": _arange,
    "uniform": lambda fill: f"reals [{_number(fill.get('low'))}, {_number(fill.get('high'))})",
    "normal": lambda fill: f"normal, mean {_number(fill.get('mean'))}, deviation {_number(fill.get('deviation'))}",
    "constant": lambda fill: f"always {_number(fill.get('value'))}",
    "boxes": lambda fill: f"boxes ({fill.get('format')}) up to {_number(fill.get('max'))}",
    "one_hot": lambda fill: "one 1 along the last axis",
    "literal": lambda fill: _short(fill.get("values")),
    "choice": lambda fill: f"one of {_short(', '.join(map(_number, fill.get('among') or ())))}",
    "formula": lambda fill: _short(fill.get("text")),
}


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
