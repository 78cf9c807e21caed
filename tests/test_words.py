"""The words of the language that tell what an input is and when it is there, tried in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shapespec import ConfigError, ExpressionError, GrammarError, Spec, SpecError, load_spec, validate
from shapespec.kinds import Integers, Mask
from shapespec.plan import ROLES


@pytest.fixture
def toy(tmp_path: Path) -> Any:
    def load(text: str, target: Any = "toy", **call: Any) -> Spec:
        (tmp_path / "toy.yaml").write_text(f"architecture: toy\n{text}")
        return load_spec(target, paths=[tmp_path], **call)

    return load


def fault(toy: Any, text: str, error: type[SpecError] = GrammarError, **call: Any) -> str:
    with pytest.raises(error) as caught:
        toy(text, **call)
    return str(caught.value)


# -- phase

PHASES = """dims: {n: 6, past: 4}
inputs:
  ids:
    shape: [2, n]
    dtype: int
    role: tokens
    values: {integers: [0, 9], avoid: [1], placeholders: [{token: 8, count: 3, start: 7}]}
  mask: {shape: [2, n + past], dtype: int, role: mask, values: {mask: right, least: 5}}
  pixels: {shape: [2, 3], phase: prefill}
  cache: {shape: [2, past], phase: decode}
components:
  model: {inputs: [ids, mask, pixels, cache], outputs: {y: [n], kept: {shape: [past], phase: decode}}}
  model_with_past: {like: model, phase: decode}
"""


def test_inputs_and_outputs_of_a_phase(toy: Any) -> None:
    spec = toy(PHASES)
    assert list(spec.inputs("model")) == ["ids", "mask", "pixels"] and list(spec.outputs("model")) == ["y"]
    assert list(spec.inputs("model_with_past")) == ["ids", "mask", "cache"]
    assert list(spec.outputs("model_with_past")) == ["y", "kept"]


def test_once_a_cache_is_filled_no_placeholders_are_left(toy: Any) -> None:
    """Their features came before: their tokens are never drawn, and no row must keep places for them."""
    spec = toy(PHASES)
    before, after = (spec.inputs(component)["ids"].values for component in ("model", "model_with_past"))
    assert isinstance(before, Integers) and isinstance(after, Integers)
    assert len(before.placeholders) == 1 and after.placeholders == ()
    assert before.avoid == after.avoid == (1, 7, 8)
    masks = [spec.inputs(component)["mask"].values for component in ("model", "model_with_past")]
    assert [mask.least for mask in masks if isinstance(mask, Mask)] == [5, 1]
    ids = spec.build("model_with_past", framework="numpy")["ids"]
    assert not set(ids.reshape(-1)) & {1, 7, 8}


def test_fields_of_a_phase(toy: Any) -> None:
    text = "components: {model: {inputs: {x: {fields: {a: [1], b: {shape: [2], phase: decode}}}}}}\n"
    assert list(toy(text).inputs()) == ["x.a"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("components: {model: {inputs: {x: {shape: [2], phase: decoed}}}}\n", "toy.yaml:2:54: `decoed` is not known"),
        ("components: {model: {phase: decde, inputs: {x: [2]}}}\n", "toy.yaml:2:29: `decde` is not known here"),
        ("inputs: {x: {phase: prefil}}\n", "toy.yaml:2:21: `prefil` is not known here"),
    ],
)  # fmt: skip
def test_a_mistyped_phase_is_told_with_the_near_one(toy: Any, text: str, said: str) -> None:
    found = fault(toy, text)
    assert said in found and "expected: one of `prefill`, `decode`" in found and "did you mean `" in found


# -- role


@pytest.mark.parametrize("role", ROLES)
def test_roles_reach_the_plan(toy: Any, role: str) -> None:
    spec = toy(f"components: {{model: {{inputs: {{x: {{shape: [2], role: {role}}}}}}}}}\n")
    assert spec.inputs()["x"].role == role and spec.inputs()["x"].to_dict()["role"] == role


def test_a_structure_has_a_role_and_what_says_none_has_none(toy: Any) -> None:
    spec = toy("components: {model: {inputs: {c: {role: cache, repeat: 2, fields: {k: [1]}}, x: [2]}}}\n")
    assert dict(spec.plan().arguments)["c"].role == "cache"
    assert spec.inputs()["x"].role is None and "role" not in spec.inputs()["x"].to_dict()


def test_the_tensors_of_a_structure_have_its_role_unless_they_say_their_own(toy: Any) -> None:
    spec = toy(
        "dims: {n: 2}\n"
        "components:\n"
        "  model:\n"
        "    inputs:\n"
        "      c: {role: cache, repeat: 2, fields: {k: [1], m: {shape: [1], role: mask}}}\n"
        "      o: {role: states, repeat: n, fields: {h: {fields: {s: [1]}}}}\n"
        "    outputs: {p: {role: cache, fields: {k: [1]}}}\n"
    )
    again = load_spec(spec.contract)
    for one in (spec, again):
        roles = {name: tensor.role for name, tensor in one.inputs().items()}
        assert roles == {"c.0.k": "cache", "c.0.m": "mask", "c.1.k": "cache", "c.1.m": "mask",
                         "o.0.h.s": "states", "o.1.h.s": "states"}  # fmt: skip
        assert one.outputs()["p.k"].role == "cache"


def test_well_known_inputs_have_their_roles() -> None:
    spec = load_spec("t5", include=["labels"])
    whole = spec.inputs("model")
    assert [whole[name].role for name in ("input_ids", "attention_mask", "labels")] == ["tokens", "mask", "labels"]
    later = spec.inputs("decoder_with_past")
    assert later["encoder_hidden_states"].role == "states"
    assert {tensor.role for name, tensor in later.items() if name.startswith("past_key_values.")} == {"cache"}


def test_an_unknown_role_is_told_with_the_known_ones(toy: Any) -> None:
    found = fault(toy, "components: {model: {inputs: {x: {shape: [2], role: token}}}}\n")
    assert "toy.yaml:2:53: `token` is not known here" in found and "did you mean `tokens`?" in found
    assert all(f"`{role}`" in found for role in ROLES)


# -- special_tokens

TOKENS = """config: {bos: 1, eos: [2, 3], none: null}
special_tokens:
  bos: config.bos
  eos: config.eos
  none: config.none
  image: config.image_token_id
