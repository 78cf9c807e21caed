"""Other configs: how they are drawn, what they come to, and what is stored of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from shapespec import ConfigError, OutputError, RequirementError, load_spec
from shapespec.checking import by_name
from shapespec.checking.heads import Head, live_spec, tiny_model
from shapespec.checking.sweep import Pair, registry_pairs, report
from shapespec.checking.vary import FAILED_RUN, NOT_BUILT, RAN, REFUSED, Varied, summary, vary
from shapespec.checking.vary_sweep import VariedPair, head_of, kept, read_report, write_report
from shapespec.checking.vary_sweep import report as varied_report
from shapespec.cli import main
from shapespec.libraries.transformers_variations import varied
from shapespec.views.coverage import coverage_page

pytestmark = pytest.mark.models

BERT = Head("transformers", "bert", "fill-mask", "BertForMaskedLM", ())
LLAMA = Head("transformers", "llama", "text-generation", "LlamaForCausalLM", ())

VALUES = {
    "hidden_size": 32, "num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 2,
    "layer_types": ["a", "b"], "vision": {"image_size": 32, "patch_size": [8, 8], "num_channels": 3},
    "max_position_embeddings": 64, "hidden_dropout_prob": 0.1, "bos_token_id": 1,
}  # fmt: skip


def drawn(count: int, **values: Any) -> list[dict[str, Any]]:
    made = {**VALUES, **values}
    return [varied(made, made, {}, Random(seed)).values for seed in range(count)]


def test_the_same_seed_draws_the_same() -> None:
    assert varied(VALUES, VALUES, {}, Random(3)).changes == varied(VALUES, VALUES, {}, Random(3)).changes
    assert len({json.dumps(one, sort_keys=True) for one in drawn(40)}) > 20


def test_what_can_not_matter_stays_and_the_original_too() -> None:
    before = json.dumps(VALUES)
    for one in drawn(200):
        assert (one["hidden_dropout_prob"], one["bos_token_id"]) == (0.1, 1)
    assert json.dumps(VALUES) == before


def test_what_must_agree_agrees() -> None:
    for one in drawn(300):
        assert one["hidden_size"] % one["num_attention_heads"] == 0
        assert one["num_attention_heads"] % one["num_key_value_heads"] == 0
        if "layer_types" in one:
            assert len(one["layer_types"]) == one["num_hidden_layers"]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("max_position_embeddings", {7, 9, 12, 15}), ("num_hidden_layers", {1, 3, 5}), ("hidden_size", {64, 96})],
)
def test_every_kind_of_change_comes(name: str, wanted: set[int]) -> None:
    assert wanted <= {one[name] for one in drawn(600)}


def test_numbers_stand_for_lists_and_lists_for_numbers() -> None:
    visions = [one["vision"] for one in drawn(600)]
    assert {type(vision["image_size"]) for vision in visions} == {int, list}
    assert {type(vision["patch_size"]) for vision in visions} == {int, list}
    assert {vision["num_channels"] for vision in visions} == {1, 3}


def test_defaults_come_where_they_are_cheap() -> None:
    default = {"use_bias": True, "hidden_size": 4096, "kind": None}
    values = {"use_bias": False, "hidden_size": 32, "kind": 3}
    found = [varied(values, values, default, Random(seed)).changes for seed in range(100)]
    assert any("-use_bias" in changes for changes in found)
    assert any("-kind" in changes for changes in found)
    assert not any("-hidden_size" in changes for changes in found)


def test_real_classes_run_on_other_configs() -> None:
    found = vary(LLAMA, 3, seed=1)
    assert [one.outcome for one in found if one.outcome != NOT_BUILT] == [RAN] * 3
    assert all(set(one.names) == set(by_name.WAYS) and not any(one.names.values()) for one in found if one.names)
    assert found == vary(LLAMA, 3, seed=1)


def overlay(folder: Path, text: str) -> tuple[str | Path, ...]:
    file = folder / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    return (file,)


def test_a_spec_that_freezes_a_size_is_found(tmp_path: Path) -> None:
    wrong = replace(LLAMA, paths=overlay(tmp_path, "architecture: llama\nlet: {num_key_value_heads: 2}\n"))
    failed = [one for one in vary(wrong, 12) if one.outcome == FAILED_RUN]
    assert failed
    assert all("heads" in one.changes for one in failed)


def test_a_refusal_is_right_only_where_the_class_fails(tmp_path: Path) -> None:
    text = (
        "architecture: llama\nrequires:\n"
        "  few: {that: 'config.num_hidden_layers in [2, 32]', why: So I say.}\n"
    )  # fmt: skip
    wrong = replace(LLAMA, paths=overlay(tmp_path, text))
    found = vary(wrong, 8)
    refused = [one for one in found if one.stage == "requires"]
    assert refused
    assert {one.outcome for one in refused} == {FAILED_RUN}
    assert "refused, and yet the class runs" in str(refused[0].reason)
    assert "So I say." in str(refused[0].reason)


def test_a_refusal_has_a_type_of_its_own(tmp_path: Path) -> None:
    text = "architecture: llama\nrequires: {none: {that: config.vocab_size < 0, why: Never.}}\n"
    with pytest.raises(RequirementError, match="Never") as caught:
        load_spec("llama", paths=overlay(tmp_path, text))
    assert isinstance(caught.value, ConfigError)


def test_by_name_differs_where_the_file_freezes(tmp_path: Path) -> None:
    frozen = "architecture: bert\nby_name: {let: {vocab_size: 7}, inputs: {input_ids: {dtype: int32}}}\n"
    head = replace(BERT, paths=overlay(tmp_path, frozen))
    model = tiny_model(BERT)
    assert by_name.faults(BERT, live_spec(BERT, model), model) == dict.fromkeys(by_name.WAYS)
    different = "model: `input_ids` is int32 by name, int64 live"
    assert by_name.faults(head, live_spec(head, model), model) == dict.fromkeys(by_name.WAYS, different)


STORED = VariedPair(
    Pair("transformers", "bert", "BertModel"),
    (
        Varied("a=1", RAN, names={"whole config": None, "partial config": "load: no"}),
        Varied("b=2", FAILED_RUN, "model forward", "no good"),
        Varied("c=3", NOT_BUILT, "build", "what"),
        Varied("d=4", REFUSED, "requires", "so"),
    ),
)


def test_what_is_stored() -> None:
    found = summary(STORED.configs)
    failures = found.pop("failures")
    assert found == {"ran": 1, "failed": 1, "refused": 1, "not built": 1, "by_name": 2, "by_name_equal": 1}
    assert [one["changes"] for one in failures] == ["a=1", "b=2"]
    assert failures[0]["by_name"] == {"partial config": "load: no"}


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "varied.json"
    assert read_report(path) is None
    write_report(path, [STORED.to_dict()], 4, 0)
    found = read_report(path)
    assert found is not None
    assert (found["configs_per_pair"], found["seed"], found["summary"]["ran"]) == (4, 0, 1)
    path.write_text("[]")
    with pytest.raises(OutputError, match="no result of `check --vary`"):
        read_report(path)


def test_the_page_shows_them() -> None:
    page = coverage_page(report([]), varied_report([STORED.to_dict()], 4, 7))
    assert "up to 4 other configs" in page
    assert "1 ran (50.0%), 1 failed, and 1 are refused" in page
    assert "1 of 2 specs (50.0%)" in page
    assert "| `bert` | `BertModel` | b=2 | model forward | no good |" in page
    assert "| `bert` | `BertModel` | a=1 | by name, partial config | load: no |" in page
    assert "Other configs" not in coverage_page(report([]))


def test_a_class_that_does_not_run_here_is_not_varied() -> None:
    pairs = {pair.model_class: pair for pair in registry_pairs(only=["bert"])}
    assert head_of(pairs["BertForMaskedLM"]) == BERT
    assert head_of(Pair("transformers", "bert", None)) is None


def test_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    output = tmp_path / "varied.json"
    assert main(["check", "llama", "--class", "LlamaModel", "--vary", "2", "-j", "1", "-o", str(output)]) == 0
    said = capsys.readouterr().out
    assert "2 ran, 0 failed" in said
    assert "by name equal to live: 4 of 4" in said
    assert read_report(output) is not None
    assert main(["check", "llama", "--vary", "2", "--stale"]) == 2
    assert main(["check", "llama", "--vary", "2", "--resume"]) == 2


def test_a_run_that_was_cut_off_goes_on(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    output = tmp_path / "varied.json"
    asked = ["check", "llama", "--class", "LlamaModel", "--vary", "2", "-j", "1", "--resume", "-o", str(output)]
    assert main(asked) == 0
    first = read_report(output)
    assert main(asked) == 0
    assert "2 ran, 0 failed" in capsys.readouterr().out.splitlines()[-1]
    assert read_report(output) == first


def test_what_of_a_stored_result_still_holds() -> None:
    entry = STORED.to_dict()
    there = [STORED.pair]
    assert kept(varied_report([entry], 4, 7), there, 4, 7) == {STORED.pair: entry}
    assert kept(varied_report([entry], 4, 7), there, 4, 8) == {}
    assert kept(varied_report([entry], 4, 7), there, 12, 7) == {}
    for changed in ({"file": "0"}, {"code": "0"}, {"fault": "took more than 600 s"}):
        assert kept(varied_report([entry | changed], 4, 7), there, 4, 7) == {}
    assert kept(None, there, 4, 7) == {}
