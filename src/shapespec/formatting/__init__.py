"""One order of sections and one style for every file, with its comments and its meaning kept: ``shapespec fmt``."""

from shapespec.formatting.format import Formatted, format_file, format_text

__all__ = ["Formatted", "format_file", "format_text"]
