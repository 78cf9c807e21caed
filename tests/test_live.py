"""Live models are told by their looks: what each library's look like, without the libraries."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from shapespec import UnknownNameError, load_spec
from shapespec.libraries import live_model


class FrozenDict(dict):
    """What diffusers keeps a config in."""


class UNet2DConditionModel:
    """A model of diffusers, by its looks."""

    config = FrozenDict(in_channels=5, sample_size=8, block_out_channels=[8, 16], cross_attention_dim=24)

    def register_to_config(self) -> None: ...

    def forward(self) -> None: ...


class MyUNet(UNet2DConditionModel):
    """A user's own class, derived from it."""


class AutoencoderKL(UNet2DConditionModel):
    """A class that serves two architectures."""

    config = FrozenDict(latent_channels=7, up_block_types=["a", "b"], down_block_types=["a", "b"])


class ResNet:
    """A model of timm."""

    pretrained_cfg = {"input_size": (3, 96, 128), "fixed_input_size": True}
    num_classes = 7

    def forward(self) -> None: ...


class SentenceTransformer:
    """A pipeline of sentence-transformers."""

    def modules(self):
        return [self, SimpleNamespace(config=SimpleNamespace(model_type="bert"))]

    def forward(self) -> None: ...


def test_a_diffusers_model_by_its_class():
    for model in (UNet2DConditionModel(), MyUNet()):
        spec = load_spec(model)
        assert (spec.architecture, spec.library) == ("unet-2d-condition", "diffusers")
        assert spec.model_class == "UNet2DConditionModel"
        assert spec.inputs()["sample"].shape == (2, 5, 8, 8)


def test_a_class_of_two_architectures_is_asked_for_by_name():
    model = AutoencoderKL()
    with pytest.raises(UnknownNameError, match=r"(?s)serves several.*config=model.*vae_decoder, vae_encoder"):
        load_spec(model)
    assert load_spec("vae-decoder", config=model).inputs()["latent_sample"].shape == (2, 7, 64, 64)
    assert load_spec("vae-encoder", config=model).library == "diffusers"


def test_a_class_of_no_architecture_is_told():
    class Unheard(UNet2DConditionModel):
        pass

    assert load_spec(Unheard()).architecture == "unet-2d-condition"
    stranger = type("Stranger", (), {k: v for k, v in UNet2DConditionModel.__dict__.items() if k != "__dict__"})
    with pytest.raises(UnknownNameError, match="is named by no architecture"):
        load_spec(stranger())


def test_a_timm_model_by_its_pretrained_cfg():
    spec = load_spec(ResNet())
    assert spec.inputs()["pixel_values"].shape == (2, 3, 96, 128)
    assert spec.outputs()["logits"].shape == (2, 7)
    assert spec.plan().arguments[0][0] == "x"


def test_a_pipeline_by_the_model_inside():
    found = live_model(SentenceTransformer())
    assert found is not None
    assert (found.library, found.name) == ("sentence_transformers", "transformer")


@pytest.mark.parametrize("value", ["bert", {"model_type": "bert"}, ResNet, 3, None, SimpleNamespace(forward=print)])
def test_what_is_no_model(value):
    assert live_model(value) is None
