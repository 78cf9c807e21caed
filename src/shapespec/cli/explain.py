"""``shapespec explain``."""

from __future__ import annotations

from typing import Any

import click

from shapespec.cli import options
from shapespec.cli.output import print_json, print_text


@click.command(
    "explain",
    short_help="Where a size, an input or a config value comes from.",
    epilog="""\b
Examples:
  shapespec explain speecht5 batch_size
  shapespec explain bert input_ids --task multiple-choice
  shapespec explain llama config.hidden_size --config path/to/config.json""",
)
@click.argument("architecture")
@click.argument("name")
@options.spec_options
@options.as_json
def command(architecture: str, name: str, as_json: bool, **request: Any) -> None:
    """Tell where NAME of ARCHITECTURE comes from: a size, an input or a config value.

    Tells who set it, over whom, and why.
    """
    explanation = options.load(architecture, **request).explain(name)
    if as_json:
        print_json(explanation.to_dict())
    else:
        print_text(str(explanation))
