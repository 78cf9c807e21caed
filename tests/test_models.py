"""Real classes, with configs whose sizes stand in no YAML of the registry."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.models
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from shapespec import load_spec  # noqa: E402  # after the guard: without torch these tests are skipped

#: (class, config class, its values): other layers, heads, widths, vocabularies, image sizes and token ids than `tiny`.
LIVE: list[tuple[str, str, dict[str, Any]]] = [
    ("BertForMaskedLM", "BertConfig", {"vocab_size": 71, "hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 3, "intermediate_size": 20, "type_vocab_size": 5}),
    ("GPT2LMHeadModel", "GPT2Config", {"vocab_size": 53, "n_embd": 40, "n_layer": 3, "n_head": 5, "n_positions": 64, "bos_token_id": 3, "eos_token_id": 4}),
    ("LlamaForCausalLM", "LlamaConfig", {"vocab_size": 61, "hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 6, "num_key_value_heads": 3, "head_dim": 10, "intermediate_size": 20}),
    ("T5ForConditionalGeneration", "T5Config", {"vocab_size": 77, "d_model": 20, "d_kv": 6, "num_heads": 3, "num_layers": 1, "num_decoder_layers": 3, "d_ff": 16}),
    ("BartForSequenceClassification", "BartConfig", {"vocab_size": 83, "d_model": 24, "encoder_layers": 1, "decoder_layers": 3, "encoder_attention_heads": 2, "decoder_attention_heads": 3, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16, "eos_token_id": 7, "pad_token_id": 5, "num_labels": 4}),
    ("WhisperForConditionalGeneration", "WhisperConfig", {"vocab_size": 90, "d_model": 24, "encoder_layers": 1, "decoder_layers": 2, "encoder_attention_heads": 2, "decoder_attention_heads": 3, "num_mel_bins": 16, "max_source_positions": 25, "decoder_start_token_id": 3, "pad_token_id": 1, "bos_token_id": 1, "eos_token_id": 2, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16}),
    ("Wav2Vec2ForCTC", "Wav2Vec2Config", {"vocab_size": 21, "hidden_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16, "conv_dim": [8, 8, 8], "conv_kernel": [8, 3, 3], "conv_stride": [4, 2, 2], "num_feat_extract_layers": 3, "num_conv_pos_embeddings": 4, "num_conv_pos_embedding_groups": 2}),
    ("ViTForImageClassification", "ViTConfig", {"image_size": 48, "patch_size": 12, "num_channels": 1, "hidden_size": 24, "num_hidden_layers": 1, "num_attention_heads": 3, "intermediate_size": 16, "num_labels": 7}),
    ("CLIPModel", "CLIPConfig", {"projection_dim": 12, "text_config": {"vocab_size": 41, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16, "eos_token_id": 40, "bos_token_id": 39}, "vision_config": {"image_size": 24, "patch_size": 6, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}}),
    ("LlavaForConditionalGeneration", "LlavaConfig", {"image_token_index": 55, "text_config": {"model_type": "llama", "vocab_size": 60, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1, "intermediate_size": 16}, "vision_config": {"model_type": "clip_vision_model", "image_size": 24, "patch_size": 6, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}}),
    ("MambaForCausalLM", "MambaConfig", {"vocab_size": 45, "hidden_size": 24, "num_hidden_layers": 3, "state_size": 5, "conv_kernel": 3, "expand": 3, "time_step_rank": 2}),
]  # fmt: skip


def made(cls: str, config_class: str, values: dict[str, Any]) -> Any:
    torch.manual_seed(0)
    return getattr(transformers, cls)(getattr(transformers, config_class)(**values)).eval()


@pytest.mark.parametrize(("cls", "config_class", "values"), LIVE, ids=[cls for cls, _, _ in LIVE])
def test_a_live_model_takes_what_its_spec_builds(cls: str, config_class: str, values: dict[str, Any]) -> None:
    model = made(cls, config_class, values)
    for sizes in ({}, {"batch_size": 3}):
        spec = load_spec(model, **sizes)
        assert spec.model_class == cls
        for component in ("model", "model_with_past"):
            if component in spec.components:
                with torch.no_grad():
                    returned = model(**spec.build(component))
                for name, output in spec.outputs(component).items():
                    if name in returned and hasattr(returned[name], "shape"):
                        assert len(output.shape) == len(returned[name].shape)
                        pairs = zip(output.shape, returned[name].shape, strict=True)
                        assert all(a in (None, b) for a, b in pairs)


def test_a_subclass_takes_what_its_parent_takes() -> None:
    class Mine(transformers.BertForMaskedLM):  # type: ignore[misc]
        pass

    config = transformers.BertConfig(vocab_size=30, hidden_size=8, num_hidden_layers=1, num_attention_heads=2)
    assert load_spec(Mine(config)).model_class == "BertForMaskedLM"


def test_the_registry_follows_the_installed_transformers() -> None:
    from tests.drift import drift

    assert [str(found) for found in drift()] == []


def test_a_draft_of_a_plain_decoder_is_green(tmp_path: Any) -> None:
    from shapespec.checking import check_architecture
    from shapespec.drafting import draft

    tiny = {"vocab_size": 99, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 37}  # fmt: skip
    (tmp_path / "olmo2.yaml").write_text(draft("olmo2", tiny=tiny))
    results = check_architecture("olmo2", model_class="Olmo2ForCausalLM", paths=[tmp_path / "olmo2.yaml"])
    assert {result.outcome for result in results} == {"passed"}


def test_a_draft_of_an_unknown_type_names_the_nearest() -> None:
    from shapespec import UnknownNameError
    from shapespec.drafting import draft

    with pytest.raises(UnknownNameError) as error:
        draft("berd")
    assert "has no model type `berd`" in str(error.value)
    assert "did you mean `bert`?" in str(error.value)


@pytest.mark.parametrize("name", ["speecht5", "musicgen", "qwen2_5_vl", "sam"])
def test_checked_whole(name: str) -> None:
    from shapespec.checking import check_architecture

    failed = [r for r in check_architecture(name) if r.outcome == "failed"]
    assert failed == []


@pytest.mark.parametrize("cls", ["SpeechT5ForTextToSpeech", "SpeechT5ForSpeechToText", "SpeechT5Model"])
def test_speecht5_runs_batches_though_its_default_is_1(cls: str) -> None:
    values = {"hidden_size": 24, "vocab_size": 81, "encoder_layers": 1, "decoder_layers": 1, "conv_dim": [8] * 7,
              "encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16,
              "num_conv_pos_embedding_groups": 4}  # fmt: skip
    model = made(cls, "SpeechT5Config", values)
    assert load_spec(model).dims["batch_size"] == load_spec("speecht5").dims["batch_size"] == 1
    for batch in (2, 3):
        spec = load_spec(model, batch_size=batch)
        assert spec.sizes["batch_size"].dynamic and spec.sizes["batch_size"].most is None
        with torch.no_grad():
            returned = model(**spec.build("model"))
        assert returned[0].shape[0] == batch and not returned[0].isnan().any()
    assert load_spec("speecht5", batch_size=3).inputs("decoder")["output_sequence"].shape[0] == 3
    assert "Optimum hard-codes 1" in str(load_spec("speecht5").explain("batch_size").why)
    assert "runs batches of 2 and 3" in str(load_spec(model).explain("batch_size").why)


def test_a_wrong_spec_fails(tmp_path: Any) -> None:
    """The proof can fail: an output of another shape, an input that is not there, a cache with other heads."""
    from shapespec.checking import check_architecture

    def outcome(text: str, **only: Any) -> tuple[str, str]:
        (tmp_path / "llama.yaml").write_text(f"architecture: llama\n{text}")
        failed = [
            r for r in check_architecture("llama", paths=[tmp_path / "llama.yaml"], **only) if r.outcome == "failed"
        ]
        return (failed[0].proof, failed[0].reason or "") if failed else ("", "")

    proof, reason = outcome("let: {vocab_size: 98}\n", model_class="LlamaForCausalLM", component="model")
    assert (proof, "declared is [2, 16, 98]" in reason) == ("forward", True)
    _, reason = outcome("let: {num_key_value_heads: 1}\n", model_class="LlamaForCausalLM")
    assert reason
    proof, reason = outcome(
        "components:\n  model_with_past: {inputs: {position_ids: {values: {arange: -1, start: 0}}}}\n",
        model_class="LlamaForCausalLM",
    )
    assert proof == "cache"
    assert "with a cache the last token's output differs" in reason
