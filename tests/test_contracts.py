"""Contracts: written and read again they are the same and build the same; what does not fit is refused, with places."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapespec import ContractError, OutputError, SizeError, SpecError, UnknownNameError, load_spec
from shapespec.cli import main
from shapespec.contracts import reading
from shapespec.contracts.document import contract_text, from_document, to_document
from shapespec.contracts.layout import laid_out
from shapespec.contracts.reading import contract_of, pointer
from shapespec.contracts.schema import contract_schema, contract_schema_text
from shapespec.contracts.text import MAX_DEPTH
from shapespec.registry.paths import data_folder
from tests.contracts import Asked, differing, everything, round_trip, same

ROOT = Path(__file__).parent.parent
TODAY = datetime.now(timezone.utc).date().isoformat()

#: What is hardest to write down: repetitions that sizes count, caches of many kinds, options, formulas, ranks.
NASTY = [
    Asked("transformers", "musicgen"),
    Asked("transformers", "speecht5"),
    Asked("transformers", "llava_onevision"),
    Asked("transformers", "mask2former", "universal-segmentation", include=("labels",)),
    Asked("transformers", "oneformer", "universal-segmentation", include=("labels",)),
    Asked("transformers", "maskformer", "image-segmentation", include=("labels",)),
    Asked("transformers", "nemotron3_5_asr"),
    Asked("transformers", "qwen2_5_omni_bigvgan"),
    Asked("transformers", "mllama"),
    Asked("transformers", "gemma3n"),
    Asked("transformers", "jamba"),
    *(
        Asked("transformers", "bart", task)
        for task in ("feature-extraction-with-past", "text-classification", "question-answering", "text-generation")
    ),
    Asked("diffusers", "unet_2d_condition"),
]

_ALL = list(everything())
SAMPLE = Random(TODAY).sample(_ALL, 60)


@pytest.mark.parametrize("asked", SAMPLE, ids=str)
def test_a_contract_comes_back_as_it_was_and_builds_the_same(asked: Asked) -> None:
    assert list(differing(asked.spec(), Random(f"{asked} {TODAY}"))) == []


@pytest.mark.parametrize("asked", NASTY, ids=str)
def test_so_do_the_hardest(asked: Asked) -> None:
    spec = asked.spec()
    assert list(differing(spec, Random(f"{asked} {TODAY}"))) == []
    assert '"what":' not in contract_text(spec.contract)  # what errors call a part follows from its place


def test_the_comparison_can_fail() -> None:
    one, other = load_spec("bert"), load_spec("bert", batch_size=3)
    assert not same(one, other, "model")


def test_what_is_read_is_a_spec_in_every_respect(tmp_path: Path) -> None:
    spec = load_spec("speecht5", sequence_length=9)
    path = tmp_path / "speecht5.contract.json"
    spec.to_contract(path)
    read = load_spec(path, sequence_length=9)
    assert read == spec
    assert hash(read) == hash(spec)
    # What may be asked for besides, and what nobody feeds, was settled when the contract was made.
    assert read.described() == {**spec.described(), "on_request": {}, "unfed": {}}
    assert read.to_dict() == spec.to_dict() == json.loads(path.read_text(encoding="utf-8"))
    assert read.dynamic_axes("encoder") == spec.dynamic_axes("encoder")
    assert load_spec(read.contract, sequence_length=9) == spec
    again = tmp_path / "again.contract.json"
    read.to_contract(again)
    assert again.read_bytes() == path.read_bytes()


def test_a_contract_of_a_live_model(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    config = transformers.LlamaConfig(
        hidden_size=32, num_attention_heads=4, num_key_value_heads=2, num_hidden_layers=2, intermediate_size=16,
        vocab_size=99,
    )  # fmt: skip
    model = transformers.LlamaForCausalLM(config).eval()
    path = tmp_path / "mine.contract.json"
    load_spec(model).to_contract(path)
    spec = load_spec(path, batch_size=3)
    assert spec.model_class == "LlamaForCausalLM"
    assert spec.inputs("model_with_past")["past_key_values.1.key"].shape[:2] == (3, 2)
    assert model(**spec.build("model_with_past")).logits.shape[0] == 3


def test_values_of_every_sort_come_back() -> None:
    contract = load_spec("bert").contract
    values = ("text", "batch_size", 1, 1.5, True, None, float("inf"), float("-inf"), ("a", (2, "b")), ())
    component = contract.components[0]
    config = tuple((f"key {number}", value) for number, value in enumerate(values))
    changed = _replaced(contract, components=(_replaced(component, model_config=config),))
    assert round_trip(changed) == changed
    nan = _replaced(contract, components=(_replaced(component, model_config=(("x", float("nan")),)),))
    ((_, found),) = round_trip(nan).components[0].model_config or ()
    assert found != found


def test_an_object_can_t_be_written() -> None:
    contract = load_spec("bert").contract
    changed = _replaced(contract, components=(_replaced(contract.components[0], model_config=(("x", object()),)),))
    with pytest.raises(ContractError, match="can't hold a `object`"):
        to_document(changed)


def _replaced(part: Any, **changes: Any) -> Any:
    from dataclasses import replace

    return replace(part, **changes)


# -- needs neither YAML nor the library


def test_reading_and_building_need_neither_yaml_nor_the_library(tmp_path: Path) -> None:
    path = tmp_path / "llama.contract.json"
    load_spec("llama").to_contract(path)
    code = (
        "import sys\nfrom shapespec import load_spec\n"
        f"spec = load_spec({str(path)!r}, batch_size=3)\n"
        "spec.build(framework='numpy'); spec.explain('batch_size'); spec.dynamic_axes()\n"
        "found = [m for m in ('yaml', 'torch', 'transformers', 'pydantic') if m in sys.modules]\n"
        "assert not found, found\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


# -- the schema


def test_the_stored_schema_is_current() -> None:
    stored = (data_folder("schemas") / "contract.schema.json").read_text(encoding="utf-8")
    assert stored == contract_schema_text(), "run `shapespec schema --write schemas`"


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(contract_schema())
    for definition in contract_schema()["$defs"].values():
        assert definition["description"]


# -- refused, with the place

BERT = load_spec("bert").to_dict()
LABELS = load_spec("mask2former", task="universal-segmentation", include=["labels"]).to_dict()
MASK = ("components", 0, "inputs", 1)


def changed(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The data with another value at a path; ``...`` takes it away."""
    found = copy.deepcopy(data)
    owner = found
    for part in path[:-1]:
        owner = owner[part]
    if value is ...:
        del owner[path[-1]]
    else:
        owner[path[-1]] = value
    return found


