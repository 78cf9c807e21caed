"""A spec is plain, immutable data: equal, hashable, picklable, ready for JSON; and it can say where all comes from."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shapespec import Spec, TensorSpec, UnknownNameError, load_spec

#: As SpeechT5: a batch of one with its reason, a vocoder that takes a spectrogram whose first axis is dynamic.
SPEECH = """architecture: speech
extends: speech-family
default_task: text-to-audio
heads: {text-to-audio: SpeechForTextToSpeech, automatic-speech-recognition: SpeechForSpeechToText}
config: {vocab_size: 81, num_mel_bins: 80, decoder: {layers: 2}}
dims:
  batch_size:
    value: 1
    max: 1
    dynamic: false
    why: The model does not run in batches.
    source: modeling_speech.py
  spectrogram_length: {value: 20, why: Arbitrary.}
  samples: {equals: spectrogram_length * hop}
let: {hop: 256}
inputs:
  spectrogram:
    shape: [spectrogram_length, config.num_mel_bins]
    values: {uniform: [0, 1]}
    why: What the decoder wrote.
components:
  model:
    inputs:
      tokens: {shape: [batch_size, sequence_length], dtype: int, values: {integers: [0, config.vocab_size]}}
      flag: {python: true}
      cache: {repeat: config.decoder.layers, fields: {key: [batch_size, heads, 4]}}
  vocoder:
    dims: {batch_size: 1}
    inputs: {spectrogram: {}}
    outputs: {waveform: [samples]}
tasks:
  text-to-audio: {components: {model: {outputs: {logits: [batch_size, sequence_length, config.vocab_size]}}}}
