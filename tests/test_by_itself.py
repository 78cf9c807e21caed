"""What a live model is normally called with is there without being asked for."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.models
torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from shapespec import load_spec  # noqa: E402  # after the guard: without torch these tests are skipped
from shapespec.checking.heads import Head, tiny_model  # noqa: E402

CLASSES = [
    ("bart", "BartForSequenceClassification", {"decoder_input_ids", "decoder_attention_mask"}),
    ("t5", "T5ForQuestionAnswering", {"decoder_input_ids", "decoder_attention_mask"}),
    ("roc_bert", "RoCBertForMaskedLM", {"input_shape_ids", "input_pronunciation_ids"}),
    ("luke", "LukeModel", {"entity_ids", "entity_attention_mask", "entity_token_type_ids", "entity_position_ids"}),
    ("video_llava", "VideoLlavaModel", {"pixel_values", "pixel_values_videos"}),
    (
        "phi4_multimodal", "Phi4MultimodalForCausalLM",
        {"image_pixel_values", "image_sizes", "image_attention_mask", "audio_input_features", "audio_embed_sizes"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("architecture", "cls", "inputs"), CLASSES, ids=[cls for _, cls, _ in CLASSES])
def test_a_live_model_is_fed_what_it_is_normally_called_with(architecture: str, cls: str, inputs: set[str]) -> None:
    """The inputs are there, and each that is drawn changes what the model answers."""
    task = load_spec(architecture, model_class=cls).task
    model = tiny_model(Head("transformers", architecture, task, cls, ()))
    spec = load_spec(model, task=task)
    built = spec.build("model")
    assert inputs <= set(built)
    with torch.no_grad():
        before = model(**built)[0]
        for name in {"decoder_input_ids", "input_shape_ids", "input_pronunciation_ids", "entity_ids"} & inputs:
            other = spec.build("model", seed=1)[name]
            assert not torch.equal(model(**{**built, name: other})[0], before)


def test_by_name_a_classifier_keeps_the_graph_that_exporters_know() -> None:
    assert "decoder_input_ids" not in load_spec("bart", task="text-classification").inputs()
