"""Sizes as data: what each is, what it may be, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import lcm
from types import MappingProxyType

from shapespec.contracts.instantiate import Instance
from shapespec.contracts.model import SizeRule
from shapespec.contracts.sizes import Sizes
from shapespec.expressions import Open


@dataclass(frozen=True)
class Size:
    """One named size of a spec.

    Attributes:
        name: its name.
        value: what it is here.
        least, most, step: what it may be, the other sizes as they are: at least ``least``, at most ``most`` (None:
            anything), a multiple of ``step``. What all graphs that have it take.
        dynamic: whether other values run on one exported graph.
        settable: whether a call may give another value.
        derived_from: what it follows from, as written; None for one that is settable.
        why: the reason that its file gives, or None.
        gave_way: where its default is out of bounds and gave way, what it was and which bound made it; else None.
    """

    name: str
    value: int
    least: int
    most: int | None
    step: int
    dynamic: bool
    settable: bool
    derived_from: str | None = None
    why: str | None = None
    gave_way: str | None = None


def sizes_as_data(instance: Instance) -> Mapping[str, Size]:
    """Every size that the plans use, by name."""
    yielded = {one.name: str(one) for one in reversed(instance.yielded)}
    return MappingProxyType({
        name: _size(name, value, instance, yielded.get(name)) for name, value in instance.sizes
    })  # fmt: skip


def reading(instance: Instance, name: str) -> list[Sizes]:
    """The sets of sizes in which a size was asked for; those of a component that sets it for itself only where there
    is no other."""
    found = [sizes for sizes in (instance.whole, *instance.scopes.values()) if name in sizes.found]
    return [sizes for sizes in found if not sizes.rules[name].own] or found


def _size(name: str, value: int, instance: Instance, gave_way: str | None) -> Size:
    scopes = reading(instance, name)
    bounds = [sizes.bounds(name) for sizes in scopes]
    rule = scopes[0].rules[name]
    return Size(
        name=name,
        value=value,
        least=max(least for least, _, _ in bounds),
        most=min((most for _, most, _ in bounds if most is not None), default=None),
        step=lcm(*(step for _, _, step in bounds)),
        dynamic=name in instance.dynamic,
        settable=not rule.is_derived,
        derived_from=derived_from(rule),
        why=rule.why,
        gave_way=gave_way,
    )


def derived_from(rule: SizeRule) -> str | None:
    """What a size follows from, as written; None for one that may be given."""
    if not rule.is_derived:
        return None
    text = rule.equals.text if isinstance(rule.equals, Open) else str(rule.equals)
    return dict(rule.written).get("equals", text)
