"""What `check` compares: tensors, and lists and mappings of them; and items that repeat."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shapespec import Spec, UnknownNameError, load_spec
from shapespec.checking.outputs import fault_in, shown_as, undeclared, undeclared_fault
from shapespec.plan import TensorSpec
from shapespec.validating.validate import validate

REPEATED = """architecture: toy
config: {out_features: [stage1, stage2], hidden_sizes: [4, 6]}
dims: {batch_size: 2, height: 8}
components:
  model:
    inputs:
      maps: {repeat: len(config.out_features), container: list, items: [[batch_size, "config.hidden_sizes[layer]"]]}
    outputs:
      feature_maps:
        repeat: len(config.out_features)
        index: stage
        items: [[batch_size, "config.hidden_sizes[stage]", unknown]]
      parts: {fields: {scale: [batch_size]}}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    (tmp_path / "toy.yaml").write_text(REPEATED)
    return load_spec("toy", paths=[tmp_path])


def test_items_repeat_in_one_list(spec: Spec) -> None:
    assert {name: tensor.shape for name, tensor in spec.inputs().items()} == {"maps.0": (2, 4), "maps.1": (2, 6)}
    built = spec.build(framework="numpy")["maps"]
    assert isinstance(built, list) and [part.shape for part in built] == [(2, 4), (2, 6)]


def maps(*shapes: tuple[int, ...], **parts: Any) -> dict[str, Any]:
    return {"feature_maps": tuple(np.zeros(shape) for shape in shapes), "parts": {"scale": np.zeros(2)}, **parts}


@pytest.mark.parametrize(
    ("returned", "fault"),
    [
        (maps((2, 4, 3), (2, 6, 1)), None),
        (maps((2, 4, 3)), "`feature_maps` has 1 parts, declared are 2"),
        (maps((2, 4, 3), (2, 5, 3)), "`feature_maps.1` has shape [2, 5, 3]"),
        (maps((2, 4, 3), (2, 6)), "`feature_maps.1` has shape [2, 6]"),
        (maps((2, 4, 3), (2, 6, 1), parts={"scales": 1}), "`parts` has no `scale`, it has scales"),
        (maps((2, 4, 3), (2, 6, 1), parts={"scale": 1}), "`parts.scale` is a int, not a tensor"),
    ],
)
def test_lists_and_mappings_are_compared(spec: Spec, returned: dict[str, Any], fault: str | None) -> None:
    found = fault_in(spec.plan(), returned)
    assert found is None if fault is None else found is not None and fault in found


def test_what_comes_back_undeclared_is_found(spec: Spec) -> None:
    returned = maps((2, 4, 3), (2, 6, 1), more=np.zeros((2, 5)), none=None)
    more = undeclared(spec.plan(), returned)
    assert [*more] == ["more"]
    assert undeclared_fault(more) == (
        "the class returns `more` [2, 5], which the spec does not declare; declare it under `outputs` or `also_returns`"
    )
    assert undeclared_fault({"a": (1, 2), "b": 3}) == (
        "the class returns `a` (2 parts), `b` (int), which the spec does not declare; declare them under `outputs` or "
        "`also_returns`"
    )
    assert undeclared_fault({}) is None


def test_a_cache_that_goes_in_somewhere_is_declared_there(spec: Spec) -> None:
    returned = maps((2, 4, 3), (2, 6, 1), memory=object())
    assert [*undeclared(spec.plan(), returned)] == ["memory"]
    assert undeclared(spec.plan(), returned, caches={"memory"}) == {}


def test_a_tuple_longer_than_what_is_declared_is_found(spec: Spec) -> None:
    returned = (*maps((2, 4, 3), (2, 6, 1)).values(), np.zeros(3), None)
    assert {key: shown_as(value) for key, value in undeclared(spec.plan(), returned).items()} == {"[2]": "[3]"}


@pytest.mark.models
def test_what_outputs_declare_is_not_returned_besides(tmp_path: Path) -> None:
    from transformers import BertConfig, BertModel

    (tmp_path / "bert.yaml").write_text(
        "architecture: bert\nalso_returns: {last_hidden_state: [batch_size, 9], pooled: [batch_size, 7]}\n"
    )
    model = BertModel(BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8))
    live = load_spec(model, paths=[tmp_path])
    assert [key for key, _ in live.plan().also_returns] == ["pooler_output", "pooled"]


def test_also_returns_is_compared_and_stays_out_of_graphs(tmp_path: Path) -> None:
    text = REPEATED + "also_returns: {pooled: [batch_size, 7]}\n"
    (tmp_path / "toy.yaml").write_text(text)
    by_name = load_spec("toy", paths=[tmp_path])
    assert not by_name.plan().also_returns and "pooled" not in by_name.outputs()
    tensor = TensorSpec("pooled", "pooled", (2, 7), "float", (None, None), (False, False), ("batch_size", "7"))
    plan = replace(by_name.plan(), also_returns=(("pooled", tensor),))
    assert "the output has no `pooled`" in (fault_in(plan, maps((2, 4, 3), (2, 6, 1))) or "")
    assert "`pooled` has shape [2, 8]" in (fault_in(plan, maps((2, 4, 3), (2, 6, 1), pooled=np.zeros((2, 8)))) or "")
    right = maps((2, 4, 3), (2, 6, 1), pooled=np.zeros((2, 7)))
    assert fault_in(plan, right) is None and undeclared(plan, right) == {}


def test_a_type_without_a_class_is_told_and_one_that_others_serve_leads_there(tmp_path: Path) -> None:
    (tmp_path / "alone.yaml").write_text("architecture: alone\nabout: A part of another model.\n")
    with pytest.raises(UnknownNameError, match="alone has no class of its own") as caught:
        load_spec("alone", paths=[tmp_path])
    assert "A part of another model." in str(caught.value)
    assert not [found for found in validate([tmp_path / "alone.yaml"]) if "schema" not in found.message]
    (tmp_path / "toy.yaml").write_text(REPEATED)
    (tmp_path / "alias.yaml").write_text("architecture: alias\nserved_by: {ToyModel: toy}\n")
    assert load_spec("alias", paths=[tmp_path]).architecture == "toy"
