"""Line breaks as YAML 1.2 has them: a line feed, a carriage return, or both.

YAML 1.1 also broke lines at U+0085, U+2028 and U+2029, and its parsers still do: they fold them in texts and count
lines that no editor shows. Those three are kept from the parser: each is another character while it reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_BREAK = re.compile(r"\r\n|[\r\n]")

#: The breaks of YAML 1.1 that are characters like others in 1.2.
_NO_BREAKS = "\x85\u2028\u2029"

#: Private characters, to choose from those that a text does not hold itself.
_PRIVATE = range(0xE000, 0xF900)


def lines_of(text: str) -> list[str]:
    """The lines of a text, without their ends."""
    return _BREAK.split(text)


def guarded(text: str) -> tuple[str, Callable[[str], str]]:
    """(a text in which a parser of YAML 1.1 finds the breaks of 1.2 alone, what gives the characters back). Each place
    stays where it was."""
    inside = [character for character in _NO_BREAKS if character in text]
    if not inside:
        return text, lambda part: part
    taken = set(text)
    # A text that holds every private character is of another kind than any file here: it is read as it is.
    free = [chr(code) for code in _PRIVATE if chr(code) not in taken]
    there = {ord(character): stand_in for character, stand_in in zip(inside, free, strict=False)}
    back = {ord(stand_in): chr(code) for code, stand_in in there.items()}
    return text.translate(there), lambda part: part.translate(back)
