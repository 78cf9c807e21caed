"""docs/coming-from-optimum.md, tried as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shapespec import load_spec, validate
from shapespec.writing.schemas import write_schemas

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "coming-from-optimum.md").read_text()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    text = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert text is not None
    (tmp_path / "my-shapes").mkdir()
    write_schemas(tmp_path / "schemas")
    (tmp_path / "my-shapes" / "mpt_remote.yaml").write_text(text[1])
    return tmp_path


@pytest.mark.models
def test_the_example_runs(folder: Path, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("torch")
    monkeypatch.chdir(folder)
    code = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[-1]
    names: dict[str, object] = {}
    exec(code, names)
    past = names["spec"].inputs("model_with_past")
    assert past["past_key_values.0.key"].shape == (2, 4, 16, 16)
    assert past["past_key_values.1.key"].axes == {0: "batch_size", 3: "past_sequence_length"}
    assert past["past_key_values.1.value"].axes == {0: "batch_size", 2: "past_sequence_length"}
    outputs = names["spec"].outputs("model_with_past")
    assert outputs["present.0.key"].axes == {0: "batch_size", 3: "past_sequence_length + sequence_length"}
    key, value = names["inputs"]["past_key_values"][0]
    assert key.shape == value.shape == (2, 4, 16, 16)
    assert not validate([folder / "my-shapes"])


def test_the_files_that_it_names_are_there():
    for name in set(re.findall(r"`((?:families|diffusers)/\w+\.yaml)`", PAGE)):
        assert (ROOT / "shapes" / name).is_file(), name
    for name in set(re.findall(r"`(\w+\.yaml)`", PAGE)) - {"inputs.yaml", "mine.yaml", "defaults.yaml"}:
        assert (ROOT / "shapes" / "transformers" / name).is_file(), name


def test_the_sizes_are_the_defaults():
    sizes = load_spec("visual_bert").dims
    assert (sizes["batch_size"], sizes["sequence_length"], sizes["visual_seq_length"]) == (2, 16, 16)
