"""Text to plain values that remember where they stand. Knows YAML and files, and nothing of what a spec means."""

from shapespec.reading.document import Document
from shapespec.reading.limits import Limits
from shapespec.reading.yaml_reader import read_file, read_text

__all__ = ["Document", "Limits", "read_file", "read_text"]
