"""What a JSON Schema can't see: whether expressions parse, whether the names in them are known, whether names are one
thing each. Of data that fits the schema."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from shapespec.contracts.document import argument_of
from shapespec.contracts.instantiate import LABEL_EXPRESSION
from shapespec.contracts.misfits import Fault, Path
from shapespec.errors import ExpressionError, listing, nearest
from shapespec.expressions.functions import ARRAY_FUNCTIONS
from shapespec.expressions.parse import Expression, parse_folded
from shapespec.kinds import KINDS, Described, Placeholder, Takes, kind_named_in
from shapespec.libraries import options_of, takes_option

_Data = Mapping[str, Any]
_Names = frozenset[str]

_BOUNDS = ("value", "equals", "min", "max", "multiple_of")


def wrong_parts(data: _Data) -> Iterator[Fault]:
    """Each part that says what a contract can't."""
    components = data["components"]
    shared = _names_of(data)
    every = shared.union(*(_names_of(component) for component in components))
    yield from _rules(data, every, ())
    for number, requirement in enumerate(data.get("requirements", ())):
        path = ("requirements", number)
        yield from _expression(requirement["that"], every, (*path, "that"))
        yield from _mapping(requirement.get("values", {}), every, (*path, "values"))
    yield from _twice([component["name"] for component in components], ("components",), "components", ("name",))
    for number, component in enumerate(components):
        yield from _component(component, shared | _names_of(component), every, ("components", number))


def _names_of(part: _Data) -> _Names:
    return frozenset(part.get("sizes", {})) | frozenset(part.get("formulas", {}))


def _rules(part: _Data, names: _Names, path: Path) -> Iterator[Fault]:
    for name, rule in part.get("sizes", {}).items():
        for key in _BOUNDS:
            if key in rule:
                yield from _value(rule[key], names, (*path, "sizes", name, key))
        for number, read in enumerate(rule.get("reads", ())):
            if read not in names:
                yield _unknown("size", read, names, (*path, "sizes", name, "reads", number))
    formulas = part.get("formulas", {})
    yield from _mapping(formulas, names, (*path, "formulas"))
    for name in formulas:
        circle = _circle(name, formulas)
        if circle:
            said = f"`{name}` depends on itself: {' → '.join(circle)}"
            yield (*path, "formulas", name), False, {"message": said, "expected": "formulas that end in sizes"}


def _circle(start: str, formulas: _Data) -> list[str]:
    """The way from a formula back to itself, or an empty list."""
    seen: set[str] = set()
    ways = [[start]]
    while ways:
        way = ways.pop()
        for name in _read_by(formulas[way[-1]]):
            if name == start:
                return [*way, name]
            if name in formulas and name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []


def _read_by(value: Any) -> tuple[str, ...]:
    if not isinstance(value, str):
        return ()
    try:
        return parse_folded(value).names
    except ExpressionError:
        return ()


def _component(component: _Data, names: _Names, every: _Names, path: Path) -> Iterator[Fault]:
    yield from _rules(component, every, path)
    if "when" in component:
        yield from _expression(component["when"], names, (*path, "when"))
    yield from _mapping(component.get("model_config", {}), names, (*path, "model_config"))
    for section in ("inputs", "outputs", "also_returns"):
        nodes = component.get(section, [])
        nameless = [number for number, node in enumerate(nodes) if "argument" not in node and "shape" not in node]
        for number in nameless:
            said = {"message": "there is no `argument`", "expected": "`argument`: what it is called in the call"}
            yield (*path, section, number), False, said
        if nameless:
            return
        arguments = [argument_of(node) for node in nodes]
        yield from _twice(arguments, (*path, section), section, ())
        reader = _Nodes(names, frozenset(arguments) if section == "inputs" else frozenset())
        for number, node in enumerate(nodes):
            yield from reader.node(node, frozenset(), (*path, section, number))


def _twice(names: list[str], path: Path, what: str, within: Path) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            said = f"two {what} are named `{name[:60]}`"
            yield (*path, number, *within), False, {"message": said, "expected": "a name of its own for each"}
        seen.add(name)


