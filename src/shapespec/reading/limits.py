"""How much a YAML file may ask of the reader. No file, however hostile, gets past these."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds on one file. The largest files of the registry stay around a tenth of each."""

    file_bytes: int = 1 << 18
    depth: int = 40
    nodes: int = 20_000
    scalar_characters: int = 2_000
    #: An integer of a spec is a size, an id or a bound: 64 bits hold all of them (23 characters in octal).
    integer_digits: int = 23


DEFAULT_LIMITS = Limits()
