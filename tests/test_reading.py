"""The reader: YAML 1.2's plain values, a place for each, and errors that show where."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from shapespec.errors import FileError, Location, Problem
from shapespec.reading import Limits, read_file, read_text, yaml_reader
from shapespec.reading.faults import fault_of, is_nesting


@pytest.fixture(autouse=True, scope="module", params=["CSafeLoader", "SafeLoader"])
def loader(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test with libyaml and with PyYAML's own reader: both are told alike."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_reader, "_Loader", getattr(yaml, request.param, yaml.SafeLoader))
        yield


def refusal(text: str, **limits: Any) -> str:
    with pytest.raises(FileError) as caught:
        read_text(text, file="x.yaml", limits=Limits(**limits))
    return str(caught.value)


# -- values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1), ("-1", -1), ("+1", 1), ("010", 10), ("0o17", 15), ("0x1F", 31), ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)), ("1.5", 1.5), ("1.", 1.0), ("-.5", -0.5), ("1e3", 1000.0), ("1E-5", 1e-5),
        ("true", True), ("True", True), ("FALSE", False), ("null", None), ("~", None), ("", None), ("Null", None),
        ("no", "no"), ("on", "on"), ("yes", "yes"), ("12:30", "12:30"), ("1_000", "1_000"), ("0b11", "0b11"),
        ("2001-01-01", "2001-01-01"), (".", "."), ("=", "="), ("'1'", "1"), ('"true"', "true"), ("'null'", "null"),
        ('"tab\\t"', "tab\t"), ("some text", "some text"), ("1 2", "1 2"), ("size + 1", "size + 1"),
        ("0x", "0x"), ("1e", "1e"), ("-", [None]),
    ],
)  # fmt: skip
def test_plain_values_follow_yaml_1_2(text: str, expected: Any) -> None:
    found = read_text(f"a: {text}" if text != "-" else "a:\n -").data["a"]
    assert found == expected and type(found) is type(expected)


def test_keys_are_text_as_written() -> None:
    assert list(read_text("no: 1\n010: 2\nnull: 3\n1.0: 4\n'<<': 5").data) == ["no", "010", "null", "1.0", "<<"]


_plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcxyz_", min_size=1), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text("abcxyz_", min_size=1), _plain), st.booleans())
def test_reads_what_was_written(data: dict[str, Any], flow: bool) -> None:
    """What PyYAML writes (as JSON where YAML 1.1 and 1.2 would differ) is read back, every value with a place."""
    import json

    text = json.dumps(data, indent=None if flow else 1, ensure_ascii=False)
    if "\ufffe" in text or "\uffff" in text:
        return
    document = read_text(text)
    assert document.data == data

    def walk(value: Any, path: tuple[Any, ...]) -> None:
        line, column = document.marks[path]
        assert 1 <= line <= len(document.lines) and column >= 1
        parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in parts:
            walk(item, (*path, key))

    walk(document.data, ())


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab1 :-[]{},#&*!|>'\"%@\n\t~?.<=\\", max_size=60))
def test_any_text_is_a_document_or_a_file_error(text: str) -> None:
    """And every error has a place that is in the text."""
    try:
        read_text(text)
    except FileError as error:
        place = error.problems[0].location
        assert place is not None and 1 <= place.line <= len(text.split("\n")) and place.column >= 1


# -- places


def test_every_value_and_key_remembers_its_place() -> None:
    document = read_text("dims:\n  batch_size: {value: 1,\n    why: x}\n  list:\n  - 3\n  - [4, 5]\n", file="f.yaml")

    def at(*path: str | int, key: bool = False) -> str:
        return str(document.location(path, key=key))

    assert at("dims", "batch_size", "value") == "f.yaml:2:23"
    assert at("dims", "batch_size", key=True) == "f.yaml:2:3"
    assert at("dims", "batch_size", "why", key=True) == "f.yaml:3:5"
    assert at("dims", "list", 1, 1) == "f.yaml:6:9"


def test_the_place_of_what_is_absent_is_that_of_what_surrounds_it() -> None:
    document = read_text("a:\n  b: {c: 1}\n", file="f.yaml")
    assert str(document.location(("a", "b", "missing"))) == "f.yaml:2:3"
    assert str(document.location(("zzz",))) == "f.yaml:1:1"


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_lines_end_where_yaml_has_them_end(line_break: str) -> None:
    text = refusal(line_break.join(["a: 1", "b: 2", "c: 1: 2"]))
    assert text.splitlines()[0].startswith("x.yaml:3:")
    assert text.splitlines()[1] == "     3 | c: 1: 2"


@pytest.mark.parametrize("character", ["\x85", "\u2028", "\u2029"])
def test_what_only_yaml_1_1_breaks_lines_at_is_a_character_like_others(character: str) -> None:
    told = refusal(f"a: x{character}b 2\n'k{character}': [1, 'y{character}z']\nc: &x 1")
    assert told.split("\n")[0] == "x.yaml:3:4: anchor `&x`"
    lines = f"a: 'x{character}  y' # a{character}b\n'k{character}': \"\ue000{character}\\N\"\nc: |\n  z{character}\n"
    found = read_text(lines)
    assert found.data == {"a": f"x{character}  y", f"k{character}": f"\ue000{character}\x85", "c": f"z{character}\n"}
    assert str(found.location(("c",))) == "<text>:3:4"


def test_columns_count_characters_not_bytes() -> None:
    assert refusal("'é𝄞': &x 1").splitlines()[0] == "x.yaml:1:7: anchor `&x`"


# -- refusals


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a: &x 1",
            "x.yaml:1:4: anchor `&x`\n     1 | a: &x 1\n       |    ^\n  expected: plain values: anchors are refused",
        ),
        (
            "a: *x",
            "x.yaml:1:4: alias `*x`\n     1 | a: *x\n       |    ^\n"
            "  expected: the value itself: aliases are refused",
        ),
        (
            "a: !!python/object:os.system {}",
            "x.yaml:1:4: tag `tag:yaml.org,2002:python/object:os.system`\n     1 | a: !!python/object:os.system {}\n"
            "       |    ^\n  expected: plain values: tags are refused",
        ),
        (
            "a: {}\n<<: {b: 1}",
            "x.yaml:2:1: merge key `<<`\n     2 | <<: {b: 1}\n       | ^\n"
            "  expected: `extends:`, or the keys written out",
        ),
        (
            "a: 1\nb: 2\na: 3",
            "x.yaml:3:1: key `a` twice in one mapping\n     3 | a: 3\n       | ^\n  first: x.yaml:1:1",
        ),
        (
            "a: 1\n---\nb: 2",
            "x.yaml:2:1: a second document\n     2 | ---\n       | ^\n  expected: one document per file",
        ),
        (
            "? [1, 2]\n: 3",
            "x.yaml:1:3: a key that is a list or a mapping\n     1 | ? [1, 2]\n       |   ^\n  expected: a name as key",
        ),
        (
            "a: .inf",
            "x.yaml:1:4: `.inf`\n     1 | a: .inf\n       |    ^\n  expected: a finite number",
        ),
        (
            "a: 1e999",
            "x.yaml:1:4: `1e999`\n     1 | a: 1e999\n       |    ^\n  expected: a finite number",
        ),
        (
            "a: 9223372036854775808",
            "x.yaml:1:4: the integer `9223372036854775808`\n     1 | a: 9223372036854775808\n       |    ^\n"
            "  expected: one that fits 64 bits",
        ),
        (
            "ok: 1\na: \x1b[31m",
            "x.yaml:2:4: the character U+001B\n     2 | a: �[31m\n       |    ^\n"
            "  expected: text without control characters",
        ),
        (
            "a: [1,\n  2\n\n",
            "x.yaml:2:4: not YAML: a list that is not closed, or lacks a comma\n     2 |   2\n       |    ^\n"
            "  expected: `,` or `]`\n  the list begins at: x.yaml:1:4",
        ),
    ],
)  # fmt: skip
def test_refusals_show_the_place_and_what_is_expected(text: str, expected: str) -> None:
    assert refusal(text) == expected


#: What is no YAML, with our words for it: the parsers' own differ from each other and from version to version.
NO_YAML = [
    ("a: {b: 1\nc: 2", "2:2: not YAML: a mapping that is not closed, or lacks a comma"),
    ("a: 'text\nb: 3\n", "2:5: not YAML: a quote that is never closed"),
    ('a: "text\nb: 3\n', "2:5: not YAML: a quote that is never closed"),
    ("a:\n\tb: 1\n", "2:1: not YAML: a tab"),
    ("a:\n  b: 1\n\tc: 2\n", "3:1: not YAML: a tab"),
    ("a: b: c\n", "1:5: not YAML: `:` where no key may stand"),
    ("a: 1\n  b: 2\n", "2:4: not YAML: `:` where no key may stand"),
    ("a:\n    b: 1\n  c: 2\n", "3:3: not YAML: neither a key nor the end of a mapping"),
    ("a: 1\n- b\n", "2:1: not YAML: neither a key nor the end of a mapping"),
    ("a: 'x' y\n", "1:8: not YAML: neither a key nor the end of a mapping"),
    ("- a\nb: 1\n", "2:1: not YAML: neither an item nor the end of a list"),
    ("a: - b\n", "1:4: not YAML: `- ` where no list may begin"),
    ("a: 1\nb\nc: 2\n", "3:1: not YAML: a line without `:`"),
    ("a: @x\n", "1:4: not YAML: a text that starts with `@`"),
    ("a: `x`\n", "1:4: not YAML: a text that starts with ```"),
    ("a: %x\n", "1:4: not YAML: a text that starts with `%`"),
    ('a: "\\xZZ"\n', "1:7: not YAML: an unknown escape in double quotes"),
    ("a: [,]\n", "1:5: not YAML: a value is missing"),
    ("a: & x\n", "1:5: not YAML: an anchor or an alias without a name"),
    ("a: !<x\n", "1:7: not YAML: a tag"),
    ("a: |x\n  b\n", "1:5: not YAML: the head of a text in lines"),
    ("%YAML 3.0\n---\na: 1\n", "1:1: not YAML: a directive, or another document"),
    ("a: 1\n...\nb: 2\n", "3:1: not YAML: a directive, or another document"),
]


@pytest.mark.parametrize(("text", "said"), NO_YAML)
def test_what_is_no_yaml_is_told_in_our_words(text: str, said: str) -> None:
    found = refusal(text)
    assert found.splitlines()[0] == f"x.yaml:{said}"
    assert "\n  expected: " in found


@pytest.mark.parametrize(
    "said",
    ["while increasing flow level: exceeded maximum nesting depth", "None: exceeded max depth of 100", "too deep"],
)
def test_a_parser_s_own_limit_is_told_as_ours(said: str) -> None:
    assert is_nesting(said)
    assert fault_of("None: something new", "").message == "not YAML"


def test_what_python_says_of_an_escape_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_reader, "_Loader", yaml.SafeLoader)
    for escape in ("U00110000", "UFFFFFFFF"):
        assert refusal(f'a: "\\{escape}"').startswith("x.yaml:1:1: not YAML\n")


@pytest.mark.parametrize("text", ["a: ! 12", "a: !!str 12", "a: !x [1]", "!!map {a: 1}", "a: ! {b: 1}", "a: ! 'x'"])
def test_no_tag_gets_through(text: str) -> None:
    assert "tags are refused" in refusal(text)


@pytest.mark.parametrize("text", ["&x a: 1", "a: &x [1]", "&x {a: 1}", "a: &x {b: *x}"])
def test_no_anchor_gets_through(text: str) -> None:
    assert "anchors are refused" in refusal(text)


@pytest.mark.parametrize(
    ("text", "limits", "said"),
    [
        ("[[[[1]]]]", {"depth": 3}, "x.yaml:1:4: nested more than 3 deep"),
        ("a:\n b:\n  c:\n   d: 1", {"depth": 3}, "x.yaml:4:4: nested more than 3 deep"),
        ("[1, 2, 3]", {"nodes": 3}, "x.yaml:1:8: more than 3 values"),
        ("a: bcdef", {"scalar_characters": 4}, "x.yaml:1:4: a scalar of more than 4 characters"),
        ("a: " + "9" * 30, {}, "x.yaml:1:4: an integer of 30 digits"),
    ],
)
def test_limits_are_told_where_they_are_passed(text: str, limits: dict[str, int], said: str) -> None:
    assert refusal(text, **limits).startswith(said)


# -- files


def test_files_are_told_by_the_name_they_are_shown_as(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: &b 1")
    with pytest.raises(FileError, match=r"^shown\.yaml:1:4: anchor"):
        read_file(tmp_path / "x.yaml", shown_as="shown.yaml")


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbfa: 1")
    assert read_file(tmp_path / "x.yaml").data == {"a": 1}


@pytest.mark.parametrize("content", [b"a: \xff\xfe", "a: ä".encode("latin-1"), "a: 1".encode("utf-16")])
def test_what_is_not_utf_8_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.yaml").write_bytes(content)
    with pytest.raises(FileError, match=r"is not UTF-8: byte \d+ is 0x"):
        read_file(tmp_path / "x.yaml", shown_as="x.yaml")


def test_what_can_not_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"can't read .*none\.yaml: No such file"):
        read_file(tmp_path / "none.yaml")
    with pytest.raises(FileError, match=r"can't read .*: Is a directory"):
        read_file(tmp_path)


def test_a_large_file_is_refused_by_its_size(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("# " + "x" * 200)
    with pytest.raises(FileError, match="is larger than 100 bytes"):
        read_file(tmp_path / "x.yaml", limits=Limits(file_bytes=100))


# -- how problems are shown


def test_the_caret_marks_the_width_and_keeps_tabs() -> None:
    place = Location("x.yaml", 3, 4, "a:\t'bc'")
    assert str(Problem("m", location=place, width=4)) == "x.yaml:3:4: m\n     3 | a:\t'bc'\n       |   \t^^^^"


def test_of_a_long_line_only_what_surrounds_the_caret_is_shown() -> None:
    text = str(Problem("m", location=Location("x.yaml", 1, 1001, "x" * 1000 + "HERE" + "y" * 1000), width=4))
    source, caret = text.splitlines()[1:]
    assert len(source) < 200 and source[caret.index("^") : caret.rindex("^") + 1] == "HERE"


def test_a_problem_as_data_leaves_out_what_is_absent() -> None:
    problem = Problem("m", location=Location("x.yaml", 1, 2, "src"), related=(("first", Location("x.yaml", 9, 1)),))
    assert problem.to_dict() == {
        "message": "m", "file": "x.yaml", "line": 1, "column": 2, "related": [{"why": "first", "at": "x.yaml:9:1"}],
    }  # fmt: skip
    assert Problem("m", argument="task").to_dict() == {"message": "m", "argument": "task"}
    error = FileError(problem)
    assert error.to_dict() == {"error": "FileError", "problems": [problem.to_dict()]}
