"""Images and videos of different sizes and counts in one batch: rows, grids and placeholders agree at every size."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.models
torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from shapespec import load_spec  # noqa: E402  # after the guard: without torch these tests are skipped
from shapespec.checking.heads import Head, tiny_model  # noqa: E402


def runs_of(ids: Any, token: int) -> list[int]:
    """The lengths of a row's runs of one token."""
    found, before = [], None
    for i in ids.tolist():
        if i == token:
            found = [*found[:-1], found[-1] + 1] if before == token else [*found, 1]
        before = i
    return found


@pytest.mark.parametrize(
    ("architecture", "frames_apart"), [("qwen2_5_vl", False), ("qwen3_vl", True), ("ernie4_5_vl_moe", False)]
)
@pytest.mark.parametrize("padding", ["right", "left"])
@pytest.mark.parametrize("sizes", [{}, {"batch_size": 3, "num_images": 2, "num_videos": 2, "grid_frames": 4}])
def test_grids_rows_and_tokens_agree(
    architecture: str, frames_apart: bool, padding: str, sizes: dict[str, int]
) -> None:
    task = "image-text-to-text"
    cls = str(load_spec(architecture, task=task).model_class)
    model = tiny_model(Head("transformers", architecture, task, cls, ()))
    spec = load_spec(model, include=["videos"], padding=padding, **sizes)
    built = spec.build("model")
    config = model.config
    merged = config.vision_config.spatial_merge_size**2
    joined = getattr(config.vision_config, "temporal_merge_size", 1)
    images, videos = built["image_grid_thw"], built["video_grid_thw"]
    assert built["pixel_values"].shape[0] == images.prod(-1).sum()
    assert built["pixel_values_videos"].shape[0] == videos.prod(-1).sum()
    assert len({tuple(grid) for grid in images.tolist()}) > 1 and len({tuple(grid) for grid in videos.tolist()}) > 1
    image_runs = [run for row in built["input_ids"] for run in runs_of(row, config.image_token_id)]
    assert image_runs == [int(grid.prod()) // merged for grid in images]
    video_runs = [run for row in built["input_ids"] for run in runs_of(row, config.video_token_id)]
    each = [
        [int(h * w) // merged] * int(t) if frames_apart else [int(t * h * w) // merged // joined] for t, h, w in videos
    ]
    assert video_runs == [run for video in each for run in video]
    kept = built["attention_mask"].bool()
    media = (built["input_ids"] == config.image_token_id) | (built["input_ids"] == config.video_token_id)
    assert not (media & ~kept).any()
    with torch.no_grad():
        model(**built)


@pytest.mark.parametrize("padding", ["right", "left"])
def test_positions_after_images_are_the_models_own(padding: str) -> None:
    """What goes on from a cache counts from where the model's own positions end, in each row."""
    model = tiny_model(Head("transformers", "qwen2_vl", "image-text-to-text", "Qwen2VLForConditionalGeneration", ()))
    spec = load_spec(model, batch_size=3, num_images=2, padding=padding)
    first, later = spec.build("model"), spec.build("model_with_past")
    _, deltas = model.model.get_rope_index(
        first["input_ids"], first["mm_token_type_ids"], first["image_grid_thw"], attention_mask=None
    )
    past = spec.dims["past_sequence_length"]
    mask = later["attention_mask"]
    in_front = (mask == 0).sum(-1) if padding == "left" else torch.zeros(3, dtype=torch.int64)
    expected = past + deltas.reshape(-1, 1) + torch.arange(later["input_ids"].shape[1]) - in_front.reshape(-1, 1)
    assert later["position_ids"].tolist() == expected.expand(3, -1, -1).tolist()


def test_by_name_images_are_of_one_size() -> None:
    grids = load_spec("qwen2_vl", batch_size=3).build(framework="numpy")["image_grid_thw"]
    assert (grids == grids[0]).all()


#: Sounds as spectrograms, with the name of their mask.
HEARING = [
    ("qwen2_audio", "Qwen2AudioForConditionalGeneration", "feature_attention_mask"),
    ("audioflamingo3", "AudioFlamingo3ForConditionalGeneration", "input_features_mask"),
    ("glmasr", "GlmAsrForConditionalGeneration", "input_features_mask"),
    ("qwen3_asr", "Qwen3ASRForConditionalGeneration", "input_features_mask"),
    ("qwen2_5_omni_thinker", "Qwen2_5OmniThinkerForConditionalGeneration", "feature_attention_mask"),
]


@pytest.mark.parametrize(("architecture", "cls", "mask"), HEARING, ids=[name for name, _, _ in HEARING])
@pytest.mark.parametrize("padding", ["right", "left"])
def test_shorter_sounds_have_fewer_tokens(architecture: str, cls: str, mask: str, padding: str) -> None:
    """The class itself counts: a token too many or too few is its own error. Sounds are padded on the right, whatever
    the side of the text's padding."""
    task = load_spec(architecture, model_class=cls).task
    model = tiny_model(Head("transformers", architecture, task, cls, ()))
    built = load_spec(model, batch_size=3, padding=padding).build("model")
    frames = built[mask].sum(-1)
    assert len(set(frames.tolist())) > 1 and built[mask][:, 0].all()
    tokens = (built["input_ids"] == model.config.audio_token_id).sum(-1)
    assert (tokens.argsort() == frames.argsort()).all() and tokens.min() < tokens.max()
    with torch.no_grad():
        model(**built)
