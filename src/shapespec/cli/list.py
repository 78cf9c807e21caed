"""``shapespec list``."""

from __future__ import annotations

import click

from shapespec.cli import options
from shapespec.cli.output import print_json
from shapespec.errors import UnknownNameError, unknown
from shapespec.registry.catalogue import SpecEntry, list_specs
from shapespec.views.terminal import print_table


@click.command(
    "list",
    short_help="The architectures, with their tasks.",
    epilog="""\b
Examples:
  shapespec list
  shapespec list --task text-generation
  shapespec list --class BertForMaskedLM --json""",
)
@options.library
@click.option("--task", metavar="TASK", help="Only architectures with this task.")
@click.option("--class", "model_class", metavar="CLASS", help="Only architectures with this model class.")
@options.paths
@options.as_json
def command(
    library: str | None, task: str | None, model_class: str | None, paths: tuple[str, ...], as_json: bool
) -> None:
    """List the architectures, with their tasks."""
    entries = list_specs(library, paths)
    entries = _with(entries, "task", task, "tasks")
    entries = _with(entries, "class", model_class, "classes")
    if as_json:
        print_json([entry.to_dict() for entry in entries])
        return
    rows = [(entry.architecture, entry.library, ", ".join(_tasks(entry)), entry.about or "") for entry in entries]
    print_table(("architecture", "library", "tasks, the default first", "about"), rows)


def _with(entries: list[SpecEntry], what: str, wanted: str | None, attribute: str) -> list[SpecEntry]:
    """The entries that have a task or a class. Raises :class:`UnknownNameError` where none has."""
    if wanted is None:
        return entries
    found = [entry for entry in entries if wanted in getattr(entry, attribute)]
    if not found:
        known = {name for entry in entries for name in getattr(entry, attribute)}
        raise UnknownNameError(unknown(what, wanted, sorted(known), argument=what))
    return found


def _tasks(entry: SpecEntry) -> list[str]:
    return sorted(entry.tasks, key=lambda task: task != entry.default_task)
