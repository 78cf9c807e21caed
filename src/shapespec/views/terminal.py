"""Tables for a terminal. Rich is imported here alone, when a table is asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

#: Wide enough that no line is broken where nobody looks: each row is one line for `grep` and `less -S`.
_UNBROKEN = 10_000

#: Characters that would steer a terminal rather than show: a file's text may hold them.
_STEERING = {code: f"\\x{code:02x}" for code in [*range(0x20), *range(0x7F, 0xA0)] if chr(code) not in "\n\t"}


def printable(text: str) -> str:
    """Text that can be shown as it is: control characters are written out."""
    return text.translate(_STEERING)


def console(stream: TextIO | None = None) -> Console:
    """A console that prints what it is given: no markup (shapes look like it), no emoji, no guessed colours."""
    from rich.console import Console

    stream = stream or sys.stdout
    width = None if stream.isatty() else _UNBROKEN
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False, soft_wrap=False)


def print_table(head: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str | None = None) -> None:
    """Prints a table to standard output. Numbers stand to the right; a column that is empty throughout is left out."""
    from rich.table import Table

    cells = [["" if cell is None else cell for cell in row] for row in rows]
    kept = [index for index in range(len(head)) if not cells or any(row[index] != "" for row in cells)]
    out = console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for index in kept:
        numeric = bool(cells) and all(isinstance(row[index], (int, float)) for row in cells)
        table.add_column(head[index], justify="right" if numeric else "left", overflow="fold")
    for row in cells:
        table.add_row(*[_cell(row[index]) for index in kept])
    with out.capture() as captured:
        if title is not None:
            out.print(printable(title), style="bold")
        out.print(table)
    lines = captured.get().splitlines()
    out.file.write("".join(f"{line.rstrip()}\n" for line in lines))


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else printable(str(value))
