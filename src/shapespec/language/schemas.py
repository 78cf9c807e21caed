"""JSON Schemas of the language, generated from its grammar: what editors complete and check by.

They say what a file may look like. Whether an expression parses and whether its names exist, `shapespec validate` says.
"""

from __future__ import annotations

import json
from typing import Any

from shapespec.errors import UnknownNameError, unknown
from shapespec.language.files import FILE_KINDS

DIALECT = "https://json-schema.org/draft/2020-12/schema"

#: The name of a schema by the key that tells a file's kind.
SCHEMA_OF_KEY = {"architecture": "architecture", "family": "family", "inputs": "inputs", "dims": "defaults"}

#: What a schema is called and says of itself.
_TITLES = {
    "architecture": "shapespec architecture",
    "family": "shapespec family",
    "defaults": "shapespec default sizes",
    "inputs": "shapespec vocabulary of inputs",
}

SCHEMA_NAMES = tuple(_TITLES)


def file_of(name: str) -> str:
    """The file name of a schema."""
    return f"{name}.schema.json"


def schema(name: str) -> dict[str, Any]:
    """A schema as plain data: draft 2020-12. Raises :class:`UnknownNameError` for one that there is not."""
    if name not in SCHEMA_NAMES:
        raise UnknownNameError(unknown("schema", name, SCHEMA_NAMES, argument="name"))
    key = next(key for key, known in SCHEMA_OF_KEY.items() if known == name)
    model = FILE_KINDS[key]
    made = _tidy(model.model_json_schema(by_alias=True))
    head = {"$schema": DIALECT, "title": _TITLES[name], "description": made.pop("description", "")}
    made.pop("title", None)
    return {**head, **made}


def schema_text(name: str) -> str:
    """A schema as it is stored."""
    return json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n"


def _tidy(part: Any, *, names: bool = False) -> Any:
    """Pydantic's schema without noise, and as strict as pydantic is.

    ``names`` says that the keys of ``part`` are names of the language rather than words of JSON Schema.
    """
    if isinstance(part, list):
        return [_tidy(item) for item in part]
    if not isinstance(part, dict):
        return part
    if names:
        return {key: _tidy(value) for key, value in part.items()}
    kept = {key: value for key, value in part.items() if not _noise(key, part)}
    tidy = {key: _tidy(value, names=key in ("properties", "$defs")) for key, value in kept.items()}
    _close_mapping(tidy)
    _flatten(tidy)
    if isinstance(tidy.get("description"), str):
        tidy["description"] = " ".join(tidy["description"].replace("``", "`").split())
    return tidy


def _noise(key: str, part: dict[str, Any]) -> bool:
    """Titles that repeat the key's name, and defaults that say "absent"."""
    return (key == "title" and "additionalProperties" not in part) or (key == "default" and part[key] is None)


def _close_mapping(part: dict[str, Any]) -> None:
    """A mapping whose keys must match a pattern: pydantic's schema would let other keys through unseen."""
    patterns = part.pop("patternProperties", None)
    if patterns is None:
        return
    ((pattern, value),) = patterns.items()
    part["propertyNames"] = {"pattern": pattern, **part.get("propertyNames", {})}
    part["additionalProperties"] = value


def _flatten(part: dict[str, Any]) -> None:
    """One list of alternatives instead of lists within lists."""
    alternatives = part.get("anyOf")
    if alternatives is None:
        return
    flat: list[Any] = []
    for option in alternatives:
        inner = option.get("anyOf") if set(option) <= {"anyOf", "description"} else None
        flat += inner if inner is not None else [option]
        if inner is not None and "description" in option:
            part.setdefault("description", option["description"])
    part["anyOf"] = [option for number, option in enumerate(flat) if option not in flat[:number]]
