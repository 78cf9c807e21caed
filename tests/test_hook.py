"""The pre-commit hook, installed and run by pre-commit itself on a repository made for the purpose."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())

GOOD = """\
# yaml-language-server: $schema=../../schemas/architecture.schema.json
architecture: mine
extends: text-encoder
heads: {feature-extraction: MineModel}
config: {vocab_size: 60, hidden_size: 8}
"""


def test_the_hooks_are_declared() -> None:
    assert [(hook["id"], hook["entry"], hook["language"]) for hook in HOOKS] == [
        ("shapespec-validate", "shapespec validate", "python"),
        ("shapespec-fmt", "shapespec fmt", "python"),
    ]


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("shapes/transformers/bert.yaml", True),
        ("shapes/mine.yml", True),
        ("a/b/shapes/families/x.yaml", True),
        ("myshapes/bert.yaml", False),
        ("shapes.yaml", False),
        ("shapes/readme.md", False),
        ("docs/config.yaml", False),
    ],
)
def test_the_files_that_are_meant(path: str, meant: bool) -> None:
    assert [bool(re.search(hook["files"], path)) for hook in HOOKS] == [meant, meant]


def git(folder: Path, *args: str) -> str:
    identity = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(
        ["git", *identity, *args], cwd=folder, capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout.strip()


def repository(folder: Path) -> str:
    """Everything in a folder as a new repository's first commit, by its id."""
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "everything")
    return git(folder, "rev-parse", "HEAD")


@pytest.mark.install
def test_pre_commit_installs_and_runs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pre_commit")
    ours = tmp_path / "ours"
    left_out = shutil.ignore_patterns(
        ".git", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info", ".venv", "dist", "build"
    )
    shutil.copytree(ROOT, ours, ignore=left_out)
    revision = repository(ours)

    theirs = tmp_path / "theirs"
    (theirs / "shapes" / "transformers").mkdir(parents=True)
    shutil.copytree(ROOT / "schemas", theirs / "schemas")
    (theirs / "shapes" / "transformers" / "mine.yaml").write_text(GOOD)
    (theirs / "other.yaml").write_text("not: [ours\n")
    (theirs / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {ours}\n    rev: {revision}\n    hooks: [{{id: shapespec-validate}}]\n"
    )
    repository(theirs)
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "home"))

    good = run_hook(theirs)
    assert good.returncode == 0, good.stdout + good.stderr
    assert "Passed" in good.stdout

    (theirs / "shapes" / "transformers" / "broken.yaml").write_text(
        GOOD.replace("mine", "broken").replace("heads", "haeds")
    )
    git(theirs, "add", "-A")
    broken = run_hook(theirs)
    assert broken.returncode == 1
    assert (
        "shapes/transformers/broken.yaml:4:1: unknown key `haeds`\n"
        "     4 | haeds: {feature-extraction: MineModel}\n"
        "       | ^^^^^\n"
    ) in broken.stdout
    assert "did you mean `heads`?" in broken.stdout
    assert "mine.yaml:" not in broken.stdout

    # The environment that the hook made for itself is small.
    (python,) = (tmp_path / "home").glob("repo*/py_env-*/bin/python")
    done = subprocess.run([python, "-c", "import torch"], capture_output=True, check=False)
    assert done.returncode != 0


def run_hook(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--all-files", "--color", "never"],
        cwd=folder, capture_output=True, text=True, timeout=900, check=False, env=environment,
    )  # fmt: skip
