"""From a file to a spec: sizes, conditions, structures, axes, tasks, and the layers in their order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shapespec import ConfigError, GrammarError, SizeError, Spec, SpecError, UnknownNameError, list_specs, load_spec
from shapespec.plan import Structure


class Toy:
    """Writes an architecture into a folder of its own and loads it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, text: str) -> None:
        (self.folder / "toy.yaml").write_text("architecture: toy\n" + text)

    def __call__(self, text: str, **call: Any) -> Spec:
        self.write(text)
        return load_spec("toy", paths=[self.folder], **call)

    def shape(self, text: str, **call: Any) -> tuple[int | None, ...]:
        """The shape of the input `x` of a model that takes `x` alone."""
        return self(text, **call).inputs()["x"].shape

    def fault(self, text: str, kind: type[SpecError] = SpecError, **call: Any) -> str:
        with pytest.raises(kind) as caught:
            self(text, **call)
        return str(caught.value).replace(str(self.folder), "…")


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    return Toy(tmp_path)


def x(*axes: str) -> str:
    """A model that takes one tensor."""
    return f"components: {{model: {{inputs: {{x: [{', '.join(axes)}]}}}}}}\n"


# -- sizes: where they come from


def test_a_size_is_given_or_its_default(toy: Toy) -> None:
    text = "dims: {a: 3, b: {value: a * 2}}\n" + x("a", "b")
    assert toy.shape(text) == (3, 6)
    assert toy.shape(text, a=5) == (5, 10)
    assert toy.shape(text, b=7) == (3, 7)
    assert toy.shape(text, a=5, b=7) == (5, 7)
    assert toy(text, a=5).dims == {"a": 5, "b": 10}


@pytest.mark.parametrize("size", [4, np.int64(4), np.int32(4), np.uint8(4)])
def test_a_size_may_be_any_kind_of_integer(toy: Toy, size: Any) -> None:
    spec = toy("dims: {a: 3}\n" + x("a"), a=size)
    assert spec.dims == {"a": 4} and type(spec.dims["a"]) is int and type(spec.inputs()["x"].shape[0]) is int


@pytest.mark.parametrize("size", [True, False, 2.0, "3", None, [3], np.float64(3), np.bool_(True), np.array([3, 4])])
def test_what_is_no_integer_is_no_size(toy: Toy, size: Any) -> None:
    text = toy.fault("dims: {a: 3}\n" + x("a"), SizeError, a=size)
    assert text.startswith("a: ") and "is no size" in text and "expected: a whole number" in text


@pytest.mark.parametrize(
    ("size", "said"),
    [(-1, "-1 is no size"), (2**63, "is no size"), (2**70, "is no size"), (0, "0 is below its least, 1")],
)
def test_sizes_are_positive_and_fit_64_bits(toy: Toy, size: int, said: str) -> None:
    assert said in toy.fault("dims: {a: 3}\n" + x("a"), SizeError, a=size)


def test_a_least_of_nothing_lets_nothing_through(toy: Toy) -> None:
    assert toy.shape("dims: {a: {value: 3, min: 0}}\n" + x("a"), a=0) == (0,)


def test_a_size_without_a_default_must_be_given(toy: Toy) -> None:
    text = "dims: {a: {why: no default fits}}\n" + x("a")
    assert toy.shape(text, a=2) == (2,)
    assert toy.fault(text, SizeError).startswith("a: `a` has no value\n  expected: a size given in the call")


def test_an_unknown_size_is_told_with_the_near_one(toy: Toy) -> None:
    text = "dims: {length: 3}\n" + x("length")
    assert toy.fault(text, UnknownNameError, lenght=3) == (
        "lenght: unknown size `lenght`\n  expected: a size of toy\n  did you mean `length`?"
    )


def test_a_size_that_nothing_here_uses_is_refused(toy: Toy) -> None:
    text = "dims: {a: 3, b: 4}\n" + x("a")
    assert toy.fault(text, UnknownNameError, b=5) == "b: unknown size `b`\n  expected: a size of toy: a"


def test_only_what_is_used_needs_a_config_value(toy: Toy) -> None:
    assert toy.shape("dims: {a: 3, b: config.absent}\n" + x("a")) == (3,)


# -- bounds and steps


