"""Sizes as data, sizes that are valid together, and defaults that give way to bounds."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timezone
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shapespec import ConfigError, SizeError, Spec, SpecError, UnknownNameError, list_specs, load_spec
from shapespec.contracts.size import Size
from tests.contracts import round_trip

TODAY = datetime.now(timezone.utc).date().isoformat()

#: What is hardest to resize: bounds that depend on sizes, steps, images among tokens, codes, caches of two parts.
NASTY = (
    "llava", "qwen2_vl", "florence2", "musicgen", "csm_depth_decoder_model", "blt", "speecht5", "gemma3n", "whisper",
    "bart", "gpt2", "longformer", "bert", "perceiver", "kosmos-2.5", "mllama",
)  # fmt: skip

SPREAD = [*NASTY, *Random(TODAY).sample([entry.architecture for entry in list_specs("transformers")], 24)]


def toy(folder: Path, text: str, **call: Any) -> Spec:
    """The spec of an architecture that takes one tensor of its sizes ``a``, ``b``, …"""
    (folder / "toy.yaml").write_text(f"architecture: toy\n{text}")
    return load_spec("toy", paths=[folder], **call)


def takes(*axes: str) -> str:
    return f"components: {{model: {{inputs: {{x: [{', '.join(axes)}]}}}}}}\n"


def fault(folder: Path, text: str, **call: Any) -> str:
    with pytest.raises(SizeError) as caught:
        toy(folder, text, **call)
    return str(caught.value).replace(str(folder), "…")


# -- as data


def test_sizes_are_data(tmp_path: Path) -> None:
    text = "config: {most: 64}\ndims:\n  a: {value: 8, min: 4, max: config.most, multiple_of: 4, why: windows}\n"
    text += "  b: {equals: a * 2 + config.most}\n  c: {value: a, dynamic: false}\n" + takes("a", "b", "c")
    sizes = toy(tmp_path, text).sizes
    assert list(sizes) == ["a", "b", "c"]
    assert sizes["a"] == Size("a", 8, least=4, most=64, step=4, dynamic=True, settable=True, why="windows")
    assert sizes["b"] == Size("b", 80, least=1, most=None, step=1, dynamic=True, settable=False,
                              derived_from="a * 2 + config.most")  # fmt: skip
    assert sizes["c"] == Size("c", 8, least=1, most=None, step=1, dynamic=False, settable=True)


def test_sizes_are_read_only(tmp_path: Path) -> None:
    sizes = toy(tmp_path, "dims: {a: 3}\n" + takes("a")).sizes
    with pytest.raises(TypeError):
        sizes["a"] = 4  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        sizes["a"].value = 4  # type: ignore[misc]


def test_bounds_of_a_size_are_what_all_graphs_take(tmp_path: Path) -> None:
    text = "dims: {a: {value: 8, min: 2, max: 20, multiple_of: 2}}\ncomponents:\n  model: {inputs: {x: [a]}}\n"
    text += "  other: {inputs: {x: [a]}, when: a > 0}\n"
    assert (toy(tmp_path, text).sizes["a"].least, toy(tmp_path, text).sizes["a"].most) == (2, 20)


@pytest.mark.parametrize("name", NASTY)
def test_a_contract_has_the_same_sizes(name: str) -> None:
    spec = load_spec(name)
    back = load_spec(round_trip(spec.contract))
    assert dict(back.sizes) == dict(spec.sizes)
    assert back.other_sizes(3, seed=5) == spec.other_sizes(3, seed=5)


def test_a_spec_is_had_at_other_sizes() -> None:
    spec = load_spec("bert", batch_size=5)
    assert spec.at(sequence_length=7).dims == {"batch_size": 5, "sequence_length": 7}
    assert spec.at(sequence_length=7) == load_spec("bert", batch_size=5, sequence_length=7)
    assert spec.at(batch_size=1).dims["batch_size"] == 1
    back = load_spec(round_trip(spec.contract), batch_size=5)
    assert back.at(sequence_length=7) == spec.at(sequence_length=7)
    with pytest.raises(UnknownNameError, match="did you mean `sequence_length`"):
        spec.at(sequence_lenght=7)
    with pytest.raises(SizeError, match="`'x'` is no size"):
        spec.at(sequence_length="x")  # type: ignore[arg-type]


# -- valid together


@pytest.mark.parametrize("name", SPREAD)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(count=st.integers(1, 4), seed=st.integers(0, 1 << 32))
def test_every_set_of_other_sizes_loads(name: str, count: int, seed: int) -> None:
    spec = load_spec(name)
    found = spec.other_sizes(count, seed)
    assert found == spec.other_sizes(count, seed) and len(found) <= count
    defaults = spec.dims
    for number, sizes in enumerate(found):
        loaded = load_spec(name, **sizes)
        assert sizes.items() <= loaded.dims.items() and all(sizes.values())
        assert all(spec.sizes[size].dynamic and spec.sizes[size].settable for size in sizes)
        assert any(defaults[size] != value for size, value in sizes.items())
        assert sizes not in found[:number]


def test_other_sizes_differ_where_there_is_room(tmp_path: Path) -> None:
    text = "dims: {a: 8, b: {value: 4, min: 4, max: 6}, c: {value: 3, max: 3, min: 3}, d: {value: 2, dynamic: false}}\n"
    spec = toy(tmp_path, text + takes("a", "b", "c", "d"))
    found = spec.other_sizes(4)
    assert len(found) == 4 and len({sizes["a"] for sizes in found} | {8}) == 5
    assert {found[0]["b"], found[1]["b"]} == {5, 6}
    assert all("c" not in sizes and "d" not in sizes for sizes in found)
    assert toy(tmp_path, "dims: {a: {value: 3, min: 3, max: 3}}\n" + takes("a")).other_sizes(3) == []


def test_other_sizes_heed_bounds_that_depend_on_sizes(tmp_path: Path) -> None:
    text = "dims: {a: {value: 8, max: 12}, b: {value: 4, max: 12 - a}, c: {equals: a + b, max: 12}}\n" + takes("b", "c")
    spec = toy(tmp_path, text)
    for seed in range(20):
        for sizes in spec.other_sizes(4, seed):
            assert sizes["a"] + sizes["b"] <= 12


# -- defaults give way


def test_a_default_above_its_most_gives_way(tmp_path: Path) -> None:
    text = "config: {positions: 512}\ndims: {a: {value: 16, max: config.positions}}\n" + takes("a")
    assert toy(tmp_path, text).sizes["a"].gave_way is None
    spec = toy(tmp_path, text, config={"positions": 7})
    assert spec.dims == {"a": 7}
    told = "the default, 16, gave way to 7: it is above its most, 7, which is `config.positions`"
    assert spec.sizes["a"].gave_way == told
    assert told in spec.explain("a").notes
    assert fault(tmp_path, text, config={"positions": 7}, a=8) == (
        "a: 8 is above its most, 7, which is `config.positions`\n  expected: 7 or less\n  bound set at: …/toy.yaml:3:28"
    )
    back = load_spec(round_trip(spec.contract))
    assert back.dims == {"a": 7} and back.sizes["a"].gave_way == told and told in back.explain("a").notes
    with pytest.raises(SizeError, match="8 is above its most, 7, which is"):
        load_spec(round_trip(spec.contract), a=8)


def test_a_default_that_is_no_size_does_not_give_way(tmp_path: Path) -> None:
    text = "config: {n: 3}\ndims: {a: {value: config.n}, b: {value: config.n // 2, min: 2}}\n" + takes("a", "b")
    assert toy(tmp_path, text).dims == {"a": 3, "b": 2}
    for wrong in (0, -3):
        with pytest.raises(ConfigError, match=f"`n` is {wrong}\n.*`a` is {wrong}, which is below its least, 1"):
            toy(tmp_path, text, config={"n": wrong})


def test_a_default_off_its_step_gives_way_to_the_nearest(tmp_path: Path) -> None:
    text = "config: {image: 20}\ndims: {a: {value: config.image, multiple_of: 32}}\n" + takes("a")
    assert toy(tmp_path, text).sizes["a"].gave_way == ("the default, 20, gave way to 32: it is no multiple of 32")
    assert toy(tmp_path, text, config={"image": 70}).dims == {"a": 64}
    assert toy(tmp_path, text, config={"image": 80}).dims == {"a": 96}
    assert toy(tmp_path, text, config={"image": 64}).sizes["a"].gave_way is None


def test_bounds_name_what_a_let_stands_for(tmp_path: Path) -> None:
    text = "config: {n: 9}\nlet: {positions: 'config.n | 512', most: positions - 1}\n"
    text += "dims: {a: {value: 4, max: most}, b: {value: 2, max: most - a}}\n" + takes("a", "b")
    assert "10 is above its most, 8, which is `(config.n | 512) - 1`" in fault(tmp_path, text, a=10)
    assert "5 is above its most, 4, which is `(config.n | 512) - 1 - a`" in fault(tmp_path, text, b=5, a=4)


JOINT = """config: {positions: 512}
dims:
  new: {value: 16, max: config.positions}
  past: {value: new, min: 0, max: config.positions - new}
