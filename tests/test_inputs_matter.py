"""For each family: every input that is drawn changes what the real model answers, and inputs that belong together agree
(as many placeholder tokens as features, masks as long as what they mask, ids inside the vocabulary, boxes in order)."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.models
torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from shapespec import load_spec  # noqa: E402  # after the guard: without torch these tests are skipped
from shapespec.checking.heads import Head, live_spec, tiny_model  # noqa: E402
from shapespec.checking.matters import fault_of, findings  # noqa: E402
from shapespec.checking.proofs import input_proofs  # noqa: E402
from shapespec.checking.signatures import unnamed  # noqa: E402
from shapespec.checking.trial import Trial  # noqa: E402

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
    model = tiny_model(Head("transformers", name, task, cls, ()))
    spec = load_spec(model)
    found = findings(Trial(spec.plan("model"), model, spec.build("model", flat=True)))
    assert [fault for finding in found if (fault := fault_of(finding))] == []
    assert unnamed(spec.plan("model"), model) == []


def proven(text: str, folder: Path) -> dict[str, str | None]:
    """What `signature` and `matters` say of a class whose file has this laid over it."""
    (folder / "bert.yaml").write_text(f"architecture: bert\n{text}")
    head = Head("transformers", "bert", "fill-mask", "BertForMaskedLM", (folder / "bert.yaml",))
    model = tiny_model(head)
    spec = live_spec(head, model)
    return {result.proof: result.reason for result in input_proofs(head, spec, spec.plan("model"), model)}


def test_an_argument_that_nothing_names_is_told(tmp_path: Path) -> None:
    found = proven("components: {model: {inputs: {wanted_ids: {like: input_ids}}}}\n", tmp_path)
    assert found["signature"] == "no function on the way takes `wanted_ids`"
    assert "`wanted_ids` changes nothing: drawn anew, the answer is the same" in (found["matters"] or "")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("inputs: {token_type_ids: {inert: It is told.}}", "`token_type_ids` is said to be inert (It is told.)"),
        (
            "components: {model: {inputs: {wanted_ids: {like: input_ids, inert: Nobody looks at it.}}}}",
            None,
        ),
    ],
)
def test_inert_is_believed_of_what_changes_nothing_alone(tmp_path: Path, text: str, fault: str | None) -> None:
    reason = proven(f"{text}\n", tmp_path)["matters"]
    assert reason is None if fault is None else fault in (reason or "")


def test_what_is_like_an_inert_input_is_not_inert(tmp_path: Path) -> None:
    text = "inputs: {a_ids: {like: input_ids, inert: Told.}}\ncomponents: {model: {inputs: {b_ids: {like: a_ids}}}}\n"
    (tmp_path / "bert.yaml").write_text(f"architecture: bert\n{text}")
    assert load_spec("bert", paths=[tmp_path]).inputs()["b_ids"].inert is None


def test_weights_let_everything_through_and_are_the_same_each_time() -> None:
    one, other = (
        tiny_model(Head("transformers", "llava", "image-text-to-text", "LlavaForConditionalGeneration", ()))
        for _ in range(2)
    )
    pairs = list(zip(one.named_parameters(), other.named_parameters(), strict=True))
    assert all(torch.equal(a, b) for (_, a), (_, b) in pairs)
    linear = [m.weight for m in one.modules() if isinstance(m, torch.nn.Linear)]
    assert all(float(w.detach().square().mean().sqrt()) == pytest.approx(w.shape[-1] ** -0.5, rel=1e-3) for w in linear)


def test_weights_that_are_shut_are_woken() -> None:
    from shapespec.libraries.waking import wake

    class Shut(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer_scale = torch.nn.Parameter(torch.full((4,), 1e-6))
            self.gate = torch.nn.Parameter(torch.zeros(1))
            self.norm = torch.nn.LayerNorm(4)
            self.experts = torch.nn.Parameter(torch.full((2, 4, 4), float("nan")))
            self.project = torch.nn.Linear(4, 8)
            torch.nn.init.zeros_(self.project.weight)

    model = Shut()
    wake(model)
    assert float(model.layer_scale.detach().min()) >= 0.5 and float(model.gate.detach()) >= 0.5
    assert bool((model.norm.weight == 1).all())
    assert bool(model.experts.isfinite().all()) and float(model.experts.detach().square().mean().sqrt()) > 0.4
    assert float(model.project.weight.detach().square().mean().sqrt()) == pytest.approx(0.5)


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