def test_bounds_and_steps_hold_for_given_sizes(toy: Toy) -> None:
    text = "dims: {a: {value: 8, min: 4, max: config.most, multiple_of: 4, why: windows}}\n"
    text += "config: {most: 16}\n" + x("a")
    assert [toy.shape(text, a=size) for size in (4, 8, 12, 16)] == [(4,), (8,), (12,), (16,)]
    assert toy.fault(text, SizeError, a=3) == (
        "a: 3 is below its least, 4 (windows)\n  expected: 4 or more\n  bound set at: …/toy.yaml:2:27"
    )
    assert toy.fault(text, SizeError, a=20) == (
        "a: 20 is above its most, 16, which is `config.most` (windows)\n  expected: 16 or less\n"
        "  bound set at: …/toy.yaml:2:35"
    )
    assert "10 is no multiple of 4 (windows)\n  expected: 8 or 12" in toy.fault(text, SizeError, a=10)
    assert toy.fault(text, SizeError, config={"most": 3}) == (
        "a: no size is left: its least is 4; its most 3, which is `config.most`; its step 4 (windows)\n"
        "  expected: another config\n"
        "  `min` set at: …/toy.yaml:2:27\n  `max` set at: …/toy.yaml:2:35\n  `multiple_of` set at: …/toy.yaml:2:61"
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 20), st.integers(1, 8), st.integers(0, 40))
def test_a_size_passes_just_where_its_bounds_say(
    toy: Toy, value: int, least: int, span: int, step: int, size: int
) -> None:
    most = least + span
    text = f"dims: {{a: {{value: {value}, min: {least}, max: {most}, multiple_of: {step}}}}}\n" + x("a")
    if least <= size <= most and size % step == 0:
        assert toy.shape(text, a=size) == (size,)
    else:
        toy.fault(text, SizeError, a=size)


@pytest.mark.parametrize("bound", ["min: config.a", "max: config.a", "multiple_of: config.a"])
@pytest.mark.parametrize("value", ["x", [1], True, 2.5])
def test_a_bound_that_is_no_number_is_told(toy: Toy, bound: str, value: Any) -> None:
    text = f"dims: {{n: {{value: 3, {bound}}}}}\n" + x("n")
    assert f"`{bound.split(':')[0]}` of the size `n` is" in toy.fault(text, ConfigError, config={"a": value})


def test_a_bound_of_none_is_no_bound(toy: Toy) -> None:
    assert toy.shape('dims: {n: {value: 3, max: "first(config.a, None)"}}\n' + x("n"), n=10**6) == (10**6,)


def test_a_step_below_one_is_told(toy: Toy) -> None:
    text = "dims: {n: {value: 3, multiple_of: 0}}\n" + x("n")
    assert "`multiple_of` of the size `n` is 0" in toy.fault(text, SizeError)


# -- derived sizes


def test_a_derived_size_can_not_be_given_another_value(toy: Toy) -> None:
    text = "dims:\n  a: 3\n  b: {equals: a * config.k, why: k for each}\nconfig: {k: 2}\n" + x("a", "b")
    assert toy.shape(text, b=6) == (3, 6)
    assert toy.shape(text, a=4, b=8) == (4, 8)
    assert toy.fault(text, SizeError, b=7) == (
        "b: 7 was given, but `b` is derived from `a * config.k`, which is 6 (k for each)\n"
        "  expected: 6, or another value of `a` or `config.k`\n  derived at: …/toy.yaml:4:15"
    )


def test_a_derived_size_out_of_bounds_is_told_where_it_is_derived(toy: Toy) -> None:
    text = "dims:\n  a: 4\n  b:\n    equals: a - 3\n" + x("b")
    assert toy.fault(text, SizeError, a=3) == (
        "…/toy.yaml:5:13: `b` is 0, which is below its least, 1\n     5 |     equals: a - 3\n       |             ^\n"
        "  expected: 1 or more"
    )


@pytest.mark.parametrize(
    ("equals", "shown"), [("a / 2", "1.5"), ('"auto"', "'auto'"), ("[a]", "[3]"), ("a > 1", "True"), ("None", "None")]
)
def test_a_size_is_a_whole_number(toy: Toy, equals: str, shown: str) -> None:
    assert f"`b` is {shown}" in toy.fault(f"dims: {{a: 3, b: {{equals: '{equals}'}}}}\n" + x("b"), SizeError)


