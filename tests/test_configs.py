"""Configs: from a path, a mapping or a live object; over the YAML's defaults; and what is missing is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shapespec import ConfigError, Spec, load_spec
from shapespec.expressions import MissingValue
from shapespec.resolving.config import ConfigView, read_config


class LiveConfig:
    """What a library's config looks like from outside: attributes, a `to_dict`, names that lead to other names."""

    attribute_map = {"hidden_size": "n_embd"}

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    def to_dict(self) -> dict[str, Any]:
        return dict(self.__dict__)

    def __getattr__(self, name: str) -> Any:
        if name in type(self).attribute_map:
            return getattr(self, type(self).attribute_map[name])
        raise AttributeError(name)

    @property
    def broken(self) -> int:
        raise RuntimeError("not ready")


TOY = """architecture: toy
config: {width: 5, nested: {depth: 7, side: 2}, maybe: null}
attribute_map: {width: d_model}
dims:
  width: {value: config.width}
  depth: {value: config.nested.depth}
  side: {value: "first(config.nested.side, 9)"}
  maybe: {value: "first(config.maybe, config.width)"}
components: {model: {inputs: {x: [width, depth, side, maybe]}}}
"""


@pytest.fixture
def toy(tmp_path: Path) -> Any:
    (tmp_path / "toy.yaml").write_text(TOY)

    def load(config: Any = None, **sizes: Any) -> tuple[int | None, ...]:
        return load_spec("toy", paths=[tmp_path], config=config, **sizes).inputs()["x"].shape

    return load


# -- the three ways to give one


def test_without_a_config_the_defaults_of_the_yaml_hold(toy: Any) -> None:
    assert toy() == (5, 7, 2, 5) == toy({}) == toy(None)


def test_a_mapping_may_be_partial_at_every_depth(toy: Any) -> None:
    assert toy({"width": 11}) == (11, 7, 2, 11)
    assert toy({"nested": {"depth": 3}}) == (5, 3, 2, 5)
    assert toy({"nested": {"depth": 3, "side": None}, "maybe": 4}) == (5, 3, 9, 4)


def test_a_path_to_a_file_or_to_its_folder(toy: Any, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"width": 12, "model_type": "toy"}))
    assert toy(tmp_path / "config.json") == toy(str(tmp_path)) == toy(tmp_path) == (12, 7, 2, 12)


def test_a_live_object_is_complete(toy: Any) -> None:
    """Nothing is filled in for it: what it lacks is missing."""
    nested = LiveConfig(depth=3, side=4)
    assert toy(LiveConfig(width=6, nested=nested, maybe=None)) == (6, 3, 4, 6)
    with pytest.raises(ConfigError, match="the config has no `nested`"):
        toy(LiveConfig(width=6, maybe=None))
    with pytest.raises(ConfigError, match=r"the config has no `nested\.depth`"):
        toy(LiveConfig(width=6, nested=LiveConfig(side=1), maybe=None))


def test_other_names_of_attributes_are_known_from_either_side(toy: Any) -> None:
    assert toy({"d_model": 8})[0] == 8
    assert toy(LiveConfig(d_model=8, nested={"depth": 1, "side": 1}, maybe=1))[0] == 8
    assert ConfigView(LiveConfig(n_embd=4)).shapespec_get("hidden_size") == 4


