"""Components as written to a contract's: which there are, what each takes and returns, by which sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any

from shapespec.contracts.model import Component, Node, SizeRule, Value
from shapespec.errors import GrammarError, Problem, SpecError, UnknownNameError, nearest, unknown
from shapespec.expressions import Open
from shapespec.language.merging import rule_at
from shapespec.layers import Merged, Stack, overlay, pruned
from shapespec.resolving.call import Requested
from shapespec.resolving.instead import OnRequest, groups_of, without_replaced
from shapespec.resolving.names import Names
from shapespec.resolving.nodes import LIKE_LIMIT, NodeReader, from_vocabulary

_COMPONENT = rule_at(("components", "*"))

#: What a component that is `like` another says for itself alone.
_NOT_INHERITED = ("aliases", "why", "source", "when")


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
    kept = {key: value for key, value in base.value.items() if key not in _NOT_INHERITED}
    merged = overlay(Merged(kept, base.origins), _without(own, "like"), _COMPONENT)
    assert merged is not None
    return merged


def _without(merged: Merged, key: str) -> Merged:
    return Merged({k: v for k, v in merged.value.items() if k != key}, merged.origins)


class ComponentReader:
    """Reads the components of one spec. ``whole`` has the names that hold in all of them; ``names`` and ``merged`` are
    each component's own."""

    def __init__(self, whole: Names, include: Requested) -> None:
        self.whole = whole
        self.stack = whole.stack
        self.include = include
        self.names: dict[str, Names] = {}
        self.merged: dict[str, Merged] = {}

    def components(self) -> list[Component]:
        """Every component that may be there, in the order of first mention."""
        found = []
        for name in self.stack.keys("components"):
            layered = merged_component(self.stack, name)
            component = pruned(layered, _COMPONENT)
            names = self.whole.within(name, component)
            names.spend(layered.entries(), layered, f"component `{name}`")
            when = self._when(name, component, names)
            if when is not False:
                self.names[name] = names
                self.merged[name] = layered
                found.append(self._component(name, component, names, when))
        return found

    @staticmethod
    def _when(name: str, component: Merged, names: Names) -> Value:
        condition = component.value.get("when")
        if condition is None:
            return True
        found = names.folded(condition, component.origin(("when",)), f"`when` of component `{name}`")
        return found if isinstance(found, Open) else bool(found)

    def _component(self, name: str, component: Merged, names: Names, when: Value) -> Component:
        value = component.value
        phase = value.get("phase", "prefill")
        written = self._inputs(name, self.merged[name], names, phase)
        arguments = frozenset(written)
        groups = frozenset(group for node, _ in written.values() for group in groups_of(node))
        reader = NodeReader(names, self.include, arguments, output=False, phase=phase)
        inputs = tuple((key, reader.read(node, key, key, there)) for key, (node, there) in written.items())
        writer = NodeReader(names, self.include, arguments, output=True, phase=phase, groups=groups)
        outputs = tuple(self._outputs(component, "outputs", writer))
        # What exporters have no use for is read where there is a class that returns it.
        also = tuple(self._outputs(component, "also_returns", writer)) if names.facts["live"] else ()
        also = tuple((key, node) for key, node in also if key not in dict(outputs))
        own, formulas = self._rules(names, (inputs, outputs, also, when))
        return Component(
            name=name,
            inputs=inputs,
            outputs=outputs,
            sizes=own,
            formulas=formulas,
            aliases=tuple(value.get("aliases", ())),
            when=when,
            call=value.get("call"),
            model_class=value.get("model_class"),
            model_config=self._model_config(name, component, names),
            graph_outputs=value.get("graph_outputs"),
            unchecked=value.get("unchecked"),
            stepwise=value.get("stepwise"),
            also_returns=also,
            origin=component.origin,
        )

    @staticmethod
    def _rules(names: Names, parts: Any) -> tuple[tuple[SizeRule, ...], tuple[tuple[str, Value], ...]]:
        """The rules of all sizes, and the formulas, that the component's parts read, by way of others too."""
        rules: dict[str, SizeRule] = {}
        formulas: dict[str, Value] = {}
        waiting = list(open_names(parts))
        while waiting:
            name = waiting.pop()
            if name in names.formulas and name not in formulas:
                formulas[name] = names.formulas[name]
                waiting += open_names(formulas[name])
            elif name not in rules and names.dim(name) is not None:
                rules[name] = names.rule(name)
                waiting += [*open_names(rules[name]), *rules[name].behind]
        return tuple(rules.values()), tuple(formulas.items())

    @staticmethod
    def _model_config(name: str, component: Merged, names: Names) -> tuple[tuple[str, Value], ...] | None:
        found = component.value.get("model_config")
        if found is None:
            return None
        place, what = component.origin, f"of component `{name}`"
        return tuple(
            (key, names.folded(text, place(("model_config", key)), f"`{key}` {what}")) for key, text in found.items()
        )

    def _inputs(self, name: str, component: Merged, names: Names, phase: str) -> dict[str, tuple[Merged, Value]]:
        reader = NodeReader(names, self.include, frozenset(), output=False, phase=phase)
        found = {}
        for key, node in self._written(component):
            names.spend(node.entries(), node, f"input `{key}`")
            when = reader.condition(node, f"input `{key}`", key)
            if when is not False:
                found[key] = (node, when)
        return self._ordered(component, without_replaced(found, self.include, name))

    def _written(self, component: Merged) -> Iterator[tuple[str, Merged]]:
        """The inputs of a component as written, each over the vocabulary's."""
        for key, entry in (component.value.get("inputs") or {}).items():
            if entry is not None:
                yield key, from_vocabulary(self.stack, key, component.sub(("inputs", key)))

    def on_request(self) -> dict[str, OnRequest]:
        """The inputs that come on request, by name, asked for or not."""
        found: dict[str, OnRequest] = {}
        for name, layered in self.merged.items():
            component = pruned(layered, _COMPONENT)
            phase = component.value.get("phase", "prefill")
            reader = NodeReader(self.names[name], self.include, frozenset(), output=False, phase=phase)
            written = dict(self._written(layered))
            for key, node in written.items():
                here = node.value.get("phase") in (None, phase) and groups_of(node)
                if here and reader.holds(node, f"input `{key}`") is not False:
                    found[key] = OnRequest.of(key, node, written, name).beside(found.get(key))
        return found

    def check_request(self) -> None:
        """Raises :class:`UnknownNameError` for what is asked for and no input is of that name or group."""
        for name in self.include.unknown():
            on_request = self.on_request()
            known = dict.fromkeys([*(group for one in on_request.values() for group in one.groups), *on_request])
            raise UnknownNameError(unknown("input on request", name, known, argument="include"))

    @staticmethod
    def _ordered(component: Merged, found: dict[str, tuple[Merged, Value]]) -> dict[str, tuple[Merged, Value]]:
        order = component.value.get("order") or []
        known = component.value.get("inputs") or {}
        for name in order:
            if name not in known:
                raise GrammarError(
                    Problem(
                        f"`order` names `{name}`, which is no input here",
                        location=component.origin(("order",)),
                        expected="names of `inputs`",
                        suggestion=nearest(name, known),
                    )
                )
        first = [key for key in order if key in found]
        return {key: found[key] for key in [*first, *[key for key in found if key not in first]]}

    def _outputs(self, component: Merged, section: str, writer: NodeReader) -> Iterator[tuple[str, Node]]:
        for key in component.value.get(section) or {}:
            node = component.sub((section, key))
            if takes_vocabulary(node):
                node = from_vocabulary(self.stack, key, node)
            writer.names.spend(node.entries(), node, f"output `{key}`")
            when = writer.condition(node, f"output `{key}`")
            if when is not False:
                yield key, writer.read(node, key, key, when)