def test_a_whole_float_is_a_size(toy: Toy) -> None:
    assert toy.shape("dims: {a: 4, b: {equals: a / 2}}\n" + x("b")) == (2,)


def test_circles_are_told(toy: Toy) -> None:
    assert "`a` depends on itself: a → b → c → a" in toy.fault(
        "dims: {a: b, b: {equals: c + 1}}\nlet: {c: a * 2}\n" + x("a"), GrammarError
    )
    assert "`a` depends on itself: a → a" in toy.fault("dims: {a: a}\n" + x("a"), GrammarError)


def test_a_circle_that_no_value_runs_through_is_none(toy: Toy) -> None:
    """What a condition leaves out may lead back; asking where a size comes from ends all the same."""
    dims = 'dims: {a: {equals: "4 if True else a + b"}, b: {equals: "a if True else b"}}\n'
    spec = toy(dims + 'let: {l: "1 if True else l"}\n' + x("a", "b", "l"))
    assert spec.dims == {"a": 4, "b": 4} and not spec.is_dynamic("a")


def test_endless_chains_end(toy: Toy) -> None:
    lets = ", ".join(f"l{n}: l{n + 1}" for n in range(3000))
    assert "names that depend on each other" in toy.fault(f"let: {{{lets}, l3000: 1}}\n" + x("l0"), GrammarError)


# -- let, requires, when


def test_let_names_are_of_any_type_and_worked_out_when_asked(toy: Toy) -> None:
    text = 'let: {sizes: "[1, 2, config.c]", text: config.sub, broken: config.absent}\nconfig: {c: 3, sub: {w: 4}}\n'
    assert toy.shape(text + x("'sizes[2]'", "text.w")) == (3, 4)


def test_a_let_name_that_is_a_size_too_is_refused(toy: Toy) -> None:
    text = toy.fault("let:\n  n: 4\ndims: {n: 3}\n" + x("n"), GrammarError)
    assert "toy.yaml:3:3: the `let` name `n` is a size too" in text and "the size: …/toy.yaml:4:11" in text


def test_a_mistyped_name_is_told_with_the_near_one(toy: Toy) -> None:
    text = "dims: {length: 3}\n" + x("lenght")
    assert "axis 0 of input `x`: there is no `lenght`" in toy.fault(text) and "`length`?" in toy.fault(text)
    assert "there is no `lenght`" in toy.fault('dims: {length: 3}\nlet: {a: "first(lenght, 3)"}\n' + x("a"))


def test_requirements_name_both_values(toy: Toy) -> None:
    text = (
        "config: {heads: 4, hidden_size: 32}\ndims: {a: config.heads}\n"
        "requires:\n  heads_fit: {that: config.hidden_size % a == 0, why: each head takes as much}\n" + x("a")
    )
    assert toy.shape(text) == (4,)
    assert toy.fault(text, ConfigError, config={"heads": 5}) == (
        "config: `config.hidden_size` is 32, `a` is 5: `config.hidden_size % a == 0` does not hold"
        " (each head takes as much)\n"
        "  expected: values that agree\n  required at: …/toy.yaml:5:21"
    )


def test_conditions_choose_components_inputs_and_outputs(toy: Toy) -> None:
    text = """dims: {n: 3}
config: {flag: false}
components:
  model:
    inputs: {x: [n], y: {shape: [n], when: config.flag}}
    outputs: {z: {shape: [n], when: not config.flag}}
  extra: {when: config.flag, inputs: {x: [n]}}
"""
    plain, flagged = toy(text), toy(text, config={"flag": True})
    assert plain.components == ("model",) and flagged.components == ("model", "extra")
    assert (list(plain.inputs()), list(plain.outputs())) == (["x"], ["z"])
    assert (list(flagged.inputs()), list(flagged.outputs())) == (["x", "y"], [])