class _Nodes:
    """Looks at the nodes of one component. ``arguments`` are its inputs."""

    def __init__(self, names: _Names, arguments: _Names) -> None:
        self.names = names
        self.arguments = arguments

    def node(self, node: _Data, counted: _Names, path: Path, around: str = "") -> Iterator[Fault]:
        """The faults of a node inside repetitions that count these names; ``around`` is the container that it is in."""
        names = self.names | counted
        if "when" in node:
            yield from _expression(node["when"], names, (*path, "when"))
        if "python" in node:
            yield from _value(node["python"], names, (*path, "python"))
        elif "shape" in node:
            yield from self._tensor(node, names, counted, path)
        else:
            yield from self._structure(node, names, counted, path, around)

    def _structure(self, node: _Data, names: _Names, counted: _Names, path: Path, around: str) -> Iterator[Fault]:
        container = node["container"]
        yield from _mapping(node.get("options", {}), names, (*path, "options"))
        taking = (container, around) if container == "dict" else (container,)  # a layer's options stand at its parts
        for key in node.get("options", {}):
            if not any(takes_option(name, key) for name in taking):
                known = [option for name in taking for option in options_of(name)]
                expected = listing(known) if known else "no options"
                said = {"message": f"a `{container}` takes no option `{key[:60]}`", "expected": expected}
                yield (*path, "options", key), True, {**said, "suggestion": nearest(key, known)}
        if "repeat" in node:
            yield from _value(node["repeat"], names, (*path, "repeat"))
            counted = counted | {node["index"]}
        for section in ("fields", "items", "each"):
            if section in node:
                keys = node[section] if section == "fields" else range(len(node[section]))
                for key in keys:
                    yield from self.node(node[section][key], counted, (*path, section, key), container)

    def _tensor(self, node: _Data, names: _Names, counted: _Names, path: Path) -> Iterator[Fault]:
        for text in LABEL_EXPRESSION.findall(node["name"]) if counted else ():
            yield from _expression(text, names, (*path, "name"))
        yield from self._axes(node, names, path)
        for number, rank in enumerate(node.get("ranks", ())):
            yield from _expression(rank["when"], names, (*path, "ranks", number, "when"))
            yield from self._axes(rank, names, (*path, "ranks", number))
        if "values" in node:
            values = node["values"]
            kind = KINDS[kind_named_in(values) or ""]
            yield from self._parts(kind, values, names, (*path, "values"))

    @staticmethod
    def _axes(node: _Data, names: _Names, path: Path) -> Iterator[Fault]:
        rank = len(node["shape"])
        for number, size in enumerate(node["shape"]):
            yield from _value(size, names, (*path, "shape", number))
        for section in ("axes", "dynamic", "written"):
            for key in node.get(section, ()):
                if int(key) >= rank:
                    said = {"message": f"there is no axis {key}", "expected": f"one of the {rank} axes of `shape`"}
                    yield (*path, section), False, said
        for key, label in node.get("axes", {}).items():
            for text in LABEL_EXPRESSION.findall(label):
                yield from _expression(text, names, (*path, "axes", key))

    def _parts(self, kind: type[Described], values: _Data, names: _Names, path: Path) -> Iterator[Fault]:
        for one, takes in kind.parts():
            if one.name not in values:
                continue
            value, here = values[one.name], (*path, one.name)
            if takes is Takes.PARTS:
                for number, item in enumerate(value):
                    yield from self._parts(Placeholder, item, names, (*here, number))
            elif takes is Takes.INPUT or one.metadata.get("inner"):
                for read in [value] if isinstance(value, str) else value:
                    if read not in self.arguments:
                        yield _unknown("input", read, self.arguments, here)
            elif takes is Takes.FORMULA:
                yield from _value(value, names | frozenset(values.get("reads", ())), here, arrays=True)
            elif not takes.is_plain or takes is Takes.CONDITION:
                yield from _value(value, names, here)


def _mapping(values: _Data, names: _Names, path: Path) -> Iterator[Fault]:
    for key, value in values.items():
        yield from _value(value, names, (*path, key))


def _value(value: Any, names: _Names, path: Path, *, arrays: bool = False) -> Iterator[Fault]:
    if isinstance(value, str):
        yield from _expression(value, names, path, arrays=arrays)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _value(item, names, (*path, number), arrays=arrays)


def _expression(text: str, names: Collection[str], path: Path, *, arrays: bool = False) -> Iterator[Fault]:
    try:
        expression = parse_folded(text)
    except ExpressionError as error:
        problem = error.problems[0]
        said = {"message": problem.message, "expected": problem.expected, "suggestion": problem.suggestion}
        yield path, False, said
        return
    for name in expression.names:
        if name not in names:
            yield _unknown("name", name, names, path)
    yield from _reaching(expression, path, arrays)


def _reaching(expression: Expression, path: Path, arrays: bool) -> Iterator[Fault]:
    """What expressions of files may do and those of a contract may not."""
    for part in ast.walk(expression.tree):
        if isinstance(part, ast.Attribute):
            said = f"`{expression.text[:60]}` reads `.{part.attr[:60]}`: a contract has no config"
            yield path, False, {"message": said, "expected": "names of sizes and formulas"}
            return
        called = isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id
        if called and called in ARRAY_FUNCTIONS and not arrays:
            said = f"`{called}` works on whole arrays: it belongs into a `formula`"
            yield path, False, {"message": said, "expected": "functions of numbers and lists"}
            return


def _unknown(what: str, name: str, known: Collection[str], path: Path) -> Fault:
    said = {"message": f"unknown {what} `{name[:60]}`", "expected": listing(sorted(known)),
            "suggestion": nearest(name, known)}  # fmt: skip
    return path, False, said
