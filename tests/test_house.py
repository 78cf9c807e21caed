"""The house: imports lead down its floors and in no circle, and what is special to a library stands in its room.

The floors are the table in ``docs/inside.md``, read from there: the page and the code can't drift apart.
"""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "shapespec"
PAGE = ROOT / "docs" / "inside.md"


def floors() -> dict[str, int]:
    """Each room (a folder or a module of the package) with the number of its row, the lowest first."""
    rows = re.search(r"^\| floor \|.*\n\|[-| ]+\n((?:\|.*\n)+)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows is not None, "docs/inside.md has no table that starts with `| floor |`"
    found: dict[str, int] = {}
    for number, row in enumerate(rows[1].splitlines()):
        for room in re.findall(r"`([\w/.]+)`", row.split("|")[1]):
            assert room not in found, f"`{room}` stands on two floors"
            found[room.rstrip("/").removesuffix(".py")] = number
    return found


def modules(source: Path) -> dict[str, Path]:
    """Every module by its name."""
    found = {}
    for path in sorted(source.rglob("*.py")):
        parts = path.relative_to(source).with_suffix("").parts
        name = ".".join(("shapespec", *parts))
        found[name.removesuffix(".__init__") if parts[-1] == "__init__" and len(parts) > 1 else name] = path
    return found


def imports(source: Path) -> dict[str, set[str]]:
    """The modules that each module imports: anywhere in it, inside functions and for type checkers too."""
    known = modules(source)
    found: dict[str, set[str]] = {}
    for name, path in known.items():
        found[name] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found[name] |= {alias.name for alias in node.names if alias.name.split(".")[0] == "shapespec"}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{name} imports relatively"
                if node.module is not None and node.module.split(".")[0] == "shapespec":
                    inner = [f"{node.module}.{alias.name}" for alias in node.names]
                    found[name] |= {full if full in known else node.module for full in inner}
    return found


def room(module: str) -> str:
    """The folder or the module at the top of the package; its own ``__init__`` for the package itself."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Modules that import each other, by way of others too: what is left once all that nothing leads back to is gone."""
    left = {name: {other for other in others if other in graph} for name, others in graph.items()}
    while ends := [name for name, others in left.items() if not others]:
        for name in ends:
            del left[name]
        for others in left.values():
            others.difference_update(ends)
    if not left:
        return []
    path = [min(left)]
    while (following := min(left[path[-1]])) not in path:
        path.append(following)
    return [path[path.index(following) :]]


def upward(graph: dict[str, set[str]], levels: dict[str, int]) -> list[str]:
    """Imports that lead up."""
    return [
        f"{name} imports {other}, which stands higher"
        for name, others in graph.items()
        for other in sorted(others)
        if levels[room(other)] > levels[room(name)]
    ]


def test_every_room_stands_on_one_floor() -> None:
    rooms = {path.name.removesuffix(".py") for path in SOURCE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert rooms - {"__pycache__"} == set(floors())


def test_no_circle_of_imports() -> None:
    assert circles(imports(SOURCE)) == []


def test_nothing_on_a_lower_floor_imports_a_higher_one() -> None:
    assert upward(imports(SOURCE), floors()) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("plan.py", "from shapespec.spec import Spec"),
        ("kinds.py", "def late():\n    import shapespec.building.fills"),
        ("language/base.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shapespec import layers"),
    ],
)
def test_a_wrong_import_is_told(tmp_path: Path, file: str, line: str) -> None:
    source = Path(shutil.copytree(SOURCE, tmp_path / "shapespec", ignore=shutil.ignore_patterns("__pycache__")))
    with (source / file).open("a", encoding="utf-8") as stream:
        stream.write(f"\n{line}\n")
    told = upward(imports(source), floors())
    assert len(told) == 1
    assert told[0].startswith(f"shapespec.{file.removesuffix('.py').replace('/', '.')} imports shapespec.")
    assert circles(imports(source)) != []


def test_a_circle_within_one_room_is_told(tmp_path: Path) -> None:
    source = Path(shutil.copytree(SOURCE, tmp_path / "shapespec", ignore=shutil.ignore_patterns("__pycache__")))
    with (source / "reading" / "limits.py").open("a", encoding="utf-8") as stream:
        stream.write("\nfrom shapespec.reading.yaml_reader import read_text\n")
    assert upward(imports(source), floors()) == []
    (circle,) = circles(imports(source))
    assert "shapespec.reading.limits" in circle


