"""What is told of a file that breaks the grammar: the place, the line, a caret, what was expected and what is near."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapespec.errors import ExpressionError, FileError, GrammarError, SpecError
from shapespec.expressions import parse
from shapespec.language.checked import MOST_PROBLEMS, check_document
from shapespec.reading import read_text

HEAD = "architecture: toy\n"


def told(text: str) -> str:
    """The whole error of an architecture's file."""
    with pytest.raises(GrammarError) as caught:
        check_document(read_text(text, file="toy.yaml"))
    return str(caught.value)


GOLDEN = [
    (
        HEAD + "dmis: {a: 3}\n",
        "toy.yaml:2:1: unknown key `dmis`\n"
        "     2 | dmis: {a: 3}\n"
        "       | ^^^^\n"
        "  expected: one of `architecture`, `extends`, `about`, `why`, `source`, `meta`, `default_task`, "
        "`heads`, `served_by`, `needs`, `not_run`, `config`, `attribute_map`, `flat_parts`, `special_tokens`, "
        "`let`, `requires`, `dims`, `inputs`, `unfed`, `outputs`, `also_returns`, `components`, `tasks`, `classes`, "
        "`default_variant`, "
        "`variants`, `by_name`, `tiny`\n"
        "  did you mean `dims`?",
    ),
    (
        HEAD + "dims:\n  a: {value: 3, mutiple_of: 4}\n",
        "toy.yaml:3:17: unknown key `mutiple_of`\n"
        "     3 |   a: {value: 3, mutiple_of: 4}\n"
        "       |                 ^^^^^^^^^^\n"
        "  expected: one of `value`, `equals`, `min`, `max`, `multiple_of`, `dynamic`, `named`, `why`, `source`\n"
        "  did you mean `multiple_of`?",
    ),
    (
        HEAD + "dims:\n  a:\n    value: true\n",
        "toy.yaml:4:12: `value` is `true`\n"
        "     4 |     value: true\n"
        "       |            ^^^^\n"
        "  expected: a whole number or text",
    ),
    (
        HEAD + "dims: {a: {value: 3, dynamic: maybe}}\n",
        "toy.yaml:2:31: `dynamic` is `maybe`\n"
        "     2 | dims: {a: {value: 3, dynamic: maybe}}\n"
        "       |                               ^^^^^\n"
        "  expected: true or false",
    ),
    (
        HEAD + "dims: {a: {value: 3, equals: 4}}\n",
        "toy.yaml:2:11: has both `value` and `equals`\n"
        "     2 | dims: {a: {value: 3, equals: 4}}\n"
        "       |           ^\n"
        "  expected: one of the two",
    ),
    (
        HEAD + "dims: {a: b +}\n",
        "toy.yaml:2:11: `b +` is no expression: invalid syntax…",  # the rest is Python's, and differs by its version
    ),
    (
        HEAD + "dims:\n  a: cel_div(b)\n",
        None,  # the long list of functions is not repeated here; see below
    ),
    (
        HEAD + "dims: {1a: 3}\n",
        "toy.yaml:2:8: `1a` is no name\n"
        "     2 | dims: {1a: 3}\n"
        "       |        ^^\n"
        "  expected: letters, digits and `_`, not starting with a digit",
    ),
    (
        HEAD + "components: {model: {inputs: {x: {shape: [3], dtype: flaot16}}}}\n",
        "toy.yaml:2:54: `flaot16` is not known here\n"
        "     2 | components: {model: {inputs: {x: {shape: [3], dtype: flaot16}}}}\n"
        "       |                                                      ^^^^^^^\n"
        "  expected: one of `int`, `float`, `bool`, `int8`, `int16`, `int32`, `int64`, `uint8`, `float16`, `bfloat16`,"
        " `float32`, `float64`\n"
        "  did you mean `float16`?",
    ),
    (
        HEAD + "components: {model: {inputs: {x: {shape: [3], values: {unifrom: [0, 1]}}}}}\n",
        "toy.yaml:2:55: no kind of values is named here\n"
        "     2 | components: {model: {inputs: {x: {shape: [3], values: {unifrom: [0, 1]}}}}}\n"
        "       |                                                       ^\n"
        "  expected: one of `integers`, `uniform`, `normal`, `constant`, `arange`, `boxes`, `one_hot`, `literal`,"
        " `choice`, `formula`, `mask`\n"
        "  did you mean `uniform`?",
    ),
    (
        HEAD + "components: {model: {inputs: {x: {shape: [3], python: 3}}}}\n",
        "toy.yaml:2:34: has both `shape` and `python`\n"
        "     2 | components: {model: {inputs: {x: {shape: [3], python: 3}}}}\n"
        "       |                                  ^\n"
        "  expected: a tensor (`shape`), a structure (`fields` or `items`) or a plain value (`python`)",
    ),
    (
        HEAD + "requires: {fits: {why: x}}\n",
        "toy.yaml:2:12: `that` is missing\n     2 | requires: {fits: {why: x}}\n       |            ^^^^",
    ),
    (
        HEAD + "heads: [ToyModel]\n",
        "toy.yaml:2:8: `heads` is a list\n     2 | heads: [ToyModel]\n       |        ^\n  expected: a mapping",
    ),
    (
        HEAD + "dims: {a: first(config.b, 3)}\n",
        "toy.yaml:2:11: a comma ends the text here\n"
        "     2 | dims: {a: first(config.b, 3)}\n"
        "       |           ^^^^^^^^^^^^^^\n"
        '  expected: quotes around text that holds a comma: "first(config.b, 3)"',
    ),
    (
        HEAD + "components: {model: {inputs: {x: [a, max(b, c, d), e]}}}\n",
        "toy.yaml:2:38: a comma ends the text here\n"
        "     2 | components: {model: {inputs: {x: [a, max(b, c, d), e]}}}\n"
        "       |                                      ^^^^^\n"
        '  expected: quotes around text that holds a comma: "max(b, c, d)"',
    ),
    (
        HEAD + "dims:\n  a: {value: 3, why: a reason (this, that), min: 1}\n",
        "toy.yaml:3:22: a comma ends the text here\n"
        "     3 |   a: {value: 3, why: a reason (this, that), min: 1}\n"
        "       |                      ^^^^^^^^^^^^^^\n"
        '  expected: quotes around text that holds a comma: "a reason (this, that)"',
    ),
    (
        "- architecture: toy\n",
        "toy.yaml:1:1: the file is a list\n"
        "     1 | - architecture: toy\n"
        "       | ^\n"
        "  expected: a mapping that names its kind: one of `architecture`, `family`, `inputs`, `dims`",
    ),
    (
        "# nothing\n",
        "toy.yaml:1:1: the file is empty\n"
        "     1 | # nothing\n"
        "       | ^\n"
        "  expected: a mapping that names its kind: one of `architecture`, `family`, `inputs`, `dims`",
    ),
    (
        "architectur: toy\n",
        "toy.yaml:1:1: the file does not say what it is\n"
        "     1 | architectur: toy\n"
        "       | ^\n"
        "  expected: one of `architecture`, `family`, `inputs`, `dims` at the top\n"
        "  did you mean `architecture`?",
    ),
]


