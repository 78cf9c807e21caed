"""Inputs on request: by group, by name, in place of others; and arguments that nobody feeds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shapespec import GrammarError, RequestError, Spec, SpecError, UnknownNameError, load_spec, validate
from shapespec.cli import main

TOY = """architecture: toy
inputs:
  ids: {role: tokens, shape: [2, 4], dtype: int, values: {integers: [0, 9], pad: 0, mask: seen}}
  seen: {role: mask, shape: [2, 4], dtype: int, values: {mask: right}}
  kinds: {shape: [2, 4], dtype: int, values: {formula: "where(ids == 3, 1, 0)"}}
  image: {role: media, shape: [2, 3]}
  embeds: {about: In place of ids., include: embeds, instead_of: [ids, media], shape: [2, 4, 8]}
  states: {include: [states, encoded], instead_of: [ids, embeds], shape: [2, 4, 8]}
  labels: {include: labels, shape: [2], dtype: float, values: {constant: 1}}
  weights: {include: labels, shape: [2]}
  flag: {include: flags, python: true}
components:
  model:
    inputs: [ids, seen, kinds, image, embeds, states, labels, weights, flag]
    outputs: {y: [2], loss: {shape: [], include: labels}}
  tower: {inputs: [image, flag]}
"""

#: What is there by itself.
PLAIN = ["ids", "seen", "kinds", "image"]

Load = Callable[..., Spec]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def loaded(text: str = TOY, **call: Any) -> Spec:
        (tmp_path / "toy.yaml").write_text(text)
        return load_spec("toy", paths=[tmp_path], **call)

    return loaded


def arguments(spec: Spec, component: str = "model") -> list[str]:
    return [name for name, _ in spec.plan(component).arguments]


def fault(load: Load, kind: type[SpecError], include: Any, text: str = TOY) -> str:
    with pytest.raises(kind) as caught:
        load(text, include=include)
    return str(caught.value)


@pytest.mark.parametrize(
    ("include", "there"),
    [
        ((), PLAIN),
        ("labels", [*PLAIN, "labels", "weights"]),
        (["weights"], [*PLAIN, "weights"]),
        (["flags"], [*PLAIN, "flag"]),
        (["flag", "labels"], [*PLAIN, "labels", "weights", "flag"]),
        (["ids"], PLAIN),
        ("embeds", ["seen", "embeds"]),
        ("encoded", ["seen", "image", "states"]),
        ("all", [*PLAIN, "labels", "weights", "flag"]),
        (["all", "embeds"], ["seen", "embeds", "labels", "weights", "flag"]),
    ],
)
def test_inputs_come_by_group_or_by_name(load: Load, include: Any, there: list[str]) -> None:
    assert arguments(load(include=include)) == there


def test_what_is_asked_for_comes_in_each_component_that_takes_it(load: Load) -> None:
    assert arguments(load(), "tower") == ["image"]
    assert arguments(load(include="flag"), "tower") == ["image", "flag"]


def test_an_output_comes_with_an_input_of_its_group(load: Load) -> None:
    assert list(load().outputs()) == ["y"]
    assert list(load(include="weights").outputs()) == list(load(include="all").outputs()) == ["y", "loss"]


def test_a_mask_that_is_dropped_hides_nothing(load: Load) -> None:
    text = TOY.replace("embeds, instead_of: [ids, media]", "embeds, instead_of: seen")
    spec = load(text, include="embeds")
    assert arguments(spec) == ["ids", "kinds", "image", "embeds"]
    assert spec.build(framework="numpy")["ids"].shape == (2, 4)


def test_what_is_unknown_is_told_with_what_may_be_asked_for(load: Load) -> None:
    assert fault(load, UnknownNameError, ["lables"]) == (
        "include: unknown input on request `lables`\n"
        "  expected: one of `embeds`, `states`, `encoded`, `labels`, `flags`, `weights`, `flag`\n"
        "  did you mean `labels`?"
    )
    assert fault(load, UnknownNameError, "mebeds").endswith("did you mean `embeds`?")
    assert fault(load, UnknownNameError, [3]) == "include: `3` is no name\n  expected: a name, or a list of names"
    assert fault(load, UnknownNameError, 3) == "include: `3` is no list\n  expected: a name, or a list of names"


def test_what_has_a_condition_may_be_asked_for_where_it_holds(load: Load) -> None:
    text = TOY.replace("labels: {include", "labels: {when: config.trains, include").replace("weights: {", "weights: {")
    text = text.replace("weights: {include: labels", "weights: {include: labels, when: config.trains")
    on, off = ({"trains": value} for value in (True, False))
    assert arguments(load(text, config=on, include="labels")) == [*PLAIN, "labels", "weights"]
    assert "labels" not in load(text, config=off).on_request
    with pytest.raises(UnknownNameError, match="unknown input on request `labels`"):
        load(text, config=off, include="labels")


@pytest.mark.parametrize(
    ("include", "names", "reason"),
    [
        (["states", "embeds"], "`states` and `embeds`", "`states` stands instead of `embeds`"),
        (["embeds", "image"], "`embeds` and `image`", "`embeds` stands instead of `image`"),
        (["embeds", "kinds"], "`embeds` and `kinds`", "`embeds` stands instead of `kinds`"),
    ],
)
def test_two_that_exclude_each_other_are_refused(load: Load, include: list[str], names: str, reason: str) -> None:
    said = f"include: {names} exclude each other in `model`: {reason}\n  expected: one of the two"
    assert fault(load, RequestError, include) == fault(load, RequestError, include[::-1]) == said


def test_two_instead_of_the_same_are_refused(load: Load) -> None:
    text = TOY.replace("instead_of: [ids, embeds]", "instead_of: ids")
    assert fault(load, RequestError, ["states", "embeds"], text) == (
        "include: `embeds` and `states` exclude each other in `model`: both stand instead of `ids`\n"
        "  expected: one of the two"
    )


def test_an_input_that_is_always_there_may_stand_instead_of_others(load: Load) -> None:
    assert arguments(load(TOY.replace("embeds, instead_of", "null, instead_of"))) == ["seen", "embeds"]
    open_text = TOY.replace("embeds, instead_of", "null, when: batch_size > 2, instead_of")
    open_text = open_text.replace("[2, 4, 8]", "[batch_size, 4, 8]")
    assert "`when` of input `embeds` reads sizes, and it stands instead of others" in fault(
        load, GrammarError, (), open_text
    )


def test_a_part_stands_instead_of_nothing(load: Load) -> None:
    text = "architecture: toy\ncomponents: {model: {inputs: {x: {fields: {a: {shape: [2], instead_of: b}}}}}}\n"
    found = fault(load, GrammarError, (), text)
    assert "`x.a` is no input of its own, and stands instead of none" in found


def test_the_same_call_again_gives_the_same(load: Load) -> None:
    one, other = load_spec("bert", task="fill-mask", include="labels"), load_spec("bert", task="fill-mask")
    assert "labels" in one.inputs() and "labels" not in other.inputs()
    assert load_spec("bert", task="fill-mask", include=["labels"]) is one


def test_a_spec_lists_what_may_be_asked_for(load: Load) -> None:
    for include in ((), "all", "embeds"):
        found = load(include=include).on_request
        assert list(found) == ["embeds", "states", "labels", "weights", "flag"]
        assert found["embeds"].instead_of == ("ids", "image", "kinds") and found["embeds"].about == "In place of ids."
        assert found["states"].groups == ("states", "encoded") and found["flag"].components == ("model", "tower")


def test_a_contract_has_settled_what_was_asked_for(load: Load, tmp_path: Path) -> None:
    path = tmp_path / "toy.contract.json"
    load(include="embeds").to_contract(path)
    read = load_spec(path)
    assert arguments(read) == ["seen", "embeds"] and read.on_request == {} and read.unfed == {}


def test_the_command_takes_and_shows_them(load: Load, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load()
    here = ("show", "toy", "--paths", str(tmp_path))
    assert main([*here, "--include", "embeds", "--include", "flags", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in shown["components"]["model"]["inputs"]] == ["seen", "embeds"]
    assert shown["on_request"]["embeds"] == {
        "name": "embeds", "groups": ["embeds"], "instead_of": ["ids", "image", "kinds"], "components": ["model"],
        "about": "In place of ids.",
    }  # fmt: skip
    assert main(list(here)) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "states states, encoded ids, embeds, kinds" in lines
    assert main([*here, "--component", "tower"]) == 0
    assert "embeds" not in capsys.readouterr().out
    assert main([*here, "--include", "embeds", "--include", "states"]) == 1
    assert "exclude each other" in capsys.readouterr().err


def test_unfed_arguments_have_reasons_that_merge(load: Load, tmp_path: Path) -> None:
    (tmp_path / "families").mkdir()
    (tmp_path / "families" / "fam.yaml").write_text(
        "family: fam\nunfed: {past: A cache., extra: More.}\ncomponents: {model: {inputs: {x: [2]}}}\n"
    )
    text = "architecture: toy\nextends: fam\nheads: {a: A, b: B}\nunfed: {own: Why not.}\n"
    text += "tasks: {b: {unfed: {past: null, extra: Less.}}}\n"
    def own(text: str, task: str | None = None) -> dict[str, str]:
        shared = ("logits_to_keep", "mm_encoder_outputs")  # of every spec, by the vocabulary
        return {name: why for name, why in load(text, task=task).unfed.items() if name not in shared}

    assert own(text) == {"past": "A cache.", "extra": "More.", "own": "Why not."}
    assert own(text, "b") == {"extra": "Less.", "own": "Why not."}
    assert load(text).contract_text() == load(text.replace("unfed: {own: Why not.}\n", "")).contract_text()


def test_an_unfed_argument_without_a_reason_is_refused(tmp_path: Path) -> None:
    (tmp_path / "toy.yaml").write_text("architecture: toy\nunfed: {x: ''}\n")
    assert any("unfed" in str(problem) or "character" in str(problem) for problem in validate([tmp_path / "toy.yaml"]))


def test_what_an_input_stands_instead_of_is_an_input_or_a_role(tmp_path: Path) -> None:
    (tmp_path / "toy.yaml").write_text(
        "# yaml-language-server: $schema=https://example.org/architecture.schema.json\n"
        "architecture: toy\nextends: text-encoder\nheads: {feature-extraction: ToyModel}\n"
        "config: {vocab_size: 9, hidden_size: 8}\n"
        "components:\n  model:\n    inputs:\n"
        "      embeds: {include: embeds, instead_of: [input_idz, media], shape: [batch_size, config.hidden_size]}\n"
        "      other: {include: embeds, instead_of: medai, shape: [batch_size, config.vocab_size]}\n"
    )
    said = [(problem.location and problem.location.line, problem.message, problem.suggestion)
            for problem in validate([tmp_path / "toy.yaml"])]  # fmt: skip
    assert said == [
        (9, "`instead_of` names `input_idz`, which is no input", "input_ids"),
        (10, "`instead_of` names `medai`, which is no input", "media"),
    ]
