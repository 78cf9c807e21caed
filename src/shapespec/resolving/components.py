"""Components: which there are, and each as a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapespec.errors import GrammarError, Location, Problem, nearest
from shapespec.layers import Merged, Stack, overlay, pruned
from shapespec.resolving.nodes import LIKE_LIMIT, NodeResolver, Requested, from_vocabulary
from shapespec.resolving.scope import Scope
from shapespec.resolving.values import plain
from shapespec.spec import ComponentPlan, PlanNode, TensorSpec, leaves


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
    circular = like in (*seen, name) or len(seen) > LIKE_LIMIT
    if circular or stack.merged("components", like) is None:
        raise GrammarError(
            Problem(
                f"component `{name}` is like `{like}`, which {'leads back to it' if circular else 'is unknown'}",
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
    """Resolves the components of one spec. ``whole`` has the names that hold in all of them."""

    def __init__(self, whole: Scope, include: Requested) -> None:
        self.whole = whole
        self.stack = whole.stack
        self.include = include
        self.scopes: dict[str, Scope] = {}
        self.merged: dict[str, Merged] = {}

    def plans(self) -> tuple[ComponentPlan, ...]:
        """Every component that is there, in the order of first mention."""
        found = []
        for name in self.stack.keys("components"):
            layered = merged_component(self.stack, name)
            component = pruned(layered, "component")
            scope = self.whole.within(name, component)
            scope.spend(layered.entries(), layered, f"component `{name}`")
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
        _check_needs(name, resolved, inputs)
        writer = NodeResolver(scope, self.include, arguments, output=True)
        outputs = self._outputs(component, writer)
        _check_names(f"inputs of `{name}`", resolved, component.origin(("inputs",)))
        _check_names(f"outputs of `{name}`", outputs, component.origin(("outputs",)))
        return ComponentPlan(
            name=name,
            arguments=tuple(resolved.items()),
            outputs=tuple(outputs.items()),
            dims=tuple(scope.sizes.items()),
            aliases=tuple(value.get("aliases", ())),
            call=value.get("call"),
            model_class=value.get("model_class"),
            model_config=self._model_config(name, component, scope),
            graph_outputs=value.get("graph_outputs"),
            unchecked=value.get("unchecked"),
        )

    @staticmethod
    def _model_config(name: str, component: Merged, scope: Scope) -> tuple[tuple[str, Any], ...] | None:
        found = component.value.get("model_config")
        if found is None:
            return None
        place = component.origin
        return tuple(
            (key, plain(scope.evaluate(text, place(("model_config", key)), f"`{key}` of component `{name}`")))
            for key, text in found.items()
        )

    def _inputs(self, component: Merged, scope: Scope) -> dict[str, Merged]:
        reader = NodeResolver(scope, self.include, frozenset(), output=False)
        found = {}
        for key, entry in (component.value.get("inputs") or {}).items():
            if entry is None:
                continue
            node = from_vocabulary(self.stack, key, component.sub(("inputs", key)))
            scope.spend(node.entries(), node, f"input `{key}`")
            if reader.wanted(node, f"input `{key}`"):
                found[key] = node
        return self._ordered(component, found)

    @staticmethod
    def _ordered(component: Merged, found: dict[str, Merged]) -> dict[str, Merged]:
        order = component.value.get("order") or []
        known = component.value.get("inputs") or {}
        for name in order:
            if name not in known:
                raise GrammarError(
                    Problem(f"`order` names `{name}`, which is no input here", location=component.origin(("order",)),
                            expected="names of `inputs`", suggestion=nearest(name, known))
                )
        first = [key for key in order if key in found]
        return {key: found[key] for key in [*first, *[key for key in found if key not in first]]}

    def _outputs(self, component: Merged, writer: NodeResolver) -> dict[str, PlanNode]:
        found = {}
        for key in component.value.get("outputs") or {}:
            node = component.sub(("outputs", key))
            if node.value.get("like") or _says_nothing(node.value):
                node = from_vocabulary(self.stack, key, node)
            writer.scope.spend(node.entries(), node, f"output `{key}`")
            if writer.wanted(node, f"output `{key}`"):
                found[key] = writer.resolve(node, key, key)
        return found


def _says_nothing(value: Mapping[str, Any]) -> bool:
    """Whether an output says nothing of what it is, so that the vocabulary does. One that has a shape of its own has
    nothing to do with the input of its name."""
    return not any(key in value for key in ("shape", "fields", "items", "python"))


def _check_names(what: str, nodes: Mapping[str, PlanNode], place: Location | None) -> None:
    """Raises :class:`GrammarError` where two tensors would have one name in the graph."""
    seen: set[str] = set()
    for tensor in (tensor for node in nodes.values() for tensor in leaves(node)):
        if tensor.name in seen:
            message = f"two {what} are named `{tensor.name}`"
            raise GrammarError(Problem(message, location=place, expected="a `name:` of its own for each"))
        seen.add(tensor.name)


def _check_needs(component: str, nodes: Mapping[str, PlanNode], written: Mapping[str, Merged]) -> None:
    """Raises :class:`GrammarError` where values come from an input that is no tensor, or from themselves."""
    needs = {name: node.fill.needs for name, node in nodes.items() if isinstance(node, TensorSpec)}
    for name, node in nodes.items():
        place = written[name].origin(("values",))
        for tensor in leaves(node):
            odd = next((need for need in tensor.fill.needs if need not in needs), None)
            if odd is not None:
                message = f"the values of `{tensor.name}` come from `{odd}`, which is a structure"
                raise GrammarError(Problem(message, location=place, expected="an input that is one tensor"))
        circle = _circle(name, needs)
        if circle:
            message = f"the values of `{name}` come from themselves: {' → '.join(circle)}"
            raise GrammarError(Problem(message, location=place))


def _circle(start: str, needs: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The way from a tensor's values back to themselves, or an empty list."""
    seen: set[str] = set()
    ways = [[start]]
    while ways:
        way = ways.pop()
        for need in needs.get(way[-1], ()):
            if need == start:
                return [*way, need]
            if need not in seen:
                seen.add(need)
                ways.append([*way, need])
    return []
