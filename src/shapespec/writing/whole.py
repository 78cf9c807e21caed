"""Files, written whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from shapespec.errors import OutputError


@contextmanager
def whole_file(path: str | Path) -> Iterator[IO[bytes]]:
    """A new file that takes the place of ``path`` once it is complete.

    It is written beside it under a name of its own; where anything goes wrong that is removed, and what was at ``path``
    before is still there. A link is followed, an existing file's permissions are kept.

    Raises:
        OutputError: the folder is missing or can't be written to, the path is a folder or a device, the disk is full.
    """
    target = Path(path)
    with _telling(target):
        target = checked_target(target)
        partial = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.partial")
        try:
            # O_EXCL: never through a link that someone else put there. 0o666: the user's umask decides.
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
            with os.fdopen(handle, "wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            if target.exists():
                shutil.copymode(target, partial)
            partial.replace(target)
        finally:
            with suppress(OSError):
                partial.unlink()


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"can't write {path}: {error.strerror or error}",
            argument="output",
            expected="a file that can be written to",
        ) from None


def checked_target(path: Path) -> Path:
    """Where a path leads. Raises :class:`OutputError` for what no file can be put at; looks, and writes nothing."""
    target = path.resolve()
    if not target.parent.is_dir():
        raise OutputError(f"there is no folder {path.parent}", argument="output", expected="an existing folder")
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        kind = "a folder" if target.is_dir() else "no regular file"
        raise OutputError(f"{path} is {kind}", argument="output", expected="a file, new or to be replaced")
    return target


def write_whole(path: str | Path, data: bytes) -> None:
    """Writes bytes, whole or not at all. Raises :class:`OutputError`."""
    with whole_file(path) as stream:
        stream.write(data)


def write_text(path: str | Path, text: str) -> None:
    """Writes UTF-8 text, whole or not at all. Raises :class:`OutputError`."""
    write_whole(path, text.encode("utf-8"))
