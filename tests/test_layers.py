"""Merging: mappings by key, all else replaced, null removes; and every value knows who set it and what it replaced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shapespec import load_spec
from shapespec.language.merging import PLAIN
from shapespec.layers import Layer, Merged, Stack, overlay
from shapespec.reading import Document, read_text


def documents(*texts: str) -> list[Document]:
    return [read_text(text, file=f"{number}.yaml") for number, text in enumerate(texts)]


def merged(*texts: str, at: tuple[str, ...] = ()) -> Merged | None:
    """Texts as layers, the lowest first."""
    return Stack([Layer(document, ()) for document in documents(*texts)]).merged(*at)


def value(*texts: str, at: tuple[str, ...] = ()) -> Any:
    found = merged(*texts, at=at)
    return None if found is None else found.value


# -- the rule, on plain mappings

_leaf = st.integers(0, 9) | st.text("xyz", max_size=2) | st.lists(st.integers(0, 3), max_size=2)
_leaves = st.dictionaries(st.sampled_from("abc"), _leaf, max_size=3)
#: Mappings in which a name is either always a mapping or never.
_mapping = st.tuples(_leaves, st.dictionaries(st.sampled_from("mno"), _leaves, max_size=3)).map(lambda p: p[0] | p[1])
_with_nulls = st.dictionaries(
    st.sampled_from("abcd"),
    st.recursive(
        _leaf | st.none(), lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, max_size=3), max_leaves=6
    ),
    max_size=4,
)


def plainly(low: Any, high: Any) -> Any:
    """The rule in its own words."""
    if not isinstance(high, dict):
        return high
    result = dict(low) if isinstance(low, dict) else {}
    for key, item in high.items():
        if item is None:
            result.pop(key, None)
        else:
            result[key] = plainly(result.get(key), item)
    return result


def _stack(*layers: dict[str, Any]) -> Stack:
    import json

    return Stack([Layer(document, ()) for document in documents(*[json.dumps({"let": layer}) for layer in layers])])


@settings(max_examples=150, deadline=None)
@given(st.lists(_with_nulls, min_size=1, max_size=4))
def test_layers_merge_as_the_rule_says(layers: list[dict[str, Any]]) -> None:
    expected: Any = None
    for layer in layers:
        expected = plainly(expected, layer)
    found = _stack(*layers).merged("let")
    assert found is not None and found.value == expected


@settings(max_examples=150, deadline=None)
@given(_mapping, _mapping, _mapping)
def test_merging_is_associative_where_nothing_is_removed(a: Any, b: Any, c: Any) -> None:
    """As long as no mapping meets a value that replaces it: what that one dropped can't be told any more."""
    low, mid, high = (_stack(layer).merged("let") for layer in (a, b, c))
    assert low is not None and mid is not None and high is not None
    left, right = overlay(low, mid, PLAIN), overlay(mid, high, PLAIN)
    assert left is not None and right is not None
    one, other = overlay(left, high, PLAIN), overlay(low, right, PLAIN)
    assert one is not None and other is not None and one.value == other.value


@settings(max_examples=100, deadline=None)
@given(_mapping, _mapping)
def test_merging_changes_none_of_its_parts_and_the_same_again_changes_nothing(a: Any, b: Any) -> None:
    low, high = _stack(a).merged("let"), _stack(b).merged("let")
    assert low is not None and high is not None
    once = overlay(low, high, PLAIN)
    assert low.value == a and high.value == b and once is not None
    again = overlay(once, high, PLAIN)
    assert again is not None and again.value == once.value


@settings(max_examples=150, deadline=None)
@given(st.lists(_with_nulls, min_size=1, max_size=4))
def test_provenance_names_the_file_that_set_each_value(layers: list[dict[str, Any]]) -> None:
    """The winner of every leaf is the highest layer that has it, and there it has just this value."""
    found = _stack(*layers).merged("let")
    assert found is not None

    def at(layer: Any, path: tuple[str, ...]) -> Any:
        for part in path:
            if not isinstance(layer, dict) or part not in layer:
                return None
            layer = layer[part]
        return layer

    def walk(part: Any, path: tuple[str, ...]) -> None:
        if isinstance(part, dict):
            for key, item in part.items():
                walk(item, (*path, key))
            return
        winner = max(number for number, layer in enumerate(layers) if at(layer, path) is not None)
        place = found.origin(path)
        assert place is not None and place.file == f"{winner}.yaml"
        assert found.history(path)[0].value == part

    walk(found.value, ())


def test_a_part_of_the_tree_merges_as_the_whole() -> None:
    texts = ("let: {a: 1}\ndims: {n: {value: 3, why: x}}", "dims: {n: {value: 4}, m: 2}", "dims: {n: {why: null}}")
    whole = value(*texts, at=("dims",))
    assert whole == {"n": {"value": 4}, "m": {"value": 2}}
    assert value(*texts, at=("dims", "n")) == whole["n"] and value(*texts, at=("dims", "zzz")) is None


# -- short forms and alternatives


def test_a_size_written_short_is_its_value() -> None:
    assert value("dims: {n: 3}", "dims: {n: {why: x}}", at=("dims", "n")) == {"value": 3, "why": "x"}
    assert value("dims: {n: {value: 3, why: x}}", "dims: {n: 4}", at=("dims", "n")) == {"value": 4, "why": "x"}


