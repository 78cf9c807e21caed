"""``shapespec fmt``."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from shapespec.cli import options
from shapespec.cli.output import print_json, print_text
from shapespec.errors import Problem, SpecError
from shapespec.formatting import Formatted, format_file
from shapespec.validating.files import Candidate, yaml_files
from shapespec.writing.whole import write_text

#: What is put in order where no path is named: the folder of a repository of shapes.
_DEFAULT = "shapes"


@click.command(
    "fmt",
    short_help="Put YAML files in the one order and style.",
    epilog="""\b
Examples:
  shapespec fmt
  shapespec fmt shapes/transformers/bert.yaml
  shapespec fmt --check --diff my/shapes

\b
As a pre-commit hook:
  - repo: <address of shapespec>
    rev: <a tag>
    hooks: [{id: shapespec-fmt}]""",
)
@click.argument("paths", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 and list the files that would change.")
@click.option("--diff", is_flag=True, help="As --check, and show what would change.")
@options.as_json
def command(paths: tuple[str, ...], check: bool, diff: bool, as_json: bool) -> int:
    """Write YAML files and folders (shapes/ where none is named) in one order of keys and one style.

    Comments are kept, and what a file says stays the same: that is compared before anything is written. A file is
    written whole or not at all; one that can't be read is told with its place and left as it is.
    """
    dry = check or diff
    found = _look_at(paths or (_DEFAULT,))
    if not dry:
        found.write()
    if as_json:
        print_json(found.to_dict(diff))
    else:
        _tell(found, dry, diff)
    return 1 if found.problems or (dry and found.changes) else 0


@dataclass(frozen=True)
class _Found:
    """The files that were looked at, what changes in which, and what is wrong."""

    files: list[Candidate]
    changes: list[tuple[Candidate, Formatted]]
    problems: list[Problem]

    def write(self) -> None:
        """Writes what changes. One that can't be written becomes a problem; the others are written all the same."""
        for candidate, formatted in list(self.changes):
            try:
                write_text(candidate.path, formatted.after)
            except SpecError as error:
                self.problems.extend(error.problems)
                self.changes.remove((candidate, formatted))

    def to_dict(self, diff: bool) -> dict[str, object]:
        changed = [candidate.display for candidate, _ in self.changes]
        diffs = {"diffs": {c.display: _diff(c, formatted) for c, formatted in self.changes}} if diff else {}
        problems = [problem.to_dict() for problem in self.problems]
        return {"files": [file.display for file in self.files], "changed": changed, **diffs, "problems": problems}


def _look_at(paths: tuple[str, ...]) -> _Found:
    files, problems = yaml_files([Path(path) for path in paths])
    changes = []
    for candidate in files:
        try:
            formatted = format_file(candidate)
        except SpecError as error:
            problems += error.problems
            continue
        if formatted.changed:
            changes.append((candidate, formatted))
    return _Found(files, changes, problems)


def _tell(found: _Found, dry: bool, diff: bool) -> None:
    done = "would change" if dry else "written"
    for problem in found.problems:
        print_text(f"{problem}\n")
    for candidate, formatted in found.changes:
        print_text(_diff(candidate, formatted) if diff else f"{candidate.display}: {done}")
    problems = f", {_count(found.problems, 'problem')}" if found.problems else ""
    print_text(f"{_count(found.files, 'file')}: {len(found.changes)} {done}{problems}")


def _diff(candidate: Candidate, formatted: Formatted) -> str:
    before, after = formatted.before.splitlines(), formatted.after.splitlines()
    lines = difflib.unified_diff(before, after, candidate.display, f"{candidate.display} (formatted)", lineterm="")
    return "\n".join(lines)


def _count(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'s' if len(things) != 1 else ''}"