# -- names of architectures, classes and libraries

LIBRARIES = re.compile(r"transformers|diffusers|timm|sentence.transformers", re.IGNORECASE)

#: Where such a name stands outside `libraries/`, and why. Docstrings, comments and help are prose, and not looked at.
ALLOWED = {("cli/sweeping.py", "transformers"): "the stored result of this repository is called so"}

#: What is told to people, with examples of real names: the help of commands, and what editors show of a key.
_HELP = ("help", "epilog", "description")


def architecture_names() -> set[str]:
    """The names that are long enough to be no part of another word."""
    files = (path for path in (ROOT / "shapes").glob("*/*.yaml") if path.parent.name != "families")
    return {path.stem for path in files if len(path.stem) >= 5}


def class_names() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "shapes").glob("*/*.yaml"):
        heads = yaml.safe_load(path.read_text(encoding="utf-8")).get("heads") or {}
        for served in heads.values():
            found |= {served} if isinstance(served, str) else set(served or ())
    return found


def said(path: Path) -> Iterator[tuple[int, str]]:
    """Text and names in code, with their lines. Docstrings and help are left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    helps = [node.value for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg in _HELP]
    prose = {id(part) for given in helps for part in ast.walk(given)}
    prose |= {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value
        elif isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or ""
        elif isinstance(node, ast.alias):
            yield node.lineno, node.name
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.lineno, node.name


def offending(source: Path) -> dict[tuple[str, str], list[str]]:
    """Where code outside `libraries/` says a name: by file and name, the lines."""
    names = {name.replace("-", "_").lower() for name in architecture_names()}
    classes = class_names()
    found: dict[tuple[str, str], list[str]] = {}
    for path in sorted(source.rglob("*.py")):
        file = path.relative_to(source).as_posix()
        if file.startswith("libraries/"):
            continue
        for line, text in said(path):
            words = {word.lower() for word in re.findall(r"[A-Za-z_][A-Za-z0-9_]*", text.replace("-", "_"))}
            library = LIBRARIES.findall(text.replace("shapespec[transformers]", ""))
            wrong = {*(words & names), *(set(re.findall(r"\w+", text)) & classes), *(w.lower() for w in library)}
            for word in wrong:
                found.setdefault((file, word), []).append(f"line {line}: {text[:60]!r}")
    return found


def test_no_name_of_an_architecture_a_class_or_a_library_outside_its_room() -> None:
    found = offending(SOURCE)
    assert {place: lines for place, lines in found.items() if place not in ALLOWED} == {}
    assert set(ALLOWED) == set(found), "what is allowed and no longer there"


def test_such_a_name_is_told(tmp_path: Path) -> None:
    source = Path(shutil.copytree(SOURCE, tmp_path / "shapespec", ignore=shutil.ignore_patterns("__pycache__")))
    for line in ('x = "BertForMaskedLM"', "from timm import models", "def musicgen() -> None: ..."):
        with (source / "plan.py").open("a", encoding="utf-8") as stream:
            stream.write(f"\n{line}\n")
    words = {word for file, word in offending(source) if file == "plan.py"}
    assert words == {"BertForMaskedLM", "timm", "musicgen"}


# -- the page


def test_every_path_that_the_page_names_exists() -> None:
    text = PAGE.read_text(encoding="utf-8")
    code = {word for word in re.findall(r"`([^`\s]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))}
    paths = {word for word in code if "/" in word or re.fullmatch(r"[\w/]+\.(py|md|ya?ml|json|txt|toml)", word)}
    roots = (ROOT, SOURCE, ROOT / "shapes")
    places = {word: re.sub(r"\b(LIBRARY|NAME)\b.*", "", word) for word in paths}
    assert [word for word, place in places.items() if not any((root / place).exists() for root in roots)] == []


def test_the_page_mentions_every_folder() -> None:
    text = PAGE.read_text(encoding="utf-8")
    folders = [path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*") if path.is_dir()]
    folders = [name for name in folders if "__pycache__" not in name]
    top = ["shapes", "schemas", "tests", "results", "benchmarks", "docs"]
    assert [name for name in (*folders, *top) if f"{name}/" not in text] == []
