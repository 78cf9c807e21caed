"""What structures become for a model: caches of Transformers, and objects of its classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from shapespec import MissingPackageError, UnknownNameError, load_spec
from shapespec.libraries import transformers_containers
from shapespec.libraries.transformers_containers import LAYERS_OF_MODELS

HEAD = """
architecture: toy
heads: {text-generation: ToyModel}
config: {size: 4}
inputs:
"""


@pytest.fixture
def built(tmp_path: Path) -> Any:
    def build(inputs: str) -> Any:
        names = ", ".join(
            f"{line.split(':')[0].strip()}: {{}}" for line in inputs.splitlines() if line[:3].strip() and line[2] != " "
        )
        (tmp_path / "toy.yaml").write_text(f"{HEAD}{inputs}\ncomponents: {{model: {{inputs: {{{names}}}}}}}\n")
        return load_spec("toy", paths=[tmp_path]).build("model")

    return build


LAYERS = """
  cache:
    container: dynamic_cache
    repeat: 3
    options:
      layer_type: '["hybrid_sliding", "indexed_attention", "dummy"][layer]'
      sliding_window: 4 if layer == 0 else None
      number_of_states: 2 if layer == 0 else None
      seen: 9
    fields:
      key: {when: layer < 2, shape: [2, 1, 3, 8]}
      value: {when: layer < 2, shape: [2, 1, 3, 6]}
      indexer_key: {when: layer == 1, shape: [2, 3, 5]}
      indexer_position_ids: {when: layer == 1, shape: [3, 2, 3], dtype: int64, values: {arange: -1}}
      conv: {when: layer == 0, shape: [2, 7, 4]}
      conv_1: {when: layer == 0, shape: [2, 2], dtype: int64, values: {constant: 1}}
      recurrent: {when: layer == 0, shape: [2, 2, 3, 3]}
"""


def test_a_cache_of_layers_of_different_kinds(built: Any) -> None:
    first, second, third = built(LAYERS)["cache"].layers
    assert type(first).__name__ == "LinearAttentionAndSlidingWindowAttentionLayer"
    assert list(first.values.shape) == [2, 1, 3, 6] and first.cumulative_length == 9
    assert list(first.conv_states[0].shape) == [2, 7, 4] and list(first.conv_states[1].shape) == [2, 2]
    assert list(first.recurrent_states[0].shape) == [2, 2, 3, 3] and first.recurrent_states[1] is None
    assert list(second.indexer_keys.shape) == [2, 3, 5] and list(second.indexer_position_ids.shape) == [3, 2, 3]
    assert type(third).__name__ == "DummyLayer"


def test_a_model_s_own_layer_takes_a_config_and_attributes(built: Any) -> None:
    cache = built("""
  cache:
    container: dynamic_cache
    repeat: 1
    options:
      layer_type: '"heavily_compressed_attention"'
      config.sliding_window: 4
      config.compress_rates.heavily_compressed_attention: 3
    fields:
      key: {shape: [2, 1, 3, 8]}
      buffer_kv: {fields: {compressor: {shape: [2, 1, 8]}}}
      entry_count: {fields: {compressor: {python: "2"}}}
""")["cache"]
    (layer,) = cache.layers
    assert layer.compress_rate == 3 and layer.sliding_window == 4
    assert list(layer.buffer_kv["compressor"].shape) == [2, 1, 8] and layer.entry_count == {"compressor": 2}


@pytest.mark.parametrize(
    ("kind", "field", "said"),
    [
        ("full_attention", "moods", "a `DynamicLayer` has no `moods`"),
        ("full_attention", "update", "a `DynamicLayer` has no `update`"),
        ("full_attention", "__class__", "a `DynamicLayer` has no `__class__`"),
        ("made_up", "key", "unknown kind of cache layer `made_up`"),
    ],
)
def test_what_a_layer_has_not_is_refused(built: Any, kind: str, field: str, said: str) -> None:
    with pytest.raises(UnknownNameError, match=said):
        built(f"""
  cache:
    container: dynamic_cache
    repeat: 1
    options: {{layer_type: '"{kind}"'}}
    fields: {{{field}: {{shape: [2, 1, 3, 8]}}}}
""")


def test_a_cache_with_states_beside_its_layers(built: Any) -> None:
    cache = built("""
  cache:
    container: minimax_cache
    fields:
      layers:
        container: list
        repeat: 2
        items:
          - {container: cache_layer, fields: {key: {shape: [2, 1, 3, 8]}}}
      linear_cache: {container: list, items: [{python: "[]"}, {shape: [2, 1, 8, 8]}]}
""")["cache"]
    assert type(cache).__name__ == "MiniMaxCache" and cache.get_seq_length() == 3
    assert cache.linear_cache[0] == [] and list(cache.linear_cache[1].shape) == [2, 1, 8, 8]


def test_an_object_that_this_transformers_has_not_is_told() -> None:
    with pytest.raises(MissingPackageError, match=r"as installed here, has no `NoSuchOutput`"):
        transformers_containers._named("transformers.modeling_outputs", "NoSuchOutput")


def test_every_module_s_kind_of_layer_is_there() -> None:
    from importlib import import_module

    from transformers import cache_utils

    for kind, module in LAYERS_OF_MODELS.items():
        import_module(module)
        assert kind in cache_utils.DYNAMIC_LAYER_TYPE_MAPPING


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{container: model_output, fields: {lasthidden_state: [2]}}", "unknown field of `model_output`"),
        ("{container: xlstm_cache, fields: {__class__: [2]}}", "unknown field of `xlstm_cache` `__class__`"),
        ("{container: esmfold2_atom_inputs, fields: {ref_pos: [2]}}", "a `esmfold2_atom_inputs` without `ref_charge`"),
        ("{container: dynamic_cache, items: [[2]]}", "a `dynamic_cache` holds layers"),
    ],
)
def test_fields_that_an_object_has_not_are_refused(built: Any, entry: str, said: str) -> None:
    with pytest.raises(UnknownNameError, match=said):
        built(f"\n  cache: {entry}\n")
