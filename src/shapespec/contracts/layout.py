"""Plain data as JSON text that people read and compare: a tensor or a size a line."""

from __future__ import annotations

import json
from typing import Any

#: What holds many things: each of them gets lines of its own.
_SPREAD = frozenset({
    "sizes", "inputs", "outputs", "also_returns", "components", "requirements", "fields", "items", "each",
})  # fmt: skip

#: What is longer is spread, too.
_MOST = 400


def laid_out(data: Any) -> str:
    """The text, with a line's end at its end."""
    return _text(data, "", None) + "\n"


def _text(data: Any, lead: str, key: str | None) -> str:
    short = json.dumps(data, ensure_ascii=False, allow_nan=False)
    if not (isinstance(data, (dict, list)) and data) or not _is_spread(data, key, len(short)):
        return short
    inner = f"{lead}  "
    if isinstance(data, dict):
        parts = [f"{json.dumps(name, ensure_ascii=False)}: {_text(part, inner, name)}" for name, part in data.items()]
        return "{\n" + ",\n".join(inner + part for part in parts) + f"\n{lead}}}"
    return "[\n" + ",\n".join(inner + _text(part, inner, None) for part in data) + f"\n{lead}]"


def _is_spread(data: Any, key: str | None, length: int) -> bool:
    return key in _SPREAD or length > _MOST or (isinstance(data, dict) and any(data.get(name) for name in _SPREAD))
