"""What `check` reads off files: names of axes, the conventions of the vocabulary, the config's defaults."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from shapespec import load_spec
from shapespec.checking.conventions import convention_faults, order_faults, static_faults
from shapespec.checking.defaults import default_faults
from shapespec.checking.names import name_faults
from shapespec.checking.unknown import unknown_faults
from shapespec.checking.written import tensors_written
from shapespec.registry.chain import Registry
from shapespec.registry.declared import Declared

HEAD = "architecture: toy\nconfig: {width: 8, vocab_size: 99}\nlet: {half: sequence_length // 2}\n"


def spec(folder: Path, inputs: str, outputs: str = "{}", **sizes: int) -> Any:
    (folder / "toy.yaml").write_text(f"{HEAD}components: {{model: {{inputs: {inputs}, outputs: {outputs}}}}}\n")
    return load_spec("toy", paths=[folder], **sizes)


X = "x: [batch_size, sequence_length]"


@pytest.mark.parametrize(
    ("inputs", "outputs", "told"),
    [
        (f"{{{X}}}", "{y: [batch_size, half, config.width, {size: unknown, axis: n_samples}]}", None),
        (f"{{{X}}}", "{y: [batch_size, {size: half, axis: sequence_length // 2}]}", None),
        (f"{{{X}}}", "{y: [batch_size, {size: half, axis: sequence_length, why: So.}]}", None),
        (f"{{{X}}}", "{y: [batch_size, {size: half, axis: steps}]}", "`steps` is no size"),
        (f"{{{X}}}", "{y: [batch_size, {size: half, axis: n_sample}]}", "did you mean `n_samples`?"),
        (f"{{{X}}}", "{y: [batch_size, {size: half, axis: sequence_length}]}", "which is 16, and has 8"),
        (f"{{{X}}}", "{y: [{size: unknown, axis: batch_size}]}", "its own size is said to be unknown"),
        (f"{{{X}}}", "{y: [{size: batch_size, axis: n_samples}, {size: half, axis: n_samples}]}", "named so and has 2"),
        (f"{{{X}}}", "{y: [{size: batch_size, axis: n_samples}]}", "`batch_size`, is named `n_samples`"),
    ],
)  # fmt: skip
def test_names_of_axes(tmp_path: Path, inputs: str, outputs: str, told: str | None) -> None:
    faults = [fault for _, fault in name_faults([spec(tmp_path, inputs, outputs)])]
    assert faults == [] if told is None else told in "; ".join(faults)


def test_two_sizes_that_are_one_by_default_are_told_at_others(tmp_path: Path) -> None:
    inputs = f"{{{X}, z: [{{size: past_sequence_length, axis: sequence_length}}]}}"
    assert list(name_faults([spec(tmp_path, inputs)])) == []
    at_others = [spec(tmp_path, inputs), spec(tmp_path, inputs, sequence_length=5, past_sequence_length=7)]
    ((component, fault),) = [found for found in name_faults(at_others) if "which is" in found[1]]
    assert component == "model"
    assert "`z`" in fault


@pytest.mark.parametrize(
    ("node", "told"),
    [
        ("{}", None),
        ("{values: {mask: left}}", "has `mask: left`, in inputs.yaml `right`"),
        ("{values: {mask: none}}", "has `mask: none`"),
        ("{values: {mask: none}, why: No padding here.}", None),
        ("{values: {constant: 1}, about: Another thing.}", None),
        ("{dtype: int32}", "has the dtype `int32`, in inputs.yaml `int`"),
        ("{role: tokens}", "has the role `tokens`"),
        ("{shape: [sequence_length, batch_size]}", "has the axes sequence_length, batch_size"),
        ("{values: {constant: 1}}", "has values of the kind `constant`"),
    ],
)
def test_conventions(tmp_path: Path, node: str, told: str | None) -> None:
    faults = [fault for _, fault in convention_faults(spec(tmp_path, f"{{{X}, attention_mask: {node}}}"))]
    assert len(faults) == (told is not None)
    assert told is None or told in faults[0]


@pytest.mark.parametrize("reason", ["Text below.", ""])
@pytest.mark.parametrize("above", ["Text above.", ""])
@pytest.mark.parametrize("word", ["why", "about"])
def test_who_differs_gives_the_reason(tmp_path: Path, word: str, above: str, reason: str) -> None:
    family = f'inputs: {{attention_mask: {{{word}: "{reason}"}}}}' if reason else ""
    (tmp_path / "base.yaml").write_text(f"family: base\n{family}\n")
    why = f", {word}: {above}" if above else ""
    node = f"{{attention_mask: {{dtype: int32{why}}}}}"
    (tmp_path / "toy.yaml").write_text(f"architecture: toy\nextends: base\ncomponents: {{model: {{inputs: {node}}}}}\n")
    toy = load_spec("toy", paths=[tmp_path])
    assert (list(convention_faults(toy)) == []) is bool(above)
    ((_, reasoned),) = tensors_written(toy, toy.plan("model"), ("dtype",))
    assert reasoned == (above or None if word == "why" else None)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ("[batch_size, sequence_length, 3]", None),
        ("[sequence_length, batch_size]", "`y` has sequence_length before batch_size, and `x`"),
        ("[sequence_length, 3, batch_size]", "the other way round"),
        ("[batch_size, batch_size]", None),
    ],
)
def test_axes_stand_in_one_order(tmp_path: Path, other: str, told: str | None) -> None:
    faults = [fault for _, fault in order_faults(spec(tmp_path, f"{{{X}, y: {other}}}"))]
    assert len(faults) == (told is not None)
    assert told is None or told in faults[0]
    assert list(order_faults(spec(tmp_path, f"{{{X}, y: {{shape: {other}, why: So.}}}}"))) == []


@pytest.mark.parametrize(
    ("axis", "fine"),
    [
        ("unknown", False),
        ("{size: unknown, axis: batch_size}", False),
        ("{size: unknown, why: It is drawn.}", True),
        ("{size: unknown, axis: n_samples}", True),
        ("sequence_length", True),
    ],
)
def test_what_is_unknown_says_why(tmp_path: Path, axis: str, fine: bool) -> None:
    found = list(unknown_faults(spec(tmp_path, f"{{{X}}}", f"{{y: [batch_size, {axis}]}}")))
    assert (found == []) is fine
    assert fine or found == [("model", "axis 1 of `y` is called unknown; say its size, or `why`")]


@pytest.mark.parametrize(
    ("node", "fine"),
    [("[0, 1]", True), ("[-1, 1]", True), ("[0, 255]", False), ("[-100, 100]", False)],
)
def test_how_far_pixels_go(tmp_path: Path, node: str, fine: bool) -> None:
    inputs = f"{{pixel_values: {{values: {{uniform: {node}}}}}}}"
    assert (list(convention_faults(spec(tmp_path, inputs))) == []) is fine


@pytest.mark.parametrize(("bound", "fine"), [("config.vocab_size", True), ("1", False), ("(0) + 1", False)])
def test_ids_end_where_a_vocabulary_does(tmp_path: Path, bound: str, fine: bool) -> None:
    inputs = f"{{input_ids: {{values: {{integers: [0, '{bound}'], avoid: null, pad: null, mask: null}}}}}}"
    assert (list(convention_faults(spec(tmp_path, inputs))) == []) is fine


@pytest.mark.parametrize(
    ("dim", "faults"),
    [("{dynamic: false}", 1), ("{dynamic: false, why: Known.}", 0), ("{max: 99}", 0), ("{equals: 4}", 0)],
)
def test_what_is_dynamic_by_default_says_why_it_is_not(tmp_path: Path, dim: str, faults: int) -> None:
    (tmp_path / "toy.yaml").write_text(
        f"architecture: toy\ndims: {{sequence_length: {dim}}}\ncomponents: {{model: {{inputs: {{{X}}}}}}}\n"
    )
    assert len(list(static_faults(load_spec("toy", paths=[tmp_path])))) == faults


@pytest.mark.parametrize(
    ("dim", "faults"),
    [
        ("{equals: config.width, dynamic: true}", 1),
        ("{equals: config.width}", 0),
        ("{equals: sequence_length * 2, dynamic: true}", 0),
        ("{value: config.width, dynamic: true}", 0),
        ("{equals: config.width, dynamic: true, why: Known.}", 0),
    ],
)
def test_what_follows_from_the_config_is_not_dynamic(tmp_path: Path, dim: str, faults: int) -> None:
    (tmp_path / "toy.yaml").write_text(
        f"{HEAD}dims: {{cells: {dim}}}\ncomponents: {{model: {{inputs: {{{X}, y: [cells]}}}}}}\n"
    )
    assert len(list(static_faults(load_spec("toy", paths=[tmp_path])))) == faults


def test_defaults_of_the_config(tmp_path: Path) -> None:
    spec(tmp_path, f"{{{X}}}")
    declared = Declared.of(Registry([tmp_path]), "toy")
    same = SimpleNamespace(width=8, vocab_size=99)
    assert list(default_faults(declared, same)) == []
    assert list(default_faults(declared, SimpleNamespace(width=None))) == []
    assert list(default_faults(declared, SimpleNamespace(width=9))) == ["`width` is 8 in the file, 9 in the class"]


@pytest.mark.models
@pytest.mark.parametrize(
    ("overlay", "proof", "told"),
    [
        ("inputs: {attention_mask: {values: {mask: none}}}", "conventions", "attention_mask"),
        ("config: {vocab_size: 30524}", "defaults", "30522"),
        ("outputs: {logits: [batch_size, {size: sequence_length, axis: steps}, vocab_size]}", "names", "steps"),
        ("outputs: {logits: [batch_size, unknown, vocab_size]}", "unknown", "axis 1 of `logits`"),
        ("dims: {sequence_length: {max: null}}", "allowed", "the spec allows 513 of sequence_length"),
    ],
)
def test_check_tells_them(tmp_path: Path, overlay: str, proof: str, told: str) -> None:
    pytest.importorskip("transformers")
    from shapespec.checking import check_architecture

    (tmp_path / "transformers").mkdir()
    (tmp_path / "transformers" / "bert.yaml").write_text(f"architecture: bert\n{overlay}\n")
    results = check_architecture("bert", model_class="BertForMaskedLM", paths=[tmp_path])
    failed = [result for result in results if result.outcome == "failed"]
    assert {result.proof for result in failed} == {proof}
    assert told in str(failed[0].reason)


def test_what_is_unknown_in_one_of_two_items_says_why_where_the_other_is_not_there(tmp_path: Path) -> None:
    why = "{size: unknown, why: It is drawn.}"
    long, short = f"[batch_size, {why}, {why}]", f"[{why}, {why}]"
    two = f"[{{when: batch_size > 0, shape: {long}}}, {{when: batch_size < 0, shape: {short}}}]"
    assert list(unknown_faults(spec(tmp_path, f"{{{X}}}", f"{{y: {{repeat: 4, items: {two}}}}}"))) == []
