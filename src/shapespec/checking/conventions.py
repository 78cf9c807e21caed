"""The conventions of the vocabulary: an input of a well-known name is what the name says, or says `why` it is not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from shapespec.checking.written import written
from shapespec.layers import Merged, Stack
from shapespec.resolving.nodes import from_vocabulary
from shapespec.spec import Spec

#: Files that are neither an architecture's nor a family's: the vocabulary is one of them.
_NAMED = ("architecture", "family")


def convention_faults(spec: Spec) -> Iterator[tuple[str, str]]:
    """(component, how an input differs from the vocabulary's entry of its name) where it does not say `why`."""
    entries = vocabulary(spec, {name for plan in spec.plans for name, _ in plan.arguments})
    for plan in spec.plans:
        for name, node, _ in written(spec, plan, "inputs"):
            usual = entries.get(name)
            # What is described otherwise is another thing under a known name: that is reason enough.
            own_reason = usual is not None and node.get("why") not in (None, usual.get("why"))
            if usual is None or own_reason or node.get("about") != usual.get("about"):
                continue
            fault = _difference(node, usual)
            if fault is not None:
                yield plan.name, f"`{name}` {fault}; say `why`, or take it as the vocabulary has it"


def vocabulary(spec: Spec, names: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """What the vocabulary says of the inputs of these names that it knows."""
    stack = _shared(spec)
    return {name: from_vocabulary(stack, name, Merged({})).value for name in stack.keys("inputs") if name in names}


def _shared(spec: Spec) -> Stack:
    """What the files say that are neither an architecture's nor a family's."""
    assert spec.provenance is not None  # it comes from files
    return Stack([x for x in spec.provenance.stack.layers if not any(key in x.document.data for key in _NAMED)])


def static_faults(spec: Spec) -> Iterator[tuple[None, str]]:
    """Each size that the default sizes call dynamic and the spec calls static, where it does not say `why`."""
    assert spec.provenance is not None  # it comes from files
    usual = _shared(spec)
    for name in spec.dims:
        default, own = usual.value("dims", name), spec.provenance.stack.value("dims", name)
        said = default if isinstance(default, Mapping) else {}
        mine = own if isinstance(own, Mapping) else {}
        was_dynamic = default is not None and said.get("dynamic", True) and "equals" not in said
        if was_dynamic and mine.get("dynamic") is False and not mine.get("why"):
            yield None, f"`{name}` is static, in defaults.yaml dynamic; say `why`, or leave it dynamic"


def _difference(node: Mapping[str, Any], usual: Mapping[str, Any]) -> str | None:
    for key, default in (("dtype", "float"), ("role", None)):
        mine, theirs = node.get(key, default), usual.get(key, default)
        if "shape" in node and mine != theirs:
            return f"has the {key} `{mine}`, in inputs.yaml `{theirs}`"
    mine, theirs = node.get("values") or {}, usual.get("values") or {}
    return _other_values(mine, theirs) or _other_order(node.get("shape"), usual.get("shape"))


def _other_values(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> str | None:
    if not theirs:
        return None  # the vocabulary leaves it open
    one, other = next(iter(mine), ""), next(iter(theirs))
    if one != other:
        return f"has values of the kind `{one}`, in inputs.yaml `{other}`"
    other_scale = one == "uniform" and _largest(mine[one]) != _largest(theirs[one])
    if other_scale or (one in ("mask", "boxes", "arange") and mine[one] != theirs[one]):
        return f"has `{one}: {mine[one]}`, in inputs.yaml `{theirs[one]}`"
    if one == "integers" and (mine[one][0] != theirs[one][0] or _is_number(mine[one][1]) > _is_number(theirs[one][1])):
        return f"has `integers: {mine[one]}`, in inputs.yaml `{theirs[one]}`"
    return None


def _largest(bounds: Any) -> Any:
    """How far values go from zero: from 0 to 1 and from -1 to 1 are both usual of what is prepared."""
    return max((abs(bound) for bound in bounds if isinstance(bound, (int, float))), default=bounds)


def _is_number(bound: Any) -> bool:
    """Whether a bound reads nothing: ids of a vocabulary end where it does."""
    return not any(letter.isalpha() for letter in str(bound))


def _other_order(mine: Any, theirs: Any) -> str | None:
    """The same axes in another order."""
    if not isinstance(mine, list) or not isinstance(theirs, list) or len(mine) != len(theirs) or mine == theirs:
        return None
    if sorted(map(str, mine)) != sorted(map(str, theirs)):
        return None
    return f"has the axes {', '.join(map(str, mine))}, in inputs.yaml {', '.join(map(str, theirs))}"