@pytest.mark.parametrize(("text", "expected"), [case for case in GOLDEN if case[1] is not None])
def test_errors_read_as_written_here(text: str, expected: str) -> None:
    found = told(text)
    assert found == expected or (expected.endswith("…") and found.startswith(expected[:-1]))


def test_an_unknown_function_is_told_with_all_functions_and_the_near_one() -> None:
    text = told(HEAD + "dims:\n  a: cel_div(b)\n")
    assert text.startswith("toy.yaml:3:6: `cel_div(b)` calls the unknown function `cel_div`\n     3 |   a: cel_div(")
    assert "`ceil_div`, " in text and text.endswith("did you mean `ceil_div`?")


def test_every_problem_of_a_file_is_told_in_the_files_order() -> None:
    with pytest.raises(GrammarError) as caught:
        check_document(read_text(HEAD + "heads: 3\ndims: {b: {mni: 1}, a: c +}\nwhat: 1\n", file="toy.yaml"))
    places = [(p.location.line, p.location.column) for p in caught.value.problems if p.location]
    assert places == [(2, 8), (3, 12), (3, 24), (4, 1)]


def test_deep_places_are_found_through_unions() -> None:
    text = "components: {model: {inputs: {x: {fields: {k: {items: [[1], {shape: [a, {size: 2, axi: n}]}]}}}}}}\n"
    assert told(HEAD + text).startswith("toy.yaml:2:83: unknown key `axi`\n")
    values = "components: {model: {inputs: {x: {shape: [3], values: {integers: [0, 5], avod: [1]}}}}}\n"
    assert told(HEAD + values).startswith("toy.yaml:2:74: unknown key `avod`")
    assert told(HEAD + values).endswith("did you mean `avoid`?")
    mask = "components: {model: {inputs: {x: {shape: [3], values: {mask: rigth}}}}}\n"
    assert "toy.yaml:2:62: `rigth` is not known here" in told(HEAD + mask) and "`right`?" in told(HEAD + mask)


