"""A contract at some sizes is what loading the spec at these sizes gives, with neither files nor config at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapespec import ConfigError, GrammarError, SizeError, Spec, UnknownNameError, load_spec
from shapespec.contracts.instantiate import instantiate
from shapespec.contracts.model import Repeated, Tensor
from shapespec.expressions import Open
from shapespec.resolving.components import open_names

TOY = """architecture: toy
config: {heads: 4, width: 8, layers: 2}
dims:
  n: {value: 3, max: 1000}
  m: {equals: 2 * n + config.heads, why: Two for each.}
  turns: {value: 2, min: 0, max: 40}
  wide: {value: 16, multiple_of: config.width}
let:
  double: 2 * n
  long: n * 1000 + n * 1001 + n * 1002 + n * 1003 + n * 1004 + n * 1005 + n * 1006 + n * 1007 + n * 1008 + n * 1009
requires:
  fits: {that: n <= wide * 60, why: It must fit.}
components:
  model:
    inputs:
      x: [n, m, wide, double]
      ids: {shape: [n, 2 * wide], dtype: int, values: {integers: [0, n + 1], avoid: [n]}}
      cache:
        repeat: turns
        container: list
        index: turn
        fields: {key: [n, turn + 1], value: {shape: [n], when: turn > 0}}
      rank: {shape: "[n, m] if turns > 1 else [n]"}
      few: {shape: [n], when: turns < 3}
      places: {shape: [n, 4], dtype: int, values: {formula: "index(1) * n + long * 0"}}
      total: [long + 1, long]
    outputs: {y: [n, unknown], z: {shape: [double], when: n > 3}}
  half:
    dims: {n: {equals: wide // 2}}
    inputs: {x: [n, wide]}
"""


@pytest.fixture
def toy(tmp_path: Path) -> Any:
    def load(text: str = TOY, **call: Any) -> Spec:
        (tmp_path / "toy.yaml").write_text(text)
        return load_spec("toy", paths=[tmp_path], **call)

    return load


@pytest.mark.parametrize(
    "sizes",
    [{}, {"n": 5}, {"turns": 0}, {"turns": 1}, {"turns": 3, "n": 900}, {"wide": 24, "n": 7}, {"n": 6, "m": 16}],
)
def test_a_contract_at_other_sizes_is_the_spec_at_those(toy: Any, sizes: dict[str, int]) -> None:
    found = instantiate(toy().contract, sizes)
    loaded = toy(**sizes)
    assert found.plans == loaded.plans and dict(found.sizes) == loaded.dims and found.dynamic == loaded.dynamic_sizes
    assert toy(n=9).contract == toy().contract and hash(toy(n=9).contract) == hash(toy().contract)


BUILT_IN = {
    name: load_spec(name).contract for name in ("bert", "t5", "whisper", "llama", "vit", "llava", "mamba", "detr")
}


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(BUILT_IN)), st.integers(1, 9), st.integers(1, 40))
def test_built_in_contracts_too(name: str, batch: int, length: int) -> None:
    contract = BUILT_IN[name]
    used = dict(instantiate(contract, {}).sizes)
    sizes = {key: value for key, value in (("batch_size", batch), ("sequence_length", length)) if key in used}

    def result(work: Any) -> Any:
        try:
            return work().plans
        except (SizeError, ConfigError, GrammarError) as error:
            return str(error)

    assert result(lambda: instantiate(contract, sizes)) == result(lambda: load_spec(name, **sizes))


def test_a_contract_is_a_target(toy: Any) -> None:
    spec = toy()
    again = load_spec(spec.contract, n=5)
    assert again.plans == toy(n=5).plans and again.provenance is None
    assert str(again.explain("n")).startswith("n = 5\n  set by 5: the call, over 3: ")
    with pytest.raises(SizeError, match="3 was given, but `m` is derived from"):
        load_spec(spec.contract, n=5, m=3)


def test_a_size_that_one_component_sets_for_itself(toy: Any) -> None:
    spec = toy()
    assert spec.inputs("model")["x"].shape[0] == 3 and spec.inputs("half")["x"].shape == (8, 16)
    (rule,) = spec.contract.components[1].sizes
    assert rule.name == "n" and rule.own
    assert instantiate(spec.contract, {"n": 5, "wide": 32}).plans[1].arguments[0][1].shape == (16, 32)
    assert dict(instantiate(spec.contract, {"n": 5}).sizes)["n"] == 5  # the one that holds elsewhere


def test_repetitions_whose_number_a_size_tells_stay_open(toy: Any) -> None:
    contract = toy().contract
    cache = dict(contract.components[0].inputs)["cache"]
    assert isinstance(cache, Repeated) and cache.repeat == Open("turns") and cache.index == "turn"
    names = [tensor.name for tensor in instantiate(contract, {"turns": 3}).plans[0].tensors()]
    assert [name for name in names if name.startswith("cache")] == [
        "cache.0.key", "cache.1.key", "cache.1.value", "cache.2.key", "cache.2.value",
    ]  # fmt: skip
    (plan, _) = instantiate(contract, {"turns": 3}).plans
    assert {t.name: t.shape for t in plan.tensors()}["cache.2.key"] == (3, 3)
    assert dict(instantiate(contract, {"turns": 0}).plans[0].arguments)["cache"].parts == ()


def test_too_many_repetitions_are_told(toy: Any) -> None:
    text = (
        "architecture: toy\ndims: {n: 2}\ncomponents:\n  model:\n    inputs:\n      c:\n        repeat: n\n"
        "        fields: {k: [1]}\n"
    )
    assert len(list(toy(text, n=3).inputs())) == 3
    with pytest.raises(SizeError, match=r"toy\.yaml:7:17: `repeat` of input `c` is 5000"):
        toy(text, n=5000)


def test_items_of_an_open_repetition_are_numbered_through(toy: Any) -> None:
    text = "architecture: toy\ndims: {n: 2}\ncomponents: {model: {inputs: {c: {repeat: n, items: [[n], [layer]]}}}}\n"
    assert list(toy(text).inputs()) == ["c.0", "c.1", "c.2", "c.3"]
    assert toy(text, n=3).inputs()["c.5"].shape == (2,)


def test_a_rank_that_a_size_decides(toy: Any) -> None:
    contract = toy().contract
    rank = dict(contract.components[0].inputs)["rank"]
    assert isinstance(rank, Tensor) and len(rank.ranks) == 1 and len(rank.axes) == 1
    shapes = [
        {t.name: t.shape for t in instantiate(contract, {"turns": turns}).plans[0].tensors()}["rank"]
        for turns in (1, 2)
    ]
    assert shapes == [(3,), (3, 10)]


def test_conditions_that_sizes_decide(toy: Any) -> None:
    contract = toy().contract
    (plan, _) = instantiate(contract, {"turns": 3, "n": 4}).plans
    assert "few" not in dict(plan.arguments) and list(dict(plan.outputs)) == ["y", "z"]


def test_long_formulas_are_kept_once_by_name(toy: Any) -> None:
    contract = toy().contract
    total = dict(contract.components[0].inputs)["total"]
    assert [str(axis.size) for axis in total.axes] == ["long + 1", "long"]
    assert dict(contract.components[0].formulas)["long"].text.startswith("n * 1000 + n * 1001")
    x = dict(contract.components[0].inputs)["x"]
    assert str(x.axes[3].size) == "2 * n"  # a short one is written out
    assert instantiate(contract, {"n": 2}).plans[0].arguments[-1][1].shape == (20_091, 20_090)


def test_no_config_is_left_in_a_contract(toy: Any) -> None:
    """But for texts as written, which are shown and never worked out."""
    assert set(open_names(toy().contract)) == {"n", "m", "turns", "wide", "long", "turn"}
    assert load_spec(toy(config={"heads": 1}).contract).dims["m"] == 7


def test_what_must_hold_is_checked_at_the_sizes(toy: Any) -> None:
    with pytest.raises(ConfigError, match=r"`n` is 999, `wide` is 16: `n <= wide \* 60` does not hold \(It must"):
        instantiate(toy().contract, {"n": 999})
    with pytest.raises(SizeError, match="20 is no multiple of 8"):
        instantiate(toy().contract, {"wide": 20})


def test_sizes_that_nothing_uses_are_told(toy: Any) -> None:
    with pytest.raises(UnknownNameError, match="unknown size `nn`"):
        instantiate(toy().contract, {"nn": 3})


def test_a_config_value_that_only_some_sizes_need(toy: Any) -> None:
    text = (
        "architecture: toy\ndims: {n: 2}\nlet: {more: config.more}\n"
        "components: {model: {inputs: {x: [n if n < 4 else more]}}}\n"
    )
    assert toy(text).inputs()["x"].shape == (2,)
    assert toy(text, n=5, config={"more": 7}).inputs()["x"].shape == (7,)
    with pytest.raises(ConfigError, match=r"config: there is no `config\.more`"):
        toy(text, n=5)