def takes_vocabulary(output: Merged) -> bool:
    """Whether an output starts from the vocabulary: it names an entry, or says of itself neither shape nor parts."""
    said = output.value
    return bool(said.get("like")) or not any(key in said for key in ("shape", "fields", "items", "python"))


def open_names(part: Any) -> Iterator[str]:
    """Every name that is left open in a part of a contract."""
    if isinstance(part, (str, int, float, bool)) or part is None:
        return  # most parts are
    if isinstance(part, Open):
        yield from part.expression.names
    elif isinstance(part, tuple):
        for item in part:
            yield from open_names(item)
    else:
        kind: Any = type(part)
        for name in _parts_of(kind):
            yield from open_names(getattr(part, name))


@cache
def _parts_of(kind: type[Any]) -> tuple[str, ...]:
    """The fields in which names may be left open."""
    return tuple(one.name for one in fields(kind) if one.name != "origin") if is_dataclass(kind) else ()


def shared(
    reader: ComponentReader, components: Sequence[Component], more: Any
) -> tuple[tuple[SizeRule, ...], tuple[tuple[str, Value], ...], tuple[Component, ...]]:
    """The rules and the formulas that hold in all components, the rules in the order of declaration: of every size that
    one of them reads, or that ``more`` reads; and the components with what is theirs alone. A rule that only a
    component's own facts can settle is taken from there."""
    whole = reader.whole
    rules: dict[str, SizeRule] = {}
    formulas: dict[str, Value] = {}
    waiting = [*open_names(more), *[rule.name for component in components for rule in component.sizes]]
    by_component = {rule.name: rule for component in reversed(components) for rule in component.sizes}
    while waiting:
        name = waiting.pop()
        if name in whole.formulas and name not in formulas:
            formulas[name] = whole.formulas[name]
            waiting += open_names(formulas[name])
        if name in rules or whole.dim(name) is None:
            continue
        try:
            rules[name] = whole.rule(name)
        except SpecError:
            if name not in by_component:
                raise
            rules[name] = by_component[name]
        waiting += [*open_names(rules[name]), *rules[name].behind]
    order = {name: number for number, name in enumerate(whole.stack.keys("dims"))}
    found = sorted(rules.values(), key=lambda rule: order[rule.name])
    alone = tuple(_alone(component, rules, formulas) for component in components)
    return tuple(found), tuple(formulas.items()), alone


def _alone(component: Component, rules: dict[str, SizeRule], formulas: dict[str, Value]) -> Component:
    """A component without the rules and the formulas that hold everywhere."""
    own = tuple(rule for rule in component.sizes if rules.get(rule.name) != rule)
    differing = tuple((name, value) for name, value in component.formulas if formulas.get(name) != value)
    return replace(component, sizes=own, formulas=differing)