def test_an_axis_that_is_left_to_the_run_may_stand_in_the_grammar() -> None:
    check_document(read_text(HEAD + "components: {model: {outputs: {x: [unknown, {size: unknown, axis: m}]}}}\n"))


def test_a_file_of_many_problems_tells_the_first_and_how_many_more() -> None:
    keys = "\n".join(f"unknown_{number}: 1" for number in range(5000))
    started = time.process_time()
    with pytest.raises(GrammarError) as caught:
        check_document(read_text(HEAD + keys, file="toy.yaml"))
    assert time.process_time() - started < 2
    assert len(caught.value.problems) == MOST_PROBLEMS + 1
    assert caught.value.problems[-1].message == f"and {5000 - MOST_PROBLEMS:,} more problems"


def test_errors_as_data_hold_the_same() -> None:
    with pytest.raises(GrammarError) as caught:
        check_document(read_text(HEAD + "dims: {a: {valu: 3}}\n", file="toy.yaml"))
    (problem,) = caught.value.to_dict()["problems"]
    assert caught.value.to_dict()["error"] == "GrammarError"
    assert (problem["file"], problem["line"], problem["column"], problem["suggestion"]) == ("toy.yaml", 2, 12, "value")


# -- whatever a file holds

_words = st.sampled_from(
    ["architecture", "dims", "let", "inputs", "components", "model", "outputs", "shape", "values", "integers", "mask",
     "value", "equals", "like", "fields", "items", "repeat", "when", "config", "heads", "a", "x", "toy", "[1, 2]"]
)  # fmt: skip
_anything = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 99) | st.floats(-2, 2) | _words | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words | st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(_words, _anything, max_size=5))
def test_any_file_is_accepted_or_refused_with_places(data: dict[str, Any]) -> None:
    """Nothing but a SpecError comes out, and each problem stands somewhere in the file."""
    import json

    text = json.dumps({"architecture": "toy", **data}, ensure_ascii=False, indent=1)
    try:
        document = read_text(text, file="toy.yaml")
        check_document(document)
    except (GrammarError, FileError) as error:
        for problem in error.problems:
            assert problem.location is not None and problem.location.line <= text.count("\n") + 1
            assert problem.message and str(problem)


@settings(max_examples=200, deadline=None)
@given(st.text(min_size=1, max_size=30))
def test_an_expression_is_accepted_where_it_parses_and_only_there(text: str) -> None:
    import json

    try:
        parse(text)
        fine = True
    except ExpressionError:
        fine = False
    try:
        check_document(read_text(HEAD + "dims: {a: " + json.dumps(text, ensure_ascii=True) + "}"))
        accepted = True
    except FileError:
        return  # characters that YAML does not take
    except SpecError:
        accepted = False
    assert accepted is fine