"""
FAMILY = "family: speech-family\ndims:\n  batch_size: {value: 3, why: Three speak.}\n  heads: 5\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mine" / "families").mkdir(parents=True)
    (tmp_path / "mine" / "speech.yaml").write_text(SPEECH)
    (tmp_path / "mine" / "families" / "speech_family.yaml").write_text(FAMILY)
    monkeypatch.chdir(tmp_path)
    return Path("mine")


@pytest.fixture
def spec(folder: Path) -> Spec:
    return load_spec("speech", paths=[folder], config={"vocab_size": 50})


# -- plain data


def test_nothing_of_a_spec_changes(spec: Spec) -> None:
    for name in ("architecture", "sizes", "plans", "task"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(spec, name, None)
    tensor = spec.inputs()["tokens"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        tensor.shape = (1,)  # type: ignore[misc]
    for own in (spec.dims, spec.inputs(), spec.outputs(), tensor.axes, spec.dynamic_axes(), spec.described()["dims"]):
        own.clear()
    assert spec.dims["batch_size"] == 1 and list(spec.inputs()) and tensor.axes and spec.dynamic_axes()
    assert spec.described()["dims"]


def test_what_comes_from_the_same_is_equal_and_hashes_alike(folder: Path) -> None:
    one = load_spec("speech", paths=[folder], config={"vocab_size": 50})
    same = load_spec("SPEECH", paths=[folder], config={"vocab_size": 50}, batch_size=1)
    other = load_spec("speech", paths=[folder], config={"vocab_size": 51})
    assert one == same and hash(one) == hash(same) and one != other
    assert len({one, same, other}) == 2
    assert set(one.inputs().values()) == set(same.inputs().values())


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda spec: pickle.loads(pickle.dumps(spec))])
def test_a_copy_is_equal_and_works(spec: Spec, again: Any) -> None:
    spec.dims, spec.explain("batch_size")
    found = again(spec)
    assert found == spec and hash(found) == hash(spec)
    assert str(found.explain("batch_size")) == str(spec.explain("batch_size"))
    assert np.array_equal(found.build(framework="numpy")["tokens"], spec.build(framework="numpy")["tokens"])


def test_a_spec_of_a_live_config_is_picklable_too(folder: Path) -> None:
    transformers = pytest.importorskip("transformers")
    (folder / "toy.yaml").write_text("architecture: toy\ncomponents: {model: {inputs: {x: [config.hidden_size]}}}\n")
    spec = load_spec("toy", paths=[folder], config=transformers.BertConfig(hidden_size=8))
    assert pickle.loads(pickle.dumps(spec)).inputs()["x"].shape == (8,)


def test_errors_are_picklable(spec: Spec) -> None:
    with pytest.raises(UnknownNameError) as caught:
        spec.plan("modle")
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value) and again.problems == caught.value.problems


def test_what_is_described_is_ready_for_json(spec: Spec) -> None:
    data = spec.described()
    assert json.loads(json.dumps(data, allow_nan=False)) == json.loads(json.dumps(data))
    assert (data["architecture"], data["library"], data["task"]) == ("speech", "user", "text-to-audio")
    assert data["dims"]["batch_size"] == {"value": 1, "dynamic": False}
    model = data["components"]["model"]
    assert [tensor["name"] for tensor in model["inputs"]] == ["tokens", "cache.0.key", "cache.1.key"]
    assert model["inputs"][0] == {
        "name": "tokens", "argument": "tokens", "shape": [1, 16], "dtype": "int64",
        "axes": {"1": "sequence_length"}, "dynamic": [1], "sizes": ["batch_size", "sequence_length"],
        "values": model["inputs"][0]["values"],
    }  # fmt: skip
    assert model["inputs"][0]["values"] == {"integers": [0, 50]} and model["python"] == {"flag": True}
    assert data["components"]["vocoder"]["outputs"][0]["shape"] == [5120]


# -- questions


def test_components_inputs_outputs(spec: Spec) -> None:
    assert spec.components == ("model", "vocoder")
    assert spec.inputs("vocoder")["spectrogram"].shape == (20, 80)
    assert spec.inputs("vocoder")["spectrogram"].axes == {0: "spectrogram_length"}
    assert spec.outputs("vocoder")["waveform"].shape == (5120,)
    assert spec.inputs() == spec.inputs("model") == spec.inputs("model_model")


def test_is_dynamic_knows_its_sizes(spec: Spec) -> None:
    assert [dim for dim in spec.dims if not spec.is_dynamic(dim)] == ["batch_size"]
    with pytest.raises(UnknownNameError, match=r"unknown size `batch_sise`\n.*\n  did you mean `batch_size`"):
        spec.is_dynamic("batch_sise")


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "float64"])
@pytest.mark.parametrize("int_dtype", ["int64", "int32"])
def test_nbytes_is_what_a_build_takes(spec: Spec, dtype: str, int_dtype: str) -> None:
    pytest.importorskip("ml_dtypes")
    built = spec.build(framework="numpy", dtype=dtype, int_dtype=int_dtype, flat=True)
    assert sum(array.nbytes for array in built.values()) == spec.nbytes(dtype=dtype, int_dtype=int_dtype)


def test_nbytes_of_torch(spec: Spec) -> None:
    pytest.importorskip("torch")
    built = spec.build(flat=True, dtype="bfloat16")
    assert sum(t.numel() * t.element_size() for t in built.values()) == spec.nbytes(dtype="bfloat16")


def test_flat_names_are_those_of_inputs(spec: Spec) -> None:
    flat = spec.build(framework="numpy", flat=True)
    assert list(flat) == list(spec.inputs()) == ["tokens", "cache.0.key", "cache.1.key"]
    nested = spec.build(framework="numpy")
    assert list(nested) == ["tokens", "flag", "cache"] and nested["flag"] is True
    assert np.array_equal(nested["cache"][1]["key"], flat["cache.1.key"])


# -- explain


def test_explain_a_size(spec: Spec) -> None:
    assert str(spec.explain("batch_size")) == (
        "batch_size = 1\n"
        "  set by 1: mine/speech.yaml:8, over 3: mine/families/speech_family.yaml:3, over 2: shapes/defaults.yaml:4\n"
        "  dynamic: no\n"
        "  max: 1\n"
        "  why: The model does not run in batches.\n"
        "  source: modeling_speech.py"
    )


def test_explain_a_size_that_the_call_gave(folder: Path) -> None:
    spec = load_spec("speech", paths=[folder], sequence_length=9)
    assert str(spec.explain("sequence_length")).startswith(
        "sequence_length = 9\n  set by 9: the call, over 16: shapes/defaults.yaml:"
    )


def test_explain_a_derived_size(spec: Spec) -> None:
    assert str(spec.explain("samples")) == (
        "samples = 5120\n  set by spectrogram_length * hop: mine/speech.yaml:14\n  dynamic: yes"
    )


def test_explain_an_input(spec: Spec) -> None:
    assert str(spec.explain("spectrogram")) == (
        "spectrogram: [20, 80] float32\n"
        "  set by ['spectrogram_length', 'config.num_mel_bins']: mine/speech.yaml:18\n"
        "  in `vocoder`: [spectrogram_length = 20, config.num_mel_bins = 80] float32, values: uniform\n"
        "  why: What the decoder wrote.\n"
        "  spectrogram_length = 20\n"
        "    set by 20: mine/speech.yaml:13\n"
        "    dynamic: yes\n"
        "    why: Arbitrary."
    )


def test_explain_a_config_value(spec: Spec) -> None:
    assert str(spec.explain("config.vocab_size")) == (
        "config.vocab_size = 50\n  set by 50: the config given, over 81: mine/speech.yaml:5"
    )
    assert str(spec.explain("num_mel_bins")) == "config.num_mel_bins = 80\n  set by 80: mine/speech.yaml:5"
    assert str(spec.explain("config.decoder.layers")) == "config.decoder.layers = 2\n  set by 2: mine/speech.yaml:5"


def test_explain_a_let_name(spec: Spec) -> None:
    assert str(spec.explain("hop")) == "hop = 256\n  set by 256: mine/speech.yaml:15"


def test_explain_a_part_of_a_structure(spec: Spec) -> None:
    found = spec.explain("cache.1.key")
    assert found.value == "[1, 5, 4] float32" and "mine/speech.yaml:26" in str(found)
    assert spec.explain("cache").kind == "input"


def test_explain_an_output(spec: Spec) -> None:
    assert str(spec.explain("waveform")).startswith(
        "waveform: [5120] float32\n  set by ['samples']: mine/speech.yaml:30\n"
        "  in `vocoder`: [samples = 5120] float32\n  samples = 5120\n"
    )


def test_explain_a_plain_value(spec: Spec) -> None:
    assert str(spec.explain("flag")) == "flag: True\n  set by True: mine/speech.yaml:25"


def test_explain_a_part_of_the_config_and_a_name_that_differs_by_layer(folder: Path) -> None:
    assert load_spec("speech", paths=[folder]).explain("config.decoder").value == {"layers": 2}
    (folder / "toy.yaml").write_text(
        "architecture: toy\nlet: {twice: 2 * layer}\n"
        "components: {model: {inputs: {c: {repeat: 2, fields: {k: [twice + 1]}}}}}\n"
    )
    found = load_spec("toy", paths=[folder]).explain("twice")
    assert found.value == "2 * layer" and "there is no `layer`" in found.notes[0]


def test_explain_nothing_known(spec: Spec) -> None:
    with pytest.raises(UnknownNameError) as caught:
        spec.explain("batch_sise")
    assert "speech has no size, input or config value `batch_sise`" in str(caught.value)
    assert str(caught.value).endswith("did you mean `batch_size`?")


@pytest.mark.parametrize(
    "name",
    ["batch_size", "samples", "spectrogram", "config.vocab_size", "hop", "config.decoder", "cache", "waveform", "flag"],
)
def test_explanations_are_ready_for_json(spec: Spec, name: str) -> None:
    data = spec.explain(name).to_dict()
    assert json.loads(json.dumps(data)) is not None and {"name", "kind", "value", "settings", "why"} <= set(data)


# -- speed


def test_a_spec_of_unchanged_files_is_not_made_twice(folder: Path) -> None:
    load_spec("speech", paths=[folder])
    started = time.process_time()
    for _ in range(100):
        load_spec("speech", paths=[folder])
    assert (time.process_time() - started) / 100 < 0.005  # 0.2 ms, usually
    assert load_spec("speech", paths=[folder]) is load_spec("speech", paths=[folder])
    assert load_spec("speech", paths=[folder], heads=2) != load_spec("speech", paths=[folder])


def test_what_is_remembered_is_bounded(folder: Path) -> None:
    from shapespec import spec as module

    for number in range(1, 2 * module._MOST_REMEMBERED):
        load_spec("speech", paths=[folder], heads=number)
    resolved = [found for found in module._MEMO.values() if found.contract.architecture == "speech"]
    assert resolved and all(len(found.specs) <= module._MOST_REMEMBERED for found in resolved)
    for number in range(2 * module._MOST_REMEMBERED):
        (folder / f"toy_{number}.yaml").write_text(
            f"architecture: toy-{number}\ncomponents: {{model: {{inputs: {{x: [3]}}}}}}\n"
        )
        load_spec(f"toy-{number}", paths=[folder])
    assert len(module._MEMO) <= module._MOST_REMEMBERED


def test_tensor_specs_stand_alone() -> None:
    tensor = TensorSpec("x", "x", (2, None), "int", ("a", None), (True, False), ("a", "unknown"))
    assert (tensor.dtype, tensor.axes, tensor.nbytes(), tensor.nbytes(int_dtype="int32")) == ("int64", {0: "a"}, 16, 8)
