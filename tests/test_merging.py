"""How each key merges is said once, in the grammar: here for every key that it has, and through whole files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shapespec import GrammarError, Spec, SpecError, load_spec
from shapespec.errors import ExpressionError
from shapespec.kinds import KINDS
from shapespec.language.files import FILE_KINDS, Body
from shapespec.language.merging import PLAIN, body_rule, rule_at, short_paths
from shapespec.layers import Layer, Merged, Stack
from shapespec.reading import read_text


def merged(*texts: str, at: tuple[str, ...] = ()) -> Merged:
    found = Stack([Layer(read_text(text, file=f"{n}.yaml"), ()) for n, text in enumerate(texts)]).merged(*at)
    assert found is not None
    return found


# -- the rules


def test_every_key_of_every_kind_of_file_has_a_rule() -> None:
    known = {info.alias or name for model in FILE_KINDS.values() for name, info in model.model_fields.items()}
    assert set(body_rule().fields) == known


#: What is special about merging, by the places where it is; everything else merges by key, and null removes.
KEPT_NULLS = [("config",), ("tiny",)]
BY_KIND = [
    ("inputs", "x", "values"),
    ("components", "c", "inputs", "x", "values"),
    ("components", "c", "outputs", "x", "fields", "k", "values"),
]
NODES = [("inputs", "x"), ("components", "c", "inputs", "x"), ("outputs", "x"), ("inputs", "x", "fields", "k")]
DIMS = [("dims", "n"), ("components", "c", "dims", "n")]
LISTS = [("components", "c", "inputs"), ("components", "c", "outputs"), ("outputs",)]


@pytest.mark.parametrize("path", KEPT_NULLS)
def test_nulls_that_are_values(path: tuple[str, ...]) -> None:
    assert rule_at(path).keeps_null and rule_at((*path, "a", "b")).keeps_null


def test_elsewhere_null_removes() -> None:
    assert [key for key, rule in body_rule().fields.items() if rule.keeps_null] == ["config", "tiny"]
    model_config = rule_at(("components", "c", "model_config"))
    assert not model_config.keeps_null and not rule_at(("inputs", "x", "values")).keeps_null


@pytest.mark.parametrize("path", BY_KIND)
def test_values_are_replaced_by_another_kind(path: tuple[str, ...]) -> None:
    assert rule_at(path).by_kind


@pytest.mark.parametrize("path", NODES)
def test_nodes_merge_alike_wherever_they_stand(path: tuple[str, ...]) -> None:
    rule = rule_at(path)
    assert rule.drops["shape"] == {
        "fields", "items", "repeat", "index", "container", "options", "python",
    }  # fmt: skip
    assert rule.drops["python"] > {"shape", "dtype", "values", "fields"}
    assert "items" in rule.drops["fields"] and "fields" in rule.drops["items"]
    assert rule.merging.restarts == {"like"}
    assert rule.written_out(["a", "b"]) == {"shape": ["a", "b"]} and rule.written_out({"shape": []}) is None


@pytest.mark.parametrize("path", DIMS)
def test_sizes_merge_alike_wherever_they_stand(path: tuple[str, ...]) -> None:
    rule = rule_at(path)
    assert rule.drops == {"value": {"equals"}, "equals": {"value"}} and rule.merging.one_history
    assert rule.written_out(3) == {"value": 3} and rule.written_out("a + 1") == {"value": "a + 1"}
    assert rule.written_out(True) is None and rule.written_out(None) is None


@pytest.mark.parametrize("path", LISTS)
def test_lists_of_names_stand_for_mappings(path: tuple[str, ...]) -> None:
    assert rule_at(path).lists_names and rule_at(path).written_out(["a", "b"]) == {"a": {}, "b": {}}


def test_other_lists_are_values() -> None:
    for path in (("heads", "t"), ("components", "c", "order"), ("components", "c", "aliases"), ("inputs",)):
        assert not rule_at(path).lists_names
    assert rule_at(("heads", "t")) is PLAIN


def test_outputs_stand_for_those_of_the_model() -> None:
    assert short_paths() == {name: ("components", "model", name) for name in ("outputs", "also_returns")}
    assert "outputs" in Body.model_fields


@pytest.mark.parametrize("kind", KINDS)
def test_parts_of_one_kind_merge_by_key(kind: str) -> None:
    low = f"inputs: {{x: {{values: {{{kind}: [1, 2]}}}}}}"
    found = merged(low, f"inputs: {{x: {{values: {{{kind}: [3]}}}}}}", at=("inputs", "x", "values"))
    assert found.value == {kind: [3]}
    other = "constant" if kind != "constant" else "uniform"
    replaced = merged(low, f"inputs: {{x: {{values: {{{other}: 1}}}}}}", at=("inputs", "x", "values"))
    assert replaced.value == {other: 1}


# -- through layers


def test_like_starts_anew() -> None:
    found = merged("inputs: {x: {shape: [a], why: low}}", "inputs: {x: {like: y, role: mask}}", at=("inputs", "x"))
    assert found.value == {"like": "y", "role": "mask"}


def test_a_list_over_a_mapping_adds_names_and_a_mapping_over_a_list_says_more() -> None:
    at = ("components", "m", "inputs")
    found = merged("components: {m: {inputs: {a: {role: mask}, b: {}}}}", "components: {m: {inputs: [b, c]}}", at=at)
    assert found.value == {"a": {"role": "mask"}, "b": {}, "c": {}}
    assert [(o.location.file, o.location.column) for o in found.history(("c",))] == [("1.yaml", 30)]
    more = merged("components: {m: {inputs: [a, b]}}", "components: {m: {inputs: {a: null, b: [n]}}}", at=at)
    assert more.value == {"b": {"shape": ["n"]}}


def test_outputs_merge_with_the_model_s_in_either_order() -> None:
    at = ("components", "model", "outputs")
    short, long = "outputs: {y: [a], z: {}}", "components: {model: {outputs: {y: [b], w: [c]}}}"
    over = merged(long, short, at=at)
    assert over.value == {"y": {"shape": ["a"]}, "w": {"shape": ["c"]}, "z": {}}
    assert merged(short, long, at=at).value["y"] == {"shape": ["b"]}
    assert [o.location.file for o in over.history(("y", "shape"))] == ["1.yaml", "0.yaml"]
    place = over.origin(("y", "shape", 0))
    assert place is not None and (place.file, place.line, place.column) == ("1.yaml", 1, 15)


def test_a_part_of_what_outputs_stand_for_is_found_alone() -> None:
    text = "outputs: {y: [a]}"
    assert merged(text, at=("components", "model")).value == {"outputs": {"y": {"shape": ["a"]}}}
    assert merged(text, at=("components", "model", "outputs", "y")).value == {"shape": ["a"]}
    assert merged(text, at=("components",)).value == {"model": {"outputs": {"y": {"shape": ["a"]}}}}
    stack = Stack([Layer(read_text(text), ())])
    assert stack.keys("components") == ["model"] and stack.merged("components", "other") is None


# -- through load_spec


@pytest.fixture
def toy(tmp_path: Path) -> Any:
    def load(text: str, **call: Any) -> Spec:
        (tmp_path / "toy.yaml").write_text(f"architecture: toy\n{text}")
        return load_spec("toy", paths=[tmp_path], **call)

    return load


BASE = "dims: {n: 3}\ncomponents: {model: {inputs: {x: [n]}}}\n"


def test_outputs_of_a_body(toy: Any) -> None:
    spec = toy(BASE + "outputs:\n  y: [n, unknown]\n")
    assert spec.outputs()["y"].shape == (3, None)
    assert "toy.yaml:5" in str(spec.explain("y"))


def test_outputs_of_a_task_lie_over_those_of_the_file(toy: Any) -> None:
    text = BASE + "heads: {one: A, two: B}\noutputs: {y: [n], z: [n]}\ntasks: {two: {outputs: {y: [2], z: null}}}\n"
    assert {name: t.shape for name, t in toy(text, task="two").outputs().items()} == {"y": (2,)}
    assert list(toy(text, task="one").outputs()) == ["y", "z"]


@pytest.mark.parametrize(
    ("outputs", "place"),
    [
        ("outputs:\n  y: [n, nn]\n", "toy.yaml:5:10: axis 1 of output `y`: there is no `nn`"),
        ("outputs:\n  y:\n    when: nn > 3\n    shape: [n]\n", "toy.yaml:6:11: `when` of output `y`"),
        ("outputs:\n  y: {like: wye}\n", "toy.yaml:5:13: `like` names the unknown input `wye`"),
        ("outputs:\n  y: {fields: {k: [n - 9]}}\n", "toy.yaml:5:20: axis 0 of output `y.k`"),
        ("outputs: [wye]\n", "toy.yaml:4:11: output `wye` has no shape"),
        ("outputs:\n  y: {}\n", "toy.yaml:5:6: output `y` has no shape"),
        ("outputs:\n  y: {shpae: [n]}\n", "toy.yaml:5:7: unknown key `shpae`"),
        ("outputs: 3\n", "toy.yaml:4:10: `outputs` is `3`"),
    ],
)
def test_errors_below_outputs_name_the_place_where_they_are_written(toy: Any, outputs: str, place: str) -> None:
    with pytest.raises(SpecError) as caught:
        toy(BASE + outputs)
    assert place in str(caught.value)


def test_a_component_s_names_may_be_listed(toy: Any) -> None:
    spec = toy("dims: {n: 3}\ninputs: {a: [n], b: [n, n], c: [2]}\n"
               "components: {model: {inputs: [b, a], outputs: [c]}}\n")  # fmt: skip
    assert {name: t.shape for name, t in spec.inputs().items()} == {"b": (3, 3), "a": (3,)}
    assert list(spec.outputs()) == ["c"]


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("components: {model: {inputs: [inptu]}}\n", GrammarError, "toy.yaml:2:31: input `inptu` has no shape"),
        ("components: {model: {inputs: [1]}}\n", GrammarError, "toy.yaml:2:31: item 1 of `inputs` is `1`"),
        ("components: {model: {inputs: ['a b']}}\n", GrammarError, "toy.yaml:2:31: `a b` is no name"),
        ("inputs: [input_ids]\n", GrammarError, "toy.yaml:2:9: `inputs` is a list\n"),
        ("inputs: {a: [nn]}\ncomponents: {model: {inputs: [a]}}\n", ExpressionError, "toy.yaml:2:14: axis 0 of input"),
    ],
)  # fmt: skip
def test_errors_of_listed_names(toy: Any, text: str, error: type[SpecError], said: str) -> None:
    with pytest.raises(error) as caught:
        toy(text)
    assert said in str(caught.value)
