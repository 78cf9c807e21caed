"""The JSON Schemas: current, well-formed, and of one mind with pydantic."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shapespec.errors import GrammarError, OutputError, UnknownNameError
from shapespec.language.checked import check_document, kind_of
from shapespec.language.files import FILE_KINDS
from shapespec.language.schemas import SCHEMA_NAMES, SCHEMA_OF_KEY, file_of, schema, schema_text
from shapespec.reading import Document, read_file, read_text
from shapespec.registry.paths import builtin_root, data_folder
from shapespec.writing.schemas import write_schemas

FILES = Path(__file__).parent / "files"
GOOD = [*sorted((FILES / "good").rglob("*.yaml")), *sorted(builtin_root().rglob("*.yaml"))]
#: What is wrong with the look of these, both must see; JSON Schema can't see into an expression.
BAD_STRUCTURE = sorted(p for folder in ("structure", "shared") for p in (FILES / "bad" / folder).glob("*.yaml"))
BAD_EXPRESSIONS = sorted((FILES / "bad" / "expressions").glob("*.yaml"))

VALIDATORS = {name: jsonschema.Draft202012Validator(schema(name)) for name in SCHEMA_NAMES}


def kind(document: Document) -> str:
    """The schema that a document falls under."""
    model = kind_of(document)
    return SCHEMA_OF_KEY[next(key for key, known in FILE_KINDS.items() if known is model)]


def by_jsonschema(document: Document) -> bool:
    return bool(VALIDATORS[kind(document)].is_valid(document.data))


def by_pydantic(document: Document) -> bool | None:
    """Whether pydantic takes a document; None where an expression is wrong, which JSON Schema does not see."""
    try:
        kind_of(document).model_validate(document.data)
    except ValidationError as error:
        return None if any(item["type"] == "expression" for item in error.errors()) else False
    return True


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_the_stored_schemas_are_current(name: str) -> None:
    stored = (data_folder("schemas") / file_of(name)).read_text(encoding="utf-8")
    assert stored == schema_text(name), "run `shapespec schema --write schemas`"


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_schemas_are_draft_2020_12_with_titles(name: str) -> None:
    made = schema(name)
    jsonschema.Draft202012Validator.check_schema(made)
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert made["title"].startswith("shapespec ")
    assert made["description"]
    assert made["additionalProperties"] is False
    for definition in made.get("$defs", {}).values():
        assert definition["description"]
        assert definition["additionalProperties"] is False


def test_keys_are_those_of_the_yaml() -> None:
    component = schema("architecture")["$defs"]["Component"]["properties"]
    assert "model_config" in component
    assert "model_config_" not in component


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_both_accept_good_files(path: Path) -> None:
    document = read_file(path)
    check_document(document)
    errors = list(VALIDATORS[kind(document)].iter_errors(document.data))
    assert errors == []


@pytest.mark.parametrize("path", BAD_STRUCTURE, ids=lambda path: path.stem)
def test_both_refuse_bad_files(path: Path) -> None:
    document = read_file(path)
    with pytest.raises(GrammarError):
        check_document(document)
    assert not by_jsonschema(document)


@pytest.mark.parametrize("path", BAD_EXPRESSIONS, ids=lambda path: path.stem)
def test_expressions_are_seen_by_shapespec_alone(path: Path) -> None:
    document = read_file(path)
    with pytest.raises(GrammarError):
        check_document(document)
    assert by_jsonschema(document)


# -- the same, for files that nobody thought of

SEEDS = [read_file(path) for path in sorted((FILES / "good").rglob("*.yaml"))]

# Whole numbers written with a point are left out: to JSON Schema 2.0 is a whole number, to shapespec it is not.
SCALARS = st.sampled_from(
    [None, True, False, 0, -1, 3, 0.5, "", "name", "a + b", "2x", "two words", "a-b", "x" * 101, "x?"]
)
# fmt: off
KEYS = [
    "value", "equals", "shape", "values", "integers", "uniform", "mask", "constant", "size", "dims", "fields", "items",
    "python", "dtype", "when", "inputs", "nonsense", "a", "2x", "model_config_",
]
# fmt: on
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=6,
)


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in plain data."""
    found = [path] if path else []
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        found += places(value, (*path, key))
    return found


@given(seed=st.sampled_from(SEEDS), value=VALUES, choice=st.randoms(use_true_random=False), action=st.integers(0, 3))
@settings(max_examples=500, deadline=None)
def test_both_agree_on_files_with_a_change_anywhere(seed: Document, value: Any, choice: Any, action: int) -> None:
    data = copy.deepcopy(seed.data)
    *above, last = choice.choice(places(data))
    owner = data
    for part in above:
        owner = owner[part]
    if action == 0:
        del owner[last]
    elif action == 1 and isinstance(owner, dict):
        owner["new_key"] = value
    elif action == 2 and isinstance(owner, dict):
        owner[choice.choice(["2x", "a b", "a.b", "x" * 101, "value", "shape"])] = owner.pop(last)
    else:
        owner[last] = value
    document = Document("changed.yaml", data, {}, {}, ())
    try:
        kind_of(document)
    except GrammarError:
        return  # of no kind, so of no schema
    ours = by_pydantic(document)
    assert ours is None or by_jsonschema(document) == ours


def test_the_comparison_can_fail() -> None:
    """A schema that forgets to forbid unknown keys is found out."""
    loose = copy.deepcopy(schema("architecture"))
    del loose["additionalProperties"]
    document = read_text("architecture: a\nnonsense: 1\n")
    assert jsonschema.Draft202012Validator(loose).is_valid(document.data)
    assert not by_pydantic(document)
    assert not by_jsonschema(document)


# -- writing them


def test_write_schemas(tmp_path: Path) -> None:
    files = write_schemas(tmp_path / "new" / "schemas")
    assert [path.name for path in files] == [file_of(name) for name in (*SCHEMA_NAMES, "contract")]
    assert json.loads(files[0].read_text(encoding="utf-8")) == schema("architecture")


def test_write_schemas_where_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "schemas").write_text("")
    with pytest.raises(OutputError, match="can't make the folder"):
        write_schemas(tmp_path / "schemas")


def test_an_unknown_schema() -> None:
    with pytest.raises(UnknownNameError) as caught:
        schema("architectur")
    assert str(caught.value) == (
        "name: unknown schema `architectur`\n"
        "  expected: one of `architecture`, `family`, `defaults`, `inputs`\n"
        "  did you mean `architecture`?"
    )
