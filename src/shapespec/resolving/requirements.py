"""What must hold between config values: checked at once where it reads no size, else left to the contract."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from shapespec.contracts.instantiate import requirement_error
from shapespec.contracts.model import Requirement
from shapespec.errors import SpecError
from shapespec.expressions import Open, parse
from shapespec.resolving.names import Names


def requirements(names: Names) -> tuple[Requirement, ...]:
    """The requirements that sizes decide. Raises :class:`shapespec.ConfigError` for one that does not hold."""
    found = []
    for name in names.stack.keys("requires"):
        merged = names.stack.merged("requires", name)
        assert merged is not None
        text, place, why = merged.value["that"], merged.origin(("that",)), merged.value.get("why")
        holds = names.folded(text, place, f"requirement `{name}`")
        if isinstance(holds, Open):
            found.append(Requirement(holds, str(text), tuple(_values_in(text, names)), why, merged.origin))
        elif not holds:
            raise requirement_error(str(text), list(_values_in(text, names)), why, place)
    return tuple(found)


def _values_in(text: Any, names: Names) -> Iterator[tuple[str, Any]]:
    """Each name and attribute that a condition reads (`image_size`, `vision.patch_size`) with its value."""
    for part in dict.fromkeys(_chains(parse(text).tree)):
        try:
            value = names.folded(part, None, part)
        except SpecError:
            value = None
        if part not in names.facts and not hasattr(value, "shapespec_get"):
            yield part, value


def _chains(tree: ast.expr) -> Iterator[str]:
    """The names and dotted names of an expression, outermost first, those of functions left out."""
    if isinstance(tree, (ast.Attribute, ast.Name)):
        yield ast.unparse(tree)
        return
    for child in ast.iter_child_nodes(tree):
        called = isinstance(tree, ast.Call) and child is tree.func
        if isinstance(child, ast.expr) and not called:
            yield from _chains(child)
