"""The wheel, built and installed into an environment of its own, with nothing of this repository in sight."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.install


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    # Nothing of the calling environment may help the new one along.
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd, capture_output=True, text=True, timeout=900, check=False, env=environment,
    )  # fmt: skip


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's files as they are now: somebody may go on editing them."""
    left_out = shutil.ignore_patterns(
        ".git", "__pycache__", ".*_cache", ".hypothesis", ".venv", "dist", "build", "tests"
    )
    return Path(shutil.copytree(ROOT, tmp_path_factory.mktemp("source") / "shapespec", ignore=left_out))


@pytest.fixture(scope="module")
def installed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an environment with the wheel in it, and torch not."""
    folder = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", folder, source, cwd=folder)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("shapespec-*.whl")
    environment = folder / "environment"
    venv.create(environment, with_pip=True)
    done = run(environment / "bin" / "python", "-m", "pip", "install", "-q", wheel, cwd=folder)
    assert done.returncode == 0, done.stderr
    return environment


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("name", ["shapes", "schemas"])
def test_the_wheel_carries_the_files(installed: Path, source: Path, name: str) -> None:
    (package,) = installed.glob("lib/python*/site-packages/shapespec")
    ours = {key: value for key, value in digests(source / name).items() if not key.startswith(".")}
    theirs = {key: value for key, value in digests(package / name).items() if not key.startswith(".")}
    assert theirs == ours
    assert theirs


def test_the_command_works_without_torch(installed: Path, tmp_path: Path) -> None:
    missing = run(installed / "bin" / "python", "-c", "import torch", cwd=tmp_path)
    assert missing.returncode != 0
    command = installed / "bin" / "shapespec"
    listed = run(command, "list", cwd=tmp_path)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "\nbert " in listed.stdout
    shown = run(command, "show", "bert", cwd=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "input_ids" in shown.stdout
    for name in ("in.npz", "in.safetensors"):
        built = run(command, "build", "bert", "-o", name, cwd=tmp_path)
        assert (built.returncode, built.stderr) == (0, "")
        assert (tmp_path / name).is_file()


def test_what_needs_torch_says_so(installed: Path, tmp_path: Path) -> None:
    built = run(
        installed / "bin" / "python", "-c", "from shapespec import load_spec; load_spec('bert').build()", cwd=tmp_path
    )
    assert "MissingPackageError: framework: torch is not installed" in built.stderr
    checked = run(installed / "bin" / "shapespec", "check", "bert", cwd=tmp_path)
    assert checked.returncode == 1
    assert "not installed" in checked.stderr


def test_the_package_is_typed_and_names_its_version(installed: Path, tmp_path: Path) -> None:
    (package,) = installed.glob("lib/python*/site-packages/shapespec")
    assert (package / "py.typed").is_file()
    shown = run(installed / "bin" / "shapespec", "--version", cwd=tmp_path)
    from shapespec import __version__

    assert shown.stdout == f"shapespec {__version__}\n"
