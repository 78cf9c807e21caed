"""``shapespec schema``."""

from __future__ import annotations

import click

from shapespec.cli.output import print_text
from shapespec.language.schemas import SCHEMA_NAMES, schema_text
from shapespec.writing.schemas import write_schemas


@click.command(
    "schema",
    short_help="JSON Schemas of the YAML files.",
    epilog="""\b
Examples:
  shapespec schema architecture
  shapespec schema --write schemas/

\b
An editor with a YAML language server completes and checks a file whose first line names its schema:
  # yaml-language-server: $schema=../../schemas/architecture.schema.json""",
)
@click.argument("name", required=False)
@click.option("--write", metavar="FOLDER", help="Write all schemas into this folder.")
def command(name: str | None, write: str | None) -> None:
    """Print the JSON Schema NAME (architecture, family, defaults or inputs), or write all of them."""
    if (name is None) == (write is None):
        raise click.UsageError(f"name a schema ({', '.join(SCHEMA_NAMES)}), or a folder with --write")
    if write is not None:
        for path in write_schemas(write):
            print_text(str(path))
    elif name is not None:
        click.echo(schema_text(name), nl=False)
