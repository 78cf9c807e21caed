"""What is called static is tried at other values: `check` tells of what the class does not refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shapespec import SizeError, load_spec


@pytest.mark.parametrize(("least", "dynamic"), [("4 * 2", False), ("4", True)])
def test_bounds_that_leave_one_value_make_a_size_static(least: str, dynamic: bool, tmp_path: Path) -> None:
    file = tmp_path / "bert.yaml"
    file.write_text(f"architecture: bert\ndims: {{sequence_length: {{min: {least}, max: 8, value: 8}}}}\n")
    spec = load_spec("bert", paths=[file])
    assert spec.sizes["sequence_length"].dynamic is dynamic
    assert "sequence_length" in spec.dynamic_axes()["input_ids"].values()  # graphs name it all the same
    assert any("sequence_length" in sizes for sizes in spec.other_sizes(2)) is dynamic


def told(folder: Path, name: str, text: str, cls: str) -> list[tuple[str | None, dict[str, int], str | None]]:
    from shapespec.checking import check_architecture

    file = folder / f"{name}.yaml"
    file.write_text(f"architecture: {name}\n{text}")
    found = check_architecture(name, model_class=cls, paths=[file])
    return [(result.component, result.sizes, result.reason) for result in found if result.proof == "static"]


@pytest.mark.models
def test_static_sizes_are_tried_on_the_class(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    assert told(tmp_path, "vit", "", "ViTModel") == [("model", {"num_channels": 3, "height": 32, "width": 32}, None)]
    assert told(tmp_path, "bert", "", "BertModel") == []
    ((_, _, reason),) = told(tmp_path, "bert", "dims: {sequence_length: {dynamic: false}}\n", "BertModel")
    assert reason == "sequence_length (16) is called static, but the class runs at 32"
    ((_, _, reason),) = told(tmp_path, "bert", "dims: {batch_size: {value: null, equals: 2}}\n", "BertModel")
    assert reason == "batch_size (2) is called static, but the class runs at 4"


@pytest.mark.models
def test_what_wants_a_square_is_tried_as_one(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from shapespec.checking.static import claims

    spec = load_spec("vit", config={"image_size": 32, "patch_size": 8})

    class Square:
        def forward(self, pixel_values: Any) -> Any:
            assert pixel_values.shape[-1] == pixel_values.shape[-2]
            assert pixel_values.shape[1] == 3
            return pixel_values

        __call__ = forward

    faults = [claim.fault for claim in claims(spec, lambda *_: Square(), lambda _: False) if claim.fault]
    assert faults == ["height (32) and width (32) are called static, but the class runs at 64 and 64"]

    class First(Square):
        def __call__(self, pixel_values: Any) -> Any:
            assert min(pixel_values.shape[2:]) >= 32
            return pixel_values[:, :3, :32, :32]  # what is more is not looked at: that is no other size

    assert not [claim.fault for claim in claims(spec, lambda *_: First(), lambda _: False) if claim.fault]


@pytest.mark.models
def test_one_patch_that_is_laid_over_all_positions_is_no_smaller_image() -> None:
    torch = pytest.importorskip("torch")
    from shapespec.checking.static import claims

    positions = torch.randn(1, 1, 2, 2, generator=torch.Generator().manual_seed(0))

    class Table:
        def __call__(self, pixel_values: Any) -> Any:
            return torch.nn.functional.avg_pool2d(pixel_values, 2)[:, :1] + positions  # half an image is one patch

    class Any_:
        def __call__(self, pixel_values: Any) -> Any:
            assert pixel_values.shape[1] == 3 and max(pixel_values.shape[2:]) <= 4
            return torch.nn.functional.avg_pool2d(pixel_values, 2).cumsum(1)

    spec = load_spec("vit", config={"image_size": 4, "patch_size": 2})
    assert [claim.fault for claim in claims(spec, lambda *_: Table(), lambda _: False) if claim.fault] == []
    faults = [claim.fault for claim in claims(spec, lambda *_: Any_(), lambda _: False) if claim.fault]
    assert faults == [f"{side} (4) is called static, but the class runs at 2" for side in ("height", "width")]


@pytest.mark.models
def test_one_token_at_a_time_is_true_where_two_give_another_answer(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    assert told(tmp_path, "mamba", "", "MambaModel") == [("model_with_past", {"sequence_length": 1}, None)]
    text = "components: {model_with_past: {dims: {sequence_length: {value: null, equals: 1}}}}\n"
    ((_, _, reason),) = told(tmp_path, "llama", text, "LlamaModel")
    assert reason == "sequence_length (1) is called static, but the class runs at 2"


@pytest.mark.models
def test_the_flag_that_stretches_positions_frees_the_image() -> None:
    transformers = pytest.importorskip("transformers")
    parts = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
    model = transformers.ViTModel(transformers.ViTConfig(**parts, image_size=32, patch_size=8))
    plain = load_spec(model)
    assert not plain.sizes["height"].dynamic
    with pytest.raises(SizeError, match="64 is above its most, 32"):
        load_spec(model, height=64)
    for include in (["interpolate_pos_encoding"], "all"):
        spec = load_spec(model, include=include, height=64, width=48)
        assert spec.sizes["height"].dynamic
        inputs = spec.build()
        assert inputs["interpolate_pos_encoding"] is True
        assert list(model(**inputs).last_hidden_state.shape) == [2, 1 + 8 * 6, 32]
    with pytest.raises(ValueError, match="doesn't match model"):
        model(**{**inputs, "interpolate_pos_encoding": False})
    assert load_spec("vit", include=["interpolate_pos_encoding"]).dims["height"] == 224


@pytest.mark.models
def test_a_table_that_is_cut_bounds_the_patches() -> None:
    transformers = pytest.importorskip("transformers")
    parts = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
    model = transformers.BlipVisionModel(transformers.BlipVisionConfig(**parts, image_size=32, patch_size=8))
    spec = load_spec(model, height=64)
    assert spec.dims["width"] == 16  # sixteen positions in all
    assert list(model(**spec.build()).last_hidden_state.shape) == [2, 1 + 16, 32]
    with pytest.raises(SizeError, match="24 is above its most, 16"):
        load_spec(model, height=64, width=24)
    assert load_spec(model, include=["interpolate_pos_encoding"], height=64, width=24).dims["width"] == 24
