"""From a file to a contract: bounded, checked against the published schema, every expression parsed, nothing run.

Needs neither YAML nor the library of the model.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path as FilePath
from typing import Any

from shapespec.contracts.document import from_document
from shapespec.contracts.meaning import wrong_parts
from shapespec.contracts.misfits import misfits
from shapespec.contracts.model import Contract
from shapespec.contracts.schema import VERSION, contract_schema
from shapespec.contracts.text import MAX_DEPTH, Path, Text, parsed
from shapespec.errors import ContractError, Location, Problem

MAX_BYTES = 1 << 26

#: How many faults are told at once.
_MOST_TOLD = 20

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def read_contract(path: str | FilePath) -> Contract:
    """The contract that a file holds.

    Raises:
        ContractError: it can't be read, is of a newer version, or does not fit: told with the place.
    """
    text = Text(str(path), _read(FilePath(path)))
    return contract_of(parsed(text), text)


def contract_of(data: Any, text: Text | None = None) -> Contract:
    """The contract of plain data, checked as a file's is. ``text`` is what it was read from.

    Raises:
        ContractError: it is of a newer version, or does not fit.
    """
    try:
        _check_version(data, text)
        _tell(misfits(data, contract_schema()), text)
        _tell(wrong_parts(data), text)
        return from_document(data, text.location if text is not None else None)
    except RecursionError:
        raise ContractError(f"a contract nested more than {MAX_DEPTH} deep", argument="contract") from None


def _read(path: FilePath) -> str:
    expected = "a contract, as `shapespec contract NAME -o FILE` writes it"
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ContractError(f"{path} is no regular file", argument="contract", expected=expected)
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise ContractError(f"can't read {path}: {said}", argument="contract", expected=expected) from None
    if len(raw) > MAX_BYTES:
        raise ContractError(f"{path} is larger than {MAX_BYTES:,} bytes", argument="contract", expected=expected)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        said = f"{path} is not UTF-8: byte {error.start} is {raw[error.start]:#04x}"
        raise ContractError(said, argument="contract", expected=expected) from None


def _check_version(data: Any, text: Text | None) -> None:
    version = data.get("contract") if isinstance(data, Mapping) else None
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        said = "no contract: it says no version" if version is None else f"no contract: its version is {version!r:.40}"
        expected = (
            f'`"contract": {VERSION}`, as `shapespec contract NAME -o FILE` writes it '
            "(a model's own config.json goes with `config=`, or --config)"
        )
        raise ContractError(_problem(said, ("contract",), text, expected=expected))
    if version > VERSION:
        said = f"contract version {version} is newer than {VERSION}, which this shapespec reads"
        expected = f"a newer shapespec, or the contract written anew as version {VERSION}"
        raise ContractError(_problem(said, ("contract",), text, expected=expected))


def _tell(faults: Iterator[tuple[Path, bool, dict[str, Any]]], text: Text | None) -> None:
    found = list(islice(faults, _MOST_TOLD))
    if found:
        raise ContractError([
            _problem(parts.pop("message"), path, text, key=key, **parts) for path, key, parts in found
        ])  # fmt: skip


def _problem(message: str, path: Path, text: Text | None, *, key: bool = False, **parts: Any) -> Problem:
    where = "" if path == ("contract",) else pointer(path)
    place: Location | None = text.location(path, key=key) if text is not None else None
    said = f"{where}: {message}" if where else message
    return Problem(said, location=place, argument=None if place else "contract", **parts)


def pointer(path: Path) -> str:
    """A place in the data as people write it: ``components[0].inputs[2].shape[1]``."""
    found = ""
    for part in path:
        if isinstance(part, int):
            found += f"[{part}]"
        elif _NAME.match(part):
            found += f".{part}" if found else part
        else:
            found += f"[{part[:60]!r}]"
    return found
