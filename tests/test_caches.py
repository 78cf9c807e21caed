"""The cache's proof: what it starts from."""

from __future__ import annotations

import pytest

from shapespec.libraries import empty_like
from shapespec.libraries.transformers_containers import as_encoder_decoder_cache
from shapespec.plan import Structure


def test_an_empty_cache_for_classes_that_make_none() -> None:
    transformers = pytest.importorskip("transformers")

    class Model:
        config = transformers.LlamaConfig(num_hidden_layers=2)

    empty = empty_like(transformers.DynamicCache(config=Model.config), Model())
    assert isinstance(empty, transformers.DynamicCache) and empty.get_seq_length() == 0
    assert empty_like((), Model()) is None
    pair = transformers.EncoderDecoderCache(
        transformers.DynamicCache(config=Model.config), transformers.DynamicCache(config=Model.config)
    )
    assert isinstance(empty_like(pair, Model()), transformers.EncoderDecoderCache)


def test_an_encoder_decoder_cache_may_say_nothing_of_its_encoder() -> None:
    pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    layer = Structure(container="dict", keys=("decoder",), parts=())
    states = {"key": torch.zeros(1, 2, 3, 4), "value": torch.zeros(1, 2, 3, 4)}
    cache = as_encoder_decoder_cache(
        Structure(container="encoder_decoder_cache", keys=None, parts=(layer,)), [{"decoder": states}]
    )
    assert cache.get_seq_length() == 3
    assert cache.cross_attention_cache.get_seq_length() == 0