def test_a_transformers_config_and_its_attribute_map(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    (tmp_path / "gpt_toy.yaml").write_text(
        "architecture: gpt-toy\ndims: {h: config.hidden_size, l: config.num_hidden_layers}\n"
        "components: {model: {inputs: {x: [h, l]}}}\n"
    )
    config = transformers.GPT2Config(n_embd=48, n_layer=3)
    assert load_spec("gpt-toy", paths=[tmp_path], config=config).inputs()["x"].shape == (48, 3)
    composite = transformers.CLIPConfig(text_config={"hidden_size": 40})
    assert ConfigView(composite).shapespec_get("text_config").shapespec_get("hidden_size") == 40


PARTS = {
    "inner.yaml": "architecture: inner\nconfig: {n_embd: 4, depth: 3, kind: null}\nattribute_map: {width: n_embd}\n"
    "dims: {w: config.width}\ncomponents: {model: {inputs: {x: [w]}}}\n",
    "other.yaml": "architecture: other\nconfig: {width: 9, depth: 8}\n"
    "dims: {w: config.width}\ncomponents: {model: {inputs: {x: [w]}}}\n",
    "outer.yaml": "architecture: outer\nconfig: {text_config: {model_type: inner, depth: 5}, free: {depth: 1}}\n"
    "flat_parts: [text_config]\n"
    "dims: {width: config.text_config.width, depth: config.text_config.depth, free: config.free.width | 1}\n"
    "components: {model: {inputs: {x: [width, depth, free]}}}\n",
}


@pytest.mark.parametrize(
    ("config", "shape"),
    [
        ({}, (4, 5, 1)),
        ({"text_config": {}}, (4, 3, 1)),  # a part that is given is made of its own file's defaults, as its class is
        ({"text_config": {"n_embd": 6}}, (6, 3, 1)),  # the part's own file knows the other name
        ({"text_config": {"model_type": "inner", "width": 7}}, (7, 3, 1)),
        ({"text_config": {"model_type": "other"}}, (9, 8, 1)),  # its file alone
        ({"text_config": {"model_type": "other", "depth": 2}}, (9, 2, 1)),
        ({"text_config": {"model_type": "nobody"}}, (4, 3, 1)),  # no file of that name
        ({"free": {"model_type": "other"}}, (4, 3, 1)),  # a part that names no type by default has one class
        ({"n_embd": 6, "depth": 2, "model_type": "outer"}, (6, 2, 1)),  # flat
        ({"n_embd": 6, "text_config": None}, (6, 3, 1)),
        ({"n_embd": 6, "text_config": {"depth": 2}}, (4, 2, 1)),  # given as a part: the top is not looked at
    ],
)
def test_parts_of_another_type_and_flat_parts(config: dict[str, Any], shape: tuple[int, ...], tmp_path: Path) -> None:
    for name, text in PARTS.items():
        (tmp_path / name).write_text(text)
    assert load_spec("outer", paths=[tmp_path], config=config).inputs()["x"].shape == shape


SLIPS = [
    (
        "bert",
        {"hiden_size": 5, "foo": 1},
        "config: `hiden_size` is read by nothing, and `hidden_size`, which is read, is not there\n"
        "  expected: attributes of the config; keys that the spec does not read may stand beside them\n"
        "  did you mean `hidden_size`?",
    ),
    (
        "llava",
        {"text_config": {"num_hidden_layer": 3}},
        "config: `text_config.num_hidden_layer` is read by nothing, and `num_hidden_layers`, which is read, is not "
        "there\n"
        "  expected: attributes of the config; keys that the spec does not read may stand beside them\n"
        "  did you mean `num_hidden_layers`?",
    ),
]


@pytest.mark.parametrize(("name", "config", "said"), SLIPS)
def test_a_misspelt_key_is_refused(name: str, config: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_spec(name, config=config)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("name", "slip"),
    [("qwen2_vl", "hiden_size"), ("bert", "vocab_szie"), ("bert", "vocab_sise"), ("gpt2", "n_embdd"), ("t5", "d_mode")],
)
def test_slips_of_every_kind_are_seen(name: str, slip: str) -> None:
    with pytest.raises(ConfigError, match=f"`{slip}` is read by nothing"):
        load_spec(name, config={slip: 64})


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("bert", {"hidden_sizes": [1], "gap_size": 0}),  # known words of other configs
        ("bert", {"hidden_size": 64, "hiden_size": 5}),  # the one that is meant is there
        ("bert", {"vocab_of_the_size": 5}),  # near to nothing
    ],
)
def test_keys_that_nothing_reads_are_passed_over(name: str, config: dict[str, Any]) -> None:
    assert load_spec(name, config=config).architecture == "bert"


def test_labels_are_counted_where_a_config_names_them() -> None:
    """Published configs name their labels, and do not say how many they are."""
    names = {str(i): f"label {i}" for i in range(7)}
    found = [
        load_spec("bert", task="text-classification", config=config).outputs()["logits"].shape[1]
        for config in ({}, {"id2label": names}, {"num_labels": 3}, {"id2label": names, "num_labels": 3})
    ]
    assert found == [2, 7, 3, 7]