def test_facts_of_the_call_are_names(toy: Toy) -> None:
    text = """dims: {n: 3}
heads: {read: ToyModel, write: [ToyWriter, ToyOther]}
components:
  model:
    inputs:
      a: {shape: [n], when: task == "write"}
      b: {shape: [n], when: model_class == "ToyOther"}
      c: {shape: [n], when: with_past}
      d: {shape: [n], when: component == "model" and architecture == "toy"}
"""
    assert list(toy(text).inputs()) == ["d"]
    assert list(toy(text, task="write").inputs()) == ["a", "d"]
    assert list(toy(text, model_class="ToyOther").inputs()) == ["a", "b", "d"]
    assert list(toy(text, task="read-with-past").inputs()) == ["c", "d"]


def test_an_architecture_without_components_is_refused(toy: Toy) -> None:
    assert "toy has no components here" in toy.fault("dims: {n: 3}\n", GrammarError)
    assert "no components" in toy.fault("components: {model: {when: 1 == 2, inputs: {x: [3]}}}\n", GrammarError)


# -- like, order, names


def test_like_starts_from_another_component(toy: Toy) -> None:
    text = """dims: {n: 3, m: 4}
components:
  one: {inputs: {x: [n], y: [n]}, outputs: {z: [n]}}
  two: {like: one, dims: {n: 7}, inputs: {y: null, w: [m]}}
  three: {like: two, order: [w], inputs: {v: [n]}}
"""
    spec = toy(text)
    assert list(spec.inputs("two")) == ["x", "w"] and list(spec.inputs("three")) == ["w", "x", "v"]
    assert spec.inputs("two")["x"].shape == (7,) == spec.inputs("three")["v"].shape
    assert spec.outputs("three")["z"].shape == (7,) and spec.dims["n"] == 3


def test_like_of_nothing_or_of_itself_is_told(toy: Toy) -> None:
    base = "components:\n  model: {inputs: {x: [3]}}\n  other: "
    assert "component `other` is like `modle`, which is unknown" in toy.fault(base + "{like: modle}\n", GrammarError)
    circle = "components: {a: {like: b, inputs: {x: [3]}}, b: {like: a}}\n"
    assert "component `b` is like `a`, which leads back to it" in toy.fault(circle, GrammarError)


def test_like_of_inputs(toy: Toy) -> None:
    text = """dims: {n: 3, m: 4}
inputs:
  base: {shape: [n, m], dtype: int, values: {integers: [0, 9], avoid: [1]}}
  near: {like: base, shape: [m]}
components: {model: {inputs: {near: {}, own: {like: near, name: renamed}, base: {dtype: int32}}}}
"""
    found = toy(text).inputs()
    assert {name: (t.shape, t.dtype) for name, t in found.items()} == {
        "near": ((4,), "int64"), "renamed": ((4,), "int64"), "base": ((3, 4), "int32"),
    }  # fmt: skip
    assert found["renamed"].argument == "own" and found["renamed"].values.avoid == (1,)
    assert "`like` names the unknown input `bse`" in toy.fault(
        "components: {model: {inputs: {x: {like: bse}}}}\ninputs: {base: [3]}\n", GrammarError
    )
    assert "leads in a circle" in toy.fault(
        "components: {model: {inputs: {a: {}}}}\ninputs: {a: {like: b}, b: {like: a}}\n", GrammarError
    )


def test_order_names_inputs_that_there_are(toy: Toy) -> None:
    base = "components: {model: {inputs: {x: [3], y: {shape: [3], when: 1 == 2}, z: [3]}, order: "
    assert list(toy(base + "[z, y]}}\n").inputs()) == ["z", "x"]
    assert "`order` names `zz`, which is no input here" in toy.fault(base + "[zz]}}\n", GrammarError)


def test_two_tensors_of_one_name_are_refused(toy: Toy) -> None:
    text = "components: {model: {inputs: {x: [3], y: {shape: [3], name: x}}}}\n"
    assert "two inputs of `model` are named `x`" in toy.fault(text, GrammarError)


def test_an_input_that_nothing_defines_is_told_with_the_near_one(toy: Toy) -> None:
    text = toy.fault("components: {model: {inputs: {input_idz: {}}}}\n", GrammarError)
    assert "input `input_idz` has no shape" in text and "did you mean `input_ids`?" in text


# -- structures


