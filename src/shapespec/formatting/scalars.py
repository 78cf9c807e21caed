"""How one value is written: plain where every reader takes it as it is meant, quoted else; long text over lines."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import yaml

from shapespec.errors import SpecError
from shapespec.reading import read_text

#: Text that is plain anywhere, but for the words that stand for something else.
_PLAIN = re.compile(r"[A-Za-z_](?:[\w ./()*+<=>\-]*[\w./()*+<=>\-])?\Z", re.ASCII)
_WORDS = {"true", "false", "yes", "no", "on", "off", "null"}

#: YAML lets no key on one line be longer than 1,024 characters; none that the language knows is longer than this.
_LONGEST_KEY = 200

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def written(value: Any, source: str, *, flow: bool) -> str:
    """A value in one line. ``source`` is how a number was written before, ``flow`` whether it is inside brackets."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _number(value, source)
    return text_written(value, flow=flow)


def text_written(text: str, *, flow: bool) -> str:
    """Text in one line."""
    if _reads_plain(text, flow):
        return text
    if ('"' in text or "\\" in text) and "'" not in text and text.isprintable():
        return f"'{text}'"
    return '"' + "".join(_escaped(char) for char in text) + '"'


def is_literal(value: Any) -> bool:
    """Whether a text is written in a block of its lines."""
    if not isinstance(value, str) or "\n" not in value.strip("\n"):
        return False
    lines = value.rstrip("\n").split("\n")
    plain = all(line.isprintable() and line == line.rstrip() for line in lines)
    # A first line that begins with a space would need the block's indent to be said.
    return plain and bool(lines[0]) and not lines[0].startswith(" ")


def literal(text: str, pad: str) -> tuple[str, list[str]]:
    """A text as a block: its indicator, and its lines."""
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    lines = [pad + line if line else "" for line in body.split("\n")] + [""] * max(0, ends - 1)
    return ("|-", "|", "|+")[min(ends, 2)], lines


def folded(prefix: str, scalar: str, pad: str, width: int) -> list[str]:
    """A scalar in one line, or over several where that is too long: YAML reads a break as the space it stands for."""
    quoted = scalar[:1] in ("'", '"')
    lines, line = [], prefix
    for word in _words(scalar, quoted):
        longer = f"{line} {word}" if line else word
        if len(longer) > width and line not in (prefix, ""):
            lines.append(line)
            line = pad + word
        else:
            line = longer
    return [*lines, line]


def _words(scalar: str, quoted: bool) -> list[str]:
    """The parts between single spaces at which a line may end."""
    words: list[str] = []
    for word in scalar.split(" "):
        # Spaces in a row would become one; in plain text a line that starts with # would be a comment.
        stuck = words and (not word or words[-1].endswith(" ") or words[-1] == "" or (word[0] in "#:" and not quoted))
        if stuck or (words and words[-1] in ("'", '"')):
            words[-1] += f" {word}"
        else:
            words.append(word)
    if len(words) > 1 and words[-1] in ("'", '"'):
        words[-2:] = [" ".join(words[-2:])]
    return words


def _number(value: float, source: str) -> str:
    """A number as it was written, where readers of YAML 1.1 take it for the same."""
    if _read_by_1_1(source) == (type(value), value):
        return source
    text = repr(value)
    if "e" in text and "." not in text:
        text = text.replace("e", ".0e")
    return text


@lru_cache(maxsize=4096)
def _read_by_1_1(source: str) -> tuple[type, Any] | None:
    try:
        found = yaml.safe_load(source)
    except (yaml.YAMLError, ValueError):
        return None
    return type(found), found


@lru_cache(maxsize=4096)
def _reads_plain(text: str, flow: bool) -> bool:
    """Whether a text without quotes is read as this text, as value and as key, by YAML 1.1 and 1.2."""
    if text.lower() in _WORDS:
        return False
    if _PLAIN.match(text):
        return True
    if not text.isprintable() or text != text.strip() or not text:
        return False
    if text[0] in "{}[]" or (text.startswith(("- ", "? ", "---", "..."))):
        return False
    key = text if len(text) <= _LONGEST_KEY else "b"
    one = f"[{text}, {{a: {text}, {key}: 1}}]\n" if flow else f"- a: {text}\n  {key}: 1\n- {text}\n"
    wanted: Any = [text, {"a": text, key: 1}] if flow else [{"a": text, key: 1}, text]
    try:
        return bool(read_text(one).data == wanted and yaml.load(one, Loader=yaml.SafeLoader) == wanted)
    except (SpecError, yaml.YAMLError, ValueError, TypeError):
        return False


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
