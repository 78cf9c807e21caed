"""The sizes to run at: the defaults, and two others, one odd and one even, different for each dynamic axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shapespec.errors import SpecError
from shapespec.expressions import parse
from shapespec.resolving.scope import Scope
from shapespec.spec import Spec

#: Above this a size is scaled down a little rather than replaced: a waveform of three samples proves nothing.
SMALL = 64

_BOUNDS = ("min", "max", "multiple_of")


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
        wanted = nearest_allowed(scope_of(name, current), name, _aim(spec.dims[name], names.index(name), even))
        if wanted is not None:
            chosen[name] = wanted
    return chosen


def _aim(default: int, index: int, even: bool) -> int:
    if default <= SMALL:
        return 3 + 2 * index + even
    return (default * 3 // 4 + 8 * index) // 2 * 2 + (not even)


def _is_own(name: str, spec: Spec) -> bool:
    dim = scope_of(name, spec).dim(name)
    return dim is not None and "equals" not in dim.value


def _bound_by(name: str, spec: Spec, names: list[str]) -> bool:
    """Whether the bounds of a size depend on other sizes."""
    scope = scope_of(name, spec)
    dim = scope.dim(name)
    bounds = [dim.value[key] for key in _BOUNDS if key in dim.value] if dim is not None else []
    return any(other in names for bound in bounds for other in _dims_behind(scope, bound))


def _dims_behind(scope: Scope, bound: Any) -> list[str]:
    direct = scope.dims_in(parse(bound))
    further = [d.value["equals"] for name in direct if (d := scope.dim(name)) is not None and "equals" in d.value]
    return [*direct, *[name for text in further for name in _dims_behind(scope, text)]]


def scope_of(name: str, spec: Spec, component: str | None = None) -> Scope:
    """The scope in which a size is declared: a component's where it is named, else the whole spec's."""
    if component is not None:
        return spec.provenance.scopes[component]
    scopes = [spec.provenance.scope, *spec.provenance.scopes.values()]
    return next((scope for scope in scopes if scope.dim(name) is not None), scopes[0])


def nearest_allowed(scope: Scope, name: str, size: int) -> int | None:
    """The size nearest to ``size`` that bounds and step allow, or None where none is."""
    dim = scope.dim(name)
    assert dim is not None
    least, most, step = (_bound(scope, dim.value, key) for key in _BOUNDS)
    step, least = step or 1, 1 if least is None else least
    size = -(-max(size, least) // step) * step
    if most is not None and size > most:
        size = most // step * step
    return size if size >= least else None


def _bound(scope: Scope, dim: Mapping[str, Any], key: str) -> int | None:
    if key not in dim:
        return None
    try:
        found = scope.evaluate(dim[key], None, key)
    except SpecError:
        return None
    return int(found) if found is not None else None
