"""The conventions of the vocabulary: an input of a well-known name is what the name says, or says `why` it is not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import combinations
from typing import Any

from shapespec.checking.written import reason_for, tensors_written, written_nodes
from shapespec.contracts.size import reading
from shapespec.layers import Merged, Stack
from shapespec.reading.document import Path
from shapespec.resolving.nodes import from_vocabulary
from shapespec.spec import Spec

#: Files that are neither an architecture's nor a family's: the vocabulary is one of them.
_NAMED = ("architecture", "family")


def convention_faults(spec: Spec) -> Iterator[tuple[str, str]]:
    """(component, how an input differs from the vocabulary's entry of its name) where it does not say `why`."""
    entries = vocabulary(spec, {name for plan in spec.plans for name, _ in plan.arguments})
    for plan in spec.plans:
        for name, said, _ in written_nodes(spec, plan, "inputs"):
            usual = entries.get(name)
            if usual is None:
                continue
            for path, fault in _differences(said.value, usual):
                # What is described otherwise is another thing under a known name: that is reason enough.
                reasons = [reason_for(spec, said, path, word) for word in ("why", "about")]
                if not any(reason not in (None, usual.get("why"), usual.get("about")) for reason in reasons):
                    yield plan.name, f"`{name}` {fault}; say `why`, or take it as the vocabulary has it"


def vocabulary(spec: Spec, names: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """What the vocabulary says of the inputs of these names that it knows."""
    stack = _shared(spec)
    return {name: from_vocabulary(stack, name, Merged({})).value for name in stack.keys("inputs") if name in names}


def _shared(spec: Spec) -> Stack:
    """What the files say that are neither an architecture's nor a family's."""
    assert spec.provenance is not None  # it comes from files
    return Stack([x for x in spec.provenance.stack.layers if not any(key in x.document.data for key in _NAMED)])


def order_faults(spec: Spec) -> Iterator[tuple[str, str]]:
    """(component, two of its inputs that have the same two axes in another order) where neither says `why`."""
    for plan in spec.plans:
        first: dict[tuple[str, str], str] = {}
        reasons = {tensor.name for tensor, why in tensors_written(spec, plan, ("shape",)) if why}
        for tensor in plan.tensors():
            axes = [text for text in tensor.expressions if text in spec.dims]
            for pair in combinations(axes, 2):
                other = first.get((pair[1], pair[0]))
                if other is not None and pair[0] != pair[1] and not reasons & {other, tensor.name}:
                    told = f"has {pair[0]} before {pair[1]}, and `{other}` has them the other way round; say `why`"
                    yield plan.name, f"`{tensor.name}` {told}"
                first.setdefault(pair, tensor.name)


def static_faults(spec: Spec) -> Iterator[tuple[None, str]]:
    """Each size that the default sizes call dynamic and the spec calls static, and each that is called dynamic and
    follows from what is static, where it does not say `why`."""
    assert spec.provenance is not None  # it comes from files
    usual = _shared(spec)
    for name in spec.dims:
        said = spec.provenance.stack.merged("dims", name) or Merged({})
        said = said if isinstance(said.value, Mapping) else Merged({})
        default = usual.value("dims", name)
        theirs = default if isinstance(default, Mapping) else {}
        was_dynamic = default is not None and theirs.get("dynamic", True) and "equals" not in theirs
        if was_dynamic and said.value.get("dynamic") is False and not reason_for(spec, said, ("dynamic",)):
            yield None, f"`{name}` is static, in defaults.yaml dynamic; say `why`, or leave it dynamic"
        if said.value.get("dynamic") is True and _is_settled(spec, name) and not reason_for(spec, said, ("dynamic",)):
            yield None, f"`{name}` is called dynamic, and follows from what is static: no call can give another"


def _is_settled(spec: Spec, name: str) -> bool:
    """Whether a size is derived, and from nothing that is dynamic."""
    for sizes in reading(spec.instance, name):
        rule = sizes.rules[name]
        if not rule.is_derived or any(spec.is_dynamic(other) for other in sizes.behind(rule.equals)):
            return False
    return True


def _differences(node: Mapping[str, Any], usual: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """(where an input differs from the usual, how)."""
    for key, default in (("dtype", "float"), ("role", None)):
        mine, theirs = node.get(key, default), usual.get(key, default)
        if "shape" in node and mine != theirs:
            yield (key,), f"has the {key} `{mine}`, in inputs.yaml `{theirs}`"
    mine, theirs = node.get("values") or {}, usual.get("values") or {}
    kind, order = next(iter(mine), ""), _other_order(node.get("shape"), usual.get("shape"))
    for path, fault in ((("values", kind), _other_values(mine, theirs)), (("shape",), order)):
        if fault is not None:
            yield path, fault


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
