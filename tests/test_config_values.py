"""Wrong values of a config: each is told with its name, its value, what it had to be, and who reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shapespec import ConfigError, RequirementError, SizeError, load_spec

REFUSED = [
    (
        "bert",
        {"hidden_size": "768"},
        "config: `hidden_size` is '768'\n"
        "  expected: a whole number, as its default, 768, is: axis 2 of output `last_hidden_state`: `hidden_size` is "
        "'768'\n"
        "  read at: shapes/families/text.yaml",
    ),
    (
        "llama",
        {"num_hidden_layers": -1},
        "config: `num_hidden_layers` is -1\n"
        "  expected: a whole number above 0, as its default, 32, is: `repeat` of input `past_key_values` is -1\n"
        "  read at: shapes/inputs.yaml",
    ),
    (
        "llama",
        {"num_attention_heads": 0},
        "config: `num_attention_heads` is 0\n"
        "  expected: a whole number above 0, as its default, 32, is: `let` name `head_dim`: `own.head_dim | "
        "own.hidden_size // own.num_attention_heads` divides by zero\n"
        "  read at: shapes/families/text_decoder.yaml",
    ),
    (
        "vit",
        {"image_size": "big"},
        "config: `image_size` is 'big'\n  expected: a whole number, as its default, 224, is: requirement `patch_fits`",
    ),
    (
        "llava",
        {"vision_config": {"image_size": "big"}},
        "config: `vision_config.image_size` is 'big'\n  expected: a whole number, as its default, 336, is: ",
    ),
    (
        "llava",
        {"text_config": {"hidden_size": [4096]}},
        "config: `text_config.hidden_size` is [4096]\n"
        "  expected: a whole number, as its default, 4096, is: `let` name `head_dim`: `own.head_dim | own.hidden_size "
        "// own.num_attention_heads` unsupported operand type(s) for //: 'list' and 'int'\n",
    ),
    (
        "llava",
        {"text_config": "llama"},
        "config: `text_config` is 'llama'\n  expected: a mapping, as its default is: ",
    ),
    (
        "bert",
        {"vocab_size": [30522]},
        "config: `vocab_size` is [30522]\n"
        "  expected: a whole number, as its default, 30522, is: input `input_ids`: `integers` is (30522,)\n"
        "  read at: shapes/inputs.yaml",
    ),
    ("bert", {"vocab_size": None}, "config: `vocab_size` is None\n  expected: a whole number, as its default, 30522, "),
    ("bert", {"vocab_size": 3.5}, "config: `vocab_size` is 3.5\n  expected: a whole number, as its default, 30522, "),
    ("bert", {"hidden_size": True}, "config: `hidden_size` is True\n  expected: a whole number, as its default, 768, "),
    (
        "llama",
        {"head_dim": "x"},
        "config: `head_dim` is 'x'\n  expected: a whole number above 0, a list of such, or nothing: axis 3 of input ",
    ),
    (
        "llama",
        {"layer_types": "full"},
        "config: `layer_types` is 'full'\n  expected: a whole number above 0, a list of such, or nothing: ",
    ),
    (
        "bert",
        {"max_position_embeddings": -1},
        "config: `max_position_embeddings` is -1\n"
        "  expected: a whole number above 0, as its default, 512, is: no size is left: its least is 1; its most -1, "
        "which is `config.max_position_embeddings`\n",
    ),
]


@pytest.mark.parametrize(("name", "config", "said"), REFUSED)
def test_a_wrong_value_is_told_as_the_config_s(name: str, config: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_spec(name, library="transformers", config=config)
    assert str(caught.value).startswith(said)
    assert {problem.argument for problem in caught.value.problems} == {"config"}


def test_the_value_that_the_error_shows_is_at_fault() -> None:
    """Another odd one, of which nothing is said, is not."""
    with pytest.raises(ConfigError) as caught:
        load_spec("bert", config={"vocab_size": 3.5, "hidden_size": "wide"})
    assert len(caught.value.problems) == 1


def test_what_contradicts_each_other_keeps_its_own_error() -> None:
    with pytest.raises(RequirementError, match=r"`image_size` is -224, `vision\.patch_size` is 16"):
        load_spec("vit", library="transformers", config={"image_size": -224})


def test_a_size_of_the_call_is_the_call_s() -> None:
    with pytest.raises(SizeError, match="sequence_length"):
        load_spec("bert", config={"vocab_size": 99}, sequence_length=5000)


def test_notes_tell_what_nothing_reads_and_no_file_knows() -> None:
    config = {"foo": 1, "architectures": ["BertModel"], "hidden_size": 64, "num_hidden_layers": 3, "_name": "x"}
    spec = load_spec("bert", config=config)
    assert spec.notes == ("keys of the config that nothing reads, and no file knows: `foo`",)
    assert spec.described()["notes"] == list(spec.notes)
    assert spec.explain("config.foo").notes == ("nothing reads it, and no file of the architecture knows it",)
    assert spec.explain("config.hidden_size").notes == () and spec.notes  # asking is not reading
    assert load_spec("bert").notes == load_spec("bert", config={"hidden_size": 64}).notes == ()


def test_notes_of_parts_and_of_defaults_that_gave_way(tmp_path: Path) -> None:
    (tmp_path / "toy.yaml").write_text(
        "architecture: toy\nconfig: {part: {width: 5}}\ndims: {n: {value: 9, max: config.part.width}}\n"
        "components: {model: {inputs: {x: [n]}}}\n"
    )
    notes = load_spec("toy", paths=[tmp_path], config={"part": {"width": 4, "depth": 2}, "odd": {"a": 1}}).notes
    assert notes[0].startswith("`n`: the default, 9, gave way to 4")
    assert notes[1] == "keys of the config that nothing reads, and no file knows: `part.depth`, `odd`"
    read = load_spec(load_spec("toy", paths=[tmp_path], config={"part": {"width": 4}}).contract)
    assert read.notes == notes[:1]
