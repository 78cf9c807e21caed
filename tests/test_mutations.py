"""Mutations of specs: each is a change that a file could make, and what `check` notices of them is counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shapespec import SpecError, load_spec
from shapespec.checking.mutations import MAKERS, Mutation, Subject
from shapespec.registry.chain import Registry
from shapespec.registry.declared import Declared

NAMES = ["bert", "llama", "whisper", "qwen2_5_vl", "layoutlmv3", "resnet", "speecht5"]


def made(name: str) -> list[Mutation]:
    spec = load_spec(name)
    config = Declared.of(Registry(), name).own.value("config") or {}
    return [mutation for make in MAKERS.values() for mutation in make(Subject(spec, config))]


def changed(name: str, mutation: Mutation, folder: Path) -> Any:
    """The plans and the rules of sizes with a mutation, or the error."""
    lines = [f"architecture: {name}", *(f"{key}: {json.dumps(value)}" for key, value in mutation.overlay.items())]
    (folder / f"{name}.yaml").write_text("\n".join([*lines, ""]))
    try:
        spec = load_spec(name, paths=[folder])
    except SpecError as error:
        return error
    return spec.plans, spec.contract.sizes


@pytest.mark.parametrize("name", NAMES)
def test_every_mutation_is_something_that_a_file_may_say(name: str, tmp_path: Path) -> None:
    found = made(name)
    assert len({mutation.what for mutation in found}) > len(found) * 0.9
    for mutation in found[:: max(1, len(found) // 40)]:
        told = changed(name, mutation, tmp_path)
        assert "unknown key" not in str(told), mutation
        assert "is malformed" not in str(told), mutation


def test_every_kind_of_mutation_is_made() -> None:
    assert {mutation.kind for name in NAMES for mutation in made(name)} == set(MAKERS)


@pytest.mark.parametrize("kind", ["input dropped", "size", "mask side", "output unsized", "dtype", "cache"])
def test_a_mutation_changes_what_the_spec_says(kind: str, tmp_path: Path) -> None:
    spec = load_spec("llama")
    now = spec.plans, spec.contract.sizes
    of_kind = [mutation for mutation in made("llama") if mutation.kind == kind]
    assert of_kind
    # A few change nothing (a field that no layer of this cache has): they are not counted.
    assert sum(changed("llama", mutation, tmp_path) != now for mutation in of_kind) >= 0.5 * len(of_kind)


@pytest.mark.models
def test_check_notices_and_the_sample_is_the_seed_s(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from shapespec.checking.mutating import mutate, summary, tally
    from shapespec.checking.sweep import registry_pairs

    pairs = [pair for pair in registry_pairs(only=["bert"]) if pair.model_class == "BertForMaskedLM"]
    one, other = (mutate(pairs, 5, seed, workers=1) for seed in (3, 3))
    assert [result.mutation for result in one] == [result.mutation for result in other]
    assert len({result.mutation.kind for result in one}) == 5
    assert [result.noticed for result in one] == [result.noticed for result in other]
    found = summary(one)
    assert found["changes"] == 5
    assert found["noticed"] + len(found["survivors"]) == 5
    assert sum(count for _, _, count in tally(one)) == 5


@pytest.mark.models
@pytest.mark.parametrize(
    ("overlay", "told"),
    [
        ({"components": {"model": {"inputs": {"input_ids": None}}}}, "input_ids"),
        ({"outputs": {"logits": ["batch_size", "sequence_length + 1", "vocab_size"]}}, "logits"),
        ({"outputs": {"logits": ["batch_size", "no_such", "vocab_size"]}}, "no_such"),
        ({}, None),
    ],
)
def test_what_is_told_of_a_change(overlay: dict[str, Any], told: str | None) -> None:
    pytest.importorskip("transformers")
    from shapespec.checking.mutating import Job, checked
    from shapespec.checking.sweep import Pair

    noticed = checked(Job(Pair("transformers", "bert", "BertForMaskedLM"), Mutation("x", "x", overlay)))
    assert noticed is None if told is None else told in str(noticed)


@pytest.mark.models
def test_the_command_counts(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from shapespec.cli import main

    out = tmp_path / "mutations.json"
    code = main(["check", "--mutate", "2", "--seed", "5", "-j", "1", "bert", "-o", str(out), "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert json.loads(out.read_text()) == printed
    assert printed["changes"] == 2
    assert code == (0 if printed["noticed"] == 2 else 1)
    assert main(["check", "--mutate", "2", "--all"]) == 2


@pytest.mark.models
def test_one_kind_alone(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("transformers")
    from shapespec.cli import main

    said = ["check", "--mutate", "3", "--seed", "5", "-j", "1", "bert", "--kind"]
    main([*said, "dynamism", "--json"])
    kinds = json.loads(capsys.readouterr().out)["kinds"]
    assert [(kind, count) for kind, _, count in kinds] == [("dynamism", 3)]
    assert main([*said, "bound"]) == 1
    assert "unknown kind of change `bound`" in capsys.readouterr().err
    assert main(["check", "bert", "--kind", "bounds"]) == 2
