"""The cache's proof: what it starts from."""

from __future__ import annotations

import pytest

from shapespec.checking.caches import empty_like


def test_an_empty_cache_for_classes_that_make_none() -> None:
    transformers = pytest.importorskip("transformers")

    class Model:
        config = transformers.LlamaConfig(num_hidden_layers=2)

    empty = empty_like(transformers.DynamicCache(config=Model.config), Model())
    assert isinstance(empty, transformers.DynamicCache) and empty.get_seq_length() == 0
    assert empty_like((), Model()) is None