# fmt: off
REFUSED: list[tuple[tuple[Any, ...], Any, str, str]] = [
    (("sises",), {}, "sises: unknown key `sises`", "did you mean `sizes`?"),
    (("components", 0, "name"), ..., "components[0]: there is no `name`", "expected: `name`, beside `inputs`"),
    (("components",), [], "components: a list of 0 has too few items", "expected: 1 or more"),
    (("components", 0), 3, "components[0]: `3` is a number", "expected: a mapping"),
    ((*MASK, "shape", 1), True, "components[0].inputs[1].shape[1]: `true` is true or false", "expected: a number or"),
    ((*MASK, "shape", 1), None, "components[0].inputs[1].shape[1]: `null` is null", "expected: a number or text"),
    ((*MASK, "shape", 1), "batch_sise", "shape[1]: unknown name `batch_sise`", "did you mean `batch_size`?"),
    ((*MASK, "shape", 1), "a b", "shape[1]: `a b` is no expression", "a b"),
    ((*MASK, "shape", 1), "().__class__", "shape[1]: `().__class__` uses `__class__`", "expected: a name"),
    ((*MASK, "shape", 1), "batch_size.real", "reads `.real`: a contract has no config", "expected: names of sizes"),
    ((*MASK, "shape", 1), "config.hidden_size", "unknown name `config`", "a contract has no config"),
    ((*MASK, "shape", 1), "open('x')", "calls the unknown function `open`", "expected: one of `abs`"),
    ((*MASK, "shape", 1), "zeros(2)", "`zeros` works on whole arrays", "expected: functions of numbers"),
    ((*MASK, "dtype"), "floot", "dtype: unknown word `floot`", "did you mean `float`?"),
    ((*MASK, "shape"), ..., "none of these says what it is", "expected: a tensor (`shape`), a structure"),
    ((*MASK, "values"), ..., "components[0].inputs[1]: there is no `values`", "beside `name`"),
    ((*MASK, "values"), {"maks": 1}, "values: `maks`: none of these says what it is", "one of `integers`"),
    ((*MASK, "values", "mask"), "up", "values.mask: unknown word `up`", "one of `right`, `left`, `none`"),
    ((*MASK, "axes", "7"), "x", "axes: there is no axis 7", "expected: one of the 2 axes"),
    ((*MASK, "axes", "0"), "{import os}", "axes['0']: `import os` is no expression", ""),
    ((*MASK, "argument"), "input_ids", "two inputs are named `input_ids`", "a name of its own for each"),
    ((*MASK, "values"), {"formula": "nope", "reads": ["nope"]}, "values.reads: unknown input `nope`", "input_ids"),
    (("sizes", "a b"), {}, "sizes['a b']: `a b` is no name of this kind", "expected: a text that matches"),
    (("sizes", "batch_size", "min"), "batch_sise", "sizes.batch_size.min: unknown name", "did you mean `batch_size`?"),
    (("formulas",), {"a": "b + 1", "b": "a"}, "formulas.a: `a` depends on itself: a → b → a", "end in sizes"),
    (("components", 0, "call"), "__init__", "call: `__init__` is no name of this kind", ""),
    (("components", 0, "model_config"), {"a": {"b": 1}}, "model_config.a.b: unknown key `b`", "one of `text`"),
    ((*MASK,), {"argument": "x", "container": "object", "items": []}, "container: unknown word `object`", "`dict`"),
    ((*MASK,), {"argument": "x", "container": "dict", "fields": {}, "options": {"module": 1}},
     "options.module: a `dict` takes no option `module`", "no options"),
]
# fmt: on


