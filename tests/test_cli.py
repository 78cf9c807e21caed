"""The command as a user runs it: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from shapespec.cli import main
from shapespec.cli.app import COMMANDS
from shapespec.version import __version__
from shapespec.writing.schemas import SCHEMA_NAMES, schema_text

FILES = Path(__file__).parent / "files"
MINE = ["-p", str(FILES / "good")]

SHOWN = """\
plain (user): task feature-extraction, PlainModel

model
input   shape      dtype    axes                     values
states  [2, 5, 8]  float32  0 batch_size, 1 rows     reals [0, 1)
grid    [2, 13]    int64    0 batch_size, 1 columns  integers [0, 13)
output  shape      dtype    axes
states  [2, 5, 8]  float32  0 batch_size, 1 rows

sizes
size        value  dynamic
batch_size      2  yes
rows            5  yes
columns        13  yes
"""


@dataclass(frozen=True)
class Result:
    """What a run of the command came to."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*args: str) -> Result:
        code = main(list(args))
        found = capsys.readouterr()
        return Result(code, found.out, found.err)

    return run


def command(*args: str, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", "import sys; from shapespec.cli import main; sys.exit(main())", *args],
        capture_output=True, text=True, timeout=60, check=False, **kwargs,
    )  # fmt: skip


# -- the frame


def test_version(run: Run) -> None:
    for option in ("--version", "-V"):
        found = run(option)
        assert (found.code, found.out) == (0, f"shapespec {__version__}\n")


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_each_help_has_examples(run: Run, name: str, option: str) -> None:
    found = run(*[name] * bool(name), option)
    assert found.code == 0
    assert f"Examples:\n    shapespec {name}" in found.out
    assert found.out.count("\n    shapespec ") >= 2


@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_of_the_help_parse(name: str) -> None:
    """Each option that an example uses is there."""
    from importlib import import_module

    found = import_module(f"shapespec.cli.{name}").command
    known = {option for parameter in found.params for option in (*parameter.opts, *parameter.secondary_opts)}
    lines = [line.split() for line in found.epilog.splitlines() if line.strip().startswith(f"shapespec {name}")]
    used = {word for words in lines for word in words if word.startswith("-")}
    assert lines
    assert used <= known


def test_an_unknown_command_names_the_nearest(run: Run) -> None:
    found = run("shwo")
    assert (found.code, found.out) == (2, "")
    assert found.err.endswith("Error: No such command 'shwo'. Did you mean `show`?\n")


def test_no_command_shows_the_help(run: Run) -> None:
    found = run()
    assert found.code == 2
    assert "Commands:" in found.out + found.err


