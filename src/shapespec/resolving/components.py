"""Components: which there are, and each as a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapespec.configs import ConfigView
from shapespec.errors import GrammarError, Problem, nearest
from shapespec.layers import Merged, Stack, overlay, pruned
from shapespec.resolving.nodes import NodeResolver, from_vocabulary
from shapespec.resolving.scope import Scope, sub
from shapespec.resolving.values import plain
from shapespec.spec import ComponentPlan, PlanNode


def merged_component(stack: Stack, name: str, seen: tuple[str, ...] = ()) -> Merged:
    """A component over the one that `like:` names, removed keys still in it as None (see :meth:`Stack.layered`).

    Raises:
        GrammarError: `like:` names an unknown component, or leads in a circle.
    """
    own = stack.layered("components", name)
    assert own is not None
    like = own.value.get("like")
    if like is None:
        return own
    if like in (*seen, name) or stack.merged("components", like) is None:
        raise GrammarError(
            Problem(
                f"component `{name}` is like `{like}`, which {'leads back to it' if like in (*seen, name) else 'is unknown'}",
                location=own.origin(("like",)),
                expected="another component",
                suggestion=nearest(like, [c for c in stack.keys("components") if c != name]),
                width=len(like),
            )
        )
    base = merged_component(stack, like, (*seen, name))
    kept = {key: value for key, value in base.value.items() if key not in ("aliases", "why", "source", "when")}
    merged = overlay(Merged(kept, base.origins), _without(own, "like"), "component")
    assert merged is not None
    return merged


def _without(merged: Merged, key: str) -> Merged:
    return Merged({k: v for k, v in merged.value.items() if k != key}, merged.origins)


class ComponentResolver:
    """Resolves the components of one spec."""

    def __init__(self, stack: Stack, config: ConfigView, given: Mapping[str, int], facts: Mapping[str, Any],
                 include: frozenset[str]) -> None:
        self.stack = stack
        self.config = config
        self.given = given
        self.facts = facts
        self.include = include
        self.scopes: dict[str, Scope] = {}
        self.merged: dict[str, Merged] = {}


    def plans(self) -> tuple[ComponentPlan, ...]:
        """Every component that is there, in the order of first mention."""
        found = []
        for name in self.stack.keys("components"):
            layered = merged_component(self.stack, name)
            component = pruned(layered, "component")
            scope = Scope(self.stack, self.config, self.given, {**self.facts, "component": name}, component)
            if scope.holds(component.value.get("when"), component.origin(("when",)), f"component `{name}`"):
                self.scopes[name] = scope
                self.merged[name] = layered
                found.append(self._plan(name, component, scope))
        return tuple(found)

    def _plan(self, name: str, component: Merged, scope: Scope) -> ComponentPlan:
        value = component.value
        inputs = self._inputs(self.merged[name], scope)
        arguments = frozenset(inputs)
        reader = NodeResolver(scope, self.include, arguments, output=False)
        resolved = {key: reader.resolve(node, key, key) for key, node in inputs.items()}
        writer = NodeResolver(scope, self.include, arguments, output=True)
        outputs = self._outputs(component, writer)
        model_config = value.get("model_config")
        return ComponentPlan(
            name=name,
            arguments=tuple(resolved.items()),
            outputs=tuple(outputs.items()),
            dims=tuple(scope.sizes.items()),
            aliases=tuple(value.get("aliases", ())),
            call=value.get("call"),
            model_class=value.get("model_class"),
            model_config=None if model_config is None else tuple(
                (key, plain(scope.evaluate(text, component.origin(("model_config", key)), f"`{key}` of component `{name}`")))
                for key, text in model_config.items()
            ),
            graph_outputs=value.get("graph_outputs"),
            unchecked=value.get("unchecked"),
        )

    def _inputs(self, component: Merged, scope: Scope) -> dict[str, Merged]:
        reader = NodeResolver(scope, self.include, frozenset(), output=False)
        found = {}
        for key, entry in (component.value.get("inputs") or {}).items():
            if entry is None:
                continue
            node = from_vocabulary(self.stack, key, sub(component, ("inputs", key)))
            if reader.wanted(node, f"input `{key}`"):
                found[key] = node
        return self._ordered(component, found)

    @staticmethod
    def _ordered(component: Merged, found: dict[str, Merged]) -> dict[str, Merged]:
        order = component.value.get("order") or []
        first = [key for key in order if key in found]
        return {key: found[key] for key in [*first, *[key for key in found if key not in first]]}

    def _outputs(self, component: Merged, writer: NodeResolver) -> dict[str, PlanNode]:
        found = {}
        for key in component.value.get("outputs") or {}:
            node = sub(component, ("outputs", key))
            if node.value.get("like"):
                node = from_vocabulary(self.stack, key, node)
            if writer.wanted(node, f"output `{key}`"):
                found[key] = writer.resolve(node, key, key)
        return found
