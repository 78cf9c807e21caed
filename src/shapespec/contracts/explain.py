"""What a value is, who set it, and why; and what a contract alone can tell of that."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from shapespec.contracts.instantiate import Instance
from shapespec.contracts.model import Contract, Value
from shapespec.errors import Location, UnknownNameError, unknown
from shapespec.expressions import Open


@dataclass(frozen=True)
class Setting:
    """One place that set a value: ``value`` as written there; ``location`` is None for the call and the config."""

    value: Any
    location: Location | None
    by: str

    def __str__(self) -> str:
        where = f"{self.location.file}:{self.location.line}" if self.location else self.by
        return f"{self.value}: {where}"


@dataclass(frozen=True)
class Explanation:
    """What ``explain`` tells: the value, who set it (the winner first), and why.

    ``notes`` are further facts, such as whether a size is dynamic, and bounds.
    """

    name: str
    kind: str
    value: Any
    settings: tuple[Setting, ...]
    why: str | None = None
    source: str | None = None
    notes: tuple[str, ...] = ()
    parts: tuple[Explanation, ...] = field(default=())

    def __str__(self) -> str:
        head = ", over ".join(str(setting) for setting in self.settings) or str(self.value)
        shown = f"{self.name}{': ' if self.kind in ('input', 'output') else ' = '}{self.value}"
        lines = [shown, f"  set by {head}" if self.settings else ""]
        lines += [f"  {note}" for note in self.notes]
        lines += [f"  why: {self.why}"] if self.why else []
        lines += [f"  source: {self.source}"] if self.source else []
        lines += [f"  {line}" for part in self.parts for line in str(part).splitlines()]
        return "\n".join(line for line in lines if line)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name,
            "kind": self.kind,
            "value": self.value,
            "settings": [
                {
                    "value": s.value,
                    "by": s.by,
                    "file": s.location.file if s.location else None,
                    "line": s.location.line if s.location else None,
                }
                for s in self.settings
            ],
            "why": self.why,
            "source": self.source,
            "notes": list(self.notes),
            "parts": [part.to_dict() for part in self.parts],
        }


def explain_contract(instance: Instance, contract: Contract, name: str) -> Explanation:
    """What a contract alone tells of a size: its rule, and why. Raises :class:`UnknownNameError` for another name."""
    sizes = dict(instance.sizes)
    own = {rule.name: rule for component in contract.components for rule in component.sizes}
    rules = {**own, **{rule.name: rule for rule in contract.sizes}}
    if name not in sizes:
        raise UnknownNameError(unknown("size", name, sizes, argument="name"))
    rule = rules[name]
    key = "equals" if rule.is_derived else "value"
    said = Setting(_as_data(getattr(rule, key)), rule.origin((key,)), "the contract")
    given = instance.whole.given
    settings = (Setting(given[name], None, "the call"), said) if name in given else (said,)
    notes = [f"dynamic: {'yes' if name in instance.dynamic else 'no'}"]
    written = dict(rule.written)
    bounds = [(key, bound) for key in ("min", "max", "multiple_of") if (bound := getattr(rule, key)) is not None]
    notes += [f"{key}: {written.get(key, bound)}" for key, bound in bounds]
    notes += gave_way(instance, name)
    return Explanation(name, "size", sizes[name], settings, rule.why, rule.source, tuple(notes))


def gave_way(instance: Instance, name: str) -> list[str]:
    """What to tell of a default that gave way: nothing where it did not."""
    found = [one for one in instance.yielded if one.name == name]
    return [f"{one}{f' (in `{one.component}`)' if one.component else ''}" for one in found]


def _as_data(value: Value) -> Any:
    return value.text if isinstance(value, Open) else value
