"""``shapespec validate``."""

from __future__ import annotations

import click

from shapespec.cli import options
from shapespec.cli.output import print_json, print_text
from shapespec.registry.paths import builtin_root
from shapespec.validating.validate import Report, examine


@click.command(
    "validate",
    short_help="Check YAML files; what the pre-commit hook runs.",
    epilog="""\b
Examples:
  shapespec validate shapes/
  shapespec validate shapes/transformers/bert.yaml
  shapespec validate shapes/ --json

\b
As a pre-commit hook:
  - repo: <address of shapespec>
    rev: <a tag>
    hooks: [{id: shapespec-validate}]""",
)
@click.argument("paths", nargs=-1)
@options.as_json
def command(paths: tuple[str, ...], as_json: bool) -> int:
    """Validate YAML files and folders (the built-in ones where none is named). Needs no torch.

    Each problem is told as file:line:column, with the line, what was expected and the nearest known name. Every
    architecture is resolved for each of its heads.
    """
    report = examine(paths or (builtin_root(),))
    if as_json:
        problems = [problem.to_dict() for problem in report.problems]
        print_json({"files": list(report.files), "problems": problems})
    else:
        for problem in report.problems:
            print_text(f"{problem}\n")
        print_text(_summary(report))
    return 1 if report.problems else 0


def _summary(report: Report) -> str:
    looked_at = f"{len(report.files)} file{'s' if len(report.files) != 1 else ''}"
    if not report.problems:
        return f"{looked_at}: no problems"
    count = len(report.problems)
    return f"{looked_at}: {count} problem{'s' if count != 1 else ''}"
