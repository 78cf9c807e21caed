"""`shapespec fmt`: one order, one style; comments and meaning stay."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shapespec import cli
from shapespec.errors import FileError, GrammarError, SpecError
from shapespec.formatting import format, format_text
from shapespec.language.files import FILE_KINDS
from shapespec.reading import read_text
from shapespec.registry.paths import builtin_root

SCHEMA = "# yaml-language-server: $schema=../../schemas/architecture.schema.json\n"
SHIPPED = sorted(builtin_root().rglob("*.yaml"))


def formatted(text: str) -> str:
    """A dedented text, put in order, without the schema line."""
    found = format_text(SCHEMA + dedent(text).lstrip("\n"))
    assert found.startswith(SCHEMA)
    assert format_text(found) == found
    return found.removeprefix(SCHEMA)


def becomes(before: str, after: str) -> None:
    assert formatted(before) == dedent(after).lstrip("\n")


# -- order


def test_the_order_of_sections_is_the_grammars() -> None:
    becomes(
        """
        tiny: {a: 1}
        variants: {large: {}}
        default_variant: large
        components: {}
        dims: {b: 1, a: 2}
        config: {}
        heads: {z: A, a: B}
        about: A model.
        extends: text
        architecture: x
        """,
        """
        architecture: x
        extends: text
        about: A model.
        heads: {z: A, a: B}
        config: {}
        dims: {b: 1, a: 2}
        components: {}
        default_variant: large
        variants: {large: {}}
        tiny: {a: 1}
        """,
    )


@pytest.mark.parametrize("key", FILE_KINDS)
def test_each_kind_of_file_has_an_order(key: str) -> None:
    fields = [field.alias or name for name, field in FILE_KINDS[key].model_fields.items()]
    assert fields[0] == key
    assert fields[-1] == {"architecture": "tiny", "family": "tiny"}.get(key, "meta")


def test_keys_within_components_dims_nodes_and_values_are_ordered() -> None:
    becomes(
        """
        architecture: x
        dims: {a: {why: Few., max: 3, value: 2}}
        tasks:
          t:
            inputs: {ids: {why: Here., values: {avoid: [1], integers: [0, 2]}, dtype: int, shape: [a], about: Ids.}}
            components: {model: {outputs: {}, inputs: {b: {}, a: {}}, when: a > 1}}
        """,
        """
        architecture: x
        dims: {a: {value: 2, max: 3, why: Few.}}
        tasks:
          t:
            inputs: {ids: {about: Ids., shape: [a], dtype: int, values: {integers: [0, 2], avoid: [1]}, why: Here.}}
            components: {model: {when: a > 1, inputs: {b: {}, a: {}}, outputs: {}}}
        """,
    )


def test_a_mapping_with_an_unknown_key_keeps_its_order() -> None:
    becomes("architecture: x\ntiny: {}\nhaeds: {}\nheads: {}\n", "architecture: x\ntiny: {}\nhaeds: {}\nheads: {}\n")


# -- style


def test_what_fits_is_in_one_line_and_what_does_not_in_several() -> None:
    becomes(
        """
        architecture: x
        heads:
          feature-extraction: XModel
        attribute_map: {aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, ccccccccccccccccccc: dddddddddddddddd}
        inputs:
          a:
            shape: [batch_size]
          b: [batch_size, cccccccccccccccccccccccccccccccccccccc, dddddddddddddddddddddddddddddddddd, eeeeeeeeeeeeeeeeeee, ffffff]
        """,  # noqa: E501
        """
        architecture: x
        heads: {feature-extraction: XModel}
        attribute_map:
          aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
          ccccccccccccccccccc: dddddddddddddddd
        inputs:
          a: {shape: [batch_size]}
          b: [batch_size, cccccccccccccccccccccccccccccccccccccc, dddddddddddddddddddddddddddddddddd, eeeeeeeeeeeeeeeeeee,
            ffffff]
        """,  # noqa: E501
    )


def test_data_of_another_program_is_wrapped_within_its_brackets() -> None:
    names = "abcdefghijklmn"
    tiny = ", ".join(f"{name}_attribute: {number}" for number, name in enumerate(names))
    becomes(
        f"architecture: x\ntiny:\n  text_config: {{{tiny}}}\n  size: 1\n",
        """
        architecture: x
        tiny:
          text_config: {a_attribute: 0, b_attribute: 1, c_attribute: 2, d_attribute: 3, e_attribute: 4, f_attribute: 5,
            g_attribute: 6, h_attribute: 7, i_attribute: 8, j_attribute: 9, k_attribute: 10, l_attribute: 11, m_attribute: 12,
            n_attribute: 13}
          size: 1
        """,  # noqa: E501
    )


def test_long_text_goes_over_lines() -> None:
    becomes(
        """
        architecture: x
        about: "A very long text that says much about little, and goes on for long, so that no line has room for it: indeed, a pity."
        why: A very long text that says much about little, and goes on for long, so that no line has room for it, what a pity it is.
        """,  # noqa: E501
        """
        architecture: x
        about: "A very long text that says much about little, and goes on for long, so that no line has room for it: indeed, a
          pity."
        why: A very long text that says much about little, and goes on for long, so that no line has room for it, what a pity it
          is.
        """,  # noqa: E501
    )


def test_lines_of_a_text_stay_lines() -> None:
    becomes(
        """
        architecture: x
        meta:
          notes: |  # mine
            One.

              Two.
          folded: >-
            a
            b
        """,
        """
        architecture: x
        meta:
          notes: |  # mine
            One.

              Two.
          folded: a b
        """,
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("'text'", "text"),
        ("'no'", '"no"'),
        ("no", '"no"'),
        ("12:30", '"12:30"'),
        ("'3'", '"3"'),
        ("010", "10"),
        ("0x1F", "0x1F"),
        ("1e-5", "1.0e-05"),
        ("1.50", "1.50"),
        ("~", "null"),
        ("", "null"),
        ("True", "true"),
        ("1_000", '"1_000"'),
        ("2020-01-01", '"2020-01-01"'),
        ('\'"a" if b else "c"\'', '\'"a" if b else "c"\''),
        ('"it\'s \\"here\\""', 'it\'s "here"'),
        ("'a: b'", '"a: b"'),
        ("'a #b'", '"a #b"'),
        ("a#b", "a#b"),
        ('"tab\\t"', '"tab\\t"'),
        ('"\\u2028"', '"\\u2028"'),
        ("a\x85b", '"a\\x85b"'),
        ("'[a, b] if c else [a]'", '"[a, b] if c else [a]"'),
        ("first(a, b)", "first(a, b)"),
        ("'='", '"="'),
        ("'*'", '"*"'),
        ("Früh.", "Früh."),
    ],
)
def test_quotes_only_where_they_are_needed(before: str, after: str) -> None:
    text = formatted(f"architecture: x\nmeta:\n  # shown\n  a: {before}\n")
    assert text == f"architecture: x\nmeta:\n  # shown\n  a: {after}\n"


def test_commas_and_question_marks_are_quoted_within_brackets_alone() -> None:
    becomes(
        """
        architecture: x
        let:
          # shown
          a: "first(a, b)"
        inputs: {a: {when: "first(a, b)", shape: [n?, "b[0]"]}}
        """,
        """
        architecture: x
        let:
          # shown
          a: first(a, b)
        inputs: {a: {when: "first(a, b)", shape: ["n?", "b[0]"]}}
        """,
    )


def test_empty_lines_are_kept_beside_long_sections_alone() -> None:
    becomes(
        """

        architecture: x

        extends: text


        config: {}

        let:
          # why
          a: 1

          b: 2

        components: {}
        tiny: {}
        """,
        """
        architecture: x
        extends: text
        config: {}

        let:
          # why
          a: 1

          b: 2

        components: {}
        tiny: {}
        """,
    )


# -- comments


def test_comments_stay_where_they_stood() -> None:
    becomes(
        """
        # about the file

        # about tiny
        tiny: {a: 1}   # small
        architecture: x
        components:   # the graphs
          # a graph
          model: {when: a, inputs: {a: null}}  # one
          other:
            outputs: {a: [b,  # first
              c]}
            # after the outputs
          # after the graphs
        # about dims
        dims: {a: 1,
          # about b
          b: 2}
        # the end
        """,
        """
        # about the file

        architecture: x
        # about dims
        dims:
          a: 1
          # about b
          b: 2
        components:  # the graphs
          # a graph
          model: {when: a, inputs: {a: null}}  # one
          other:
            outputs:
              a:
                - b  # first
                - c
            # after the outputs
          # after the graphs
        # about tiny
        tiny: {a: 1}  # small
        # the end
        """,
    )


def test_a_comment_between_a_key_and_its_value_moves_above() -> None:
    becomes(
        """
        architecture: x
        let:
          a:  # one
            # two
            b
          c: []
        """,
        """
        architecture: x
        let:
          # two
          a: b  # one
          c: []
        """,
    )


def test_marks_within_text_are_no_comments() -> None:
    text = 'architecture: x\nmeta:\n  a: "a # b"\n  b: |-\n    # c\n    d\n  # real\n  c: a#b\n'
    assert formatted(text) == text


# -- errors


def test_the_schema_line_comes_first_and_is_added() -> None:
    assert format_text("architecture: x\n", schema=SCHEMA.strip()) == f"{SCHEMA}architecture: x\n"
    assert format_text(f"# mine\n{SCHEMA}architecture: x\n") == f"{SCHEMA}# mine\narchitecture: x\n"
    other = "# yaml-language-server: $schema=https://example.org/architecture.schema.json\narchitecture: x\n"
    assert format_text(other, schema=SCHEMA.strip()) == other


def test_what_is_not_yaml_is_told_with_its_place() -> None:
    with pytest.raises(FileError, match=r"^a\.yaml:1:10: not YAML"):
        format_text("config: {", file="a.yaml")
    with pytest.raises(GrammarError, match=r"^a\.yaml:1:1: the file is a list"):
        format_text("[]", file="a.yaml")


def test_a_change_of_meaning_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(format.Layout, "lines", lambda self, root: ["architecture: y"])
    with pytest.raises(SpecError) as caught:
        format_text("architecture: x\n", file="a.yaml")
    assert str(caught.value) == (
        "a.yaml:1:1: putting this file in order would change its meaning\n"
        "  expected: a file that says the same afterwards: it is left as it is, and this is a bug of shapespec"
    )


# -- for all files

WORDS = st.sampled_from(
    ["a", "no", "1", "0x1", "010", "1e3", "~", "a b", "a, b", "a: b", "a #b", "#", "-", "- a", "?", "a?", "'", '"', "=",
     "a:", ":a", "[", "]", "{a}", "*a", "&a", "!a", "%", "@", "`", "|", ">", "<<", "---", "...", " a", "a ", "é",
     "\u2028", "a\nb", "a\n\n b\n", "\n", "\\", "a'b\"c", "12:30", "2020-01-01", "true", ", ", "a  b", "\ufeff", "\x07"]
)  # fmt: skip
TEXTS = WORDS | st.text(max_size=12) | st.lists(WORDS | st.just("word"), min_size=20, max_size=60).map(" ".join)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | TEXTS
    | (st.floats(allow_nan=False, allow_infinity=False))
)
NAMES = st.sampled_from(["a", "b", "rows", "no", "x-y"]) | WORDS
DATA = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)
NODES = st.fixed_dictionaries(
    {},
    optional={
        "why": TEXTS,
        "shape": st.lists(TEXTS, max_size=3),
        "about": TEXTS,
        "fields": st.dictionaries(NAMES, DATA),
    },
)
FILES = st.fixed_dictionaries(
    {"architecture": st.just("x")},
    optional={
        "tiny": st.dictionaries(NAMES, DATA, max_size=4),
        "about": TEXTS,
        "dims": st.dictionaries(
            NAMES, st.fixed_dictionaries({}, optional={"why": TEXTS, "value": SCALARS}), max_size=3
        ),
        "components": st.dictionaries(
            NAMES,
            st.fixed_dictionaries(
                {}, optional={"outputs": st.dictionaries(NAMES, NODES), "when": TEXTS, "inputs": DATA}
            ),
            max_size=3,
        ),
        "meta": DATA,
        "heads": DATA,
    },
)


def with_comments(text: str, draw: Callable[[st.SearchStrategy[Any]], Any]) -> str:
    """A text with comments at ends of lines and between lines, where they do not change what it says."""
    data = read_text(text).data
    lines = text.split("\n")
    for number in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(lines) - 1))
        kind = draw(st.sampled_from(["side", "whole", "blank"]))
        tried = list(lines)
        if kind == "side":
            tried[at] += f"  # comment {number}"
        else:
            indent = " " * draw(st.integers(0, 8))
            tried.insert(at, f"{indent}# comment {number}" if kind == "whole" else "")
        try:
            if repr(read_text("\n".join(tried)).data) == repr(data):
                lines = tried
        except SpecError:
            continue
    return "\n".join(lines)


@given(FILES, st.sampled_from([True, False, None]), st.integers(20, 200), st.permutations(range(7)), st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_file_keeps_its_meaning_and_its_comments(
    data: dict[str, Any], flow: bool | None, width: int, order: list[int], drawing: st.DataObject
) -> None:
    keys = sorted(data, key=lambda key: order[list(data).index(key)])
    text = yaml.safe_dump(
        {key: data[key] for key in keys}, sort_keys=False, default_flow_style=flow, width=width, allow_unicode=True
    )
    try:
        document = read_text(text)
    except SpecError:
        return  # what the reader refuses: two keys alike, numbers that are none
    text = with_comments(text, drawing.draw)
    once = format_text(text)  # which compares the meaning
    assert format_text(once) == once
    assert {f"# comment {n}" for n in range(6) if f"# comment {n}" in text} == {
        f"# comment {n}" for n in range(6) if f"# comment {n}" in once
    }
    assert read_text(once).data == document.data


def whole_comments(text: str) -> list[str]:
    return sorted(line.strip() for line in text.splitlines() if line.strip().startswith("#"))


@pytest.mark.parametrize("part", range(4))
def test_every_shipped_file_keeps_its_meaning(part: int) -> None:
    for path in SHIPPED[part::4]:
        text = path.read_text(encoding="utf-8")
        once = format_text(text, file=str(path))
        assert format_text(once) == once, path
        assert whole_comments(once) == whole_comments(text), path
        # Readers of YAML 1.1 read the same.
        assert repr(yaml.load(once, Loader=yaml.SafeLoader)) == repr(read_text(once).data), path
        assert max(len(line) for line in once.splitlines() if "#" not in line) <= 120, path


# -- the command

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    (tmp_path / "shapes" / "transformers").mkdir(parents=True)
    (tmp_path / "shapes" / "transformers" / "x.yaml").write_text("tiny: {a: 1}\narchitecture: x\n")
    (tmp_path / "shapes" / "transformers" / "y.yaml").write_text(f"{SCHEMA}architecture: y\n")
    monkeypatch.chdir(tmp_path)

    def call(*args: str) -> tuple[int, str]:
        code = cli.main(["fmt", *args])
        return code, capsys.readouterr().out

    return call


X = "shapes/transformers/x.yaml"
GOOD_X = f"{SCHEMA}architecture: x\ntiny: {{a: 1}}\n"


def test_fmt_writes_what_changes(run: Run) -> None:
    Path(X).chmod(0o640)
    assert run() == (0, f"{X}: written\n2 files: 1 written\n")
    assert Path(X).read_text() == GOOD_X
    assert stat.S_IMODE(Path(X).stat().st_mode) == 0o640
    assert run() == (0, "2 files: 0 written\n")


def test_fmt_check_writes_nothing(run: Run) -> None:
    before = Path(X).read_text()
    assert run("--check", "shapes") == (1, f"{X}: would change\n2 files: 1 would change\n")
    assert Path(X).read_text() == before
    run()
    assert run("--check") == (0, "2 files: 0 would change\n")


def test_fmt_diff_shows_what_would_change(run: Run) -> None:
    code, out = run("--diff", X)
    assert code == 1
    assert out == (
        f"--- {X}\n+++ {X} (formatted)\n@@ -1,2 +1,3 @@\n+{SCHEMA}+architecture: x\n tiny: {{a: 1}}\n-architecture: x\n"
        "1 file: 1 would change\n"
    )


def test_fmt_json(run: Run) -> None:
    Path("shapes/bad.yaml").write_text("architecture: [\n")
    code, out = run("--json", "--diff")
    found = json.loads(out)
    assert code == 1
    assert (found["files"], found["changed"]) == (["shapes/bad.yaml", X, X.replace("x.", "y.")], [X])
    assert found["diffs"][X].startswith(f"--- {X}\n")
    assert [(p["file"], p["line"]) for p in found["problems"]] == [("shapes/bad.yaml", 1)]


def test_fmt_leaves_what_it_cannot_read(run: Run) -> None:
    Path("shapes/bad.yaml").write_text("architecture: [\n")
    code, out = run()
    assert code == 1
    assert out.startswith("shapes/bad.yaml:1:")
    assert out.endswith(f"{X}: written\n3 files: 1 written, 1 problem\n")
    assert Path("shapes/bad.yaml").read_text() == "architecture: [\n"


def test_fmt_follows_no_link_out_of_the_folder(run: Run, tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text("tiny: {}\narchitecture: outside\n")
    Path("shapes/link.yaml").symlink_to(outside)
    code, out = run()
    assert code == 1
    assert "a link that leads out of shapes" in out
    assert outside.read_text() == "tiny: {}\narchitecture: outside\n"


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes everywhere")
def test_fmt_tells_what_it_cannot_write(run: Run) -> None:
    folder = Path(X).parent
    folder.chmod(0o500)
    try:
        code, out = run()
    finally:
        folder.chmod(0o700)
    assert code == 1
    assert "can't write" in out


def test_fmt_needs_paths_that_are_there(run: Run) -> None:
    code, out = run("nosuch")
    assert code == 1
    assert out.startswith("nosuch:1:1: can't be read: No such file or directory\n")
    assert run("--nosuch")[0] == 2
