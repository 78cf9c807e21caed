"""The JSON Schemas as files, for editors."""

from __future__ import annotations

from pathlib import Path

from shapespec.errors import OutputError
from shapespec.language.schemas import SCHEMA_NAMES, file_of, schema_text
from shapespec.writing.whole import write_text


def write_schemas(folder: str | Path) -> list[Path]:
    """Writes all schemas into a folder, which is made where it is missing. Returns the files.

    Raises:
        OutputError: the folder can't be made or written to.
    """
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"can't make the folder {target}: {error.strerror or error}", argument="write") from None
    files = []
    for name in SCHEMA_NAMES:
        files.append(target / file_of(name))
        write_text(files[-1], schema_text(name))
    return files
