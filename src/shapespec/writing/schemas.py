"""The JSON Schemas, of the YAML files and of the contract: as text, and as files for editors and other tools."""

from __future__ import annotations

from pathlib import Path

from shapespec.contracts.schema import contract_schema_text
from shapespec.errors import OutputError, UnknownNameError, unknown
from shapespec.language import schemas
from shapespec.language.schemas import file_of
from shapespec.writing.whole import write_text

CONTRACT = "contract"

SCHEMA_NAMES = (*schemas.SCHEMA_NAMES, CONTRACT)


def schema_text(name: str) -> str:
    """A schema as it is stored. Raises :class:`UnknownNameError` for one that there is not."""
    if name not in SCHEMA_NAMES:
        raise UnknownNameError(unknown("schema", name, SCHEMA_NAMES, argument="name"))
    return contract_schema_text() if name == CONTRACT else schemas.schema_text(name)


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
