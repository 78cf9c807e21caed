"""The proof of what a call may ask for: each group of inputs on request alone, each such input by its own name, and
padding on the other side. Inputs on request are there in no other proof.

What was proven of an input together with its group holds where it comes by its own name, too: a loss that takes two
labels looks at neither where one is missing, and then says nothing of its range or type."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from typing import Any

from shapespec.checking.result import said
from shapespec.kinds import Mask
from shapespec.plan import ComponentPlan, TensorSpec
from shapespec.resolving.instead import OnRequest
from shapespec.spec import Spec

#: Loads the spec with more of :func:`shapespec.load_spec`'s arguments: ``include=("videos",)``, ``padding="left"``.
Ask = Callable[..., Spec]

#: Runs a component of a spec on what it builds: what is wrong with what comes back, or None. The names are of tensors
#: whose ranges and types another request has proven.
Fault = Callable[[Spec, ComponentPlan, frozenset[str]], str | None]

#: Where nothing is asked for, rows are padded on the right.
OTHER_SIDE = "left"


class Requests:
    """What may be asked of one spec. Each request is loaded once for all of its components."""

    def __init__(self, spec: Spec, ask: Ask, fault: Fault) -> None:
        self.spec = spec
        self.fault = fault
        self.ask = cache(ask)

    @cached_property
    def on_request(self) -> Mapping[str, OnRequest]:
        """The inputs that may be asked for, by name."""
        return self.spec.on_request

    def of(self, component: str) -> list[dict[str, Any]]:
        """The requests that concern a component, each as the arguments that make it."""
        there = [one for one in self.on_request.values() if component in one.components]
        words = dict.fromkeys([*(group for one in there for group in one.groups), *(one.name for one in there)])
        masks = [tensor.values for tensor in self.spec.plan(component).tensors() if isinstance(tensor.values, Mask)]
        sides: list[dict[str, Any]] = [{"padding": OTHER_SIDE}] if any(mask.turns for mask in masks) else []
        return [*({"include": (word,)} for word in words), *sides]

    def run(self, component: str, told: dict[str, Any]) -> str | None:
        """What is wrong with what a component's requests give, or None. ``told`` is filled with those that were run;
        of several that ask for the same, the first alone is."""
        faults = list(self._faults(component, told.setdefault("requested", [])))
        return "; ".join(faults) or None

    def _faults(self, component: str, ran: list[str]) -> Iterator[str]:
        seen = {self.spec.plan(component)}
        proven: set[TensorSpec] = set()
        for request in self.of(component):
            words = _words(request)
            try:
                asked = self.ask(**request)
                plan = asked.plan(component)
                absent = self._absent(plan, request.get("include", ()))
                known = frozenset(tensor.name for tensor in plan.tensors() if tensor in proven)
                ran_before = plan in seen
                fault = f"`{absent}` is not there" if absent else None if ran_before else self.fault(asked, plan, known)
            except Exception as error:
                yield f"{words}: {said(error, 300)}"
                continue
            if not ran_before:
                ran.append(words)
            seen.add(plan)
            if fault is None:
                proven.update(plan.tensors())
            else:
                yield f"{words}: {fault}"

    def _absent(self, plan: ComponentPlan, words: tuple[str, ...]) -> str | None:
        """An input of the component that was asked for by its own name, and does not come."""
        there = {argument for argument, _ in plan.arguments}
        own = [name for name, one in self.on_request.items() if plan.name in one.components]
        return next((word for word in words if word in own and word not in there), None)


def _words(request: dict[str, Any]) -> str:
    include = request.get("include")
    return f"include={include[0]}" if include else f"padding={request['padding']}"