def test_layers_that_differ(toy: Toy) -> None:
    """Each repetition sees its own index, in shapes, conditions, options and in the names behind them."""
    text = """config: {kinds: [full, state, full], widths: [4, 5, 6]}
let: {kind: "config.kinds[layer]", broad: "config.widths[layer] * 2"}
dims: {n: 3}
components:
  model:
    inputs:
      cache:
        repeat: len(config.kinds)
        container: dynamic_cache
        options: {layer_type: kind}
        fields:
          key: {shape: [n, broad], when: kind == "full"}
          value: {shape: [n, "config.widths[layer]"], when: kind == "full"}
          state: {shape: [layer + 1], when: kind == "state"}
"""
    spec = toy(text)
    assert {name: tensor.shape for name, tensor in spec.inputs().items()} == {
        "cache.0.key": (3, 8), "cache.0.value": (3, 4), "cache.1.state": (2,),
        "cache.2.key": (3, 12), "cache.2.value": (3, 6),
    }  # fmt: skip
    ((_, cache),) = spec.plan().arguments
    assert isinstance(cache, Structure)
    options = [dict(part.options) for part in cache.parts if isinstance(part, Structure)]
    assert [option["layer_type"] for option in options] == ["full", "state", "full"]


def test_a_size_does_not_differ_from_layer_to_layer(toy: Toy) -> None:
    text = "dims: {n: {value: layer + 1}}\ncomponents: {model: {inputs: {c: {repeat: 2, fields: {k: [n]}}}}}\n"
    assert "there is no `layer`" in toy.fault(text)


def test_repetitions_nest_and_name_their_index(toy: Toy) -> None:
    text = """components:
  model:
    inputs:
      deep:
        repeat: 2
        index: row
        fields:
          inner: {repeat: row + 1, index: column, fields: {k: [row + 1, column + 1]}}
"""
    assert {n: t.shape for n, t in toy(text).inputs().items()} == {
        "deep.0.inner.0.k": (1, 1), "deep.1.inner.0.k": (2, 1), "deep.1.inner.1.k": (2, 2),
    }  # fmt: skip


def test_nested_structures_and_plain_values(toy: Toy) -> None:
    text = """dims: {n: 3}
components:
  model:
    inputs:
      many: {container: tuple, items: [[n], {shape: [n, n], name: own}, {items: [[1], [2]], container: list}]}
      mapping: {fields: {image: [n], gone: {shape: [n], when: 1 == 2}, label: {python: "None"}}}
      flag: {python: false}
      mode: {python: '"text"'}
      pair: {python: "[n, n + 1]"}
"""
    spec = toy(text)
    assert {name: tensor.shape for name, tensor in spec.inputs().items()} == {
        "many.0": (3,), "own": (3, 3), "many.2.0": (1,), "many.2.1": (2,), "mapping.image": (3,),
    }  # fmt: skip
    built = spec.build(framework="numpy")
    assert list(built) == ["many", "mapping", "flag", "mode", "pair"]
    assert isinstance(built["many"], tuple) and isinstance(built["many"][2], list) and built["flag"] is False
    assert list(built["mapping"]) == ["image", "label"] and built["mapping"]["label"] is None
    assert (built["mode"], built["pair"]) == ("text", [3, 4])


def test_a_plain_value_of_null_is_none(toy: Toy) -> None:
    built = toy("components: {model: {inputs: {x: [1], y: {python: 'None'}}}}\n").build(framework="numpy")
    assert built["y"] is None


def test_a_part_of_the_config_is_no_plain_value(toy: Toy) -> None:
    text = "config: {sub: {a: 1}}\ncomponents: {model: {inputs: {x: [1], y: {python: config.sub}}}}\n"
    assert "input `y` is a part of the config: `config.sub`" in toy.fault(text, GrammarError)


@pytest.mark.parametrize("count", ["-1", "5000", "3 / 2", "'\"x\"'", "1 == 1", "config.absent"])
def test_a_count_of_repetitions_is_a_number_within_reason(toy: Toy, count: str) -> None:
    text = f"components: {{model: {{inputs: {{c: {{repeat: {count}, fields: {{k: [1]}}}}}}}}}}\n"
    assert "`repeat` of input `c`" in toy.fault(text)


def test_a_shape_whose_rank_depends_on_a_condition(toy: Toy) -> None:
    text = "config: {deep: false}\ndims: {a: 2, b: 3}\n"
    text += 'components: {model: {inputs: {x: {shape: "[a, b] if config.deep else [a]"}}}}\n'
    assert toy.shape(text) == (2,) and toy.shape(text, config={"deep": True}) == (2, 3)


