"""``shapespec check``: how results are told. The models themselves have their own tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shapespec import MissingPackageError
from shapespec.checking import CheckResult
from shapespec.cli import main
from shapespec.cli.sweeping import Request

PASSED = CheckResult(
    "transformers", "bert", "fill-mask", "BertForMaskedLM", "model", "forward", "passed",
    {"batch_size": 2, "sequence_length": 16}, None, 0.1234,
)  # fmt: skip
FAILED = CheckResult(
    "transformers", "bert", "fill-mask", "BertForMaskedLM", "model", "forward", "failed",
    {"batch_size": 3, "sequence_length": 5}, "ValueError: no [good]", 0.5,
)  # fmt: skip
NOT_RUN = CheckResult(
    "transformers", "bert", "pre-training", "BertForPreTraining", None, "forward", "not run", reason="It needs a GPU."
)

Check = Callable[..., list[CheckResult]]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def run(check: Check, *args: str) -> tuple[int, str, str]:
        monkeypatch.setattr("shapespec.checking.check_architecture", check)
        code = main(["check", *args])
        found = capsys.readouterr()
        return code, found.out, found.err

    return run


def gives(*results: CheckResult) -> Check:
    return lambda name, **_: list(results)


def test_a_table_by_class(run: Run) -> None:
    code, out, err = run(gives(PASSED, FAILED, NOT_RUN), "bert")
    assert (code, err) == (1, "")
    assert out == (
        "bert BertForMaskedLM (fill-mask)\n"
        "component  proof    outcome  seconds  sizes                            reason\n"
        "model      forward  passed   0.12     batch_size=2 sequence_length=16\n"
        "model      forward  failed   0.50     batch_size=3 sequence_length=5   ValueError: no [good]\n"
        "\n"
        "bert BertForPreTraining (pre-training)\n"
        "proof    outcome  seconds  reason\n"
        "forward  not run  0.00     It needs a GPU.\n"
        "\n"
        "1 passed, 1 failed, 1 not run\n"
    )


def test_exit_codes(run: Run) -> None:
    assert run(gives(PASSED), "bert")[0] == 0
    assert run(gives(PASSED, NOT_RUN), "bert")[0] == 0
    assert run(gives(PASSED, FAILED), "bert")[0] == 1


def test_json_and_a_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    code, out, _ = run(gives(PASSED, FAILED), "bert", "--json", "-o", str(path))
    assert code == 1
    data = json.loads(out)
    assert (data["passed"], data["failed"], data["not_run"]) == (1, 1, 0)
    assert data["results"] == [PASSED.to_dict(), FAILED.to_dict()]
    assert json.loads(path.read_text()) == data


def test_the_options_reach_the_check(run: Run) -> None:
    calls: list[Any] = []

    def check(name: str, **options: Any) -> list[CheckResult]:
        calls.append((name, options))
        return [PASSED]

    options = ("--task", "a", "--class", "B", "--component", "c", "--library", "transformers")
    assert run(check, "bert", "llama", "bert", *options)[0] == 0
    expected = {
        "task": "a", "model_class": "B", "component": "c", "library": "transformers", "paths": (), "progress": None,
    }  # fmt: skip
    assert calls == [("bert", expected), ("llama", expected)]


def test_an_unknown_architecture_is_told_before_anything_runs(run: Run) -> None:
    code, out, err = run(lambda *_, **__: pytest.fail("it ran"), "bert", "lama")
    assert (code, out) == (1, "")
    assert err.startswith("target: unknown architecture `lama`\n")


def test_an_output_that_can_not_be_is_told_before_anything_runs(run: Run, tmp_path: Path) -> None:
    code, out, err = run(lambda *_, **__: pytest.fail("it ran"), "bert", "-o", str(tmp_path / "no" / "x.json"))
    assert (code, out) == (1, "")
    assert err.startswith("output: there is no folder")


def test_nothing_to_check(run: Run) -> None:
    code, _, err = run(gives(), "bert", "--component", "nosuch")
    assert (code, err) == (
        1,
        "component: nothing to check in bert\n  expected: a component that `shapespec show` lists\n",
    )


def test_a_missing_package(run: Run) -> None:
    def check(*_: Any, **__: Any) -> list[CheckResult]:
        raise MissingPackageError("transformers is not installed", argument="check")

    assert run(check, "bert") == (1, "", "check: transformers is not installed\n")


def test_all_is_a_sweep(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    requests: list[Request] = []

    def sweep(request: Request) -> int:
        requests.append(request)
        return 1

    monkeypatch.setattr("shapespec.cli.check.run", sweep)
    assert run(gives(), "--all", "--limit", "5", "--json", "--paths", "mine", "--paths", "yours")[0] == 1
    (request,) = requests
    assert request.paths == ("mine", "yours")
    assert (request.everything, request.stale, request.sample, request.limit, request.as_json) == (
        True, False, 0, 5.0, True,
    )  # fmt: skip


@pytest.mark.parametrize(
    "args",
    [
        ("--all", "--task", "fill-mask"),
        ("--stale", "--component", "model"),
        ("--sample", "0"),
        ("bert", "--sample", "3"),
        ("--all", "--again", "-o", "x.json"),
        ("--all", "--resume", "--again"),
    ],
)
def test_what_does_not_go_together(run: Run, args: tuple[str, ...]) -> None:
    code, out, err = run(lambda *_, **__: pytest.fail("it ran"), *args)
    assert (code, out) == (2, "")
    assert err.startswith("Usage: shapespec check")


@pytest.mark.models
def test_a_real_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "bert", "--task", "fill-mask", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["passed"] >= 3  # the default sizes and two others
    assert (data["failed"], data["not_run"]) == (0, 0)
