"""The sizes to run at: the defaults, and two others, one odd and one even, different for each dynamic axis."""

from __future__ import annotations

from shapespec.errors import SpecError
from shapespec.resolving.scope import Scope
from shapespec.spec import Spec

#: Above this a size is scaled down a little rather than replaced: a waveform of three samples proves nothing.
SMALL = 64


def other_sizes(spec: Spec) -> list[dict[str, int]]:
    """Two sets of sizes for the spec's own dynamic sizes (what is derived follows), as near to an odd and an even
    number of its own as bounds and steps allow."""
    scope = spec.provenance.scope
    names = [name for name in spec.dims if spec.is_dynamic(name) and _is_own(name, spec)]
    return [
        {name: wanted for index, name in enumerate(names) if (wanted := _wanted(spec, scope, name, index, even)) is not None}
        for even in (False, True)
    ]


def _is_own(name: str, spec: Spec) -> bool:
    dim = _scope_of(name, spec).dim(name)
    return dim is not None and "equals" not in dim.value


def _scope_of(name: str, spec: Spec) -> Scope:
    scopes = [spec.provenance.scope, *spec.provenance.scopes.values()]
    return next((scope for scope in scopes if scope.dim(name) is not None), scopes[0])


def _wanted(spec: Spec, scope: Scope, name: str, index: int, even: bool) -> int | None:
    default = spec.dims[name]
    size = 3 + 2 * index + even if default <= SMALL else (default * 3 // 4 + 8 * index) // 2 * 2 + (not even)
    return nearest_allowed(_scope_of(name, spec), name, size)


def nearest_allowed(scope: Scope, name: str, size: int) -> int | None:
    """The size nearest to ``size`` that bounds and step allow, or None where no other than the default is."""
    dim = scope.dim(name)
    assert dim is not None
    least, most, step = (_bound(scope, dim.value, dim.origin((key,)), key, other) for key, other in
                         (("min", 1), ("max", None), ("multiple_of", 1)))
    step = step or 1
    size = max(size, least or 1)
    size = -(-size // step) * step
    if most is not None and size > most:
        size = most // step * step
    return size if size >= (least or 1) else None


def _bound(scope: Scope, dim: dict[str, object], place: object, key: str, default: int | None) -> int | None:
    if key not in dim:
        return default
    try:
        found = scope.evaluate(dim[key], None, key)
    except SpecError:
        return default
    return int(found) if found is not None else default
