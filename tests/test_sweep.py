"""The sweep: jobs in processes of their own, what a result holds, what is stale."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from shapespec import OutputError
from shapespec.checking.isolated import run_isolated
from shapespec.checking.result import CheckResult
from shapespec.checking.sweep import (
    Pair,
    fingerprint,
    read_report,
    registry_pairs,
    report,
    stale_pairs,
    write_report,
)
from shapespec.views.coverage import coverage_page


def work(job: str) -> Any:
    if job == "raise":
        raise ValueError("no good")
    if job == "die":
        os._exit(7)
    if job == "hang":
        time.sleep(60)
    return job.upper()


def test_no_job_takes_others_with_it() -> None:
    outcomes = {o.job: o for o in run_isolated(["a", "raise", "die", "hang", "b"], work, workers=2, limit=3)}
    assert (outcomes["a"].value, outcomes["b"].value) == ("A", "B")
    assert outcomes["raise"].fault == "ValueError: no good"
    assert outcomes["die"].fault == "its process ended with exit code 7"
    assert outcomes["hang"].fault == "took more than 3 s"


def entry(name: str, cls: str | None, outcome: str = "passed", reason: str | None = None) -> dict[str, Any]:
    return {
        "library": "transformers", "architecture": name, "model_class": cls, "file": "0" * 12, "outcome": outcome,
        "reason": reason, "seconds": 0.1, "runs": [["t", "model_with_past", "cache", outcome, {"batch_size": 2}]],
    }  # fmt: skip


ENTRIES = [
    entry("bert", "BertModel"),
    entry("bert", "BertForMaskedLM", "failed", "ValueError: a | b"),
    entry("dinat", "DinatModel", "not run", "needs natten"),
    entry("gpt2", "GPT2Model"),
    entry("nothing", None, "not run"),
]


def test_a_report_counts() -> None:
    summary = report(ENTRIES)["summary"]
    assert summary == {
        "types": 4, "pairs": 4, "passed": 2, "failed": 1, "not run": 1, "types wholly green": 1,
        "types without a class": 1,
    }  # fmt: skip


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    write_report(path, ENTRIES)
    assert sorted(read_report(path)) == sorted(f"transformers/{e['architecture']}/{e['model_class']}" for e in ENTRIES)
    assert len(path.read_text().splitlines()) >= len(ENTRIES)
    assert json.loads(path.read_text())["versions"]["python"]


def test_no_report_is_none_and_another_file_is_told(tmp_path: Path) -> None:
    assert read_report(tmp_path / "none.json") == {}
    (tmp_path / "x.json").write_text("[]")
    with pytest.raises(OutputError, match="is no stored result"):
        read_report(tmp_path / "x.json")


def test_a_page_tells_what_did_not_pass_and_why() -> None:
    page = coverage_page(report(ENTRIES))
    assert "| `bert` | `BertForMaskedLM` | failed | ValueError: a \\| b |" in page
    assert "| needs natten, which does not install | 1 |" in page
    assert "| `gpt2` | 1 of 1 | yes |" in page
    assert "`nothing`" in page


def test_stale_is_what_has_changed_since() -> None:
    bert, gpt2 = Pair("transformers", "bert", "BertModel"), Pair("transformers", "gpt2", "GPT2Model")
    stored = {bert.key: {"file": fingerprint(bert)}, gpt2.key: {"file": "other"}}
    assert stale_pairs([bert, gpt2], stored) == [gpt2]


def test_pairs_of_a_type_and_those_that_another_serves() -> None:
    pairs = registry_pairs(only=["musicgen"])
    assert Pair("transformers", "musicgen", "MusicgenForConditionalGeneration") in pairs
    assert Pair("transformers", "musicgen", "MusicgenForCausalLM", "musicgen_decoder") in pairs


def test_results_become_a_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    from shapespec.checking import sweep as module

    pair = Pair("transformers", "bert", "BertModel")
    runs = [CheckResult("transformers", "bert", "t", "BertModel", "model", "forward", o) for o in ("passed", "failed")]
    assert module._judged(pair, runs, None, 1.0).outcome == "failed"
    assert module._judged(pair, runs[:1], None, 1.0).outcome == "passed"
    assert module._judged(pair, [], None, 1.0).outcome == "not run"
    assert module._judged(pair, runs[:1], "took more than 3 s", 1.0).reason == "took more than 3 s"
