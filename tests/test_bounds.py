"""Bounds from position tables: what is longer is refused by name and live, and `check` proves them on the classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shapespec import SizeError, load_spec


@pytest.mark.parametrize(
    ("name", "size", "most", "reason"),
    [
        ("bert", "sequence_length", 512, "config.max_position_embeddings"),
        ("roberta", "sequence_length", 510, "config.max_position_embeddings - (config.pad_token_id | 0) - 1"),
        ("gpt2", "sequence_length", 1024, "config.n_positions"),
        ("clip", "sequence_length", 77, "config.text_config.max_position_embeddings"),
        ("bart", "encoder_sequence_length", 1024, "config.max_position_embeddings"),
        ("bart", "decoder_sequence_length", 1024, "config.max_position_embeddings"),
        ("whisper", "decoder_sequence_length", 448, "config.max_target_positions"),
    ],
)
def test_what_a_table_does_not_hold_is_refused(name: str, size: str, most: int, reason: str) -> None:
    spec = load_spec(name)
    assert spec.sizes[size].most == most
    assert load_spec(name, **{size: most}).dims[size] == most
    with pytest.raises(SizeError) as caught:
        load_spec(name, **{size: most + 1})
    assert f"{size}: {most + 1} is above its most, {most}, which is `{reason}`" in str(caught.value)
    assert f"expected: {most} or less" in str(caught.value)


def test_rotary_positions_have_no_end() -> None:
    for name in ("llama", "mistral", "qwen2", "t5"):
        assert load_spec(name).sizes["sequence_length"].most is None
    assert load_spec("llama", sequence_length=1 << 20).dims["sequence_length"] == 1 << 20


def test_past_and_new_tokens_share_a_table() -> None:
    spec = load_spec("gpt2", config={"n_positions": 20})
    assert spec.dims == {"batch_size": 2, "sequence_length": 16, "past_sequence_length": 4}
    assert load_spec("gpt2", config={"n_positions": 7}).dims["past_sequence_length"] == 1
    assert load_spec("gpt2", sequence_length=1024).dims["past_sequence_length"] == 0
    with pytest.raises(SizeError, match="1009 is above its most, 1008, which is `config"):
        load_spec("gpt2", sequence_length=16, past_sequence_length=1009)


def test_short_tables_move_the_defaults() -> None:
    spec = load_spec("bert", config={"max_position_embeddings": 7})
    assert spec.dims["sequence_length"] == 7
    assert "the default, 16, gave way to 7" in str(spec.explain("sequence_length"))


def _reasons(folder: Path, name: str, text: str, cls: str) -> list[Any]:
    from shapespec.checking import check_architecture

    (folder / f"{name}.yaml").write_text(f"architecture: {name}\n{text}")
    found = check_architecture(name, model_class=cls, paths=[folder / f"{name}.yaml"])
    return [result.reason for result in found if result.proof == "bounds"]


@pytest.mark.models
def test_bounds_are_proven_on_the_class(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    assert _reasons(tmp_path, "bert", "", "BertModel") == [None]
    (reason,) = _reasons(tmp_path, "bert", "dims: {sequence_length: {max: 40}}\n", "BertModel")
    assert reason == "`max` of sequence_length, 40, is untrue: 41 runs, too"
    (reason,) = _reasons(tmp_path, "bert", "dims: {sequence_length: {max: 600}}\n", "BertModel")
    assert reason.startswith("the class does not run at `max` of sequence_length, 600: ")
    assert _reasons(tmp_path, "llama", "", "LlamaModel") == []
    (reason,) = _reasons(tmp_path, "llama", "let: {most_positions: 512}\n", "LlamaModel")[:1]
    assert reason == "`max` of sequence_length, 512, is untrue: 513 runs, too"


@pytest.mark.models
def test_a_bound_holds_where_a_cache_goes_astray_beyond_it(tmp_path: Path) -> None:
    """Moshi's cache keeps a window of tokens, of which its mask knows nothing; Llama's keeps them all."""
    pytest.importorskip("transformers")
    assert _reasons(tmp_path, "moshi", "", "MoshiModel") == [None]
    reasons = _reasons(tmp_path, "llama", "dims: {past_sequence_length: {max: 20}}\n", "LlamaModel")
    assert reasons == ["`max` of past_sequence_length, 20, is untrue: 21 runs, too"]
