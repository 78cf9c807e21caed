"""Which files one spec is made of: names lead to files safely, users' files lie over the built-in ones."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapespec import FileError, GrammarError, UnknownNameError, load_spec
from shapespec.registry.chain import Registry
from shapespec.registry.files import load_file
from shapespec.registry.paths import LIBRARIES, builtin_root, file_name

MODEL = "components: {model: {inputs: {x: [n]}}}\n"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def shape(target: str, *paths: Path, **call: Any) -> tuple[int | None, ...]:
    return load_spec(target, paths=paths, **call).inputs()["x"].shape


# -- names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bert", "bert.yaml"), ("Time-Series Model", "time_series_model.yaml"), ("qwen2.5", "qwen2.5.yaml"),
        ("../bert", None), ("a/b", None), ("a\\b", None), ("", None), (".hidden", None), ("-x", "_x.yaml"),
        ("..", None), ("bert\n", None), ("bert\0", None), ("ünïcode", None), ("a" * 300, None), ("C:", None),
    ],
)  # fmt: skip
def test_a_name_is_a_file_or_nothing(name: str, expected: str | None) -> None:
    assert file_name(name) == expected


@given(st.text(max_size=30))
def test_no_name_leaves_its_folder(name: str) -> None:
    found = file_name(name)
    assert found is None or (Path("root") / found).resolve().parent == Path("root").resolve()


@pytest.mark.parametrize("name", ["..", "../shapes/transformers/bert", "/etc/passwd", "x" * 100_000, "a\0b", ""])
def test_names_that_lead_elsewhere_are_unknown_architectures(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="unknown architecture") as caught:
        load_spec(name, paths=[tmp_path])
    assert caught.value.problems[0].argument == "target"


def test_an_unknown_architecture_is_told_which_is_near() -> None:
    with pytest.raises(UnknownNameError, match="did you mean `llama`"):
        load_spec("lama")
    with pytest.raises(UnknownNameError, match=r"unknown architecture `llama` of timm"):
        load_spec("llama", library="timm")


def test_an_unknown_library_is_told_with_the_known_ones() -> None:
    with pytest.raises(UnknownNameError) as caught:
        load_spec("bert", library="transfomers")
    assert str(caught.value) == (
        "library: unknown library `transfomers`\n"
        "  expected: one of `transformers`, `diffusers`, `timm`, `sentence_transformers`\n"
        "  did you mean `transformers`?"
    )


def test_dashes_underscores_and_capitals_are_the_same(tmp_path: Path) -> None:
    write(tmp_path / "my_model.yaml", f"architecture: My-Model\ndims: {{n: 3}}\n{MODEL}")
    assert shape("my-model", tmp_path) == shape("MY_MODEL", tmp_path) == (3,)


# -- a user's own files


@pytest.mark.parametrize("place", ["toy.yaml", "transformers/toy.yaml", "timm/toy.yaml"])
def test_a_folder_may_be_flat_or_laid_out_as_the_built_in_one(tmp_path: Path, place: str) -> None:
    write(tmp_path / place, f"architecture: toy\ndims: {{n: 3}}\n{MODEL}")
    assert shape("toy", tmp_path) == (3,)


def test_a_single_file_counts_for_the_name_that_it_declares(tmp_path: Path) -> None:
    file = write(tmp_path / "anything.yaml", f"architecture: toy\ndims: {{n: 3}}\n{MODEL}")
    assert shape("toy", file) == (3,)
    one: Any = file
    assert load_spec("toy", paths=one).inputs()["x"].shape == (3,)  # one path needs no list
    with pytest.raises(UnknownNameError):
        load_spec("anything", paths=[file])


def test_later_paths_lie_over_earlier_ones_and_all_over_the_built_in(tmp_path: Path) -> None:
    one = write(tmp_path / "one" / "bert.yaml", "architecture: bert\ndims: {batch_size: 5, sequence_length: 6}\n")
    two = write(tmp_path / "two" / "bert.yaml", "architecture: bert\ndims: {sequence_length: 7}\n")
    assert load_spec("bert", paths=[one.parent, two.parent]).inputs()["input_ids"].shape == (5, 7)
    assert load_spec("bert", paths=[two.parent, one.parent]).inputs()["input_ids"].shape == (5, 6)
    assert load_spec("bert").inputs()["input_ids"].shape == (2, 16)


def test_a_users_family_goes_on_where_the_built_in_one_does(tmp_path: Path) -> None:
    """A family file that only changes a size does not cut the chain above it."""
    write(tmp_path / "families" / "text_encoder.yaml", "family: text-encoder\ndims: {sequence_length: 9}\n")
    spec = load_spec("bert", paths=[tmp_path])
    assert spec.inputs()["input_ids"].shape == (2, 9)


def test_a_users_defaults_and_vocabulary_lie_over_the_built_in_ones(tmp_path: Path) -> None:
    write(tmp_path / "defaults.yaml", "dims: {batch_size: 5}\n")
    write(tmp_path / "inputs.yaml", "inputs: {token_type_ids: {dtype: int32}}\n")
    alone = load_spec("bert", paths=[tmp_path])
    assert alone.inputs()["input_ids"].shape == (5, 16) and alone.inputs()["token_type_ids"].dtype == "int32"
    write(tmp_path / "bert.yaml", "architecture: bert\ndims: {sequence_length: 3}\n")
    assert load_spec("bert", paths=[tmp_path]).inputs()["input_ids"].shape == (5, 3)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    file = write(tmp_path / "toy.yaml", f"architecture: toy\ndims: {{n: 3}}\n{MODEL}")
    first = load_spec("toy", paths=[tmp_path])
    assert load_spec("toy", paths=[tmp_path]) is first  # nothing changed: the same spec
    file.write_text(f"architecture: toy\ndims: {{n: 44}}\n{MODEL}")
    assert shape("toy", tmp_path) == (44,)
    write(tmp_path / "defaults.yaml", "dims: {n: 1}\n")
    write(tmp_path / "transformers" / "toy.yaml", "architecture: toy\ndims: {n: 55}\n")
    file.unlink()
    with pytest.raises(GrammarError, match="has no components"):
        load_spec("toy", paths=[tmp_path])


def test_what_is_neither_a_folder_nor_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"paths: `.*none` is not there"):
        load_spec("bert", paths=[tmp_path / "none"])
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError, match="is neither a folder nor a file"):
        load_spec("bert", paths=[tmp_path / "pipe"])


def test_a_file_that_declares_another_name_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "bert.yaml", "architecture: brt\ndims: {batch_size: 5}\n")
    with pytest.raises(GrammarError) as caught:
        load_spec("bert", paths=[tmp_path])
    assert str(caught.value).replace(str(tmp_path), "…") == (
        "…/bert.yaml:1:15: the file declares the architecture `brt`\n"
        "     1 | architecture: brt\n       |               ^^^\n"
        "  expected: the name that leads to it, `bert`, or another name of the file"
    )


def test_a_file_of_another_kind_is_no_architecture(tmp_path: Path) -> None:
    write(tmp_path / "toy.yaml", "dims: {n: 3}\n")
    with pytest.raises(GrammarError, match="the file declares no architecture"):
        load_spec("toy", paths=[tmp_path])


# -- links


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside.yaml", f"architecture: toy\ndims: {{n: 3}}\n{MODEL}")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "toy.yaml").symlink_to(outside)
    with pytest.raises(FileError, match=r"toy\.yaml leads out of .*folder"):
        load_spec("toy", paths=[folder])
    (folder / "toy.yaml").unlink()
    (folder / "transformers").symlink_to(tmp_path)
    write(tmp_path / "toy.yaml", f"architecture: toy\ndims: {{n: 3}}\n{MODEL}")
    with pytest.raises(FileError, match="leads out of"):
        load_spec("toy", paths=[folder])


def test_a_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    write(tmp_path / "real.yaml", f"architecture: toy\ndims: {{n: 3}}\n{MODEL}")
    (tmp_path / "toy.yaml").symlink_to(tmp_path / "real.yaml")
    assert shape("toy", tmp_path) == (3,)


def test_a_link_that_comes_to_lead_out_is_refused_although_the_file_was_read_before(tmp_path: Path) -> None:
    text = f"architecture: toy\ndims: {{n: 3}}\n{MODEL}"
    inside, outside = write(tmp_path / "in" / "real.yaml", text), write(tmp_path / "outside.yaml", text)
    os.utime(outside, ns=(inside.stat().st_mtime_ns,) * 2)
    link = tmp_path / "in" / "toy.yaml"
    link.symlink_to(inside)
    assert shape("toy", tmp_path / "in") == (3,)
    link.unlink()
    link.symlink_to(outside)
    with pytest.raises(FileError, match="leads out of"):
        load_spec("toy", paths=[tmp_path / "in"])


# -- parents


def test_an_unknown_family_is_told_where_it_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "toy.yaml", f"architecture: toy\nextends: text-encodr\n{MODEL}")
    with pytest.raises(GrammarError) as caught:
        load_spec("toy", paths=[tmp_path])
    assert str(caught.value).replace(str(tmp_path), "…") == (
        "…/toy.yaml:2:10: unknown family `text-encodr`\n     2 | extends: text-encodr\n       |          ^^^^^^^^^^^\n"
        "  expected: the name of a file in families/, or of an architecture\n  did you mean `text-encoder`?"
    )


def test_circular_parents_are_refused_with_the_circle(tmp_path: Path) -> None:
    write(tmp_path / "toy.yaml", f"architecture: toy\nextends: one\n{MODEL}")
    write(tmp_path / "families" / "one.yaml", "family: one\nextends: two\n")
    write(tmp_path / "families" / "two.yaml", "family: two\nextends: One\n")
    with pytest.raises(GrammarError, match="`extends` leads in a circle: toy → one → two → One"):
        load_spec("toy", paths=[tmp_path])
    write(tmp_path / "families" / "two.yaml", "family: two\nextends: two\n")
    with pytest.raises(GrammarError, match="`extends` leads in a circle: toy → one → two → two"):
        load_spec("toy", paths=[tmp_path])


def test_endless_parents_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "toy.yaml", f"architecture: toy\nextends: f0\n{MODEL}")
    for number in range(40):
        write(tmp_path / "families" / f"f{number}.yaml", f"family: f{number}\nextends: f{number + 1}\n")
    with pytest.raises(GrammarError, match="`extends` leads over 20 parents"):
        load_spec("toy", paths=[tmp_path])


def test_an_architecture_may_extend_a_family_of_its_own_name(tmp_path: Path) -> None:
    write(tmp_path / "toy.yaml", "architecture: toy\nextends: toy\n")
    write(tmp_path / "families" / "toy.yaml", f"family: toy\ndims: {{n: 8}}\n{MODEL}")
    assert shape("toy", tmp_path) == (8,)


# -- few files


def test_one_load_reads_only_its_own_few_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Among thousands of files, those that are looked at are the ones that the name leads to."""
    from shapespec import reading
    from shapespec.registry import files

    for number in range(500):
        write(tmp_path / "transformers" / f"model_{number}.yaml", "not: [valid")
    write(tmp_path / "transformers" / "toy.yaml", f"architecture: toy\nextends: text\ndims: {{n: 3}}\n{MODEL}")
    seen: list[str] = []
    monkeypatch.setattr(files, "_CACHE", {})

    def read_file(path: Path, **more: Any) -> reading.Document:
        seen.append(path.name)
        return reading.read_file(path, **more)

    monkeypatch.setattr(files, "read_file", read_file)
    monkeypatch.setattr(Path, "glob", lambda *_: pytest.fail("lists a folder"))
    monkeypatch.setattr(Path, "iterdir", lambda *_: pytest.fail("lists a folder"))
    assert shape("toy", tmp_path) == (3,)
    assert sorted(seen) == ["defaults.yaml", "inputs.yaml", "text.yaml", "toy.yaml"]


