"""Loading, validating and building with numpy stay light: what a pre-commit environment and a first call pay for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

GOOD = Path(__file__).parent / "files" / "good"
HEAVY = ("torch", "transformers", "jsonschema", "rich")

LOOK = """
import sys
heavy = [name for name in {heavy!r} if name in sys.modules]
assert not heavy, f"imported: {{heavy}}"
"""

LIGHT = {
    "import": "import shapespec",
    "load_spec": "from shapespec import load_spec; load_spec('bert').inputs()",
    "list_specs": f"from shapespec import list_specs; assert list_specs('user', paths=[{str(GOOD)!r}])",
    "validate": f"from shapespec import validate; assert validate({str(GOOD)!r}) == []",
    "build": "from shapespec import load_spec; load_spec('bert').build(framework='numpy')",
    "save": "from shapespec import load_spec\n"
    "import tempfile; load_spec('bert').save(tempfile.mkdtemp() + '/a.safetensors')",
    "the command": f"from shapespec.cli import main; assert main(['validate', {str(GOOD)!r}]) == 0",
    "the command's help": "from shapespec.cli import main; assert main(['--help']) == 0",
    "explain": "from shapespec.cli import main; assert main(['explain', 'bert', 'batch_size']) == 0",
    "json": "from shapespec.cli import main; assert main(['show', 'bert', '--json']) == 0",
}


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("name", LIGHT)
def test_nothing_heavy_is_imported(name: str) -> None:
    done = run(LIGHT[name] + LOOK.format(heavy=HEAVY))
    assert done.returncode == 0, done.stderr


def test_importing_needs_not_even_numpy_or_pydantic() -> None:
    done = run("import shapespec" + LOOK.format(heavy=("numpy", "pydantic", "yaml", "click")))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", HEAVY)
def test_the_test_can_fail(name: str) -> None:
    """What is looked for is found where it is imported."""
    pytest.importorskip(name)
    done = run(f"import {name}\nimport shapespec" + LOOK.format(heavy=HEAVY))
    assert done.returncode != 0
    assert f"'{name}'" in done.stderr.splitlines()[-1]


def test_building_with_torch_is_found_out() -> None:
    pytest.importorskip("torch")
    done = run("from shapespec import load_spec; load_spec('bert').build()" + LOOK.format(heavy=HEAVY))
    assert "imported: ['torch'" in done.stderr


def test_none_of_it_is_needed(tmp_path: Path) -> None:
    """Where the heavy packages can't be imported at all."""
    block = f"import sys\nfor name in {HEAVY!r}: sys.modules[name] = None\n"
    for code in LIGHT.values():
        done = run(block + code)
        assert done.returncode == 0, done.stderr