# -- axes


def test_axes_bear_the_text_of_their_size(toy: Toy) -> None:
    text = """dims:
  a: 3
  b: {value: 4, dynamic: false}
  c: {value: 5, dynamic: false, named: true}
  d: {equals: a + 1}
  e: {equals: b + 1}
let: {twice: 2 * a}
components:
  model:
    inputs: {x: [a, b, c, a + b, 2 * b, 7, d, e, twice, {size: a, axis: rows}, {size: a, axis: null}]}
    outputs: {y: [{size: unknown, axis: rest}, {size: unknown, axis: n_later}, a, unknown]}
"""
    spec = toy(text)
    tensor = spec.inputs()["x"]
    assert tensor.axes == {0: "a", 2: "c", 3: "a + b", 6: "d", 8: "twice", 9: "rows"}
    assert [index for index, dynamic in enumerate(tensor.dynamic) if dynamic] == [0, 3, 6, 8, 9, 10]
    assert spec.outputs()["y"].shape == (None, None, 3, None)
    assert spec.outputs()["y"].axes == {0: "rest", 1: "n_later", 2: "a"}
    assert [dim for dim in spec.dims if spec.is_dynamic(dim)] == ["a", "d"]
    assert spec.dynamic_axes()["x"] == tensor.axes


def test_an_input_knows_all_its_sizes(toy: Toy) -> None:
    assert "expected: a size: only an output's may be left to the run" in toy.fault(x("unknown"), GrammarError)


@pytest.mark.parametrize(
    ("axis", "shown"), [("a - 5", "-2"), ("a / 2", "1.5"), ("a > 1", "True"), ("2 ** 62 * 2", "does not fit")]
)
def test_an_axis_is_a_whole_number(toy: Toy, axis: str, shown: str) -> None:
    text = toy.fault("dims: {a: 3}\n" + x(f'"{axis}"'))
    assert "axis 0 of input `x`" in text and shown in text


# -- tasks, classes, variants

TASKS = """default_task: read
heads: {read: ToyModel, write: [ToyWriter, ToyOther]}
dims: {n: 1}
tasks:
  write: {dims: {n: 2}}
classes:
  ToyOther: {dims: {n: 3}}
variants:
  large: {dims: {n: 4}}
components: {model: {inputs: {x: [n]}}}
"""


def test_the_class_wins_over_the_task_and_the_variant_over_both(toy: Toy) -> None:
    assert toy.shape(TASKS) == (1,)
    assert toy.shape(TASKS, task="write") == (2,)
    assert toy.shape(TASKS, model_class="ToyOther") == (3,)
    assert toy.shape(TASKS, model_class="ToyOther", variant="large") == (4,)
    assert toy.shape(TASKS, model_class="ToyOther", variant="large", n=5) == (5,)


def test_tasks_and_classes_name_each_other(toy: Toy) -> None:
    specs = [toy(TASKS, **call) for call in ({}, {"task": "write"}, {"model_class": "ToyOther"})]
    assert [(spec.task, spec.model_class) for spec in specs] == [
        ("read", "ToyModel"), ("write", "ToyWriter"), ("write", "ToyOther"),
    ]  # fmt: skip
    assert toy(TASKS, task="write-with-past").task == "write-with-past"

    class ToyOther:
        pass

    assert toy(TASKS, model_class=ToyOther).model_class == "ToyOther"


def test_a_default_task_without_a_head_gives_way_to_the_first(toy: Toy) -> None:
    (toy.folder / "families").mkdir()
    (toy.folder / "families" / "fam.yaml").write_text("family: fam\ndefault_task: read\n")
    body = "extends: fam\ncomponents: {model: {inputs: {x: [1]}}}\n"
    for heads, task, model_class in (
        ("{write: W, draw: D}", "write", "W"),
        ("{write: W, read: R}", "read", "R"),
    ):
        toy.write(f"heads: {heads}\n{body}")
        spec = load_spec("toy", paths=[toy.folder])
        entry = next(entry for entry in list_specs("user", [toy.folder]) if entry.architecture == "toy")
        assert (spec.task, spec.model_class) == (task, model_class) and entry.default_task == task
    toy.write(body)
    assert load_spec("toy", paths=[toy.folder]).task == "read"


