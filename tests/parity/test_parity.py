"""Every graph that Optimum's ONNX exporter knows, row by row."""

from __future__ import annotations

import pytest
import yaml

from shapespec import load_spec

from .compare import DIFFERENCES, all_compared, compared, counted, covers, differences, main
from .rows import rows

#: Of 834 rows. A number that is reached never falls again.
LEAST_EQUAL = 832
#: Of the rows at other sizes and on other configs, the share that is equal.
LEAST_SHARE_OF_OTHERS = 0.99


@pytest.fixture(scope="module")
def found():
    return list(all_compared())


def test_the_count_does_not_fall(found):
    counts = counted(found)
    assert counts["rows"] == 834
    assert counts["equal"] >= LEAST_EQUAL


def test_what_differs_is_listed(found):
    listed = differences()
    odd = [f"{x.row.id}: {x.error or sorted(x.differing)}" for x in found
           if not x.equal and not any(covers(entry, x.row) for entry in listed)]  # fmt: skip
    assert not odd, "\n".join(odd)


def test_what_is_listed_differs(found):
    for entry in differences():
        covered = [one for one in found if covers(entry, one.row)]
        assert covered, entry["rows"]
        for one in covered:
            assert sorted(one.differing) == sorted(entry["differs"]), one.row.id


def test_other_sizes_and_configs():
    counts = counted(all_compared("others"))
    assert counts["rows"] > 2_000
    assert counts["equal"] >= LEAST_SHARE_OF_OTHERS * counts["rows"]


@pytest.mark.parametrize("row", [row for row in rows() if row.error is not None], ids=lambda row: row.id)
def test_what_optimum_fails_on_works(row):
    from .compare import spec_of

    spec = spec_of(row)
    built = spec.build(row.component, framework="numpy", flat=True)
    assert built
    assert list(spec.outputs(row.component)) == [x.name for x in row.outputs]


def test_a_row_can_differ():
    """The comparison sees what it should see."""
    row = next(row for row in rows() if row.model_type == "bert")
    changed = row.__class__(**{**row.__dict__, "inputs": row.inputs[:-1]})
    assert compared(row).equal
    assert set(compared(changed).differing) == {"names", "shapes", "dtypes", "axes"}


def test_every_reason_has_a_test():
    from . import test_differences

    listed = yaml.safe_load(DIFFERENCES.read_text())
    for entry in [*listed["differences"], *listed["behaviour"]]:
        assert entry["why"]
        assert callable(getattr(test_differences, entry["test"])), entry["test"]


def test_the_command(capsys):
    assert main(["transformers/bert ", "--json"]) == 0
    assert '"equal": 6' in capsys.readouterr().out
    assert main(["transformers/perceiver image", "--failed"]) == 0
    assert "deliberate       1" in capsys.readouterr().out


def test_components_are_found_by_either_name():
    spec = load_spec("unet-2d-condition", library="diffusers")
    assert spec.inputs("model") == spec.inputs("unet-2d-condition")
