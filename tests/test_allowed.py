"""What bounds leave open runs: a size's least, and far beyond its default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shapespec import load_spec

torch = pytest.importorskip("torch")

from shapespec.checking.allowed import Allowed, allowed_sizes, longest_table  # noqa: E402

HEAD = """architecture: toy
outputs: {y: [batch_size, sequence_length]}
components: {model: {inputs: {x: [batch_size, sequence_length]}}}
"""


def tried(folder: Path, dims: str, fails: Any, rows: int = 300) -> tuple[Allowed, list[dict[str, int]]]:
    """What came of a toy that fails at some sizes, and the sizes at which it ran."""
    (folder / "toy.yaml").write_text(f"{HEAD}dims: {dims}\n")
    ran = []

    def run(spec: Any, plan: Any) -> Any:
        sizes = dict(plan.dims)
        ran.append(sizes)
        if fails(sizes):
            raise IndexError("out of range")
        return {"y": torch.zeros(sizes["batch_size"], sizes["sequence_length"])}

    (found,) = allowed_sizes(load_spec("toy", paths=[folder]), run, rows)
    return found, ran


def test_the_least_and_what_no_table_holds(tmp_path: Path) -> None:
    found, ran = tried(tmp_path, "{sequence_length: {min: 3}}", lambda sizes: False)
    assert found.fault is None
    assert found.tried == {"batch_size": (1, 2), "sequence_length": (3, 301)}
    assert ran[0] == {"batch_size": 1, "sequence_length": 3}
    assert [sizes["sequence_length"] for sizes in ran[1:]] == [64, 256, 301]
    assert {sizes["batch_size"] for sizes in ran[1:]} == {2}


@pytest.mark.parametrize(
    ("dims", "fails", "told"),
    [
        ("{}", lambda sizes: sizes["sequence_length"] > 300, "301 of sequence_length: the class fails: IndexError"),
        ("{sequence_length: {max: 300}}", lambda sizes: sizes["sequence_length"] > 300, None),
        ("{}", lambda sizes: sizes["sequence_length"] == 1, "the spec allows 1 of sequence_length"),
        ("{sequence_length: {min: 2}}", lambda sizes: sizes["sequence_length"] == 1, None),
        ("{batch_size: {min: 2}}", lambda sizes: sizes["batch_size"] == 1, None),
        ("{}", lambda sizes: sum(sizes.values()) == 2, "the spec allows 1 of batch_size and 1 of sequence_length"),
        ("{sequence_length: {multiple_of: 4}}", lambda sizes: sizes["sequence_length"] % 4, None),
        ("{sequence_length: {equals: 16}}", lambda sizes: sizes["sequence_length"] != 16, None),
    ],
)
def test_what_is_told(tmp_path: Path, dims: str, fails: Any, told: str | None) -> None:
    found, _ = tried(tmp_path, dims, fails)
    assert found.fault is None if told is None else told in str(found.fault)


def test_tables_are_the_first_sides_of_parameters() -> None:
    model = torch.nn.ModuleList([torch.nn.Embedding(40, 8), torch.nn.Embedding(5000, 8), torch.nn.Linear(8, 16)])
    assert longest_table(model) == 40
    assert longest_table(torch.nn.ParameterList([torch.nn.Parameter(torch.zeros(1, 77, 8))])) == 77
    assert longest_table(object()) == 0
