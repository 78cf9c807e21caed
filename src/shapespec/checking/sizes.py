"""The sizes to run at: the defaults, and two others, one odd and one even, different for each dynamic axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shapespec.contracts.sizes import Sizes
from shapespec.expressions import Open
from shapespec.spec import Spec

#: Above this a size is scaled down a little rather than replaced: a waveform of three samples proves nothing.
SMALL = 64

def other_sizes(load: Callable[[Mapping[str, int]], Spec]) -> list[dict[str, int]]:
    """Two sets of sizes for the spec's own dynamic sizes (what is derived follows), as near to an odd and an even
    number of its own as bounds and steps allow. ``load`` gives the spec at some sizes: bounds may depend on sizes."""
    spec = load({})
    names = [name for name in spec.dims if spec.is_dynamic(name) and _is_own(name, spec)]
    return [found for even in (False, True) if (found := _chosen(load, spec, names, even))]


def _chosen(load: Callable[[Mapping[str, int]], Spec], spec: Spec, names: list[str], even: bool) -> dict[str, int]:
    chosen: dict[str, int] = {}
    free = [name for name in names if not _bound_by(name, spec, names)]
    for name in [*free, *[name for name in names if name not in free]]:
        current = spec if name in free else load(chosen)
        wanted = nearest_allowed(sizes_of(name, current), name, _aim(spec.dims[name], names.index(name), even))
        if wanted is not None:
            chosen[name] = wanted
    return chosen


def _aim(default: int, index: int, even: bool) -> int:
    if default <= SMALL:
        return 3 + 2 * index + even
    return (default * 3 // 4 + 8 * index) // 2 * 2 + (not even)


def _is_own(name: str, spec: Spec) -> bool:
    return not sizes_of(name, spec).rules[name].is_derived


def _bound_by(name: str, spec: Spec, names: list[str]) -> bool:
    """Whether the bounds of a size depend on other sizes."""
    sizes = sizes_of(name, spec)
    rule = sizes.rules[name]
    return any(other in names for bound in (rule.min, rule.max, rule.multiple_of) for other in _behind(sizes, bound))


def _behind(sizes: Sizes, value: Any) -> list[str]:
    """The sizes that a value reads, those behind derived ones and formulas too."""
    if not isinstance(value, Open):
        return []
    found = []
    for name in value.expression.names:
        rule = sizes.rules.get(name)
        found += [name] if rule is not None else []
        found += _behind(sizes, sizes.formulas.get(name) if rule is None else rule.equals)
    return found


def sizes_of(name: str, spec: Spec, component: str | None = None) -> Sizes:
    """The sizes among which one is declared: a component's where it is named, else the whole spec's."""
    instance = spec.instance
    if component is not None:
        return instance.scopes[component]
    every = [instance.whole, *instance.scopes.values()]
    return next((sizes for sizes in every if name in sizes.rules), every[0])


def nearest_allowed(sizes: Sizes, name: str, size: int) -> int | None:
    """The size nearest to ``size`` that bounds and step allow, or None where none is."""
    least, most, step = sizes.bounds(name)
    size = -(-max(size, least) // step) * step
    if most is not None and size > most:
        size = most // step * step
    return size if size >= least else None
