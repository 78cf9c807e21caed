"""What the README shows of files and errors is what they are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from shapespec import SizeError, load_spec
from shapespec.reading import read_text

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def data(text: str) -> Any:
    """A file's data, with what its short forms stand for."""
    return written_out(read_text(text).data)


def written_out(body: Any) -> Any:
    found = dict(body)
    found["tasks"] = {task: written_out(part) for task, part in (found.get("tasks") or {}).items()}
    outputs = found.pop("outputs", None)
    return found if outputs is None else {**found, "components": {"model": {"outputs": outputs}}}


def test_the_whole_file_is_the_file() -> None:
    shown = next(block for block in BLOCKS if "architecture: bert" in block)
    file = (ROOT / "shapes" / "transformers" / "bert.yaml").read_text(encoding="utf-8")
    assert data(shown) == data(file)


def test_the_special_size_is_the_files() -> None:
    shown = read_text(next(block for block in BLOCKS if block.startswith("dims:"))).data["dims"]
    file = read_text((ROOT / "shapes" / "transformers" / "whisper.yaml").read_text(encoding="utf-8")).data["dims"]
    assert shown == {name: file[name] for name in shown}


def test_the_refusal_is_what_is_said() -> None:
    """But for the line and the column, which move."""
    call, sizes, said = re.search(  # type: ignore[union-attr]
        r'^>>> load_spec\("(\w+)", (.*)\)\nSizeError: (.*?)^```', PAGE, re.MULTILINE | re.DOTALL
    ).groups()
    name, value = sizes.split("=")
    with pytest.raises(SizeError) as caught:
        load_spec(call, **{name: int(value)})
    assert re.sub(r":\d+:\d+", "", str(caught.value)) == re.sub(r":\d+:\d+", "", said.rstrip())


def test_every_file_that_it_names_is_there() -> None:
    named = re.findall(r"\]\(([^):]+)\)", PAGE)
    assert named and [name for name in named if not (ROOT / name).exists()] == []
