"""The command ``shapespec``. One module per command; :mod:`shapespec.cli.app` puts them together."""

from shapespec.cli.app import cli, main

__all__ = ["cli", "main"]
