"""``shapespec contract``."""

from __future__ import annotations

from typing import Any

import click

from shapespec.cli import options
from shapespec.cli.output import print_text


@click.command(
    "contract",
    short_help="What an architecture takes as a document, sizes open.",
    epilog="""\b
Examples:
  shapespec contract bert -o bert.contract.json
  shapespec contract llama --config path/to/config.json -o llama.contract.json
  shapespec build bert.contract.json --set batch_size=8 -o inputs.npz

\b
A contract needs neither the YAML nor the model's library: any sizes can be asked of it.
`shapespec schema contract` prints its JSON Schema.""",
)
@click.argument("architecture")
@options.spec_options
@click.option("-o", "--output", metavar="FILE", help="Write to this .json file, instead of printing.")
def command(architecture: str, output: str | None, **request: Any) -> None:
    """Write ARCHITECTURE's contract: all that it takes and returns as JSON, sizes as expressions.

    `show`, `explain` and `build` take such a file in the place of an architecture's name.
    """
    spec = options.load(architecture, **request)
    if output is None:
        click.echo(spec.contract_text(), nl=False)
        return
    spec.to_contract(output)
    count = len(spec.contract.components)
    print_text(f"{output}: {spec.architecture}, {count} component{'s' if count != 1 else ''}")