def test_unknown_tasks_classes_and_variants_are_told(toy: Toy) -> None:
    assert toy.fault(TASKS, UnknownNameError, task="wrte") == (
        "task: unknown task `wrte`\n  expected: a task of toy: read, write\n  did you mean `write`?"
    )
    assert "unknown class `ToyModle` of toy" in toy.fault(TASKS, UnknownNameError, model_class="ToyModle")
    assert "`ToyOther` does not serve the task `read`" in toy.fault(TASKS, task="read", model_class="ToyOther")
    assert "unknown variant `lrge`" in toy.fault(TASKS, UnknownNameError, variant="lrge")
    assert "has none" in toy.fault(x("3"), UnknownNameError, task="anything")
    for argument in ("task", "model_class", "variant", "library"):
        assert f"{argument}: `3` is no name" in toy.fault(TASKS, UnknownNameError, **{argument: 3})


def test_a_task_without_a_head_is_known_by_its_section(toy: Toy) -> None:
    text = "dims: {n: 1}\ntasks: {write: {dims: {n: 2}}}\n" + x("n")
    assert toy.shape(text, task="write") == (2,) and "did you mean `write`" in toy.fault(text, task="writ")


def test_the_layers_in_their_order(toy: Toy) -> None:
    """defaults, family, architecture, task, component, a user's own file, the call: each wins over those before it."""
    (toy.folder / "families").mkdir()
    (toy.folder / "defaults.yaml").write_text("dims: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1}\n")
    (toy.folder / "families" / "fam.yaml").write_text(
        "family: fam\ndims: {b: 2, c: 2, d: 2, e: 2, f: 2, g: 2}\ntasks: {go: {dims: {d: 3, e: 3, f: 3, g: 3}}}\n"
    )
    own = toy.folder / "own"
    own.mkdir()
    (own / "toy.yaml").write_text("architecture: toy\ndims: {f: 6, g: 6}\n")
    toy.write(
        "extends: fam\ndefault_task: go\nheads: {go: ToyModel}\ndims: {c: 3, d: 3, e: 3, f: 3, g: 3}\n"
        "tasks: {go: {dims: {d: 4, e: 4, f: 4, g: 4}}}\n"
        "components: {model: {dims: {e: 5}, inputs: {x: [a, b, c, d, e, f, g]}}}\n"
    )
    spec = load_spec("toy", paths=[toy.folder, own], g=7)
    assert spec.inputs()["x"].shape == (1, 2, 3, 4, 5, 6, 7)


def test_a_users_file_wins_over_a_built_in_task(tmp_path: Path) -> None:
    (tmp_path / "bert.yaml").write_text(
        "architecture: bert\ninputs: {input_ids: {shape: [batch_size, sequence_length]}}\ndims: {batch_size: 7}\n"
    )
    spec = load_spec("bert", task="multiple-choice", paths=[tmp_path])
    assert spec.inputs()["input_ids"].shape == (7, 16) and spec.inputs()["attention_mask"].shape == (7, 4, 16)


# -- inputs on request


def test_groups_of_inputs_come_on_request(toy: Toy) -> None:
    text = "components: {model: {inputs: {x: [3], y: {shape: [3], include: labels}}, "
    text += "outputs: {l: {shape: [], include: labels}}}}\n"
    assert list(toy(text).inputs()) == ["x"] and list(toy(text, include=["labels"]).inputs()) == ["x", "y"]
    assert list(toy(text, include=("labels",)).outputs()) == ["l"]
    assert toy.fault(text, UnknownNameError, include=["lables"]) == (
        "include: unknown input on request `lables`\n  expected: one of `labels`, `y`\n  did you mean `labels`?"
    )
    assert list(toy(text, include="y").inputs()) == ["x", "y"]