def test_the_callers_mapping_may_change_afterwards(tmp_path: Path) -> None:
    (tmp_path / "toy.yaml").write_text(TOY)
    given = {"width": 11}
    spec = load_spec("toy", paths=[tmp_path], config=given)
    given["width"] = 99
    assert spec.inputs()["x"].shape[0] == 11 and spec.explain("config.width").value == 11


def test_a_given_size_wins_over_the_config(toy: Any) -> None:
    assert toy({"width": 11}, width=3) == (3, 7, 2, 11)


# -- values


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (None, None), (True, True), (3, 3), (2.5, 2.5), ("x", "x"), ([1, (2, 3)], [1, [2, 3]]), ((1, 2), [1, 2]),
        (np.int64(3), 3), (np.float32(0.5), 0.5), ({3, 1}, [1, 3]), (range(3), [0, 1, 2]), (Path("a"), "a"),
    ],
)  # fmt: skip
def test_values_are_plain(value: Any, seen: Any) -> None:
    found = ConfigView({"a": value}).shapespec_get("a")
    assert found == seen and type(found) is type(seen)


def test_mappings_inside_lists_are_views() -> None:
    found = ConfigView({"layers": [{"size": 3}]}).shapespec_get("layers")
    assert found[0].shapespec_get("size") == 3


def test_the_config_as_one_layer_sees_it() -> None:
    view = ConfigView({"heads": 4, "per_layer_config": {"01": {"heads": 2}}}, {"width": 8})
    of = view.shapespec_get("per_layer_config").shapespec_get
    assert [of(str(layer)).shapespec_get("heads") for layer in range(3)] == [4, 2, 4]
    assert of("1").shapespec_get("width") == 8
    alike = ConfigView({"heads": 4}).shapespec_get("per_layer_config")
    assert alike.shapespec_get("7").shapespec_get("heads") == 4
    with pytest.raises(MissingValue):
        of("first")


def test_a_property_that_fails_is_as_good_as_absent() -> None:
    assert ConfigView(LiveConfig()).shapespec_get("broken", None) is None


def test_none_is_a_value_but_not_for_first(toy: Any) -> None:
    assert ConfigView({"a": None}).shapespec_get("a") is None
    assert toy({"maybe": None})[3] == 5


def test_what_is_missing_is_told_with_what_is_near() -> None:
    view = ConfigView({"text_config": {"hidden_size": 1}})
    with pytest.raises(MissingValue) as caught:
        view.shapespec_get("text_config").shapespec_get("hiden_size")
    assert caught.value.name == "config.text_config.hiden_size"
    assert str(caught.value) == "the config has no `text_config.hiden_size` (it has `hidden_size`)"
    assert view.shapespec_get("absent", 7) == 7
    assert "text_config" in view and "absent" not in view and list(view) == ["text_config"] and len(view) == 1


# -- errors


