"""The rows: what one exported graph of Optimum's takes and returns, as data in this repository.

``data/rows.jsonl.gz`` holds what optimum 2.1.0 with optimum-onnx 0.1.0 (Transformers 4.57.6) says at its default sizes,
``data/others.jsonl.gz`` what it says of the same graphs at other sizes and on other configs; the configs, by id, lie
beside them. ``pack.py`` wrote both.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Leaf:
    """One input or output: an output has no dtype and no shape."""

    name: str
    axes: dict[int, str]
    dtype: str | None = None
    shape: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Row:
    """One graph. ``component`` is shapespec's name of it, ``sizes`` what the call sets, ``error`` how Optimum fails."""

    library: str
    model_type: str
    task: str
    variant: str
    component: str
    config: str
    inputs: tuple[Leaf, ...]
    outputs: tuple[Leaf, ...]
    sizes: dict[str, int] = field(default_factory=dict)
    error: str | None = None

    @property
    def id(self) -> str:
        """A name for tests and tables."""
        variant = "" if self.variant == "default" else f" ({self.variant})"
        return f"{self.library}/{self.model_type} {self.task} {self.component}{variant}"


def component_name(component: str, use_past_in_inputs: bool | None) -> str:
    """shapespec's name of Optimum's graph."""
    name = "model" if component == "monolith" else component.removesuffix("_model")
    return "model_with_past" if name == "model" and use_past_in_inputs else name


def from_snapshot(entry: dict[str, Any]) -> Row:
    """A row of the snapshot: leaves that are None are dropped."""
    leaves = [x for x in entry["inputs"] if x["dtype"] is not None]
    return Row(
        library=entry["library"],
        model_type=entry["model_type"],
        task=entry["task"],
        variant=entry["variant"],
        component=component_name(entry["component"], entry["use_past_in_inputs"]),
        config=entry["config_id"],
        inputs=tuple(Leaf(x["onnx_name"], _axes(x["axes"]), x["dtype"], tuple(x["shape"])) for x in leaves),
        outputs=tuple(Leaf(x["name"], _axes(x["axes"])) for x in entry["outputs"]),
        sizes=dict(entry.get("shapes") or {}),
        error=entry["error"],
    )


def _axes(axes: dict[str, str] | None) -> dict[int, str]:
    return {int(index): name for index, name in (axes or {}).items()}


def packed(row: Row) -> dict[str, Any]:
    """A row as it is stored."""
    return {
        "id": [row.library, row.model_type, row.task, row.variant, row.component, row.config],
        "in": [[x.name, x.dtype, list(x.shape or ()), x.axes] for x in row.inputs],
        "out": [[x.name, x.axes] for x in row.outputs],
        **({"sizes": row.sizes} if row.sizes else {}),
        **({"error": row.error} if row.error else {}),
    }


def unpacked(entry: dict[str, Any]) -> Row:
    """The inverse of :func:`packed`."""
    return Row(
        *entry["id"],
        inputs=tuple(Leaf(name, _axes(axes), dtype, tuple(shape)) for name, dtype, shape, axes in entry["in"]),
        outputs=tuple(Leaf(name, _axes(axes)) for name, axes in entry["out"]),
        sizes=entry.get("sizes", {}),
        error=entry.get("error"),
    )


def write(path: Path, text: str) -> None:
    """Compressed, the same bytes each time."""
    path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


def _read(name: str) -> str:
    return gzip.decompress((DATA / name).read_bytes()).decode()


def rows(name: str = "rows") -> Iterator[Row]:
    """The rows of a file: ``rows`` (Optimum's defaults) or ``others`` (other sizes and configs)."""
    for line in _read(f"{name}.jsonl.gz").splitlines():
        yield unpacked(json.loads(line))


@lru_cache(maxsize=2)
def configs(name: str = "rows") -> dict[str, dict[str, Any]]:
    """The configs of a file's rows, by id; those of ``others`` beside those of ``rows``."""
    own = json.loads(_read(f"{name}.configs.json.gz"))
    return own if name == "rows" else {**configs(), **own}