components:
  model: {inputs: {ids: {shape: [50], dtype: int, values: {integers: [0, 9], avoid: [special_token_ids, 4]}}}}
"""


def avoided(spec: Spec) -> tuple[int, ...]:
    values = spec.inputs()["ids"].values
    assert isinstance(values, Integers)
    return values.avoid


def test_special_tokens_are_never_drawn(toy: Any) -> None:
    """A token that the config lacks is passed over, one that it sets to None too; lists of ids count as their ids."""
    spec = toy(TOKENS)
    assert avoided(spec) == (1, 2, 3, 4)
    assert not set(spec.build(framework="numpy")["ids"]) & {1, 2, 3, 4}
    assert avoided(toy(TOKENS, config={"image_token_id": 8})) == (1, 2, 3, 4, 8)


def test_layers_add_and_remove_special_tokens(toy: Any) -> None:
    more = TOKENS + "heads: {one: A, two: B}\ntasks: {two: {special_tokens: {eos: null, sep: 7}}}\n"
    assert avoided(toy(more, task="one")) == (1, 2, 3, 4) and avoided(toy(more, task="two")) == (1, 4, 7)


def test_where_none_are_declared_there_are_none(toy: Any) -> None:
    text = TOKENS.split("special_tokens")[0] + "components" + TOKENS.split("components")[1]
    assert avoided(toy(text)) == (4,)


def test_a_special_token_with_a_mistyped_name_is_told(toy: Any) -> None:
    text = TOKENS.replace("bos: config.bos", "bos: confg.bos")
    assert "toy.yaml:4:8: the special token `bos`: there is no `confg`" in fault(toy, text, ExpressionError)
    assert "toy.yaml:4:8: `config.bos +` is no expression" in fault(toy, TOKENS.replace("config.bos", "config.bos +"))


# -- by_name

BY_NAME = """dims: {n: 3}
heads: {one: ToyModel, two: ToyOther}
components: {model: {inputs: {x: [n], extra: [n]}}}
by_name: {components: {model: {inputs: {extra: null, positions: [n]}}, decoder: {inputs: {x: [n]}}}}
tasks: {two: {dims: {n: 4}, by_name: {dims: {n: 5}}}}
"""


class ToyConfig:
    """A config of transformers, by its looks."""

    model_type = "toy"

    def to_dict(self) -> dict[str, Any]:
        return {"model_type": self.model_type}


class ToyModel:
    """A live model of transformers, by its looks."""

    config = ToyConfig()

    def forward(self) -> None: ...


class ToyOther(ToyModel):
    """A class of another task."""


def test_what_holds_by_name_alone(toy: Any) -> None:
    spec = toy(BY_NAME)
    assert spec.components == ("model", "decoder") and list(spec.inputs()) == ["x", "positions"]
    assert toy(BY_NAME, task="two").dims["n"] == 5


def test_a_live_model_takes_none_of_it(toy: Any) -> None:
    spec = toy(BY_NAME, ToyModel())
    assert spec.components == ("model",) and list(spec.inputs()) == ["x", "extra"]
    assert toy(BY_NAME, ToyOther()).dims["n"] == 4
    assert toy(BY_NAME, config=ToyModel()).components == ("model",)


def test_a_config_alone_is_no_live_model(toy: Any) -> None:
    assert toy(BY_NAME, config={"a": 1}).components == ("model", "decoder")


def test_errors_of_what_holds_by_name(toy: Any) -> None:
    assert "toy.yaml:2:11: unknown key `dmis`" in fault(toy, "by_name: {dmis: {n: 3}}\n")
    assert "toy.yaml:2:11: unknown key `by_name`" in fault(toy, "by_name: {by_name: {}}\n")
    text = (
        "components: {model: {inputs: {x: [2]}}}\nby_name: {components: {model: {inputs: {x: [nn]}}}}\n"
        "heads: {one: ToyModel}\n"
    )
    assert "toy.yaml:3:45: axis 0 of input `x`: there is no `nn`" in fault(toy, text, ExpressionError)
    assert toy(text, ToyModel()).inputs()["x"].shape == (2,)


def test_names_that_nothing_uses_are_told_by_name_too(tmp_path: Path) -> None:
    (tmp_path / "toy.yaml").write_text(
        "# yaml-language-server: $schema=https://example.org/architecture.schema.json\narchitecture: toy\n"
        "inputs: {y: [2], stray: [2]}\noutputs: {y: {}}\ncomponents: {model: {inputs: {x: [2]}}}\n"
        "by_name: {let: {lost: 3}}\n"
    )
    assert [problem.message for problem in validate([tmp_path])] == [
        "nothing uses the input `stray`", "nothing uses the `let` name `lost`",
    ]  # fmt: skip


# -- unknown


def test_an_unknown_axis_takes_no_expression(toy: Any) -> None:
    outputs = "{y: [unknown, {size: unknown, axis: boxes}]}"
    spec = toy(f"dims: {{n: 3}}\ncomponents: {{model: {{inputs: {{x: [n]}}, outputs: {outputs}}}}}\n")
    assert spec.outputs()["y"].shape == (None, None) and spec.outputs()["y"].axes == {1: "boxes"}
    assert spec.outputs()["y"].expressions == ("unknown", "unknown")
    assert "toy.yaml:2:35: axis 0 of input `x` is `unknown`" in fault(
        toy, "components: {model: {inputs: {x: [unknown]}}}\n"
    )
    text = "components: {model: {inputs: {x: [2]}, outputs: {y: [unknown + 1]}}}\n"
    assert "there is no `unknown`" in fault(toy, text, ExpressionError)


# -- functions


def test_cycle_repeats_a_list(toy: Any) -> None:
    text = (
        "config: {layers: 5}\nlet: {kinds: 'cycle([1, 2], config.layers)'}\n"
        "components: {model: {inputs: {c: {repeat: config.layers, fields: {k: ['kinds[layer]']}}}}}\n"
    )
    assert [tensor.shape for tensor in toy(text).inputs().values()] == [(1,), (2,), (1,), (2,), (1,)]
    assert list(toy(text, config={"layers": 0}).inputs()) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cycle([], 3)", "cycle needs a list that is not empty"),
        ("cycle(3, 3)", "cycle needs a list that is not empty"),
        ("cycle([1], 10 ** 9)", "a list of 1,000,000,000 items"),
        ("cycle([1], -1)", "a list of -1 items"),
    ],
)
def test_what_cycle_does_not_take(toy: Any, text: str, said: str) -> None:
    text = f"components: {{model: {{inputs: {{x: ['len({text})']}}}}}}\n"
    assert said in fault(toy, text, ExpressionError) and "toy.yaml:2:35" in fault(toy, text, ExpressionError)


def test_index_counts_along_an_axis_of_the_tensor(toy: Any) -> None:
    text = (
        "dims: {n: 2}\ncomponents: {model: {inputs: {x: {shape: [n, 3], dtype: int, values: "
        "{formula: index(0) * 10 + index(1) + n}}}}}\n"
    )
    assert toy(text).build(framework="numpy")["x"].tolist() == [[2, 3, 4], [12, 13, 14]]
    assert toy(text, n=1).build(framework="numpy")["x"].tolist() == [[1, 2, 3]]


def test_index_of_no_axis_is_told(toy: Any) -> None:
    text = "components: {model: {inputs: {x: {shape: [3], dtype: int, values: {formula: index(1)}}}}}\n"
    with pytest.raises(SpecError, match=r"the values of `x` \[3\]: the formula `index\(1\)`"):
        toy(text).build(framework="numpy")
    outside = "components: {model: {inputs: {x: ['index(0)']}}}\n"
    assert "`index` works on whole arrays: it belongs into a `formula:`" in fault(toy, outside, ExpressionError)


# -- fallbacks


def test_fallbacks_in_both_ways_of_writing(toy: Any) -> None:
    shape = "[config.a | config.b, 'first(config.a, 4)', config.a | 2 + 3]"
    text = f"config: {{b: 3}}\ncomponents: {{model: {{inputs: {{x: {shape}}}}}}}\n"
    assert toy(text).inputs()["x"].shape == (3, 4, 5)
    missing = "components: {model: {inputs: {x: [config.a | config.c]}}}\n"
    assert "none of `config.a`, `config.c` is there" in fault(toy, missing, ConfigError)