@pytest.mark.parametrize(("path", "value", "message", "rest"), REFUSED, ids=[case[2][:50] for case in REFUSED])
def test_what_does_not_fit_is_refused_with_its_place(
    path: tuple[Any, ...], value: Any, message: str, rest: str, tmp_path: Path
) -> None:
    file = tmp_path / "x.contract.json"
    file.write_text(laid_out(changed(BERT, path, value)), encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load_spec(file)
    told = str(caught.value)
    assert message in told
    assert rest in told
    assert re.match(rf"{re.escape(str(file))}:\d+:\d+: ", told)
    with pytest.raises(ContractError, match=re.escape(message)):  # data without a file is told the same
        contract_of(changed(BERT, path, value))


def test_a_place_is_that_of_the_value_or_of_its_key(tmp_path: Path) -> None:
    file = tmp_path / "x.contract.json"
    for path, column in (((*MASK, "dtype"), '"nope"'), ((*MASK, "dtipe"), '"dtipe"')):
        file.write_text(laid_out(changed(BERT, path, "nope")), encoding="utf-8")
        with pytest.raises(ContractError) as caught:
            load_spec(file)
        place = caught.value.problems[0].location
        assert place is not None
        assert place.source[place.column - 1 :].startswith(column)


def test_a_newer_version_is_refused_before_anything_else(tmp_path: Path) -> None:
    file = tmp_path / "x.contract.json"
    file.write_text('{\n  "contract": 2,\n  "everything": "differs"\n}', encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load_spec(file)
    assert str(caught.value) == (
        f"{file}:2:15: contract version 2 is newer than 1, which this shapespec reads\n"
        '     2 |   "contract": 2,\n'
        "       |               ^\n"
        "  expected: a newer shapespec, or the contract written anew as version 1"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no JSON"),
        ("[]", "no contract: it says no version"),
        ('{"vocab_size": 1}', "config.json goes with `config=`"),
        ('{"contract": true}', "no contract: its version is True"),
        ('{"contract": "1"}', "no contract: its version is '1'"),
        ('{"contract": 1, "contract": 1}', "the key `contract` stands here twice"),
        ('{"contract": 1, "a": [NaN]}', "`NaN` is no number of JSON"),
        ('{"contract": 1, "a": 1e999}', "`1e999` is too large"),
        ('{"contract": 1, "a": 9223372036854775808}', "does not fit 64 bits"),
        ('{"contract": ' + "9" * 100_000 + "}", "does not fit 64 bits"),
        ('{"contract": 1', "no JSON"),
        ('{"contract": 1,}', "no JSON"),
        ("[" * 100_000, f"nested more than {MAX_DEPTH} deep"),
        ('{"contract": 1, "a": ' + "[" * 40 + "]" * 40 + "}", f"nested more than {MAX_DEPTH} deep"),
        ("\ud800", "not UTF-8"),
    ],
)
def test_what_is_no_contract_at_all(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ContractError, match=re.escape(message)):
        load_spec(file)


def test_too_large_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "folder.json"
    folder.mkdir()
    with pytest.raises(ContractError, match="can't read"):
        load_spec(tmp_path / "none.json")
    with pytest.raises(ContractError, match="no regular file"):
        load_spec(folder)
    file = tmp_path / "x.json"
    load_spec("bert").to_contract(file)
    monkeypatch.setattr(reading, "MAX_BYTES", 100)
    with pytest.raises(ContractError, match="larger than 100 bytes"):
        load_spec(file)


def test_many_values_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text('{"contract": 1, "a": [' + "0," * 1_000_001 + "0]}", encoding="utf-8")
    with pytest.raises(ContractError, match="more than 1,000,000 values"):
        load_spec(file)


# -- absurd, and within the schema


@pytest.mark.parametrize(
    ("path", "value", "error", "message"),
    [
        ((*MASK, "shape", 1), "10 ** 30", SpecError, "does not fit 64 bits"),
        ((*MASK, "shape", 1), "-batch_size", SizeError, "expected: a whole number, 0 or more"),
        ((*MASK, "shape", 1), "1 // (batch_size - 2)", SpecError, "divides by zero"),
        ((*MASK, "shape", 1), "sum([x * y for x in range(99999) for y in range(99999)])", SpecError, "takes too long"),
        (("sizes", "batch_size"), {"equals": "sequence_length"}, None, ""),
        (("sizes",), {"batch_size": {"equals": "sequence_length"}, "sequence_length": {"equals": "batch_size"}},
         SpecError, "depends on itself"),
        ((*MASK, "when"), "[x for x in range(batch_size)] / 2", SpecError, "unsupported operand"),
    ],
)  # fmt: skip
def test_absurd_sizes_meet_the_bounds(
    path: tuple[Any, ...], value: Any, error: type[SpecError] | None, message: str
) -> None:
    contract = contract_of(changed(BERT, path, value))
    if error is None:
        load_spec(contract)
        return
    with pytest.raises(error, match=re.escape(message)):
        load_spec(contract)


def test_a_tensor_that_fits_no_memory() -> None:
    contract = contract_of(changed(BERT, (*MASK, "shape", 1), 1 << 60))
    with pytest.raises(SpecError, match="bytes"):
        load_spec(contract).build(framework="numpy", max_bytes=1 << 20)


def repeated(repeat: Any, each: Any) -> Any:
    node = {"argument": "r", "name": "r", "container": "tuple", "repeat": repeat, "index": "n", "each": [each]}
    return changed(BERT, ("components", 0, "inputs", 2), node)


TENSOR = {"name": "r.{n}", "shape": ["batch_size"], "dtype": "float", "values": {"uniform": [0, 1]}}


def test_absurd_repetitions_meet_the_bounds() -> None:
    with pytest.raises(SizeError, match="a whole number up to 4,096"):
        load_spec(contract_of(repeated(5000, TENSOR)))
    inner = {"container": "tuple", "name": "r.{n}", "repeat": 4096, "index": "m", "each": [TENSOR]}
    with pytest.raises(SpecError, match="takes too long"):
        load_spec(contract_of(repeated(4096, inner)))
    with pytest.raises(SpecError, match="two inputs of `model` are named `same`"):
        load_spec(contract_of(repeated(2, {**TENSOR, "name": "same"})))
    with pytest.raises(SpecError, match="divides by zero"):
        load_spec(contract_of(repeated(2, {**TENSOR, "name": "r.{1 // n}"})))
    with pytest.raises(ContractError, match="unknown name `m`"):
        contract_of(repeated(2, {**TENSOR, "name": "r.{m}"}))


# -- mutations: nothing but ContractError, and nothing runs

SEEDS = [
    BERT, LABELS, load_spec("llama", config={"num_hidden_layers": 2}).to_dict(),
    load_spec("whisper", config={"decoder_layers": 1, "encoder_layers": 1}).to_dict(),
]  # fmt: skip
TEXTS = st.sampled_from([
    "", "batch_size", "nope", "__import__('os').system('touch pwned')", "().__class__.__mro__", "config.x",
    "batch_size.__class__", "[" * 200, "lambda: 0", "text('a' * 10000)", "1e400", "10 ** 99", "x" * 30_000, "a\0b",
    "first(batch_size, 1)", "[i for i in range(9)]", "{batch_size", "{1/0}", "𝔟atch_size", "a\\b", "f'{1}'", "\ud800",
])  # fmt: skip
SCALARS = st.one_of(
    TEXTS, st.none(), st.booleans(), st.integers(-(1 << 63), (1 << 63) - 1), st.floats(allow_nan=False),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["text", "number", "shape", "items", "integers", "formula", "x", "container", "value"]),
        inner, max_size=3,
    ),
    max_leaves=8,
)  # fmt: skip


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in plain data."""
    found = [path] if path else []
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        found += places(value, (*path, key))
    return found


PLACES = [places(seed) for seed in SEEDS]


@given(
    number=st.integers(0, len(SEEDS) - 1), value=VALUES, choice=st.randoms(use_true_random=False),
    actions=st.lists(st.integers(0, 4), min_size=1, max_size=3),
)  # fmt: skip
@settings(max_examples=400, deadline=None)
def test_a_changed_contract_is_refused_or_is_one(number: int, value: Any, choice: Random, actions: list[int]) -> None:
    data = copy.deepcopy(SEEDS[number])
    for action in actions:
        *above, last = choice.choice(PLACES[number])
        try:
            owner: Any = data
            for part in above:
                owner = owner[part]
            mutate(owner, last, value, action, choice)
        except (LookupError, TypeError, AttributeError):
            continue
    try:
        contract = contract_of(data)
    except ContractError:
        return
    assert from_document(to_document(contract)) == contract
    try:
        spec = load_spec(contract)
        for component in spec.components:
            if spec.nbytes(component) < 1 << 20:
                spec.build(component, framework="numpy", max_bytes=1 << 20)
    except SpecError:
        pass
    assert not Path("pwned").exists()


def mutate(owner: Any, last: Any, value: Any, action: int, choice: Random) -> None:
    if action == 0:
        del owner[last]
    elif action == 1:
        owner[choice.choice(["new", "__class__", "shape", "repeat", "values", "text"])] = value
    elif action == 2:
        owner[choice.choice(["2x", "a b", "a.b", "x" * 101])] = owner.pop(last)
    elif action == 3:
        for _ in range(choice.choice([1, 3, 60])):
            owner[last] = choice.choice([[owner[last]], {"items": [owner[last]], "container": "tuple"}])
    else:
        owner[last] = value


@given(text=st.text(max_size=40) | st.sampled_from(['{"contract": 1, "a": ', '{"contract": 1}', '{"a": "\\ud800"}']))
@settings(max_examples=200, deadline=None)
def test_any_text_is_refused(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.getbasetemp() / "any.json"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ContractError):
        load_spec(file)


# -- beside a contract, sizes alone


@pytest.mark.parametrize(
    "argument",
    [{"task": "fill-mask"}, {"model_class": "BertModel"}, {"config": {}}, {"library": "timm"}, {"variant": "x"},
     {"paths": ["x"]}, {"include": ["labels"]}],
    ids=lambda argument: next(iter(argument)),
)  # fmt: skip
def test_what_is_settled_is_refused(argument: dict[str, Any]) -> None:
    with pytest.raises(ContractError) as caught:
        load_spec(load_spec("bert").contract, **argument)
    name = next(iter(argument))
    assert str(caught.value).startswith(f"{name}: a contract has settled this when it was made\n")


def test_sizes_are_asked_of_it_as_of_a_spec() -> None:
    contract = round_trip(load_spec("bert").contract)
    with pytest.raises(SizeError) as caught:
        load_spec(contract, sequence_length=513)
    assert "bound set at: x.contract.json:" in str(caught.value)
    with pytest.raises(UnknownNameError, match="unknown size `nope`"):
        load_spec(contract, nope=2)


# -- the command


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*args: str) -> tuple[int, str, str]:
        code = main(list(args))
        found = capsys.readouterr()
        return code, found.out, found.err

    return run


def test_the_command_prints_or_writes(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "bert.contract.json"
    assert run("contract", "bert", "-o", str(file)) == (0, f"{file}: bert, 1 component\n", "")
    assert run("contract", "bert") == (0, file.read_text(encoding="utf-8"), "")
    assert run("contract", str(file)) == (0, file.read_text(encoding="utf-8"), "")
    code, _, err = run("contract", "bert", "-o", str(tmp_path / "none" / "x.json"))
    assert code == 1
    assert "there is no folder" in err


def test_every_command_takes_a_contract(run: Any, tmp_path: Path) -> None:
    file, out = tmp_path / "bert.contract.json", tmp_path / "inputs.npz"
    load_spec("bert").to_contract(file)
    for command in (["show"], ["build"]):
        code, by_name, err = run(*command, "bert", "--set", "batch_size=3")
        settled = by_name.split("\non request")[0]  # what might be asked for is not a contract's to give
        assert run(*command, str(file), "--set", "batch_size=3") == (code, settled, err)
        assert code == 0
    shown = json.loads(run("show", "--json", "bert", "--set", "batch_size=3")[1])
    read = json.loads(run("show", "--json", str(file), "--set", "batch_size=3")[1])
    assert read == {**shown, "on_request": {}, "unfed": {}}
    assert run("build", str(file), "-s", "batch_size=3", "-o", str(out))[0] == 0
    with np.load(out) as arrays:
        assert arrays["input_ids"].shape == (3, 16)
    code, told, _ = run("explain", str(file), "batch_size", "--set", "batch_size=3")
    assert code == 0
    assert told == (
        f"batch_size = 3\n  set by 3: the call, over 2: {file}:9\n  dynamic: yes\n"
        "  why: One hides a batch baked into the graph, more costs memory.\n"
    )
    code, _, err = run("build", str(file), "--task", "fill-mask")
    assert (code, err.splitlines()[0]) == (1, "task: a contract has settled this when it was made")


def test_schema_contract(run: Any) -> None:
    assert run("schema", "contract") == (0, contract_schema_text(), "")


def test_writing_is_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        load_spec("bert").to_contract(tmp_path / "none" / "x.json")


# -- the page


def test_the_page_shows_what_is_written() -> None:
    page = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    shown = re.findall(r"```json\n(.*?)```", page, re.DOTALL)[0]
    written = contract_text(load_spec("bert").contract)
    assert shown == _folded(written)
    assert json.loads(shown) == json.loads(written)


def _folded(text: str) -> str:
    """Long lines as the page has them: broken before some keys."""
    return re.sub(r', ("shape"|"axes"|"dtype"|"values")', r",\n         \1", text)


def test_a_pointer() -> None:
    assert pointer(("components", 0, "inputs", 2, "shape", 1)) == "components[0].inputs[2].shape[1]"
    assert pointer(("options", "a b")) == "options['a b']"