@pytest.mark.parametrize(
    "args",
    [
        ["show"],
        ["show", "plain", "--nonsense"],
        ["build", "plain", "--seed", "x"],
        ["build", "plain", "--max-bytes", "many"],
        ["build", "plain", "--component", "model", "--all-components"],
        ["show", "plain", "--set", "batch_size"],
        ["show", "plain", "--set", "batch_size=1", "--set", "batch_size=2"],
        ["schema"],
        ["schema", "family", "--write", "x"],
        ["check"],
        ["check", "bert", "--all"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(run: Run, args: list[str]) -> None:
    found = run(*args)
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith("Usage: shapespec")
    as_json = run(*args, "--json")
    if args[0] != "schema":
        assert as_json.code == 2
        assert json.loads(as_json.err)["problems"][0]["message"]


def test_wrong_input_is_exit_code_1_and_goes_to_stderr(run: Run) -> None:
    found = run("show", "plain", *MINE, "--set", "row=3")
    assert (found.code, found.out) == (1, "")
    assert found.err == "row: unknown size `row`\n  expected: a size of plain\n  did you mean `rows`?\n"


def test_wrong_input_as_json(run: Run) -> None:
    found = run("show", "plain", *MINE, "--set", "row=3", "--json")
    assert (found.code, found.out) == (1, "")
    assert json.loads(found.err) == {
        "error": "UnknownNameError",
        "problems": [
            {
                "message": "unknown size `row`",
                "argument": "row",
                "expected": "a size of plain",
                "suggestion": "rows",
            }
        ],
    }


def test_a_bug_is_exit_code_3(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr("shapespec.cli.options.load", broken)
    found = run("show", "plain")
    assert (found.code, found.out) == (3, "")
    assert found.err == (
        f"shapespec {__version__} hit a bug: KeyError: 'oops'\n"
        "Please report it to the project with the command that you ran and the traceback "
        "(`SHAPESPEC_TRACEBACK=1 shapespec …` shows it).\n"
    )
    assert json.loads(run("show", "plain", "--json").err)["error"] == "KeyError"
    assert "Traceback (most recent call last)" in run("--traceback", "show", "plain").err
    monkeypatch.setenv("SHAPESPEC_TRACEBACK", "1")
    assert "Traceback (most recent call last)" in run("show", "plain").err


def test_control_characters_do_not_reach_the_terminal(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(
        'architecture: odd\nabout: "\\e[31mred\\a [bold]x[/bold] :smile:"\ncomponents: {model: {inputs: {a: [2]}}}\n'
    )
    found = run("list", "-p", str(path), "--library", "user")
    assert found.code == 0
    assert "\\x1b[31mred\\x07 [bold]x[/bold] :smile:" in found.out
    assert "\x1b" not in found.out


def test_a_reader_that_goes_away_is_no_error() -> None:
    for args in (["list"], ["show", "llama", "--json"], ["--help"], ["schema", "architecture"]):
        process = subprocess.Popen(
            [sys.executable, "-c", "import sys; from shapespec.cli import main; sys.exit(main())", *args],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()
        process.stderr.close()
        assert (process.wait(60), err) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_is_no_bug() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", "import sys; from shapespec.cli import main; sys.exit(main())", "list"],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "can't write the output: No space left on device\n")


def test_an_encoding_without_the_characters() -> None:
    done = command("show", "llama", "--component", "model_with_past", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "past_key_values.0\\u202631.key" in done.stdout


# -- list


def test_list(run: Run) -> None:
    found = run("list", *MINE, "--library", "user")
    assert (found.code, found.err) == (0, "")
    assert found.out == (
        "architecture  library  tasks, the default first             about\n"
        "everything    user     feature-extraction, text-generation  Not a real model.\n"
        "plain         user     feature-extraction                   Stands on its own, without a family.\n"
        "xlm-plain     user     fill-mask\n"
    )


def test_list_json(run: Run) -> None:
    found = json.loads(run("list", *MINE, "--library", "user", "--json").out)
    assert [entry["architecture"] for entry in found] == ["everything", "plain", "xlm-plain"]
    assert found[1] == {
        "library": "user",
        "architecture": "plain",
        "file": str(FILES / "good" / "plain.yaml"),
        "default_task": "feature-extraction",
        "tasks": ["feature-extraction"],
        "classes": ["PlainModel"],
        "about": "Stands on its own, without a family.",
    }


def test_list_filters(run: Run) -> None:
    assert run("list", *MINE, "--library", "user", "--task", "fill-mask").out.splitlines()[1].startswith("xlm-plain")
    assert run("list", "--class", "BertForMaskedLM").out.splitlines()[1].startswith("bert")
    found = run("list", "--task", "fil-mask")
    assert (found.code, found.out) == (1, "")
    assert found.err.startswith("task: unknown task `fil-mask`\n")
    assert found.err.endswith("did you mean `fill-mask`?\n")
    assert run("list", "--library", "transformer").err.endswith("did you mean `transformers`?\n")


# -- show


def test_show(run: Run) -> None:
    found = run("show", "plain", *MINE)
    assert (found.code, found.out, found.err) == (0, SHOWN, "")


def test_show_folds_layers_and_tells_values(run: Run) -> None:
    found = run("show", "everything", *MINE, "--component", "model").out
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in found.splitlines() if line}
    assert rows["layers.0…1.key"] == "[2, 7] float32 0 batch_size, 1 rows reals [0, 1)"
    assert rows["layers.1.value"] == "[2, 2] float32 0 batch_size reals [0, 1)"
    assert rows["flag"] == "python True"
    assert rows["first"] == "[2, ?, ?] float32 0 batch_size, 2 later"
    assert rows["ids"].endswith("without 0, 1, 2, 5, 6, 49, with 4 of 49, first 3, last 1, 0 where mask is 0")
    assert rows["starts"].endswith("integers [0, 9), no value twice in a row, sorted")
    assert rows["places"].endswith("counting from 1 by 2")
    assert rows["computed"].endswith("where(ids == 49, 1, 0)")


def test_show_takes_what_load_spec_takes(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"hidden_size": 6, "depth": 1}')
    args = ("show", "plain", *MINE, "--set", "rows=4", "--config", str(tmp_path), "--class", "PlainModel", "--json")
    shown = json.loads(run(*args).out)
    assert shown["dims"]["columns"]["value"] == 9
    assert shown["components"]["model"]["inputs"][0]["shape"] == [2, 4, 6]
    with_labels = run("show", "everything", *MINE, "--include", "labels", "--variant", "large").out
    assert "\nlabels " in with_labels.partition("\non request\n")[0]
    before, on_request, after = run("show", "everything", *MINE).out.partition("\non request\n")
    assert "\nlabels " not in before and on_request and "\nlabels " in after


def test_show_one_component(run: Run) -> None:
    args = ("show", "everything", *MINE, "--task", "text-generation")
    assert set(json.loads(run(*args, "--json").out)["components"]) == {"model", "second"}
    assert set(json.loads(run(*args, "--json", "--component", "another").out)["components"]) == {"second"}
    found = run(*args, "--component", "secnd")
    assert (found.code, found.err.splitlines()[-1]) == (1, "  did you mean `second`?")


@pytest.mark.parametrize("name", ["task", "config", "target", "paths", "rws", "a b"])
def test_show_refuses_sizes_that_are_none(run: Run, name: str) -> None:
    found = run("show", "plain", *MINE, "--set", f"{name}=3")
    assert found.code == 1
    assert f"unknown size `{name}`" in found.err


@pytest.mark.parametrize("size", ["x", "1.5", "1e3", "", "٣" * 30, "9" * 30])
def test_show_refuses_what_is_no_size(run: Run, size: str) -> None:
    found = run("show", "plain", *MINE, "--set", f"rows={size}")
    assert found.code == 1
    assert found.err == f"rows: `{size}` is no size\n  expected: a whole number\n"


# -- explain


def test_explain(run: Run) -> None:
    found = run("explain", "plain", "columns", *MINE)
    assert (found.code, found.err) == (0, "")
    assert found.out.splitlines()[0] == "columns = 13"
    assert f"{FILES / 'good' / 'plain.yaml'}:8" in found.out
    data = json.loads(run("explain", "plain", "rows", *MINE, "--set", "rows=4", "--json").out)
    assert (data["value"], data["settings"][0]["by"], data["settings"][1]["line"]) == (4, "the call", 7)
    assert run("explain", "plain", "colums", *MINE).err.endswith("did you mean `columns`?\n")


# -- build


def test_build_prints_a_summary(run: Run) -> None:
    found = run("build", "plain", *MINE, "--seed", "3")
    assert (found.code, found.err) == (0, "")
    lines = found.out.splitlines()
    assert lines[0] == "model"
    assert lines[1].split() == ["input", "shape", "dtype", "bytes", "min", "max"]
    assert lines[2].split()[:5] == ["states", "[2,", "5,", "8]", "float32"]
    assert lines[-1] == "528 bytes, seed 3"
    assert run("build", "plain", *MINE, "--seed", "3").out == found.out
    assert run("build", "plain", *MINE, "--seed", "4").out != found.out


def test_build_json(run: Run) -> None:
    (states, grid) = json.loads(run("build", "plain", *MINE, "--json").out)["components"]["model"]
    assert (states["name"], states["shape"], states["dtype"], states["nbytes"]) == ("states", [2, 5, 8], "float32", 320)
    assert 0 <= grid["min"] <= grid["max"] < 13


def test_build_writes_a_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "in.npz"
    found = run("build", "plain", *MINE, "-o", str(path), "--dtype", "float16", "--int-dtype", "int32")
    assert (found.code, found.out) == (0, f"{path}: model, 2 tensors, 264 bytes\n")
    with np.load(path) as arrays:
        assert {name: (array.shape, array.dtype.name) for name, array in arrays.items()} == {
            "states": ((2, 5, 8), "float16"),
            "grid": ((2, 13), "int32"),
        }


def test_build_all_components(run: Run, tmp_path: Path) -> None:
    args = ("build", "everything", *MINE, "--task", "text-generation", "--all-components")
    data = json.loads(run(*args, "-o", str(tmp_path / "in.safetensors"), "--json").out)
    assert [file["component"] for file in data["files"]] == ["model", "second"]
    assert [Path(file["file"]).name for file in data["files"]] == ["in.model.safetensors", "in.second.safetensors"]
    assert list(json.loads(run(*args, "--json").out)["components"]) == ["model", "second"]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["--dtype", "flot16"], "dtype: unknown dtype `flot16`"),
        (["--int-dtype", "int8"], "int_dtype: unknown dtype `int8`"),
        (
            ["--max-bytes", "1KiB", "--set", "rows=20"],
            "max_bytes: `model` needs 1.9 KiB (1,968 bytes), more than 1.0 KiB",
        ),
        (["-o", "in.txt"], "output: `in.txt` does not say which format"),
        (["--component", "modle"], "component: unknown component `modle`"),
        (["--config", "nosuch.json"], "config: can't read nosuch.json"),
        (["--task", "fill-mask"], "task: unknown task `fill-mask`"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_build_refuses(
    run: Run,
    args: list[str],
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    found = run("build", "plain", *MINE, *args)
    assert (found.code, found.out) == (1, "")
    assert found.err.startswith(expected)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("text", "count"), [("1968", 1968), ("2KB", 2000), ("2kib", 2048), ("1 GiB", 1 << 30)])
def test_bytes(text: str, count: int) -> None:
    from shapespec.cli.build import Bytes

    assert Bytes().convert(text, None, None) == count


# -- validate


def test_validate_good_files(run: Run) -> None:
    found = run("validate", str(FILES / "good"))
    assert (found.code, found.out, found.err) == (0, "6 files: no problems\n", "")


def test_validate_bad_files(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FILES)
    found = run("validate", "bad/structure/unknown_key.yaml", "bad/reading/duplicate_key.yaml")
    texts = [Path(f"bad/{name}.txt").read_text() for name in ("reading/duplicate_key", "structure/unknown_key")]
    assert (found.code, found.err) == (1, "")
    assert found.out == "\n".join(texts) + "\n2 files: 2 problems\n"


def test_validate_json(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FILES)
    found = run("validate", "bad/structure/unknown_key.yaml", "--json")
    assert found.code == 1
    data = json.loads(found.out)
    assert data["files"] == ["bad/structure/unknown_key.yaml"]
    assert [(p["line"], p["column"], p["message"], p["suggestion"]) for p in data["problems"]] == [
        (5, 10, "unknown key `valeu`", "value")
    ]


def test_validate_a_path_that_is_not_there(run: Run) -> None:
    found = run("validate", "nosuch")
    assert found.code == 1
    assert found.out.startswith("nosuch:1:1: can't be read: No such file or directory\n")


# -- schema


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_schema_prints(run: Run, name: str) -> None:
    found = run("schema", name)
    assert (found.code, found.out) == (0, schema_text(name))
    jsonschema.Draft202012Validator.check_schema(json.loads(found.out))


def test_schema_writes(run: Run, tmp_path: Path) -> None:
    found = run("schema", "--write", str(tmp_path / "schemas"))
    assert found.code == 0
    assert found.out.splitlines() == [str(tmp_path / "schemas" / f"{name}.schema.json") for name in SCHEMA_NAMES]
    assert run("schema", "familiy").err.endswith("did you mean `family`?\n")
