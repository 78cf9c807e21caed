"""For each family: every input that is drawn changes what the real model answers, and inputs that belong together agree
(as many placeholder tokens as features, masks as long as what they mask, ids inside the vocabulary, boxes in order)."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.models
torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from shapespec import load_spec  # noqa: E402  # after the guard: without torch these tests are skipped
from shapespec.checking.run import _Head, _run, _tiny_model  # noqa: E402
from tests.sensitivity import inert_inputs  # noqa: E402

#: One class or more of each family.
MEMBERS = [
    ("bert", "fill-mask", "BertForMaskedLM"),
    ("llama", "text-generation", "LlamaForCausalLM"),
    ("mamba", "text-generation", "MambaForCausalLM"),
    ("jamba", "text-generation", "JambaForCausalLM"),
    ("deepseek_v3", "text-generation", "DeepseekV3ForCausalLM"),
    ("t5", "text2text-generation", "T5ForConditionalGeneration"),
    ("whisper", "automatic-speech-recognition", "WhisperForConditionalGeneration"),
    ("wav2vec2", "automatic-speech-recognition", "Wav2Vec2ForCTC"),
    ("vit", "image-classification", "ViTForImageClassification"),
    ("resnet", "image-classification", "ResNetForImageClassification"),
    ("detr", "object-detection", "DetrForObjectDetection"),
    ("clip", "zero-shot-image-classification", "CLIPModel"),
    ("sam", "mask-generation", "SamModel"),
    ("layoutlmv3", "token-classification", "LayoutLMv3ForTokenClassification"),
    ("llava", "image-text-to-text", "LlavaForConditionalGeneration"),
    ("qwen2_5_vl", "image-text-to-text", "Qwen2_5_VLForConditionalGeneration"),
    ("gemma3", "image-text-to-text", "Gemma3ForConditionalGeneration"),
    ("mllama", "image-text-to-text", "MllamaForConditionalGeneration"),
    ("musicgen", "text-to-audio", "MusicgenForConditionalGeneration"),
    ("time_series_transformer", "feature-extraction", "TimeSeriesTransformerModel"),
    ("grounding-dino", "zero-shot-object-detection", "GroundingDinoForObjectDetection"),
]


@pytest.mark.parametrize(("name", "task", "cls"), MEMBERS, ids=[name for name, _, _ in MEMBERS])
def test_every_input_matters(name: str, task: str, cls: str) -> None:
    model = _tiny_model(_Head("transformers", name, task, cls, ()))
    spec = load_spec(model)
    run = lambda inputs: _run(model, inputs)  # noqa: E731  # shorter than a function for one line
    assert inert_inputs(spec.plan("model"), spec.build("model"), spec.build("model", seed=1), run) == []


def test_an_inert_input_is_seen() -> None:
    model = _tiny_model(_Head("transformers", "bert", "fill-mask", "BertForMaskedLM", ()))
    spec = load_spec(model)
    deaf: Any = lambda inputs: _run(model, {k: v for k, v in inputs.items() if k != "token_type_ids"})  # noqa: E731
    one, other = spec.build("model"), spec.build("model", seed=1)
    assert inert_inputs(spec.plan("model"), one, other, deaf) == ["token_type_ids"]


@pytest.mark.parametrize("sizes", [{}, {"batch_size": 3}, {"batch_size": 1, "sequence_length": 700}])
def test_placeholders_equal_features(sizes: dict[str, int]) -> None:
    spec = load_spec("llava", **sizes)
    ids = spec.build(framework="numpy")["input_ids"]
    assert ((ids == 32000).sum(axis=1) == (336 // 14) ** 2).all()


def test_grids_types_and_patches_agree() -> None:
    for grid in ({}, {"grid_height": 6, "grid_width": 2}):
        spec = load_spec("qwen2_5_vl", **grid)
        built = spec.build(framework="numpy")
        rows = built["image_grid_thw"].prod(axis=1)
        assert built["pixel_values"].shape[0] == rows.sum()
        tokens = built["input_ids"] == 151655
        assert (tokens.sum(axis=1) == rows // 4).all()
        assert (built["mm_token_type_ids"] == tokens).all()


def test_masks_are_as_long_as_what_they_mask_and_padding_agrees() -> None:
    built = load_spec("bert", batch_size=5, sequence_length=13).build(framework="numpy")
    assert built["attention_mask"].shape == built["input_ids"].shape
    assert (built["input_ids"][built["attention_mask"] == 0] == 0).all()
    past = load_spec("llama", past_sequence_length=9).build("model_with_past", framework="numpy")
    assert past["attention_mask"].shape == (2, 25)
    assert (past["attention_mask"][:, :9] == 1).all()


def test_boxes_are_ordered_and_ids_lie_in_the_vocabulary() -> None:
    built = load_spec("layoutlmv3", config={"vocab_size": 50}).build(framework="numpy")
    box = built["bbox"]
    assert (box[..., 0] <= box[..., 2]).all()
    assert (box[..., 1] <= box[..., 3]).all()
    assert built["input_ids"].max() < 50
