"""The conventions of the vocabulary: an input of a well-known name is what the name says, or says `why` it is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shapespec.checking.written import written
from shapespec.layers import Merged, Stack
from shapespec.plan import ComponentPlan
from shapespec.resolving.nodes import from_vocabulary
from shapespec.spec import Spec

#: Files that are neither an architecture's nor a family's: the vocabulary is one of them.
_NAMED = ("architecture", "family")


def convention_faults(spec: Spec) -> Iterator[tuple[str, str]]:
    """(component, how an input differs from the vocabulary's entry of its name) where it does not say `why`."""
    assert spec.provenance is not None  # it comes from files
    layers = [x for x in spec.provenance.stack.layers if not any(key in x.document.data for key in _NAMED)]
    vocabulary = Stack(layers)
    known = set(vocabulary.keys("inputs"))
    for plan in spec.plans:
        for name, node, _ in written(spec, plan, "inputs"):
            if name in known and not node.get("why"):
                usual = from_vocabulary(vocabulary, name, Merged({})).value
                fault = _difference(plan, node, usual)
                if fault is not None:
                    told = f"`{name}` {fault}; say `why`, or take it as the vocabulary has it"
                    yield plan.name, told


def _difference(plan: ComponentPlan, node: Mapping[str, Any], usual: Mapping[str, Any]) -> str | None:
    for key, default in (("dtype", "float"), ("role", None)):
        mine, theirs = node.get(key, default), usual.get(key, default)
        if "shape" in node and mine != theirs:
            return f"has the {key} `{mine}`, in inputs.yaml `{theirs}`"
    mine, theirs = node.get("values") or {}, usual.get("values") or {}
    return _other_values(mine, theirs) or _other_order(node.get("shape"), usual.get("shape"))


def _other_values(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> str | None:
    one, other = next(iter(mine), None), next(iter(theirs), None)
    if one != other:
        return f"has values of the kind `{one}`, in inputs.yaml `{other}`"
    if one in ("mask", "uniform", "boxes", "arange") and mine[one] != theirs[one]:
        return f"has `{one}: {mine[one]}`, in inputs.yaml `{theirs[one]}`"
    if one == "integers" and (mine[one][0] != theirs[one][0] or _is_number(mine[one][1]) > _is_number(theirs[one][1])):
        return f"has `integers: {mine[one]}`, in inputs.yaml `{theirs[one]}`"
    return None


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
