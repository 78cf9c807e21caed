"""Inputs and outputs as written to contract nodes: all but sizes worked out."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from shapespec.contracts.instantiate import LABEL_EXPRESSION, NODE_STEPS, repetitions
from shapespec.contracts.model import Axis, Node, Parts, Plain, Repeated, Tensor, Value
from shapespec.contracts.sizes import is_plain
from shapespec.errors import GrammarError, Location, Problem, listing, nearest
from shapespec.expressions import Open, parse
from shapespec.kinds import Integers, Kind, Mask
from shapespec.language.merging import rule_at
from shapespec.language.nodes import UNKNOWN
from shapespec.layers import Merged, Origins, Stack, overlay, pruned
from shapespec.libraries import options_of, takes_option
from shapespec.resolving.call import Requested
from shapespec.resolving.instead import groups_of
from shapespec.resolving.names import Names
from shapespec.resolving.values import read_values

#: How deep `like:` may lead before it must be a circle.
LIKE_LIMIT = 10

_NODE = rule_at(("inputs", "*"))


def from_vocabulary(stack: Stack, name: str, node: Merged) -> Merged:
    """A node over the vocabulary's entry of its name and over what `like:` names, the nearest winning.

    Raises:
        GrammarError: `like:` names nothing that is known, or itself.
    """
    base = stack.layered("inputs", name)
    merged = _resolved_like(stack, base, 0) if base is not None and not node.value.get("like") else None
    return pruned(_resolved_like(stack, overlay(merged, node, _NODE), 0), _NODE)


def _resolved_like(stack: Stack, node: Merged | None, depth: int) -> Merged:
    assert node is not None  # an entry that is removed never gets here
    like = node.value.get("like")
    if like is None:
        return node
    place = node.origin(("like",))
    base = stack.layered("inputs", like)
    if base is None or depth > LIKE_LIMIT:
        fault = f"`like: {like}` leads in a circle" if base is not None else f"`like` names the unknown input `{like}`"
        raise GrammarError(
            Problem(
                fault,
                location=place,
                expected="an entry of inputs.yaml or of `inputs:`",
                suggestion=nearest(like, stack.keys("inputs")),
                width=len(like),
            )
        )
    own = Merged({k: v for k, v in node.value.items() if k != "like"}, node.origins)
    below = _resolved_like(stack, base, depth + 1)
    # That one input cannot change the answer says nothing of another that looks like it.
    below = Merged({k: v for k, v in below.value.items() if k != "inert"}, below.origins)
    merged = overlay(below, own, _NODE)
    assert merged is not None
    return merged


class NodeReader:
    """Reads the nodes of one component. ``arguments`` are the component's input names (for what needs another),
    ``phase`` whether it goes on from a filled cache, ``groups`` those of the inputs on request that are there: their
    outputs are there too."""

    def __init__(
        self,
        names: Names,
        include: Requested,
        arguments: frozenset[str],
        *,
        output: bool,
        phase: str = "prefill",
        groups: frozenset[str] = frozenset(),
    ) -> None:
        self.names = names
        self.include = include
        self.arguments = arguments
        self.output = output
        self.phase = phase
        self.groups = groups

    def condition(self, node: Merged, what: str, name: str | None = None) -> Value:
        """Whether a node is there: its condition, and False where it is of another phase or was not asked for. ``name``
        is an input's own, by which it may be asked for."""
        value, groups = node.value, groups_of(node)
        if name is None and "instead_of" in value:
            raise GrammarError(
                Problem(
                    f"{what} is no input of its own, and stands instead of none",
                    width=len("instead_of"),
                    location=node.origin(("instead_of",)),
                    expected="`instead_of` at a component's input",
                )
            )
        if value.get("phase") not in (None, self.phase):
            return False
        if not self._asked(name, groups, alternative="instead_of" in value):
            return False
        there = self.holds(node, what)
        if there is not False and not self.output:
            self.include.note(name, groups)
        return there

    def _asked(self, name: str | None, groups: tuple[str, ...], *, alternative: bool) -> bool:
        if self.output:
            return not groups or not self.groups.isdisjoint(groups)
        return self.include.takes(name, groups, alternative=alternative)

    def holds(self, node: Merged, what: str) -> Value:
        """Whether a node's own condition holds."""
        if node.value.get("when") is None:
            return True
        found = self.names.folded(node.value["when"], node.origin(("when",)), f"`when` of {what}")
        return found if isinstance(found, Open) else bool(found)

    def read(self, node: Merged, argument: str, flat: str, when: Value = True) -> Node:
        """A node as tensors, structures and plain values. ``flat`` is its name in graphs unless it has its own."""
        value = node.value
        name = value.get("name") or flat
        what = f"{'output' if self.output else 'input'} `{flat}`"
        self.names.spend(NODE_STEPS, node, what)
        if "python" in value:
            return Plain(self._finished(value["python"], node.origin(("python",)), what), what, when, node.origin)
        if "shape" in value:
            return self._tensor(node, argument, name, what, when)
        if "fields" in value or "items" in value:
            return self._structure(node, argument, name, what, when)
        raise GrammarError(
            Problem(
                f"{what} has no shape",
                location=node.origin(()),
                expected="`shape`, `fields`, `items` or `python`, here or in the vocabulary",
                suggestion=nearest(flat, self.names.stack.keys("inputs")),
            )
        )

    # -- tensors

    def _tensor(self, node: Merged, argument: str, name: str, what: str, when: Value) -> Tensor:
        *ranks, (_, axes) = self._ranks(node, what)
        dtype = node.value.get("dtype", "float")
        values = None if self.output else self._values(node, dtype, what)
        role = node.value.get("role")
        return Tensor(
            name, argument, axes, dtype, values, what, role, when, tuple(ranks), node.origin, node.value.get("inert")
        )

    def _values(self, node: Merged, dtype: str, what: str) -> Kind:
        """The values. Once a cache is filled no features come along: nothing stands for them, or must be kept."""
        found = read_values(node, dtype, self.names, self.arguments, what)
        if self.phase == "decode" and isinstance(found, Integers) and found.placeholders:
            tokens = tuple(token for item in found.placeholders for token in (item.token, item.start, item.end))
            return replace(found, placeholders=(), avoid=(*found.avoid, *tokens))
        if isinstance(found, Mask):
            found = found.padded(self.names.facts.get("padding"))
            return replace(found, least=1, lengths=None) if self.phase == "decode" else found
        return found

    def _ranks(self, node: Merged, what: str) -> list[tuple[Value, tuple[Axis, ...]]]:
        """The axes. Where how many there are differs by a condition, those of the branch that holds; where sizes decide
        that, each branch with its condition, the last without."""
        shape = node.value["shape"]
        if isinstance(shape, list):
            return [(True, self._axes(shape, node, what))]
        tree, place = parse(shape).tree, node.origin(("shape",))
        found: list[tuple[Value, tuple[Axis, ...]]] = []
        while isinstance(tree, ast.IfExp):
            holds = self.names.folded(ast.unparse(tree.test), place, f"the shape of {what}")
            if isinstance(holds, Open):
                found.append((holds, self._axes(self._listed(tree.body, node, what), node, what)))
            tree = tree.body if holds and not isinstance(holds, Open) else tree.orelse
        return [*found, (True, self._axes(self._listed(tree, node, what), node, what))]

    @staticmethod
    def _listed(tree: ast.expr, node: Merged, what: str) -> list[str]:
        if isinstance(tree, ast.List):
            return [ast.unparse(element) for element in tree.elts]
        shape = node.value["shape"]
        raise GrammarError(
            Problem(
                f"the shape of {what} is no list: `{shape}`",
                location=node.origin(("shape",)),
                width=len(shape),
                expected="`[a, b] if condition else [a, b, c]`",
            )
        )

    def _axes(self, shape: list[Any], node: Merged, what: str) -> tuple[Axis, ...]:
        return tuple(self._axis(entry, node, index, what) for index, entry in enumerate(shape))

    def _axis(self, entry: Any, node: Merged, index: int, what: str) -> Axis:
        explicit = isinstance(entry, dict)
        named = explicit and "axis" in entry
        text = entry["size"] if explicit else entry
        place = node.origin(("shape", index))
        if text == UNKNOWN:
            if not self.output:
                raise GrammarError(
                    Problem(
                        f"axis {index} of {what} is `{UNKNOWN}`",
                        location=place,
                        width=len(text),
                        expected="a size: only an output's may be left to the run",
                    )
                )
            return Axis(None, self._label(entry["axis"], place, what) if named else None, True, UNKNOWN)
        size = self.names.folded(text, place, f"axis {index} of {what}")
        size = Open("None") if size is None else size  # no number, which is told; None is for what a run tells
        read, dynamic = self._read_label(text)
        return Axis(size, self._label(entry["axis"], place, what) if named else read, dynamic, str(text))

    def _label(self, label: str | None, place: Location | None, what: str) -> str | None:
        """An axis's name as written, what is known of the braces in it worked out."""
        if label is None or "{" not in label:
            return label

        def known(found: Any) -> str:
            value = self._finished(found[1], place, f"an axis's name of {what}")
            return f"{{{value}}}" if isinstance(value, Open) else str(value)

        return LABEL_EXPRESSION.sub(known, label)

    def _read_label(self, text: Any) -> tuple[str | None, bool]:
        """An axis's name in graphs, and whether it is dynamic: from the sizes that its expression reads."""
        expression = parse(text)
        dims = self.names.dims_in(expression)
        dynamic = any(self.names.is_dynamic(dim) for dim in dims)
        named = any(self.names.is_named(dim) for dim in dims)
        return (expression.text if named else None), dynamic

    # -- structures

    def _structure(self, node: Merged, argument: str, name: str, what: str, when: Value) -> Node:
        value = node.value
        if "repeat" in value:
            return self._repetition(node, argument, name, what, when)
        container, role = value.get("container", "list" if "items" in value else "dict"), value.get("role")
        options, inert = self._options(node, container, what), value.get("inert")
        if "items" in value:
            parts = [self._item(node, index, argument, f"{name}.{index}") for index in range(len(value["items"]))]
            kept = tuple(part for part in parts if part is not None)
            return Parts(container, None, kept, what, options, role, when, node.origin, inert)
        keys, found = self._fields(self._written(node, name), argument, name)
        return Parts(container, keys, found, what, options, role, when, node.origin, inert)

    def _item(self, node: Merged, index: int, argument: str, flat: str) -> Node | None:
        item = node.value["items"][index]
        entry = {"shape": item} if isinstance(item, list) else item
        place = tuple(node.history(("items",)) or node.history(()))
        merged = pruned(_resolved_like(self.names.stack, Merged(entry, Origins(place)), 0), _NODE)
        when = self.condition(merged, f"`{flat}`")
        return None if when is False else self.read(merged, argument, flat, when)

    def _written(self, node: Merged, name: str) -> dict[str, Merged]:
        """The fields as written, each over what its `like:` names."""
        self.names.spend(node.entries(), node, f"`{name}`")
        return {
            key: pruned(_resolved_like(self.names.stack, node.sub(("fields", key)), 0), _NODE)
            for key in node.value["fields"]
        }

    def _fields(self, written: dict[str, Merged], argument: str, name: str) -> tuple[tuple[str, ...], tuple[Node, ...]]:
        found: dict[str, Node] = {}
        for key, part in written.items():
            self.names.spend(1, part, f"`{name}.{key}`")
            when = self.condition(part, f"`{name}.{key}`")
            if when is not False:
                found[key] = self.read(part, argument, f"{name}.{key}", when)
        return tuple(found), tuple(found.values())

    def _repetition(self, node: Merged, argument: str, name: str, what: str, when: Value) -> Node:
        """Parts that come several times: written out where their number is known, else with a number left open."""
        value, index = node.value, node.value.get("index", "layer")
        count = self.names.folded(value["repeat"], node.origin(("repeat",)), f"`repeat` of {what}")
        outer, counted = self.names.local, self.names.counted
        container, role, inert = value.get("container", "tuple"), value.get("role"), value.get("inert")
        fields = self._written(node, name) if "items" not in value else {}
        parts: list[Node] = []
        try:
            if isinstance(count, Open):
                self.names.counted = counted | {index}
                parts = self._repeated(node, fields, argument, name, f"{{{index}}}", what)
                options = self._options(node, container, what) if "items" in value else ()
                found = tuple(parts)
                return Repeated(container, count, index, found, name, what, options, role, when, node.origin, inert)
            for number in range(repetitions(count, _Asked(what, node))):
                self.names.spend(NODE_STEPS, node, what)
                self.names.local = {**outer, index: number}
                place = len(parts) if "items" in value else number
                parts += self._repeated(node, fields, argument, name, place, what)
        finally:
            self.names.local, self.names.counted = outer, counted
        options = self._options(node, container, what) if "items" in value else ()
        return Parts(container, None, tuple(parts), what, options, role, when, node.origin, inert)

    def _repeated(
        self, node: Merged, fields: dict[str, Merged], argument: str, name: str, number: Any, what: str
    ) -> list[Node]:
        """One repetition; ``number`` is that of its first part in the whole."""
        if "items" not in node.value:
            keys, found = self._fields(fields, argument, f"{name}.{number}")
            options = self._options(node, node.value.get("container", "tuple"), what)
            here = f"{'output' if self.output else 'input'} `{name}.{number}`"
            return [Parts("dict", keys, found, here, options, None, True, node.origin)]
        count = len(node.value["items"])
        parts: list[Node] = []
        for place in range(count):
            if isinstance(number, int):
                part = self._item(node, place, argument, f"{name}.{number + len(parts)}")
            else:
                own = number if count == 1 else f"{{{number[1:-1]} * {count} + {place}}}"
                part = self._item(node, place, argument, f"{name}.{own}")
            parts += [part] if part is not None else []
        return parts

    def _options(self, node: Merged, container: str, what: str) -> tuple[tuple[str, Value], ...]:
        """The options' values, without those of a container that this one replaces. Raises :class:`GrammarError` for
        one that the container does not take."""
        found = dict(node.value.get("options") or {})
        replaced = [setter.value for setter in node.history(("container",))[1:]]
        for key in list(found):
            if takes_option(container, key):
                continue
            if any(takes_option(str(other), key) for other in replaced):
                del found[key]
            else:
                known = [f"{name}…" if name[-1] == "." else name for name in options_of(container)]
                raise GrammarError(
                    Problem(
                        f"a `{container}` takes no option `{key}`",
                        location=node.origin(("options", key)),
                        expected=listing(known) if known else "no options",
                        suggestion=nearest(key, known),
                    )
                )
        return tuple(
            (key, self._finished(text, node.origin(("options", key)), f"option `{key}` of {what}"))
            for key, text in found.items()
        )

    def _finished(self, text: Any, place: Location | None, what: str) -> Value:
        """A value that needs nothing but sizes. Raises :class:`GrammarError` for a part of the config."""
        found = self.names.folded(text, place, what)
        if not isinstance(found, Open) and not is_plain(found):
            raise GrammarError(
                Problem(
                    f"{what} is a part of the config: `{text}`",
                    location=place,
                    expected="a number, text, true, false, null, or a list of them",
                )
            )
        return found


class _Asked:
    """A node as errors of its repetition tell it."""

    def __init__(self, what: str, node: Merged) -> None:
        self.what = what
        self.origin = node.origin
