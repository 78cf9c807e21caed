"""Refuses a build that is too large before anything is allocated."""

from __future__ import annotations

import os
from collections.abc import Callable

from shapespec.errors import TooLargeError

#: Below this nobody asks how much is free: the question itself costs time.
UNASKED_BYTES = 1 << 26

#: Beyond this even a tensor without memory can't say how large it is.
MOST_BYTES = (1 << 63) - 1


def check_bytes(needed: int, most: int | None, free: Callable[[], int | None], component: str, device: str) -> None:
    """Raises :class:`TooLargeError` where ``needed`` bytes are more than ``most`` or more than are free."""
    if most is not None and needed > most:
        raise TooLargeError(
            f"`{component}` needs {shown(needed)}, more than {shown(most)}",
            argument="max_bytes",
            expected="smaller sizes, or a larger max_bytes",
        )
    if needed > MOST_BYTES:
        raise TooLargeError(
            f"`{component}` needs {shown(needed)}, more than any device holds", argument="device",
            expected="smaller sizes",
        )  # fmt: skip
    if needed < UNASKED_BYTES:
        return
    there = free()
    if there is not None and needed > there:
        raise TooLargeError(
            f"`{component}` needs {shown(needed)}, and `{device}` has {shown(there)} free",
            argument="device",
            expected="smaller sizes, a smaller dtype, or another device (`meta` takes no memory)",
        )


def shown(count: int) -> str:
    """Bytes for people: ``1.5 GiB (1,610,612,736 bytes)``."""
    for power, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if count >= 1 << power:
            return f"{count / (1 << power):.1f} {unit} ({count:,} bytes)"
    return f"{count:,} bytes"


def free_host_bytes() -> int | None:
    """Memory that this machine can still give, or None where the system does not tell."""
    try:
        with open("/proc/meminfo", encoding="ascii") as stream:  # noqa: PTH123  # no path object for a pseudo file
            for line in stream:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None