def test_every_built_in_file_declares_the_name_that_leads_to_it() -> None:
    root = builtin_root()
    for library in LIBRARIES:
        for path in sorted((root / library).glob("*.yaml"))[:50]:
            lines = path.read_text(encoding="utf-8").splitlines()
            first = next(line for line in lines if line.startswith("architecture:"))
            assert file_name(first.split(":")[1].strip()) == path.name


def test_registry_lists_names_without_reading(tmp_path: Path) -> None:
    write(tmp_path / "transformers" / "toy.yaml", "not: [valid")
    write(tmp_path / "flat.yaml", "not: [valid")
    names = {(library, name) for library, name, _ in Registry([tmp_path]).names()}
    assert {("transformers", "toy"), ("user", "flat"), ("transformers", "bert")} <= names


def test_a_file_that_can_not_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="can't read"):
        load_file(tmp_path / "none.yaml")


def test_a_file_is_a_library_s_by_the_folder_right_below_the_root(tmp_path: Path) -> None:
    """A folder that is named as a library, somewhere above, makes no library of what lies in it."""
    text = "architecture: toy\ncomponents: {model: {inputs: {x: [3]}}}\n"
    mine = tmp_path / "timm" / "work"
    for folder in (mine, mine / "diffusers"):
        folder.mkdir(parents=True, exist_ok=True)
    (mine / "toy.yaml").write_text(text)
    assert load_spec("toy", paths=[mine]).library == "user"
    assert load_spec("toy", paths=[mine / "toy.yaml"]).library == "user"
    (mine / "toy.yaml").rename(mine / "diffusers" / "toy.yaml")
    assert load_spec("toy", paths=[mine]).library == "diffusers"
    assert load_spec("toy", paths=[mine / "diffusers" / "toy.yaml"]).library == "user"  # the same file, without a root
    assert load_spec("toy", paths=[mine / "diffusers"]).library == "user"
    assert load_spec("bert", paths=[mine]).library == "transformers"


def test_a_user_s_file_over_a_built_in_one_stays_in_its_library(tmp_path: Path) -> None:
    (tmp_path / "bert.yaml").write_text("architecture: bert\ndims: {batch_size: 5}\n")
    assert load_spec("bert", paths=[tmp_path]).library == "transformers"
