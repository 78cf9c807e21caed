"""docs/language.md: every word of the language stands there, and every example is what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shapespec.expressions.arrays import evaluate_formula
from shapespec.expressions.functions import ARRAYS, FUNCTIONS, LAZY, SCALARS, Function
from shapespec.kinds import KINDS, Described, Placeholder
from shapespec.language.base import Part
from shapespec.language.checked import check_document
from shapespec.language.dims import Dim, Requirement
from shapespec.language.files import FILE_KINDS, Body, Component, Layered
from shapespec.language.nodes import Axis, DTypeWord, Node, PhaseWord, RoleWord
from shapespec.libraries import NAMES, containers, library
from shapespec.reading import read_text

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")


def examples() -> Iterator[Any]:
    """The blocks of YAML, each with its line."""
    for found in re.finditer(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        yield pytest.param(found[1], id=f"line {PAGE[: found.start()].count(chr(10)) + 1}")


@pytest.mark.parametrize("text", [*examples()])
def test_an_example_is_what_the_grammar_takes(text: str) -> None:
    """A part of a file is one of an architecture's."""
    whole = text if re.search(r"^(architecture|family):", text, re.MULTILINE) else f"architecture: example\n{text}"
    check_document(read_text(whole))


@pytest.mark.parametrize("model", [*FILE_KINDS.values(), Body, Layered, Component, Dim, Requirement, Axis, Node])
def test_every_key_stands_on_the_page(model: type[Part]) -> None:
    keys = [info.alias or name for name, info in model.model_fields.items()]
    assert [key for key in keys if not told(key)] == []


@pytest.mark.parametrize("kind", [*KINDS.values(), Placeholder], ids=lambda kind: kind.__name__)
def test_every_kind_of_values_stands_on_the_page(kind: type[Described]) -> None:
    parts = [one for one, _ in kind.parts() if not one.metadata.get("inner")]
    words = [word for one in parts for word in (one.name, *one.metadata.get("words", ()))]
    assert [word for word in words if not told(word)] == []


@pytest.mark.parametrize("words", [DTypeWord, RoleWord, PhaseWord])
def test_every_word_of_a_closed_list_stands_on_the_page(words: Any) -> None:
    assert [word for word in words.__args__ if not told(word)] == []


def test_every_container_and_its_options_stand_on_the_page() -> None:
    options = {option.rstrip(".") for name in NAMES for taken in library(name).OPTIONS.values() for option in taken}
    assert [word for word in (*containers(), *options) if not told(word)] == []


def told(word: str) -> bool:
    """Whether code on the page says a word."""
    return any(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", code) for code in CODE)


CODE = re.findall(r"^```\w*\n.*?^```$|`[^`\n]+`", PAGE, re.MULTILINE | re.DOTALL)


def test_the_order_of_a_files_keys_is_the_grammars() -> None:
    found = re.search(r"^architecture \(or family\) .*?(?=^```)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    words = found[0].replace("(or family)", "").split()
    assert words == [*FILE_KINDS["architecture"].model_fields]


def row(function: Function) -> str:
    """A function's line of the page."""
    cells = (f"`{function.name}({function.arguments})`", function.help.rstrip("."), f"`{function.example}`")
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


@pytest.mark.parametrize("functions", [{**SCALARS, **LAZY}, ARRAYS], ids=["of numbers", "of arrays"])
def test_the_functions_are_told_as_they_are_declared(functions: dict[str, Function]) -> None:
    rows = "\n".join(row(functions[name]) for name in sorted(functions))
    assert f"| function | gives | example |\n|---|---|---|\n{rows}\n\n" in PAGE


@pytest.mark.parametrize("function", [*FUNCTIONS.values()], ids=[*FUNCTIONS])
def test_a_functions_example_holds(function: Function) -> None:
    assert function.help.endswith(".")
    assert f"{function.name}(" in function.example
    assert np.all(evaluate_formula(function.example, {}, (2, 3)))


def test_every_fact_that_may_be_read_stands_on_the_page() -> None:
    from shapespec import load_spec

    provenance = load_spec("bert").provenance
    assert provenance is not None
    assert [fact for fact in (*provenance.resolved.reader.whole.facts, "component") if not told(fact)] == []