def test_value_and_equals_drive_each_other_out_and_share_a_history() -> None:
    found = merged("dims: {n: 3}", "dims: {n: {equals: m}}", "dims: {n: 5}", at=("dims", "n"))
    assert found is not None and found.value == {"value": 5}
    assert [(origin.location.file, origin.value) for origin in found.history(("value",))] == [
        ("2.yaml", 5), ("1.yaml", "m"), ("0.yaml", 3),
    ]  # fmt: skip
    assert found.history(("equals",)) == []


def test_a_nodes_alternatives_drive_each_other_out() -> None:
    tensor = "inputs: {x: {shape: [a], dtype: int, values: {constant: 1}, about: text}}"
    assert value(tensor, "inputs: {x: {python: 3}}", at=("inputs", "x")) == {"about": "text", "python": 3}
    assert value(tensor, "inputs: {x: {fields: {k: [b]}}}", at=("inputs", "x")) == {
        "about": "text", "fields": {"k": {"shape": ["b"]}},
    }  # fmt: skip
    repeated = "inputs: {x: {repeat: n, fields: {k: [b]}}}"
    assert value(repeated, "inputs: {x: [c]}", at=("inputs", "x")) == {"shape": ["c"]}
    assert value("inputs: {x: {fields: {k: [b]}}}", "inputs: {x: {items: [[c]]}}", at=("inputs", "x")) == {
        "items": [["c"]],
    }


def test_values_of_another_kind_replace_those_of_the_same_merge() -> None:
    low = "inputs: {x: {values: {integers: [0, 9], avoid: [1], pad: 2}}}"
    at = ("inputs", "x", "values")
    same = value(low, "inputs: {x: {values: {integers: [0, 5], pad: null}}}", at=at)
    assert same == {"integers": [0, 5], "avoid": [1]}
    assert value(low, "inputs: {x: {values: {mask: left}}}", at=at) == {"mask": "left"}


def test_lists_are_replaced_whole() -> None:
    assert value("inputs: {x: [a, b]}", "inputs: {x: [c]}", at=("inputs", "x")) == {"shape": ["c"]}


def test_in_a_config_null_is_a_value() -> None:
    """`pad_token_id: null` says that it is None; it does not take the attribute away."""
    assert value("config: {a: 1, b: {c: 2}}", "config: {a: null, b: {c: null}}", at=("config",)) == {
        "a": None, "b": {"c": None},
    }  # fmt: skip


def test_what_is_removed_and_set_again_has_no_older_history() -> None:
    found = merged("let: {a: {b: 1}}", "let: {a: null}", "let: {a: {c: 2}}", at=("let",))
    assert found is not None and found.value == {"a": {"c": 2}}
    assert found.history(("a", "b")) == []
    assert [origin.location.file for origin in found.history(("a",))] == ["2.yaml", "1.yaml"]


def test_keys_of_a_section_come_in_the_order_of_first_mention_without_the_removed() -> None:
    stack = Stack([Layer(d, ()) for d in documents("dims: {c: 1, a: 2}", "dims: {b: 3, a: null}", "dims: {c: 9}")])
    assert stack.keys("dims") == ["c", "b"]


def test_layered_keeps_the_null_for_what_it_is_yet_to_be_laid_over() -> None:
    stack = Stack([Layer(d, ()) for d in documents("components: {m: {inputs: {x: null, y: {dtype: null}}}}")])
    kept = stack.layered("components", "m")
    assert kept is not None and kept.value == {"inputs": {"x": None, "y": {"dtype": None}}}
    shown = stack.merged("components", "m")
    assert shown is not None and shown.value == {"inputs": {"y": {}}}


# -- the same through load_spec


def toy(folder: Path, text: str, **call: Any) -> Any:
    (folder / "toy.yaml").write_text(f"architecture: toy\n{text}")
    return load_spec("toy", paths=[folder], **call)


def test_null_takes_an_input_out_of_a_component_that_is_like_another(tmp_path: Path) -> None:
    spec = toy(
        tmp_path,
        "dims: {n: 3}\ninputs: {x: {shape: [n], values: {uniform: [0, 1]}, dtype: float16}}\n"
        "components:\n  a: {inputs: {x: {}, y: [n]}}\n  b: {like: a, inputs: {y: null, x: {dtype: null}, z: [n]}}\n",
    )
    assert list(spec.inputs("a")) == ["x", "y"] and list(spec.inputs("b")) == ["x", "z"]
    assert spec.inputs("a")["x"].dtype == "float16" and spec.inputs("b")["x"].dtype == "float32"


def test_a_component_that_is_like_another_takes_neither_its_aliases_nor_its_condition(tmp_path: Path) -> None:
    spec = toy(
        tmp_path,
        "dims: {n: 3}\ncomponents:\n  a: {aliases: [first], when: 'task == None', why: because, inputs: {x: [n]}}\n"
        "  b: {like: a}\n",
    )
    assert spec.plan("first").name == "a" and spec.components == ("a", "b") and spec.plan("b").aliases == ()
