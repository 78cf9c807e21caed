"""The deliberate differences of differences.yaml are real."""

from __future__ import annotations

import numpy as np
import pytest

from shapespec import SizeError, load_spec


def _built(name: str, component: str | None = None, **options):
    choices = {key: options.pop(key) for key in ("dtype", "int_dtype", "seed") if key in options}
    return load_spec(name, **options).build(component, framework="numpy", flat=True, **choices)


def test_stable_diffusion_xl_has_two_names():
    config = {"addition_embed_type": "text_time", "text_encoder_projection_dim": 1280}
    spec = load_spec("unet-2d-condition", library="diffusers", config=config)
    assert list(spec.inputs())[-2:] == ["text_embeds", "time_ids"]


def test_perceiver_takes_the_image_of_its_config():
    spec = load_spec("perceiver", task="image-classification", config={"image_size": 56})
    assert spec.inputs()["pixel_values"].shape == (2, 3, 56, 56)


def test_boxes_are_ordered():
    box = _built("layoutlm")["bbox"]
    assert (box[..., 0] <= box[..., 2]).all()
    assert (box[..., 1] <= box[..., 3]).all()
    assert box.max() > 0


def test_masks_differ_by_row():
    mask = _built("bert", batch_size=4)["attention_mask"]
    assert len(set(mask.sum(axis=1))) > 1
    assert mask.sum(axis=1).min() > 0
    assert _built("bert", sequence_length=1)["attention_mask"].all()


def test_the_past_is_never_masked():
    built = _built("llama", "model_with_past", batch_size=4, past_sequence_length=7)
    mask = built["attention_mask"]
    assert mask[:, :7].all()
    assert (np.diff(mask, axis=1) <= 0).all()


def test_the_callers_height_and_width_win_or_are_refused():
    spec = load_spec("convnext", config={"image_size": 224}, height=96, width=128)
    assert spec.inputs()["pixel_values"].shape == (2, 3, 96, 128)
    with pytest.raises(SizeError, match="derived from"):
        load_spec("vit", height=96)


def test_dtypes_follow_the_request():
    built = _built("llama", "model_with_past", int_dtype="int32")
    assert {built[name].dtype for name in ("input_ids", "attention_mask", "position_ids")} == {np.dtype("int32")}
    built = _built("sam", "prompt_encoder_mask_decoder", dtype="float16")
    assert built["image_embeddings"].dtype == np.float16


def test_every_pixel_counts():
    assert _built("bridgetower")["pixel_mask"].all()


def test_points_have_both_labels():
    assert set(np.unique(_built("sam", "model", point_batch_size=8)["input_labels"])) == {0, 1}


def test_patches_stand_in_different_places():
    ids = _built("flux-transformer-2d", library="diffusers", height=8, width=6)["img_ids"]
    assert ids.shape == (12, 3)
    assert len({tuple(row) for row in ids.tolist()}) == 12


def test_decoders_read_the_whole_vocabulary():
    assert _built("bart", "decoder")["input_ids"].max() > 1


def test_positions_count_on():
    built = _built("llama", "model_with_past", past_sequence_length=7)
    assert (built["position_ids"] == 7 + np.arange(16)).all()


@pytest.mark.models
def test_a_live_model_takes_more():
    transformers = pytest.importorskip("transformers")
    config = transformers.BartConfig(
        vocab_size=99, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16,
    )  # fmt: skip
    model = transformers.BartModel(config)
    assert "decoder_attention_mask" in load_spec(model).inputs("model")
    assert "decoder_attention_mask" not in load_spec("bart", task="feature-extraction").inputs("model")
