"""What is added to the house is added in one place (a kind of values in two): shown in a copy of the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PARTS = ("src", "shapes", "schemas")

HEADER = "# yaml-language-server: $schema=../../schemas/architecture.schema.json\n"


class Copy:
    """A copy of the package, its registry and its schemas."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for part in PARTS:
            shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))

    def edit(self, file: str, *edits: tuple[str, str]) -> None:
        """Puts text before what stands once in a file."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        for before, new in edits:
            assert text.count(before) == 1, f"`{before}` stands {text.count(before)} times in {file}"
            text = text.replace(before, new + before)
        path.write_text(text, encoding="utf-8")

    def write(self, file: str, text: str) -> None:
        path = self.root / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def changed(self) -> set[str]:
        """Files that are new or differ from the repository's."""
        files = (path for part in PARTS for path in (self.root / part).rglob("*") if path.is_file())
        found = {path.relative_to(self.root).as_posix(): path for path in files if "__pycache__" not in path.parts}
        return {
            name for name, path in found.items()
            if not (ROOT / name).is_file() or (ROOT / name).read_bytes() != path.read_bytes()
        }  # fmt: skip

    def run(self, code: str) -> None:
        """Runs code with the copy's package."""
        environment = {**os.environ, "PYTHONPATH": str(self.root / "src")}
        found = subprocess.run(
            [sys.executable, "-c", code],
            cwd=self.root, env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert found.returncode == 0, found.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def test_a_word_of_the_language_is_added_in_one_place(copy: Copy) -> None:
    """It is read, merged over layers, offered by messages and in the schema."""
    copy.edit(
        "src/shapespec/language/files.py",
        (
            "    let: dict[Identifier",
            '    credits: dict[Name, str | None] | None = Field(None, description="Whose work")\n',
        ),
    )
    assert copy.changed() == {"src/shapespec/language/files.py"}
    copy.write(
        "shapes/transformers/new_word.yaml",
        f"{HEADER}architecture: new-word\nextends: text-encoder\nheads: {{feature-extraction: NewModel}}\n"
        "config: {vocab_size: 9, hidden_size: 8}\ncredits: {weights: us, code: them}\n"
        "tasks: {feature-extraction: {credits: {weights: null, data: all}}}\n",
    )
    copy.run(
        """
from shapespec import load_spec, validate, GrammarError
from shapespec.language.schemas import schema
assert validate(["shapes/transformers/new_word.yaml"]) == []
stack = load_spec("new-word").provenance.stack
assert stack.value("credits") == {"code": "them", "data": "all"}
assert stack.merged("credits").origin(("data",)).line == 7, "the place that set it"
assert schema("architecture")["properties"]["credits"]["description"] == "Whose work"
text = open("shapes/transformers/new_word.yaml").read().replace("\\ncredits", "\\ncredit")
open("shapes/transformers/new_word.yaml", "w").write(text)
try:
    load_spec("new-word")
except GrammarError as error:
    assert "did you mean `credits`?" in str(error), error
else:
    raise AssertionError
"""
    )


def test_a_kind_of_values_is_added_in_two_places(copy: Copy) -> None:
    """Its declaration and its function: it is read, checked, built, told, and in the schema."""
    copy.edit(
        "src/shapespec/kinds.py",
        (
            "#: Every kind by its name.",
            "@dataclass(frozen=True)\n"
            "class Alternating(Kind):\n"
            '    """Values that take turns along the last axis."""\n\n'
            '    alternating: Any = part(Takes.NUMBERS, "Those that take turns")\n'
            '    start: Any = part(Takes.WHOLE, "Which comes first", 0)\n\n'
            "    def check(self, shape: Shape, dtype: str) -> None:\n"
            "        if not shape:\n"
            '            raise Misfit("there is no axis along which to take turns")\n\n'
            "    def told(self) -> str:\n"
            '        return f"in turn {self.alternating}"\n\n\n',
        ),
        ("Integers, Uniform, Normal, Constant", "Alternating, "),
    )
    copy.edit(
        "src/shapespec/building/fills.py",
        ("    Arange,\n    Boxes,", "    Alternating,\n"),
        (
            "# -- masks and boxes",
            "def alternating(kind: Alternating, shape: Shape, draw: Draw, ready: Ready) -> np.ndarray:\n"
            "    places = np.arange(shape[-1]) + kind.start\n"
            "    return np.broadcast_to(np.asarray(kind.alternating)[places % len(kind.alternating)], shape)\n\n\n",
        ),
        ("    Uniform: uniform,", "    Alternating: alternating,\n"),
    )
    assert copy.changed() == {"src/shapespec/kinds.py", "src/shapespec/building/fills.py"}
    copy.write(
        "shapes/transformers/new_kind.yaml",
        f"{HEADER}architecture: new-kind\nlet: {{first_one: 1}}\ncomponents:\n  model:\n    inputs:\n"
        "      turns:\n        shape: [batch_size, 5]\n        dtype: int\n"
        "        values: {alternating: [3, 4], start: first_one}\n",
    )
    copy.run(
        """
from shapespec import load_spec, validate
from shapespec.language.schemas import schema_text
assert validate(["shapes/transformers/new_kind.yaml"]) == []
spec = load_spec("new-kind")
assert spec.build(framework="numpy")["turns"].tolist() == [[4, 3, 4, 3, 4]] * 2
assert spec.inputs()["turns"].values.told() == "in turn (3, 4)"
assert spec.inputs()["turns"].to_dict()["values"] == {"alternating": [3, 4], "start": 1}
assert "Those that take turns" in schema_text("architecture")
"""
    )


LIBRARY = '''"""A library that this test brings along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapespec.libraries.live import Live, classes_of
from shapespec.plan import Structure


def as_bag(structure: Structure, parts: list[Any]) -> Any:
    return ("bag", structure.options, parts)


CONTAINERS: dict[str, Any] = {"bag": as_bag}
OPTIONS: dict[str, Any] = {"bag": ("colour",)}
RANK = 3
PACKAGES = ("novel",)


def recognised(model: Any) -> Live | None:
    settings = getattr(model, "novel_settings", None)
    return None if settings is None else Live("novel", None, classes_of(model), dict(settings))


def configured(config: Any) -> Live | None:
    return None


def empty_like(built: Any, model: Any) -> Any:
    return None


def register_containers() -> None:
    """None are objects."""
'''


def test_a_library_is_added_in_one_module_and_its_name(copy: Copy) -> None:
    """A live object of it is recognised, files in its folder are its, and its containers may be named."""
    pytest.importorskip("torch", reason="numpy has no objects of libraries: the container is built with torch")
    copy.write("src/shapespec/libraries/novel.py", LIBRARY)
    copy.edit("src/shapespec/libraries/__init__.py", (")\n\n#: The library that", ', "novel"'))
    assert copy.changed() == {"src/shapespec/libraries/novel.py", "src/shapespec/libraries/__init__.py"}
    copy.write(
        "shapes/novel/thing.yaml",
        f"{HEADER}architecture: thing\nheads: {{feature-extraction: ThingModel}}\nconfig: {{width: 3}}\n"
        "components:\n  model:\n    inputs:\n"
        "      bag: {container: bag, options: {colour: \"'red'\"}, fields: {stones: [batch_size, config.width]}}\n",
    )
    copy.run(
        """
from shapespec import list_specs, load_spec, validate
assert validate(["shapes/novel/thing.yaml"]) == []
assert [entry.architecture for entry in list_specs(library="novel")] == ["thing"]

class ThingModel:
    novel_settings = {"width": 7}
    def forward(self): ...

class Mine(ThingModel):
    '''A user's own class.'''

spec = load_spec(Mine())
assert (spec.library, spec.architecture, spec.model_class) == ("novel", "thing", "ThingModel")
assert spec.inputs()["bag.stones"].shape == (2, 7)
kind, options, (stones,) = spec.build()["bag"]
assert (kind, options, tuple(stones.shape)) == ("bag", (("colour", "red"),), (2, 7))
assert load_spec("thing", library="novel").inputs()["bag.stones"].shape == (2, 3)
"""
    )
