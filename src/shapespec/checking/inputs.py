"""What is proven of a component's inputs, each on its own: someone takes it, it matters, its type and range hold."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from shapespec.checking.conventions import vocabulary
from shapespec.checking.dtypes import dtype_faults
from shapespec.checking.forward import target_of
from shapespec.checking.matters import fault_of, findings
from shapespec.checking.ranges import range_faults
from shapespec.checking.signatures import unnamed
from shapespec.checking.trial import Trial
from shapespec.checking.written import tensors_written
from shapespec.plan import ComponentPlan, TensorSpec
from shapespec.spec import Spec


class Inputs:
    """A component's inputs on a real model. Each proof says what is wrong, or None; all raise what the class raises.
    ``passed_over`` are tensors whose ranges and types are proven elsewhere."""

    def __init__(self, spec: Spec, plan: ComponentPlan, model: Any, passed_over: frozenset[str] = frozenset()) -> None:
        self.passed_over = passed_over
        self.spec = spec
        self.plan = plan
        self.model = model

    @cached_property
    def target(self) -> Any:
        """What the component calls."""
        return target_of(self.plan, self.model, self.spec)

    @cached_property
    def trial(self) -> Trial:
        """The component with what is built for it."""
        return Trial(self.plan, self.target, self.spec.build(self.plan.name, flat=True))

    def reasons(self, *path: str) -> dict[str, str]:
        """The `why` of each tensor that gives one for what is said at a path."""
        return {tensor.name: why for tensor, why in tensors_written(self.spec, self.plan, path) if why}

    def signature(self) -> str | None:
        """A function on the way names each argument."""
        missing = unnamed(self.plan, self.target)
        return f"no function on the way takes {', '.join(f'`{name}`' for name in missing)}" if missing else None

    def matters(self, told: dict[str, Any]) -> str | None:
        """Each input changes the answer. ``told`` is filled with what the page shows: how many inputs matter, which are
        inert and why, and which can have one value alone."""
        faults = []
        inert: dict[str, str] = {}
        fixed: list[str] = []
        count = 0
        for finding in findings(self.trial):
            tensor = finding.tensor
            count += finding.matters is True
            fixed += [tensor.name] if finding.matters is None else []
            if tensor.inert is not None:
                inert[tensor.name] = tensor.inert
            fault = fault_of(finding)
            faults += [fault] if fault else []
        told |= {"matter": count, **({"inert": inert} if inert else {}), **({"one value": fixed} if fixed else {})}
        return "; ".join(faults) or None

    def ranges(self) -> str | None:
        """Whole numbers reach as far as the class takes them, or the file says why no further."""
        return "; ".join(range_faults(self.trial, self._tensors(), self.reasons("values", "integers"))) or None

    def dtype(self) -> str | None:
        """A type that is fixed needs to be, or the file says why it is."""
        known = vocabulary(self.spec, {argument for argument, _ in self.plan.arguments})
        usual = {
            tensor.name: known[tensor.argument].get("dtype", "float")
            for tensor in self.plan.tensors()
            if "shape" in known.get(tensor.argument, {})
        }
        return "; ".join(dtype_faults(self.trial, self._tensors(), usual, self.reasons("dtype"))) or None

    def _tensors(self) -> list[TensorSpec]:
        """Those whose ranges and types are looked at; what is inert has none that could be seen."""
        return [one for one in self.plan.tensors() if one.name not in self.passed_over and one.inert is None]