components:
  model: {inputs: {x: [new]}}
  model_with_past: {inputs: {x: [new], y: [past + new]}}
"""


def test_defaults_give_way_together(tmp_path: Path) -> None:
    assert toy(tmp_path, JOINT).dims == {"new": 16, "past": 16}
    assert toy(tmp_path, JOINT, config={"positions": 20}).dims == {"new": 16, "past": 4}
    spec = toy(tmp_path, JOINT, config={"positions": 7})
    assert spec.dims == {"new": 6, "past": 1}
    assert spec.sizes["new"].gave_way == (
        "the default, 16, gave way to 6: with it, `past` is 7, above its most, 0, which is `config.positions - new`"
    )
    assert spec.sizes["past"].gave_way == (
        "the default, 6, gave way to 1: it is above its most, 1, which is `config.positions - new`"
    )


def test_a_default_gives_way_to_what_is_given(tmp_path: Path) -> None:
    config = {"positions": 20}
    assert toy(tmp_path, JOINT, config=config, past=15).dims == {"new": 5, "past": 15}
    assert toy(tmp_path, JOINT, config=config, new=19).dims == {"new": 19, "past": 1}
    assert toy(tmp_path, JOINT, config=config, new=20).dims == {"new": 20, "past": 0}  # nothing else is left
    assert fault(tmp_path, JOINT, config=config, new=15, past=6) == (
        "past: 6 is above its most, 5, which is `config.positions - new`\n  expected: 5 or less\n"
        "  bound set at: …/toy.yaml:5:35"
    )
    assert "21 is above its most, 20, which is `config.positions`" in fault(tmp_path, JOINT, config=config, new=21)


def test_where_no_sizes_are_valid_the_error_says_so(tmp_path: Path) -> None:
    text = "config: {tokens: 30, positions: 24}\n"
    text += "dims: {a: {value: 46, min: config.tokens, max: config.positions, why: An image's tokens.}}\n" + takes("a")
    assert fault(tmp_path, text) == (
        "a: no size is left: its least is 30, which is `config.tokens`; its most 24, which is `config.positions` "
        "(An image's tokens.)\n  expected: another config\n"
        "  `min` set at: …/toy.yaml:3:28\n  `max` set at: …/toy.yaml:3:48"
    )


def test_a_derived_size_out_of_bounds_moves_the_default_behind_it(tmp_path: Path) -> None:
    text = "dims: {a: 5000, b: {equals: a * 2 - 1, max: 999}}\n" + takes("b")
    assert toy(tmp_path, text).dims == {"a": 500, "b": 999}
    assert toy(tmp_path, text).sizes["a"].gave_way == (
        "the default, 5000, gave way to 500: with it, `b` is 9999, above its most, 999"
    )
    assert "`b` is 1199, which is above its most, 999" in fault(tmp_path, text, a=600)


def test_a_components_own_default_gives_way_alone(tmp_path: Path) -> None:
    text = "dims: {a: {value: 3, max: 4}}\ncomponents:\n  model: {inputs: {x: [a]}}\n"
    text += "  step: {inputs: {x: [a]}, dims: {a: {value: 9}}}\n"
    spec = toy(tmp_path, text)
    assert (spec.inputs("model")["x"].shape, spec.inputs("step")["x"].shape) == ((3,), (4,))
    assert any("9, gave way to 4" in note and "`step`" in note for note in spec.explain("a").notes)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    positions=st.integers(1, 14), least=st.integers(0, 9), step=st.integers(1, 5), new=st.integers(1, 30),
    past=st.integers(1, 30),
)  # fmt: skip
def test_defaults_give_way_just_where_valid_sizes_exist(
    tmp_path: Path, positions: int, least: int, step: int, new: int, past: int
) -> None:
    text = f"dims:\n  new: {{value: {new}, min: {least}, max: {positions}, multiple_of: {step}}}\n"
    text += f"  past: {{value: {past}, max: {positions} - new}}\n" + takes("past", "new")
    valid = [
        (n, p) for n in range(max(least, 1), positions + 1) if n % step == 0 for p in range(1, positions - n + 1)
    ]  # fmt: skip
    try:
        dims = toy(tmp_path, text).dims
    except SpecError:
        assert not valid
        return
    assert (dims["new"], dims["past"]) in valid or not dims["new"]
    if (new, past) in valid:
        assert dims == {"new": new, "past": past}
