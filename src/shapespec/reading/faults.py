"""What a YAML parser complains about, in our own words.

libyaml and PyYAML's own reader word the same fault differently, and differently from version to version: their words
only choose among ours, and where they are new the general ones are told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """``began`` says what stands where the faulty part begins, where that is worth telling."""

    message: str
    expected: str
    began: str | None = None


_NO_YAML = Fault("not YAML", "mappings, lists and texts as YAML writes them")

#: What a character at the place of the fault means, whatever the parser says of it.
_CHARACTERS = {
    "\t": Fault("not YAML: a tab", "spaces: YAML indents with nothing else"),
    "?": Fault("not YAML: `?` in a text without quotes", "quotes around the text"),
    **{sign: Fault(f"not YAML: a text that starts with `{sign}`", "quotes around the text") for sign in "@`%"},
}

#: The first whose pattern is found in what the parser says.
_FAULTS = (
    (
        r"quoted scalar.*(end of stream|document separator)",
        Fault("not YAML: a quote that is never closed", "the same quote at the text's end", "it is opened at"),
    ),
    (
        r"quoted scalar",
        Fault("not YAML: an unknown escape in double quotes", "single quotes, or `\\\\` for a backslash"),
    ),
    (
        r"directive|document",
        Fault("not YAML: a directive, or another document", "one document per file, without directives"),
    ),
    (
        r"flow sequence",
        Fault("not YAML: a list that is not closed, or lacks a comma", "`,` or `]`", "the list begins at"),
    ),
    (
        r"flow mapping",
        Fault("not YAML: a mapping that is not closed, or lacks a comma", "`,` or `}`", "the mapping begins at"),
    ),
    (
        r"mapping values are not allowed",
        Fault("not YAML: `:` where no key may stand", "quotes around a text with `: `, or keys indented alike"),
    ),
    (r"simple key", Fault("not YAML: a line without `:`", "`key: value`", "the line")),
    (r"sequence entries are not allowed", Fault("not YAML: `- ` where no list may begin", "a line of its own")),
    (
        r"block mapping",
        Fault("not YAML: neither a key nor the end of a mapping", "keys indented alike; nothing behind a closed quote"),
    ),
    (r"block (collection|sequence)", Fault("not YAML: neither an item nor the end of a list", "items indented alike")),
    (r"node content", Fault("not YAML: a value is missing", "a value, or fewer commas")),
    (r"an (anchor|alias)", Fault("not YAML: an anchor or an alias without a name", "plain values")),
    (r"\btag\b", Fault("not YAML: a tag", "plain values: tags are refused")),
    (r"block scalar", Fault("not YAML: the head of a text in lines", "`|` or `>` at the end of the line")),
)

_NESTING = re.compile(r"flow level|nesting|depth|too deep")


def is_nesting(said: str) -> bool:
    """Whether a parser refuses how deep a text is nested."""
    return _NESTING.search(said) is not None


def fault_of(said: str, character: str) -> Fault:
    """What a parser's words mean, with the character at the place that it complains of (empty at the end)."""
    if character in _CHARACTERS and "quoted" not in said and "document" not in said:
        return _CHARACTERS[character]
    return next((fault for pattern, fault in _FAULTS if re.search(pattern, said, re.DOTALL)), _NO_YAML)