# -- values: what is refused when a spec is loaded


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("", "input `x` has no values"),
        ("values: {integers: [5, 5]}", "integers from [5, 5): there is none"),
        ("values: {integers: [0, 1.5]}", "`integers` is 1.5"),
        ('values: {integers: [0, "None"]}', "`integers` is None"),
        ("values: {formula: x + 1}", "the values of `x` come from themselves: x → x"),
        ("values: {formula: y + 1}", "the values of `x` come from themselves: x → y → x"),
        ("values: {formula: s + 1}", "the values of `x` come from `s`, which is a structure"),
        ("values: {integers: [0, 5], mask: s, pad: 0}", "the values of `x` come from `s`, which is a structure"),
        ("values: {formula: zzz + 1}", "there is no `zzz`"),
        ("values: {formula: config.zzz + y}", "the config has no `zzz`"),
        ("values: {choice: ['\"a\"']}", "`choice` is 'a'"),
        ("values: {constant: '\"a\"'}", "`constant` is 'a'"),
        ("values: {literal: [1, '\"a\"']}", "`literal` is 'a'"),
        ("values: {uniform: [2, 1]}", "uniform from 2.0 to 1.0"),
        ("values: {normal: [0, -1]}", "a deviation of -1.0"),
        ('values: {uniform: ["None", 1]}', "`uniform` is None"),
        ("values: {arange: 2}", "axis 2 of a tensor with 2 axes"),
        ("values: {integers: [0, 300]}, dtype: int8", "299 is more than int8 holds"),
        ("values: {integers: [-1, 3]}, dtype: uint8", "-1 is less than uint8 holds"),
        ("values: {boxes: xyxy}", "boxes as xyxy need a last axis of 4"),
        ("values: {mask: right, multiple_of: 0}", "`multiple_of` is 0"),
        ("values: {integers: [0, 9], placeholders: [{token: 1, count: 10**12}]}", "1000000000000 placeholders"),
        ("values: {integers: [0, 9], placeholders: [{token: 1, count: 3, groups: 2}]}", "do not divide into 2 equal"),
        ("values: {integers: [0, 9], distinct: rows}, shape: [2, 10]", "a row has 10 places, and [0, 9) has 9"),
    ],
)
def test_values_that_can_not_be_made_are_refused_when_the_spec_is_loaded(toy: Toy, values: str, said: str) -> None:
    shape = "" if "shape:" in values else "shape: [2, 7], "
    dtype = "" if "dtype:" in values else "dtype: int, "
    text = (
        "components:\n  model:\n    inputs:\n"
        f"      x: {{{shape}{dtype}{values}}}\n"
        "      y: {shape: [2, 7], dtype: int, values: {formula: x + 1}}\n"
        "      s: {items: [[2, 7]]}\n"
    )
    found = toy.fault(text)
    assert said in found and "toy.yaml:5:" in found


def test_an_output_that_says_nothing_takes_the_vocabulary_s_definition(toy: Toy) -> None:
    text = """dims: {n: 3, m: 4}
inputs: {states: {shape: [n, {size: m, axis: width}], dtype: int, values: {constant: 1}}}
components:
  model:
    inputs: {states: {}}
    outputs: {OUTPUTS}
"""
    found = toy(text.replace("OUTPUTS", "states: {}")).outputs()["states"]
    assert (found.shape, found.dtype_word, found.labels) == ((3, 4), "int", ("n", "width"))
    named = toy(text.replace("OUTPUTS", "states: {name: last}")).outputs()
    assert named["last"].shape == (3, 4)
    own = toy(text.replace("OUTPUTS", "states: [m]")).outputs()["states"]
    assert (own.shape, own.dtype_word) == ((4,), "float")  # a shape of its own: nothing of the input's
    fault = toy.fault(text.replace("OUTPUTS", "stats: {}"))
    assert "output `stats` has no shape" in fault and "did you mean `states`?" in fault


def test_another_container_drops_the_options_of_the_lower_one(toy: Toy) -> None:
    text = """dims: {n: 3}
inputs: {cache: {repeat: 2, container: dynamic_cache, options: {layer_type: '"dummy"'}, fields: {key: [n]}}}
components: {model: {inputs: {cache: {CONTAINER}}}}
"""
    for container, options in (
        ("container: tuple", {}),
        ("container: cache_layer, options: {seen: 4}", {"seen": 4}),
        ("container: dynamic_cache, options: {seen: 4}", {"layer_type": "dummy", "seen": 4}),
        ("options: {layer_type: null}", {}),
    ):
        ((_, cache),) = toy(text.replace("CONTAINER", container)).plan().arguments
        assert isinstance(cache, Structure)
        assert [dict(part.options) for part in cache.parts if isinstance(part, Structure)] == [options] * 2
