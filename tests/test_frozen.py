"""What a partial config says by name, against the class's config of it: a sample of the types, and the bare names."""

from __future__ import annotations

import pytest

from shapespec import load_spec

pytest.importorskip("transformers")

from tests.frozen import config_of, difference, differences, types

pytestmark = pytest.mark.models

#: Types whose bare name differs from the class's default config, with the reason.
BARE = {
    "chameleon": "The default has no vocabulary_map, and so no token for images: the class can't take one.",
    "emu3": "The default has no vocabulary_map, and so no token for images: the class can't take one.",
    "esm": "The default has neither a size of its vocabulary nor a padding token: the class can't be made of it.",
    "gemma4": "The default has neither tower; by name both are there, as in every published model.",
    "gemma4_unified": "The default has neither tower; by name both are there, as in every published model.",
    "granite4_vision": "The default has no downsample_rate, which the class needs.",
}

#: Types with a difference that is not mended yet: what it is.
OPEN = {
    "mobilebert": "By name a width is taken that the class's requirement refuses with the default bottleneck.",
    "pi0": "A text config that is told in part is in the class Gemma's for the rest, whose heads its DiT does not fit.",
    "ultravbert": "Its vocabulary's own ids are avoided by name where the class has none.",
}

#: Every so many types are looked at; `python -m tests.frozen` looks at all.
STEP = 25


def _sample() -> list[object]:
    def marks(name: str) -> list[pytest.MarkDecorator]:
        return [pytest.mark.xfail(reason=OPEN[name], strict=True)] if name in OPEN else []

    return [pytest.param(name, marks=marks(name)) for name in types()[::STEP]]


@pytest.mark.parametrize("name", _sample())
def test_nothing_is_frozen_that_the_class_derives(name: str) -> None:
    if name not in BARE:
        assert [str(one) for one in differences(name)] == []


@pytest.mark.parametrize("name", sorted(BARE))
def test_bare_names_that_differ_still_do(name: str) -> None:
    """One that no longer does is taken off the list."""
    assert difference(name, {}, config_of(name, {})) is not None


FOLLOW = [
    ("arcee", {"num_attention_heads": 64}, (64, 40)),
    ("arcee", {"hidden_size": 5120}, (32, 160)),
    ("cohere2", {"num_attention_heads": 128}, (128, 64)),
    ("deepseek_vl", {"text_config": {"num_attention_heads": 64}}, (64, 64)),
    ("llava", {"text_config": {"num_attention_heads": 64}}, (64, 64)),
    ("gemma4_text", {"global_head_dim": 128}, (4, 256)),
]


@pytest.mark.parametrize(("name", "config", "shape"), FOLLOW)
def test_heads_follow_heads(name: str, config: dict[str, object], shape: tuple[int, int]) -> None:
    cache = load_spec(name, library="transformers", config=config).inputs("model_with_past")
    key = cache["past_key_values.0.key"].shape
    assert (key[1], key[3]) == shape
    assert difference(name, config, config_of(name, config)) is None
