"""Validation of whole files: the texts of the errors, and everything that is wrong at once.

Each file below ``files/bad`` has its expected text beside it. ``SHAPESPEC_UPDATE=1 pytest …`` writes
them anew: read the difference before you commit it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from shapespec import Problem, validate
from shapespec.errors import listing
from shapespec.expressions.functions import FUNCTION_NAMES
from shapespec.registry.paths import builtin_root
from shapespec.validating.validate import examine

FILES = Path(__file__).parent / "files"
GOOD = sorted((FILES / "good").rglob("*.yaml"))
BAD = sorted((FILES / "bad").rglob("*.yaml"))

HEAD = "# yaml-language-server: $schema=https://example.org/{}.schema.json\n"
ARCHITECTURE = HEAD.format("architecture")
FAMILY = HEAD.format("family")
BODY = """extends: text-encoder
heads: {fill-mask: AForMaskedLM, feature-extraction: AModel}
config: {vocab_size: 60, hidden_size: 8}
"""


def texts(problems: list[Problem]) -> str:
    """The problems as they are printed, but for what changes elsewhere: the functions' names, and lines of the
    built-in files."""
    text = "\n\n".join(map(str, problems)).replace(listing(sorted(FUNCTION_NAMES), 60), "one of (the functions)")
    return re.sub(r"(shapes/[\w/]+\.yaml):\d+:\d+", r"\1:(line):(column)", text) + "\n"


def messages(problems: list[Problem]) -> list[str]:
    return [f"{p.location.file}:{p.location.line}:{p.location.column}: {p.message}" for p in problems if p.location]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder `shapes` with the registry's layout, in the current folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("transformers", "families"):
        (tmp_path / "shapes" / name).mkdir(parents=True)
    return Path("shapes")


def architecture(folder: Path, name: str, text: str = "", extends: str = "text-encoder") -> Path:
    path = folder / "transformers" / f"{name}.yaml"
    path.write_text(f"{ARCHITECTURE}architecture: {name}\n{BODY.replace('text-encoder', extends)}{text}")
    return path


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_files_have_no_problems(path: Path) -> None:
    assert texts(validate([path])) == "\n"


@pytest.mark.parametrize("path", BAD, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_bad_files_say_what_is_wrong(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FILES)
    found = texts(validate([path.relative_to(FILES)]))
    expected = path.with_suffix(".txt")
    if os.environ.get("SHAPESPEC_UPDATE"):
        expected.write_text(found)
    assert found == expected.read_text()


def test_a_folder_gives_what_its_files_give(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FILES)
    report = examine(["bad"])
    assert report.files == tuple(str(path.relative_to(FILES)) for path in sorted(BAD, key=lambda p: (p.parent, p.name)))
    one_by_one = [problem for path in BAD for problem in validate([path.relative_to(FILES)])]
    assert sorted(map(str, report.problems)) == sorted(map(str, one_by_one))


def test_the_registry_is_valid() -> None:
    assert texts(validate([builtin_root()])) == "\n"


def test_problems_are_sorted_by_file_and_position(folder: Path) -> None:
    architecture(folder, "zebra", "dims: {stripes: 1}\nlet: {hooves: 1}\n")
    architecture(folder, "ape", "let: {hands: 1}\ndims: {thumbs: 1}\n")
    found = messages(validate([folder]))
    assert [line.split(":")[:2] for line in found] == [
        ["shapes/transformers/ape.yaml", "6"],
        ["shapes/transformers/ape.yaml", "7"],
        ["shapes/transformers/zebra.yaml", "6"],
        ["shapes/transformers/zebra.yaml", "6"],  # `dims` stands before `let`
        ["shapes/transformers/zebra.yaml", "7"],
    ]


def test_a_family_beside_the_file_comes_before_the_built_in_ones(folder: Path) -> None:
    mine = folder / "families" / "mine.yaml"
    mine.write_text(f"{FAMILY}family: mine\nextends: text-encoder\n")
    path = architecture(folder, "ape", extends="mine")
    assert validate([path]) == []
    mine.unlink()
    assert messages(validate([path])) == ["shapes/transformers/ape.yaml:3:10: unknown family `mine`"]


def test_a_family_is_found_in_another_folder_that_was_given(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other" / "families").mkdir(parents=True)
    (tmp_path / "other" / "families" / "mine.yaml").write_text(f"{FAMILY}family: mine\nextends: text-encoder\n")
    architecture(folder, "ape", extends="mine")
    assert validate([folder, "other"]) == []
    assert len(validate([folder])) == 1


def test_a_changed_family_shows_in_the_architectures_that_extend_it(folder: Path) -> None:
    """A pre-commit hook is given the changed files alone."""
    family = folder / "families" / "mine.yaml"
    family.write_text(f"{FAMILY}family: mine\nextends: text-encoder\ndims: {{sequence_length: nothing + 1}}\n")
    architecture(folder, "ape", extends="mine")
    architecture(folder, "other")
    (problem,) = validate([family])
    assert str(problem) == (
        "shapes/families/mine.yaml:4:25: the size `sequence_length`: there is no `nothing`\n"
        "     4 | dims: {sequence_length: nothing + 1}\n"
        "       |                         ^^^^^^^^^^^\n"
        "  expected: a size, a `let` name, `config.…` or a fact such as `task`\n"
        "  when resolving `AForMaskedLM` (fill-mask), `AModel` (feature-extraction): shapes/transformers/ape.yaml:4:9"
    )


def test_the_same_fault_of_many_heads_is_told_once(folder: Path) -> None:
    path = architecture(folder, "ape", "components: {model: {inputs: {input_ids: {shape: [nothing]}}}}\n")
    (problem,) = validate([path])
    assert problem.message == "axis 0 of input `input_ids`: there is no `nothing`"


def test_each_variant_is_resolved(folder: Path) -> None:
    path = architecture(folder, "ape", "variants: {large: {config: {hidden_size: null}}, small: {}}\n")
    (problem,) = validate([path])
    assert "`hidden_size` is None" in problem.message
    assert problem.related[0][0].endswith("in the variant `large`")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "families/ape.yaml",
            f"{ARCHITECTURE}architecture: ape\n{BODY}",
            "`architecture:` is not looked for in families/",
        ),
        ("transformers/mine.yaml", f"{FAMILY}family: mine\n", "`family:` is not looked for in transformers/"),
        ("transformers/Ape.yaml", f"{ARCHITECTURE}architecture: Ape\n{BODY}", "the file is called `Ape.yaml`"),
        ("transformers/ape.yml", f"{ARCHITECTURE}architecture: ape\n{BODY}", "the file is called `ape.yml`"),
        (
            "sizes.yaml",
            f"{HEAD.format('defaults')}dims: {{}}\n",
            "the file is called `sizes.yaml` and declares `dims:`",
        ),
    ],
)
def test_a_file_stands_where_it_is_looked_for(folder: Path, name: str, text: str, expected: str) -> None:
    path = folder / name
    path.write_text(text)
    (problem,) = validate([path])
    assert expected in problem.message


@pytest.mark.parametrize(
    "reference", ["/etc/architecture.schema.json", "file:///x/architecture.schema.json", "C:\\architecture.schema.json"]
)
def test_the_schema_is_beside_the_file_or_at_an_address(folder: Path, reference: str) -> None:
    path = architecture(folder, "ape")
    path.write_text(path.read_text().replace("https://example.org/architecture.schema.json", reference))
    (problem,) = validate([path])
    assert problem.location is not None
    assert (problem.location.line, problem.location.column) == (1, 33)


def test_windows_line_ends_and_a_byte_order_mark_are_fine(folder: Path) -> None:
    path = architecture(folder, "ape")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert validate([path]) == []


def test_served_by_names_an_architecture(folder: Path) -> None:
    path = architecture(folder, "ape")
    path.write_text(path.read_text().replace("config:", "served_by: {BModel: distilbrt}\nconfig:"))
    (problem,) = validate([path])
    assert (problem.message, problem.suggestion) == ("unknown architecture `distilbrt`", "distilbert")


def test_one_path_need_not_be_a_list(folder: Path) -> None:
    path = architecture(folder, "ape")
    assert validate(path) == validate(str(path)) == validate([path]) == []


def test_paths_are_told_as_they_were_given(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = architecture(folder, "ape", "let: {b: 1}\n")
    for given in (path, tmp_path / path):
        (problem,) = validate([given])
        assert problem.location is not None
        assert problem.location.file == str(given)
    monkeypatch.chdir(folder / "transformers")
    (problem,) = validate(["ape.yaml"])
    assert problem.location is not None
    assert problem.location.file == "ape.yaml"


# -- what a family sets


FAR = "dims: {extra: {value: far}}\ninputs: {input_ids: {shape: [batch_size, extra]}}\n"


def family(folder: Path, name: str, text: str) -> Path:
    path = folder / "families" / f"{name}.yaml"
    path.write_text(f"{FAMILY}family: {name}\n{text}")
    return path


def test_a_family_s_names_that_nothing_uses_are_told(folder: Path) -> None:
    """Used is what the family itself, its parents, or anything that stands on it uses."""
    base = family(folder, "base", "extends: text-encoder\nlet: {here: 1, below: here, far: 2, tippo: 3}\n")
    family(folder, "middle", "extends: base\nvariants: {wide: {let: {unused: below}}}\n")
    architecture(folder, "a", FAR, "middle")
    assert messages(validate([base])) == ["shapes/families/base.yaml:4:37: nothing uses the `let` name `tippo`"]
    assert [p.message for p in validate([folder / "families"])] == [
        "nothing uses the `let` name `tippo`",
        "nothing uses the `let` name `unused`",
    ]


def test_a_family_s_names_may_be_used_in_another_given_root(folder: Path, tmp_path: Path) -> None:
    base = family(folder, "base", "extends: text-encoder\nlet: {far: 2}\n")
    assert len(validate([base])) == 1
    other = tmp_path / "more"
    (other / "transformers").mkdir(parents=True)
    architecture(other, "a", FAR, "base")
    assert not [p for p in validate([base, other, folder]) if "far" in p.message]
