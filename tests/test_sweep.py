"""The sweep: jobs in processes of their own, what a result holds, what is stale."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shapespec import OutputError
from shapespec.checking.fingerprints import code_hash
from shapespec.checking.isolated import run_isolated
from shapespec.checking.result import CheckResult
from shapespec.checking.sweep import (
    Pair,
    fingerprint,
    older_pairs,
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
    {**entry("dinat", "DinatModel", "not run", "needs natten"), "needs": "natten"},
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
    assert "| needs `natten`, which was not installed | 1 |" in page
    assert "| `gpt2` | 1 of 1 | yes |" in page
    assert "`nothing`" in page


def test_a_page_lists_what_is_proven_of_less() -> None:
    found = {"inert": {"pixel_mask": "Nothing reads it."}, "by rank": ["wave"]}
    told = entry("toy", "ToyModel")
    told["runs"] = [
        ["t", "model", "matters", "passed", {"batch_size": 2, "height": 4}, found],
        ["t", "model", "forward", "passed", {"batch_size": 3, "height": 4}],
        ["t", "model", "forward", "passed", {"batch_size": 4, "height": 4}],
        ["t", "decoder", "forward", "not run", {"height": 4}],
    ]
    page = coverage_page(report([told, {**entry("other", "ToyModel"), "served_by": "toy"}]))
    assert "### Inputs that cannot change the answer: 1" in page
    assert "| `pixel_mask` | Nothing reads it. | `ToyModel` |" in page
    assert "- `wave` (1): toy" in page
    assert "- `height` (1): toy" in page and "- `decoder` (1): toy" in page
    assert "- `ToyModel` (1): other by toy" in page


def test_a_page_lists_what_nobody_feeds_by_the_reason() -> None:
    def told(number: int, found: dict[str, str]) -> dict[str, Any]:
        run = ["t", None, "arguments", "passed", {}, {"unfed": found}]
        return {**entry("toy", f"Toy{number:02}"), "runs": [run]}

    each = [told(number, {"keep": "A number.", "lengths": "The mask says it."}) for number in range(14)]
    page = coverage_page(report([*each, told(14, {"spans": "The mask says it."})]))
    assert "### Arguments of forward that nobody feeds, by the reason why: 2" in page
    named = ", ".join(f"`Toy{number:02}`" for number in range(12))
    assert f"| The mask says it. | `lengths`, `spans` | {named} and 3 more |" in page
    assert f"| A number. | `keep` | {named} and 2 more |" in page
    assert page.index("The mask says it.") < page.index("A number.")
    assert "nobody feeds, by the reason why: 0\n" in coverage_page(report(ENTRIES))


def test_stale_is_what_has_changed_since() -> None:
    bert, gpt2 = Pair("transformers", "bert", "BertModel"), Pair("transformers", "gpt2", "GPT2Model")
    stored = {bert.key: {"file": fingerprint(bert)}, gpt2.key: {"file": "other"}}
    assert stale_pairs([bert, gpt2], stored) == [gpt2]


def test_a_fingerprint_covers_the_whole_chain(tmp_path: Path) -> None:
    bert, vit = Pair("transformers", "bert", "BertModel"), Pair("transformers", "vit", "ViTModel")
    usual = fingerprint(bert), fingerprint(vit)

    def over(name: str, text: str) -> tuple[bool, bool]:
        """Whether each fingerprint differs with a file laid over."""
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        (folder / "families").mkdir(parents=True)
        (folder / name).write_text(text)
        mine = [replace(pair, paths=(str(folder),)) for pair in (bert, vit)]
        return fingerprint(mine[0]) != usual[0], fingerprint(mine[1]) != usual[1]

    assert over("bert.yaml", "architecture: bert\n") == (True, False)
    assert over("families/text_encoder.yaml", "family: text-encoder\nlet: {x: 1}\n") == (True, False)
    assert over("inputs.yaml", "inputs: {bbox: {dtype: float}}\n") == (True, True)
    assert over("defaults.yaml", "dims: {batch_size: 3}\n") == (True, True)


def test_comments_make_nothing_stale(tmp_path: Path) -> None:
    found = []
    for number, text in enumerate(("architecture: my-own\n", "# why\narchitecture: my-own  # here\n")):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "my_own.yaml").write_text(text)
        found.append(fingerprint(Pair("user", "my-own", None, paths=(str(folder),))))
    assert found[0] == found[1]


def test_what_is_older_than_the_code_is_told_apart() -> None:
    bert, gpt2 = Pair("transformers", "bert", "BertModel"), Pair("transformers", "gpt2", "GPT2Model")
    stored = {p.key: {"file": fingerprint(p), "code": code} for p, code in ((bert, code_hash()), (gpt2, "other"))}
    assert (stale_pairs([bert, gpt2], stored), older_pairs([bert, gpt2], stored)) == ([], [gpt2])
    stored[gpt2.key]["file"] = "other"
    assert (stale_pairs([bert, gpt2], stored), older_pairs([bert, gpt2], stored)) == ([gpt2], [])


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


TOY = """architecture: toy-needs
heads: {fill-mask: AModel, feature-extraction: BModel}
inputs: {input_ids: {shape: [batch_size]}}
components: {model: {inputs: {input_ids: {}}}}
"""


@pytest.mark.parametrize(
    ("told", "reasons"),
    [
        ("needs: {AModel: no_such}", {"AModel": "needs no_such, which is not installed here"}),
        (
            "needs: {AModel: no.such}\nnot_run: {AModel: Never run.}",
            {"AModel": "needs no.such, which is not installed here; Never run."},
        ),
        ("needs: {AModel: json}\nnot_run: {AModel: Never run., BModel: Too large.}", {"BModel": "Too large."}),
    ],
)
def test_a_class_runs_where_what_it_needs_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str, reasons: dict[str, str]
) -> None:
    from shapespec.checking import run

    monkeypatch.setattr(run, "_check_head", lambda head, only: [head.result("model", "forward", "passed")])
    (tmp_path / "toy_needs.yaml").write_text(f"{TOY}{told}\n")
    results = run.check_architecture("toy-needs", paths=[tmp_path])
    assert {r.model_class: r.reason for r in results if r.outcome == "not run"} == reasons
    assert len(results) == 2


def test_a_second_environment_fills_in_what_was_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from shapespec.checking import sweep as module
    from shapespec.cli import main

    bert, dinat, bark, gpt2 = pairs = [
        Pair("transformers", name, cls)
        for name, cls in (("bert", "BertModel"), ("dinat", "DinatModel"), ("bark", "BarkModel"), ("gpt2", "GPT2Model"))
    ]
    first = {"python": "3.1", "torch": "1.0"}
    held = [
        {**entry(p.architecture, p.model_class, outcome, reason), "file": fingerprint(p), "code": code_hash()}
        for p, outcome, reason in ((bert, "passed", None), (dinat, "not run", "natten"), (bark, "not run", "none"))
    ]
    path, ran = tmp_path / "stored.json", []
    write_report(path, held, first)

    def sweep(pairs: list[Pair], done: Any, **_: Any) -> list[Any]:
        ran.extend(pairs)
        results = [
            module.PairResult(p, *(("not run", "none") if p is bark else ("passed", None)), 0.1, ()) for p in pairs
        ]
        for result in results:
            done(result)
        return results

    monkeypatch.setattr(module, "sweep", sweep)
    monkeypatch.setattr(module, "registry_pairs", lambda library, paths: pairs)
    monkeypatch.setattr(module, "versions", lambda: {"python": "3.1", "torch": "2.0", "timm": "1.0"})
    page = tmp_path / "page.md"
    assert main(["check", "--all", "--resume", "--again", "-o", str(path), "--page", str(page)]) == 0
    assert ran == [dinat, bark, gpt2]
    assert json.loads(path.read_text())["versions"] == first
    stored = read_report(path)
    assert stored[bert.key] == held[0]
    assert stored[bark.key] == held[2]
    for pair in (dinat, gpt2):
        assert stored[pair.key]["outcome"] == "passed"
        assert stored[pair.key]["versions"] == {"torch": "2.0", "timm": "1.0"}
    assert "with python 3.1, torch 1.0. 2 of the pairs ran with torch 2.0, timm 1.0 instead." in page.read_text()


OWN = """architecture: {name}
extends: text-encoder
heads: {{feature-extraction: BertModel}}
let: {{most_positions: 512}}
config: {{vocab_size: 99, hidden_size: 16, type_vocab_size: 2, pad_token_id: 0}}
tiny: {{vocab_size: 99, hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 8}}
also_returns: {{pooler_output: [batch_size, hidden_size]}}
unfed: {{encoder_hidden_states: Mine., encoder_attention_mask: is an, past_key_values: encoder.}}
"""


def own_files(folder: Path) -> Path:
    """A user's folder: an architecture and a family flat, one over a built-in one, one in a library's folder."""
    (folder / "transformers").mkdir()
    for name in ("my_own", "gpt2"):
        (folder / f"{name}.yaml").write_text(OWN.format(name=name.replace("_", "-")))
    (folder / "transformers" / "theirs.yaml").write_text(OWN.format(name="theirs"))
    (folder / "mine.yaml").write_text("family: mine\n")
    (folder / "broken.yaml").write_text("architecture: [\n")
    return folder


def test_a_sweep_takes_the_user_s_paths(tmp_path: Path) -> None:
    paths = (str(own_files(tmp_path)),)
    pairs = registry_pairs(paths=paths)
    assert {pair.paths for pair in pairs} == {paths}
    assert len({pair.key for pair in pairs}) == len(pairs)
    assert Pair("transformers", "theirs", "BertModel", paths=paths) in pairs
    assert Pair("user", "my-own", "BertModel", paths=paths) in pairs
    (broken,) = [pair for pair in pairs if pair.fault]
    assert (broken.library, broken.architecture) == ("user", "broken")
    assert {pair.architecture for pair in pairs if pair.library == "user"} == {"my-own", "broken"}
    gpt2 = next(pair for pair in pairs if pair.model_class == "GPT2Model")
    assert fingerprint(gpt2) != fingerprint(Pair("transformers", "gpt2", "GPT2Model"))  # the user's file counts


@pytest.mark.models
def test_the_user_s_architectures_run(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from shapespec.checking.sweep import sweep

    paths = (str(own_files(tmp_path)),)
    (result,) = sweep([Pair("user", "my-own", "BertModel", paths=paths)], workers=1)
    assert (result.outcome, result.reason) == ("passed", None)
    assert {run.architecture for run in result.runs} == {"my-own"}


def test_results_are_written_now_and_then_however_many_there_were(monkeypatch: pytest.MonkeyPatch) -> None:
    from shapespec.cli import sweeping

    monkeypatch.setattr(sweeping, "WRITTEN_EACH", 3)
    done: list[int] = []
    written: list[int] = []
    save = sweeping.now_and_then(lambda: written.append(len(done)))
    for number in range(7):
        done.append(number)
        save()
    assert written == [3, 6]
