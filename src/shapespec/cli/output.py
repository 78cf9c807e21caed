"""What goes to standard output and standard error."""

from __future__ import annotations

import json
from typing import Any

import click

from shapespec.errors import SpecError
from shapespec.views.terminal import printable


def print_text(text: str) -> None:
    """Prints text with control characters written out."""
    click.echo(printable(text))


def print_json(data: Any) -> None:
    """Prints plain data. Tuples become lists; what JSON can't hold is told as text."""
    click.echo(json.dumps(data, indent=2, default=str))


def error_text(error: SpecError) -> str:
    """An error for people."""
    return printable(str(error))


def error_json(error: Exception) -> str:
    """An error for machines: ``{"error": class name, "problems": [{"message": …}, …]}``, whatever kind it is."""
    if isinstance(error, SpecError):
        return json.dumps(error.to_dict(), indent=2)
    message = error.format_message() if isinstance(error, click.ClickException) else str(error)
    return json.dumps({"error": type(error).__name__, "problems": [{"message": message}]}, indent=2)
