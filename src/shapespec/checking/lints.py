"""What a run can't show of a spec, read off what is written: names of axes, axes of unknown size, the conventions of
the vocabulary, the defaults of the config."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from shapespec.checking.conventions import convention_faults, order_faults, static_faults
from shapespec.checking.defaults import default_faults
from shapespec.checking.names import name_faults
from shapespec.checking.unknown import unknown_faults
from shapespec.registry.declared import Declared
from shapespec.spec import Spec

#: (the component, or None where it is the whole spec; what is wrong).
Faults = list[tuple[str | None, str]]


def lints(specs: Sequence[Spec], declared: Declared, default: Any) -> Iterator[tuple[str, Callable[[], Faults]]]:
    """Each proof's name with what finds its faults. ``specs`` are one spec at several sizes, the default ones first,
    ``default`` is the config that the class's library makes where nothing is said, or None."""
    yield "names", lambda: [*name_faults(specs)]
    yield "unknown", lambda: [*unknown_faults(specs[0])]
    yield (
        "conventions",
        lambda: [
            *convention_faults(specs[0]),
            *order_faults(specs[0]),
            *static_faults(specs[0]),
        ],
    )
    if default is not None:
        yield "defaults", lambda: [(None, fault) for fault in default_faults(declared, default)]
