"""``shapespec new``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from shapespec.cli.output import print_text
from shapespec.errors import ConfigError, OutputError
from shapespec.registry.paths import LIBRARIES


@click.command(
    "new",
    short_help="Draft a file for a model type.",
    epilog="""\b
Examples:
  shapespec new qwen9 -o my/shapes/qwen9.yaml
  shapespec new my-bert --model-type bert --family text-encoder
  shapespec new qwen9 --tiny '{"hidden_size": 32, "num_hidden_layers": 2}'

\b
Then: shapespec show, shapespec validate, shapespec check (with --paths my/shapes).""",
)
@click.argument("name")
@click.option("--model-type", metavar="TYPE", help="The installed transformers' model type; NAME where not given.")
@click.option("--family", metavar="NAME", help="The family to extend; guessed from what forward takes where not given.")
@click.option("--tiny", metavar="JSON", help="A config small enough to run the real model.")
@click.option("-o", "--output", metavar="FILE", help="Write to this file, which must not be there yet.")
def command(name: str, model_type: str | None, family: str | None, tiny: str | None, output: str | None) -> None:
    """Draft the YAML of the model type NAME from the installed transformers: its classes, inputs and config.

    It drafts; `shapespec check` decides. Needs torch and transformers; downloads nothing.
    """
    from shapespec.drafting import draft

    if output is not None and Path(output).exists():
        raise OutputError(f"{output} is there already", argument="-o", expected="a new file: a draft replaces nothing")
    schemas = "../../schemas" if output is None or Path(output).parent.name in LIBRARIES else "../schemas"
    text = draft(model_type or name, architecture=name, tiny=_tiny(tiny), family=family, schemas=schemas)
    if output is None:
        click.echo(text, nl=False)
        return
    from shapespec.writing.whole import write_text

    Path(output).parent.mkdir(parents=True, exist_ok=True)
    write_text(output, text)
    _provide_schemas(Path(output).parent / schemas)
    print_text(f"{output}: a draft; now `shapespec check {name} --paths {Path(output).parent}`")


def _provide_schemas(folder: Path) -> None:
    """The schemas that the draft's first line names, where they are not there yet."""
    from shapespec.writing.schemas import write_schemas

    if not folder.exists():
        folder.mkdir(parents=True)
        write_schemas(str(folder))
        print_text(f"{folder.resolve()}: the schemas that editors complete and check the file by")


def _tiny(text: str | None) -> dict[str, Any] | None:
    import json

    if text is None:
        return None
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ConfigError(
            f"no JSON: {error}", argument="--tiny", expected='an object, such as {"hidden_size": 32}'
        ) from None
    if not isinstance(found, dict):
        raise ConfigError(f"a JSON {type(found).__name__}", argument="--tiny", expected="an object")
    return found
