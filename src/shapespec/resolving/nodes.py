"""Inputs and outputs as written to tensors and structures with numbers in them."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from shapespec.errors import GrammarError, Location, Problem, SizeError, listing, nearest
from shapespec.expressions import parse
from shapespec.grammar.containers import options_of, takes_option
from shapespec.grammar.nodes import LABEL_EXPRESSION
from shapespec.layers import Merged, Origins, Stack, overlay, pruned
from shapespec.resolving.scope import MAX_SIZE, UNKNOWN_MARK, Scope, shortened
from shapespec.resolving.values import is_plain, plain, resolve_values
from shapespec.spec import Fill, PlainValue, PlanNode, Structure, TensorSpec

#: How deep `like:` may lead before it must be a circle.
LIKE_LIMIT = 10

#: More repetitions than any model has layers: a config that asks for more is wrong.
_REPEAT_LIMIT = 4_096

#: What a node takes of a load's budget: some twenty thousand tensors are its end.
_NODE_STEPS = 40


class Requested:
    """The groups of inputs that the call asks for. Notes which groups there are, so that an unknown one is told."""

    def __init__(self, asked: Iterable[str] = ()) -> None:
        self.asked = frozenset(asked)
        self.known: set[str] = set()

    def __contains__(self, group: object) -> bool:
        self.known.add(str(group))
        return group in self.asked


def from_vocabulary(stack: Stack, name: str, node: Merged) -> Merged:
    """A node over the vocabulary's entry of its name and over what `like:` names, the nearest winning.

    Raises:
        GrammarError: `like:` names nothing that is known, or itself.
    """
    base = stack.layered("inputs", name)
    merged = _resolved_like(stack, base, 0) if base is not None and not node.value.get("like") else None
    return pruned(_resolved_like(stack, overlay(merged, node, "node"), 0), "node")


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
            Problem(fault, location=place, expected="an entry of inputs.yaml or of `inputs:`",
                    suggestion=nearest(like, stack.keys("inputs")), width=len(like))
        )
    own = Merged({k: v for k, v in node.value.items() if k != "like"}, node.origins)
    merged = overlay(_resolved_like(stack, base, depth + 1), own, "node")
    assert merged is not None
    return merged


class NodeResolver:
    """Resolves the nodes of one component. ``arguments`` are the component's input names (for what needs another)."""

    def __init__(self, scope: Scope, include: Requested, arguments: frozenset[str], output: bool) -> None:
        self.scope = scope
        self.include = include
        self.arguments = arguments
        self.output = output

    def wanted(self, node: Merged, what: str) -> bool:
        """Whether a node is there: its condition holds and, where it comes on request only, it was asked for."""
        value = node.value
        if value.get("include") is not None and value["include"] not in self.include:
            return False
        return self.scope.holds(value.get("when"), node.origin(("when",)), what)

    def resolve(self, node: Merged, argument: str, flat: str) -> PlanNode:
        """A node as tensors, structures and plain values. ``flat`` is its name in graphs unless it has its own."""
        value = node.value
        name = value.get("name") or flat
        what = f"{'output' if self.output else 'input'} `{flat}`"
        self.scope.spend(_NODE_STEPS, node, what)
        if "python" in value:
            return PlainValue(self._finished(value["python"], node.origin(("python",)), what))
        if "shape" in value:
            return self._tensor(node, argument, name, what)
        if "fields" in value or "items" in value:
            return self._structure(node, argument, name, what)
        raise GrammarError(
            Problem(f"{what} has no shape", location=node.origin(()),
                    expected="`shape`, `fields`, `items` or `python`, here or in the vocabulary",
                    suggestion=nearest(flat, self.scope.stack.keys("inputs")))
        )

    # -- tensors

    def _tensor(self, node: Merged, argument: str, name: str, what: str) -> TensorSpec:
        axes = [self._axis(entry, node, index, what) for index, entry in enumerate(self._shape(node, what))]
        word = node.value.get("dtype", "float")
        shape = tuple(size for size, _, _, _ in axes)
        known = tuple(size for size in shape if size is not None)
        fill = Fill("none") if self.output else resolve_values(
            node, word, known, self.scope, self.arguments, what
        )  # fmt: skip
        return TensorSpec(
            name=name,
            argument=argument,
            shape=shape,
            dtype_word=word,
            labels=tuple(label for _, label, _, _ in axes),
            dynamic=tuple(dynamic for _, _, dynamic, _ in axes),
            expressions=tuple(text for _, _, _, text in axes),
            fill=fill,
        )

    def _shape(self, node: Merged, what: str) -> list[Any]:
        """The axes as written. Where the rank differs by a condition, those of the branch that holds."""
        shape = node.value["shape"]
        if isinstance(shape, list):
            return shape
        tree, place = parse(shape).tree, node.origin(("shape",))
        while isinstance(tree, ast.IfExp):
            holds = self.scope.evaluate(ast.unparse(tree.test), place, f"the shape of {what}")
            tree = tree.body if holds else tree.orelse
        if not isinstance(tree, ast.List):
            raise GrammarError(Problem(f"the shape of {what} is no list: `{shape}`", location=place, width=len(shape),
                                       expected="`[a, b] if condition else [a, b, c]`"))
        return [ast.unparse(element) for element in tree.elts]

    def _axis(self, entry: Any, node: Merged, index: int, what: str) -> tuple[int | None, str | None, bool, str]:
        """(size, label, dynamic, as written) of one axis."""
        explicit = isinstance(entry, dict)
        named = explicit and "axis" in entry
        text = entry["size"] if explicit else entry
        place = node.origin(("shape", index))
        if isinstance(text, str) and text.endswith(UNKNOWN_MARK):
            if not self.output:
                raise GrammarError(
                    Problem(f"axis {index} of {what} is `{text}`", location=node.origin(("shape", index)),
                            width=len(text), expected="a size: only an output's may be left to the run")
                )
            label = text[: -len(UNKNOWN_MARK)]
            return None, self._named(entry["axis"], place, what) if named else label, True, text
        size = self.scope.evaluate(text, place, f"axis {index} of {what}")
        if isinstance(size, float) and size.is_integer():
            size = int(size)
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= MAX_SIZE:
            message = f"axis {index} of {what}: `{text}` is {shortened(size)}"
            raise SizeError(Problem(message, location=place, expected="a whole number, 0 or more"))
        read, dynamic = self._label(text)
        return size, self._named(entry["axis"], place, what) if named else read, dynamic, str(text)

    def _named(self, label: str | None, place: Location | None, what: str) -> str | None:
        """An axis's name as written, what stands in braces worked out."""
        if label is None or "{" not in label:
            return label
        said = f"an axis's name of {what}"
        return LABEL_EXPRESSION.sub(lambda found: str(self._finished(found[1], place, said)), label)

    def _label(self, text: Any) -> tuple[str | None, bool]:
        """An axis's name in graphs, and whether it is dynamic: from the sizes that its expression reads."""
        expression = parse(text)
        dims = self.scope.dims_in(expression)
        dynamic = any(self.scope.is_dynamic(dim) for dim in dims)
        named = any(self.scope.is_named(dim) for dim in dims)
        return (expression.text if named else None), dynamic

    # -- structures

    def _structure(self, node: Merged, argument: str, name: str, what: str) -> Structure:
        value = node.value
        if "repeat" in value:
            return self._repetition(node, argument, name, what)
        container = value.get("container", "list" if "items" in value else "dict")
        options = self._options(node, container, what)
        if "items" in value:
            parts = [self._item(node, index, argument, f"{name}.{index}") for index in range(len(value["items"]))]
            kept = tuple(part for part in parts if part is not None)
            return Structure(container, None, kept, options)
        keys, found = self._fields(node, argument, name)
        return Structure(container, keys, found, options)

    def _item(self, node: Merged, index: int, argument: str, flat: str) -> PlanNode | None:
        item = node.value["items"][index]
        entry = {"shape": item} if isinstance(item, list) else item
        place = tuple(node.history(("items",)) or node.history(()))
        merged = pruned(_resolved_like(self.scope.stack, Merged(entry, Origins(place)), 0), "node")
        return self.resolve(merged, argument, flat) if self.wanted(merged, f"`{flat}`") else None

    def _fields(self, node: Merged, argument: str, name: str) -> tuple[tuple[str, ...], tuple[PlanNode, ...]]:
        return self._resolved_fields(self._parts(node, name), argument, name)

    def _parts(self, node: Merged, name: str) -> dict[str, Merged]:
        """The fields as written, each over what its `like:` names."""
        self.scope.spend(node.entries(), node, f"`{name}`")
        return {
            key: pruned(_resolved_like(self.scope.stack, node.sub(("fields", key)), 0), "node")
            for key in node.value["fields"]
        }

    def _resolved_fields(
        self, parts: dict[str, Merged], argument: str, name: str
    ) -> tuple[tuple[str, ...], tuple[PlanNode, ...]]:
        found: dict[str, PlanNode] = {}
        for key, part in parts.items():
            self.scope.spend(1, part, f"`{name}.{key}`")
            if self.wanted(part, f"`{name}.{key}`"):
                found[key] = self.resolve(part, argument, f"{name}.{key}")
        return tuple(found), tuple(found.values())

    def _repetition(self, node: Merged, argument: str, name: str, what: str) -> Structure:
        value = node.value
        place = node.origin(("repeat",))
        count = self.scope.evaluate(value["repeat"], place, f"`repeat` of {what}")
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= _REPEAT_LIMIT:
            message = f"`repeat` of {what}: `{value['repeat']}` is {shortened(count)}"
            raise SizeError(Problem(message, location=place, expected=f"a whole number up to {_REPEAT_LIMIT:,}"))
        index, container = value.get("index", "layer"), value.get("container", "tuple")
        outer = self.scope.local
        fields = self._parts(node, name) if "items" not in value else {}
        parts: list[PlanNode] = []
        try:
            for number in range(count):
                self.scope.spend(_NODE_STEPS, node, what)
                self.scope.local = {**outer, index: number}
                if "items" in value:
                    for place_in in range(len(value["items"])):
                        part = self._item(node, place_in, argument, f"{name}.{len(parts)}")
                        parts += [part] if part is not None else []
                    continue
                keys, resolved = self._resolved_fields(fields, argument, f"{name}.{number}")
                parts.append(Structure("dict", keys, resolved, self._options(node, container, what)))
        finally:
            self.scope.local = outer
        options = self._options(node, container, what) if "items" in value else ()
        return Structure(container, None, tuple(parts), options)

    def _options(self, node: Merged, container: str, what: str) -> tuple[tuple[str, Any], ...]:
        """The options' values. Raises :class:`GrammarError` for one that the container does not take."""
        found = node.value.get("options") or {}
        for key in found:
            if not takes_option(container, key):
                known = [f"{name}…" if name[-1] == "." else name for name in options_of(container)]
                raise GrammarError(
                    Problem(f"a `{container}` takes no option `{key}`", location=node.origin(("options", key)),
                            expected=listing(known) if known else "no options",
                            suggestion=nearest(key, known))
                )
        return tuple(
            (key, self._finished(text, node.origin(("options", key)), f"option `{key}` of {what}"))
            for key, text in found.items()
        )

    def _finished(self, text: Any, place: Location | None, what: str) -> Any:
        """A value that needs nothing more. Raises :class:`GrammarError` for a part of the config."""
        found = plain(self.scope.evaluate(text, place, what))
        if not is_plain(found):
            raise GrammarError(Problem(f"{what} is a part of the config: `{text}`", location=place,
                                       expected="a number, text, true, false, null, or a list of them"))
        return found
