"""Files of tensors: what was built is what is read back, and nothing is ever half written."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shapespec import OutputError, TooLargeError, UnknownNameError, load_spec
from shapespec.saving import save_arrays, save_inputs, whole_file, write_text

GOOD = Path(__file__).parent / "files" / "good"

ARRAYS = {
    "ids": np.arange(12, dtype=np.int64).reshape(3, 4),
    "turned": np.arange(12, dtype=np.float32).reshape(3, 4).T,
    "sliced": np.arange(24, dtype=np.int32).reshape(4, 6)[::2, ::3],
    "flags": np.array([True, False]),
    "half": np.array([[0.5]], dtype=np.float16),
    "scalar": np.array(3.0, dtype=np.float32),
    "empty": np.zeros((0, 4), dtype=np.float32),
    "past_key_values.0.key": np.ones((1, 2), dtype=np.float32),
    "file": np.zeros(2, dtype=np.int8),
}


def read(path: Path) -> dict[str, Any]:
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as found:
            return dict(found)
    return dict(pytest.importorskip("safetensors.numpy").load_file(path))


def only_file(folder: Path) -> Path:
    (found,) = folder.iterdir()
    return found


@pytest.mark.parametrize("name", ["a.npz", "a.safetensors", "A.NPZ"])
def test_arrays_come_back_as_they_were(tmp_path: Path, name: str) -> None:
    save_arrays(tmp_path / name, ARRAYS)
    found = read(tmp_path / name) if name != "A.NPZ" else dict(np.load(tmp_path / name))
    assert set(found) == set(ARRAYS)
    for key, array in ARRAYS.items():
        assert found[key].dtype == array.dtype
        assert found[key].shape == array.shape
        np.testing.assert_array_equal(found[key], array)
    assert only_file(tmp_path).name == name


@pytest.mark.parametrize("name", ["a.npz", "a.safetensors"])
def test_the_same_arrays_give_the_same_bytes(tmp_path: Path, name: str) -> None:
    save_arrays(tmp_path / name, ARRAYS)
    first = (tmp_path / name).read_bytes()
    save_arrays(tmp_path / name, ARRAYS)
    assert (tmp_path / name).read_bytes() == first


def test_safetensors_says_what_it_holds(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors")
    save_inputs(load_spec("plain", paths=[GOOD]), tmp_path / "a.safetensors", seed=7)
    with safetensors.safe_open(tmp_path / "a.safetensors", "np") as found:
        notes = found.metadata()
    assert (notes["architecture"], notes["component"], notes["seed"]) == ("plain", "model", "7")


@pytest.mark.parametrize("name", ["a.npz", "a.safetensors"])
def test_inputs_are_those_that_build_gives(tmp_path: Path, name: str) -> None:
    spec = load_spec("everything", paths=[GOOD])
    (saved,) = save_inputs(spec, tmp_path / name, seed=3)
    built = spec.build(framework="numpy", flat=True, seed=3)
    found = read(tmp_path / name)
    assert set(found) == set(built) == set(spec.inputs())
    assert (saved.component, saved.tensors, saved.nbytes) == ("model", len(built), spec.nbytes())
    for key, array in built.items():
        np.testing.assert_array_equal(found[key], array)


def test_bfloat16_goes_into_safetensors(tmp_path: Path) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    spec = load_spec("plain", paths=[GOOD])
    save_inputs(spec, tmp_path / "a.safetensors", dtype="bfloat16")
    found = read(tmp_path / "a.safetensors")["states"]
    assert found.dtype == np.dtype(ml_dtypes.bfloat16)
    np.testing.assert_array_equal(found, spec.build(framework="numpy", dtype="bfloat16")["states"])


def test_bfloat16_does_not_go_into_npz(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught:
        save_inputs(load_spec("plain", paths=[GOOD]), tmp_path / "a.npz", dtype="bfloat16")
    assert str(caught.value) == (
        "output: .npz can't hold bfloat16\n  expected: a name that ends in .safetensors, or another dtype"
    )
    assert list(tmp_path.iterdir()) == []


def test_torch_reads_safetensors(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file

    spec = load_spec("plain", paths=[GOOD])
    save_inputs(spec, tmp_path / "a.safetensors")
    found = load_file(tmp_path / "a.safetensors")
    built = spec.build(framework="torch")
    assert all(torch.equal(found[name], built[name]) for name in built)


def test_several_components(tmp_path: Path) -> None:
    spec = load_spec("everything", paths=[GOOD], task="text-generation")
    saved = save_inputs(spec, tmp_path / "in.npz", spec.components)
    assert [one.path.name for one in saved] == ["in.model.npz", "in.second.npz"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.model.npz", "in.second.npz"]
    for one in saved:
        assert set(read(one.path)) == set(spec.inputs(one.component))


def test_of_several_components_all_are_written_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = load_spec("everything", paths=[GOOD], task="text-generation")
    (tmp_path / "in.model.npz").write_bytes(b"before")
    real = np.lib.format.write_array
    written = []

    def fails_late(*args: Any, **kwargs: Any) -> None:
        written.append(1)
        if len(written) > len(spec.inputs("model")) + 2:
            raise OSError(28, "No space left on device")
        real(*args, **kwargs)

    monkeypatch.setattr(np.lib.format, "write_array", fails_late)
    with pytest.raises(OutputError, match="No space left on device"):
        save_inputs(spec, tmp_path / "in.npz", spec.components)
    assert only_file(tmp_path).read_bytes() == b"before"


# -- refusals, before anything is built


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.np", "`a.np` does not say which format\n  expected: a name that ends in .npz or .safetensors\n"
         "  did you mean `a.npz`?"),
        ("a", "`a` does not say which format\n  expected: a name that ends in .npz or .safetensors"),
        ("no/such/a.npz", "there is no folder {}/no/such\n  expected: an existing folder"),
        ("folder.npz", "{}/folder.npz is a folder\n  expected: a file, new or to be replaced"),
        ("pipe.npz", "{}/pipe.npz is no regular file\n  expected: a file, new or to be replaced"),
    ],
)  # fmt: skip
def test_outputs_that_can_not_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, expected: str) -> None:
    (tmp_path / "folder.npz").mkdir()
    os.mkfifo(tmp_path / "pipe.npz")
    spec = load_spec("plain", paths=[GOOD])
    monkeypatch.setattr("shapespec.building.build", lambda *_, **__: pytest.fail("it was built"))
    with pytest.raises(OutputError) as caught:
        save_inputs(spec, tmp_path / name)
    assert str(caught.value) == f"output: {expected.format(tmp_path)}"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.npz", "pipe.npz"]


def test_too_many_bytes_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(TooLargeError):
        save_inputs(load_spec("plain", paths=[GOOD]), tmp_path / "a.npz", max_bytes=10)
    assert list(tmp_path.iterdir()) == []


def test_unknown_component(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError):
        save_inputs(load_spec("plain", paths=[GOOD]), tmp_path / "a.npz", ["modle"])
    assert list(tmp_path.iterdir()) == []


def test_no_package_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "safetensors", None)  # importing it fails
    save_arrays(tmp_path / "a.safetensors", ARRAYS)
    assert (tmp_path / "a.safetensors").stat().st_size > 0


def test_safetensors_keeps_alignment_and_odd_names(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_arrays(path, {'é "x"': np.ones(3, dtype=np.int8), "b": np.ones(1)})
    header = int.from_bytes(path.read_bytes()[:8], "little")
    assert header % 8 == 0
    assert list(read(path)) == ["b", 'é "x"']


# -- whole or not at all


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")
    with pytest.raises(KeyboardInterrupt), whole_file(path) as stream:
        stream.write(b"half")
        raise KeyboardInterrupt
    assert only_file(tmp_path).read_text() == "before"


def test_a_failure_of_replacing_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")

    def fails(*_: Any) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(OutputError, match=r"can't write .*a\.txt: Input/output error"):
        write_text(path, "after")
    assert only_file(tmp_path).read_text() == "before"


def test_permissions_follow_the_umask_or_the_file_that_was_there(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "new.txt", "")
        write_text(tmp_path / "old.txt", "")
        (tmp_path / "old.txt").chmod(0o604)
        write_text(tmp_path / "old.txt", "again")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.txt").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "old.txt").stat().st_mode) == 0o604


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("before")
    (tmp_path / "link.txt").symlink_to("real.txt")
    write_text(tmp_path / "link.txt", "after")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "after"


def test_a_very_long_name(tmp_path: Path) -> None:
    path = tmp_path / f"{'n' * 240}.txt"
    write_text(path, "fine")
    assert path.read_text() == "fine"


def test_a_folder_that_can_not_be_written_to(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="can't write"):
        write_text(tmp_path / f"{'n' * 300}.txt", "too long a name for any system")
    assert list(tmp_path.iterdir()) == []