def test_a_missing_attribute_tells_who_reads_it_and_how_to_give_it(tmp_path: Path) -> None:
    (tmp_path / "toy.yaml").write_text(
        "architecture: toy\ndims:\n  n: {value: config.text_config.num_mel_bins}\n"
        "components: {model: {inputs: {x: [n]}}}\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_spec("toy", paths=[tmp_path], config={"text_config": {"num_mel_bin": 3}})
    assert str(caught.value).replace(str(tmp_path), "…") == (
        "config: the config has no `text_config.num_mel_bins` (it has `num_mel_bin`)\n"
        '  expected: a config that has it, or config={"text_config": {"num_mel_bins": …}}: '
        "the size `n` is `config.text_config.num_mel_bins`\n"
        "  the size `n` reads it: …/toy.yaml:3:14"
    )


def test_a_condition_that_reads_what_is_missing_is_told(tmp_path: Path) -> None:
    (tmp_path / "toy.yaml").write_text(
        "architecture: toy\ndims: {n: 3}\ncomponents: {model: {inputs: {x: {shape: [n], when: config.flag}}}}\n"
    )
    with pytest.raises(ConfigError, match=r"no `flag`\n.*`when` of input `x` is `config\.flag`"):
        load_spec("toy", paths=[tmp_path])
    assert list(load_spec("toy", paths=[tmp_path], config={"flag": True}).inputs()) == ["x"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is no JSON: Expecting property name"),
        ("", "is no JSON: Expecting value"),
        ("[1]", "holds a list"),
        ("3", "holds a int"),
        ("[" * 100_000, "is no JSON"),
        ('{"a": ' + "9" * 5000 + "}", "is no JSON: Exceeds the limit"),
        ("\udcff", "is no JSON: 'utf-8' codec can't decode"),
    ],
)
def test_what_is_no_json_object_is_refused(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "config.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError) as caught:
        read_config(tmp_path)
    assert said in str(caught.value) and caught.value.problems[0].argument == "config"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("no/such/config.json", "can't read no/such/config.json: No such file or directory"),
        ("a\0b", "can't read"),
        (3, "`int` is no config"),
        (b"{}", "`bytes` is no config"),
        ([1], "`list` is no config"),
        (LiveConfig, "`type` is no config"),
        ({3: 4}, "the key 3 is no text"),
    ],
)
def test_what_is_no_config_is_refused(config: Any, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(config)
    assert said in str(caught.value) and caught.value.problems[0].argument == "config"


@pytest.mark.parametrize("value", ["wide", True, None, 2.5, 2**70, -3, [3], {"a": 1}])
def test_a_config_value_that_is_no_size_is_refused_where_it_is_read(toy: Any, value: Any) -> None:
    from shapespec import SpecError

    with pytest.raises(SpecError) as caught:
        toy({"width": value})
    assert "width" in str(caught.value)


def test_numbers_as_keys() -> None:
    """A live config's mapping may be keyed by numbers (Aria's queries by the count of patches)."""
    view = ConfigView(LiveConfig(queries={1225: 128, 4900: 256})).shapespec_get("queries")
    assert view.shapespec_get("1225") == 128
    assert ConfigView({"queries": {"1225": 128}}).shapespec_get("queries").shapespec_get("1225") == 128
    with pytest.raises(MissingValue):
        view.shapespec_get("7")


NAMES = """architecture: toy
extends: text-decoder
heads: {text-generation: ToyForCausalLM}
attribute_map: {num_hidden_layers: n_layer, num_key_value_heads: n_kv, num_attention_heads: n_head, hidden_size: n_embd}
config: {vocab_size: 9, n_layer: 3, n_kv: 2, n_head: 4, n_embd: 16}
"""


def heads(spec: Spec) -> list[int | None]:
    return [tensor.shape[1] for name, tensor in spec.inputs("model_with_past").items() if name.endswith(".key")]


def test_a_file_s_own_name_beats_its_family_s_null(tmp_path: Path) -> None:
    """`text-decoder` has `num_key_value_heads: null`; the file calls the same attribute `n_kv`."""
    (tmp_path / "toy.yaml").write_text(NAMES)
    assert heads(load_spec("toy", paths=[tmp_path])) == [2, 2, 2]
    assert heads(load_spec("toy", paths=[tmp_path], config={"n_kv": 1})) == [1, 1, 1]
    assert heads(load_spec("toy", paths=[tmp_path], config={"num_key_value_heads": 1})) == [1, 1, 1]
    (tmp_path / "toy.yaml").write_text(NAMES + "variants: {plain: {config: {num_key_value_heads: null}}}\n")
    assert heads(load_spec("toy", paths=[tmp_path], variant="plain")) == [4, 4, 4]  # the variant lies higher


@pytest.mark.parametrize("mapped", [True, False])
def test_a_live_config_with_names_of_its_own_gives_the_same(tmp_path: Path, mapped: bool) -> None:
    """Transformers counts a config's layers by `num_hidden_layers`, which it may not have under any name."""
    transformers = pytest.importorskip("transformers")
    (tmp_path / "toy.yaml").write_text(NAMES)
    names = {"num_hidden_layers": "n_layer", "num_key_value_heads": "n_kv", "num_attention_heads": "n_head"}
    config = type("ToyConfig", (transformers.PreTrainedConfig,), {"model_type": "toy"})()
    if mapped:
        type(config).attribute_map = names
    for name, value in {"vocab_size": 9, "n_layer": 3, "n_kv": 2, "n_head": 4, "n_embd": 16}.items():
        setattr(config, name, value)
    assert heads(load_spec(config, paths=[tmp_path])) == heads(load_spec("toy", paths=[tmp_path])) == [2, 2, 2]
