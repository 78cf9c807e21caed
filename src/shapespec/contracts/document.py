"""A contract as plain data, ready for JSON, and back: ``from_document(to_document(contract)) == contract``.

Where an expression may stand, a text is one, and plain text is ``{"text": …}``. What has its default is left out. What
is read back is data that fits :mod:`shapespec.contracts.schema`; :mod:`shapespec.contracts.reading` sees to that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass
from math import inf, nan
from typing import Any

from shapespec.contracts.layout import laid_out
from shapespec.contracts.model import (
    Axis,
    Component,
    Contract,
    Node,
    Origin,
    Parts,
    Plain,
    Repeated,
    Requirement,
    SizeRule,
    Tensor,
    Value,
    nowhere,
)
from shapespec.contracts.schema import VERSION
from shapespec.errors import ContractError, Location
from shapespec.expressions import Open
from shapespec.kinds import KINDS, Described, Kind, Placeholder, Takes, kind_named_in
from shapespec.version import __version__

#: Where a value stands in the data: keys and indices from the root down.
Path = tuple[Any, ...]

#: Where in a file a value stands.
Places = Callable[[Path], "Location | None"]

_Data = dict[str, Any]

_NUMBERS = {"Infinity": inf, "-Infinity": -inf, "NaN": nan}
_BOUNDS = ("value", "equals", "min", "max", "multiple_of")
_FACTS = ("task", "model_class", "variant")
_COMPONENT_TEXTS = ("call", "model_class", "graph_outputs", "unchecked", "stepwise")


def contract_text(contract: Contract) -> str:
    """A contract as a file has it: JSON, a tensor a line, always the same for the same contract."""
    return laid_out(to_document(contract))


# -- to data


def to_document(contract: Contract) -> _Data:
    """A contract as plain data. Raises :class:`shapespec.ContractError` where it holds what JSON can't."""
    found: _Data = {
        "contract": VERSION,
        "shapespec": __version__,
        "architecture": contract.architecture,
        "library": contract.library,
        **_said(contract, *_FACTS),
        "sizes": _sizes(contract.sizes),
        "formulas": {name: value_data(value) for name, value in contract.formulas},
        "requirements": [_requirement(one) for one in contract.requirements],
        "components": [_component(one) for one in contract.components],
    }
    return _without_empty(found, "sizes", "formulas", "requirements")


def value_data(value: Value) -> Any:
    """A value: an expression as its text, plain text as ``{"text": …}``."""
    if isinstance(value, Open):
        return value.text
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, (tuple, list)):
        return [value_data(item) for item in value]
    if isinstance(value, float) and (value != value or value in (inf, -inf)):
        return {"number": "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"}
    if value is None or isinstance(value, (bool, int, float)):
        return value
    raise ContractError(
        f"a contract can't hold a `{type(value).__name__}`: {str(value)[:60]}", expected="numbers, text and lists"
    )


def _said(part: Any, *names: str) -> _Data:
    return {name: found for name in names if (found := getattr(part, name)) is not None}


def _without_empty(data: _Data, *names: str) -> _Data:
    return {key: value for key, value in data.items() if value or key not in names}


def _sizes(rules: tuple[SizeRule, ...]) -> _Data:
    return {rule.name: _rule(rule) for rule in rules}


def _rule(rule: SizeRule) -> _Data:
    found: _Data = {key: value_data(value) for key, value in _said(rule, *_BOUNDS).items()}
    found |= {key: False for key in ("dynamic", "named") if not getattr(rule, key)}
    found |= {"own": True} if rule.own else {}
    found |= {"reads": [*rule.behind]} if rule.behind else {}
    texts = {key: text for key, text in rule.written if key in found and text != str(found[key])}
    found |= {"written": texts} if texts else {}
    return {**found, **_said(rule, "why", "source")}


def _requirement(one: Requirement) -> _Data:
    values = {name: value_data(value) for name, value in one.values}
    found = {"that": value_data(one.that), "written": one.text, "values": values, **_said(one, "why")}
    return _without_empty(found, "values")


def _component(component: Component) -> _Data:
    found: _Data = {
        "name": component.name,
        "aliases": [*component.aliases],
        **_condition(component.when),
        "sizes": _sizes(component.sizes),
        "formulas": {name: value_data(value) for name, value in component.formulas},
        **_said(component, "call", "model_class"),
    }
    if component.model_config is not None:
        found["model_config"] = {key: value_data(value) for key, value in component.model_config}
    found |= _said(component, "graph_outputs", "unchecked", "stepwise")
    for section, word in (("inputs", "input"), ("outputs", "output"), ("also_returns", "output")):
        writer = _Writer(word)
        found[section] = [writer.node(node, name, name, top=True) for name, node in getattr(component, section)]
    return _without_empty(found, "aliases", "sizes", "formulas", "also_returns")


def _condition(when: Value) -> _Data:
    return {} if when is True else {"when": value_data(when)}


@dataclass(frozen=True)
class _Writer:
    """Nodes of one section as data. ``flat`` is a node's place in the structure, from which its name follows."""

    section: str

    def node(self, node: Node, flat: str, argument: str, *, top: bool = False) -> _Data:
        head: _Data = {}
        if isinstance(node, Tensor):
            head["name"] = node.name
        if top or (isinstance(node, Tensor) and node.argument != argument):
            head["argument"] = node.argument if isinstance(node, Tensor) else argument
        head |= _condition(node.when)
        head |= {} if node.what == _what(self.section, flat) else {"what": node.what}
        if isinstance(node, Tensor):
            return {**head, **self._tensor(node)}
        if isinstance(node, Plain):
            return {**head, "python": value_data(node.value)}
        head |= {"container": node.container, **_said(node, "role", "inert")}
        if node.options:
            head["options"] = {key: value_data(value) for key, value in node.options}
        if isinstance(node, Repeated):
            head |= {"name": node.name, "repeat": value_data(node.repeat), "index": node.index}
            each = [self.node(p, _repeated(node.name, node.index, n, len(node.parts)), argument)
                    for n, p in enumerate(node.parts)]  # fmt: skip
            return {**head, "each": each}
        if node.keys is None:
            return {**head, "items": [self.node(p, f"{flat}.{n}", argument) for n, p in enumerate(node.parts)]}
        pairs = zip(node.keys, node.parts, strict=True)
        return {**head, "fields": {key: self.node(part, f"{flat}.{key}", argument) for key, part in pairs}}

    @staticmethod
    def _tensor(node: Tensor) -> _Data:
        found = {**_axes(node.axes), "dtype": node.dtype, **_said(node, "role", "inert")}
        if node.values is not None:
            found["values"] = _kind(node.values)
        if node.ranks:
            found["ranks"] = [{"when": value_data(when), **_axes(axes)} for when, axes in node.ranks]
        return found


def _what(section: str, flat: str) -> str:
    return f"{section} `{flat}`"


def _repeated(name: str, index: str, number: int, count: int) -> str:
    """The place of a part of a repetition."""
    return f"{name}.{{{index}}}" if count == 1 else f"{name}.{{{index} * {count} + {number}}}"


def _axes(axes: tuple[Axis, ...]) -> _Data:
    shape = [value_data(axis.size) for axis in axes]
    written = {str(n): axis.written for n, axis in enumerate(axes) if axis.written != _written(axis.size)}
    found = {
        "shape": shape,
        "axes": {str(n): axis.label for n, axis in enumerate(axes) if axis.label is not None},
        "dynamic": [n for n, axis in enumerate(axes) if axis.dynamic],
        "written": written,
    }
    return _without_empty(found, "axes", "dynamic", "written")


def _written(size: Value) -> str:
    """A size as its author wrote it, where nothing else is said."""
    return "unknown" if size is None else str(size)


def _kind(kind: Described) -> _Data:
    found: _Data = {}
    for one, takes in kind.parts():
        value = getattr(kind, one.name)
        if one.default is MISSING or value != one.default:
            found[one.name] = _part_data(takes, value)
    return found


def _part_data(takes: Takes, value: Any) -> Any:
    if takes is Takes.PARTS:
        return [_kind(item) for item in value]
    if _is_value(takes):
        return value_data(value)
    return [*value] if isinstance(value, tuple) else value


def _is_value(takes: Takes) -> bool:
    """Whether what a part takes is a value or an expression, rather than a word or a name."""
    return takes in (Takes.FORMULA, Takes.CONDITION) or not (takes.is_plain or takes is Takes.PARTS)


# -- from data


def from_document(data: Mapping[str, Any], places: Places | None = None) -> Contract:
    """The contract of data that fits the schema. ``places`` says where in a file its parts stand, for errors."""
    reader = _Reader(places)
    return Contract(
        architecture=data["architecture"],
        library=data["library"],
        **{name: data.get(name) for name in _FACTS},
        sizes=reader.sizes(data.get("sizes", {}), ("sizes",)),
        components=tuple(reader.component(one, ("components", n)) for n, one in enumerate(data["components"])),
        formulas=tuple((name, value_of(value)) for name, value in data.get("formulas", {}).items()),
        requirements=tuple(
            reader.requirement(one, ("requirements", n)) for n, one in enumerate(data.get("requirements", ()))
        ),
    )


def value_of(data: Any) -> Value:
    """The value that data stands for."""
    if isinstance(data, str):
        return Open(data)
    if isinstance(data, list):
        return tuple(value_of(item) for item in data)
    if isinstance(data, dict):
        text: str | None = data.get("text")
        return _NUMBERS[data["number"]] if text is None else text
    return data


def _kind_of(declared: type[Any], data: _Data) -> Any:
    parts = {one.name: _part_of(takes, data[one.name]) for one, takes in declared.parts() if one.name in data}
    return declared(**parts)


def _part_of(takes: Takes, data: Any) -> Any:
    if takes is Takes.PARTS:
        return tuple(_kind_of(Placeholder, item) for item in data)
    if _is_value(takes):
        return value_of(data)
    return tuple(data) if isinstance(data, list) else data


def _axes_of(data: _Data) -> tuple[Axis, ...]:
    labels, written, dynamic = data.get("axes", {}), data.get("written", {}), data.get("dynamic", ())
    found = []
    for number, item in enumerate(data["shape"]):
        size, key = value_of(item), str(number)
        found.append(Axis(size, labels.get(key), number in dynamic, written.get(key, _written(size))))
    return tuple(found)


@dataclass(frozen=True)
class _Place:
    """Where the parts of an entry stand."""

    places: Places
    base: Path

    def __call__(self, path: Path) -> Location | None:
        return self.places((*self.base, *path))


@dataclass(frozen=True)
class _Reader:
    places: Places | None

    def origin(self, path: Path) -> Origin:
        return nowhere if self.places is None else _Place(self.places, path)

    def sizes(self, data: _Data, path: Path) -> tuple[SizeRule, ...]:
        return tuple(self._rule(name, rule, (*path, name)) for name, rule in data.items())

    def _rule(self, name: str, data: _Data, path: Path) -> SizeRule:
        return SizeRule(
            name,
            **{key: value_of(data[key]) for key in _BOUNDS if key in data},
            **{key: data[key] for key in ("dynamic", "named", "own", "why", "source") if key in data},
            behind=tuple(data.get("reads", ())),
            written=tuple(data.get("written", {}).items()),
            origin=self.origin(path),
        )

    def requirement(self, data: _Data, path: Path) -> Requirement:
        that = value_of(data["that"])
        values = tuple((name, value_of(value)) for name, value in data.get("values", {}).items())
        return Requirement(that, data.get("written", str(that)), values, data.get("why"), self.origin(path))

    def component(self, data: _Data, path: Path) -> Component:
        config = data.get("model_config")
        return Component(
            name=data["name"],
            inputs=self._nodes("input", data["inputs"], (*path, "inputs")),
            outputs=self._nodes("output", data["outputs"], (*path, "outputs")),
            also_returns=self._nodes("output", data.get("also_returns", []), (*path, "also_returns")),
            sizes=self.sizes(data.get("sizes", {}), (*path, "sizes")),
            formulas=tuple((name, value_of(value)) for name, value in data.get("formulas", {}).items()),
            aliases=tuple(data.get("aliases", ())),
            when=value_of(data.get("when", True)),
            model_config=None if config is None else tuple((key, value_of(value)) for key, value in config.items()),
            **{name: data.get(name) for name in _COMPONENT_TEXTS},
            origin=self.origin(path),
        )

    def _nodes(self, section: str, data: list[_Data], path: Path) -> tuple[tuple[str, Node], ...]:
        found = []
        for number, node in enumerate(data):
            argument = argument_of(node)
            found.append((argument, self._node(section, node, argument, argument, (*path, number))))
        return tuple(found)

    def _node(self, section: str, data: _Data, flat: str, argument: str, path: Path) -> Node:
        rest: _Data = {
            "what": data.get("what", _what(section, flat)),
            "when": value_of(data.get("when", True)),
            "origin": self.origin(path),
        }
        if "python" in data:
            return Plain(value_of(data["python"]), **rest)
        rest |= {"role": data.get("role"), "inert": data.get("inert")}
        if "shape" in data:
            ranks = tuple((value_of(one["when"]), _axes_of(one)) for one in data.get("ranks", ()))
            values = data.get("values")
            kind: Kind | None = None if values is None else _kind_of(KINDS[kind_named_in(values) or ""], values)
            own = data.get("argument", argument)
            return Tensor(data["name"], own, _axes_of(data), data["dtype"], kind, ranks=ranks, **rest)
        rest["options"] = tuple((key, value_of(value)) for key, value in data.get("options", {}).items())
        container = data["container"]
        if "repeat" in data:
            name, index, each = data["name"], data["index"], data["each"]
            parts = tuple(
                self._node(section, part, _repeated(name, index, n, len(each)), argument, (*path, "each", n))
                for n, part in enumerate(each)
            )
            return Repeated(container, value_of(data["repeat"]), index, parts, name, **rest)
        keys = [*data["fields"]] if "fields" in data else [*range(len(data["items"]))]
        within = "fields" if "fields" in data else "items"
        parts = tuple(
            self._node(section, data[within][key], f"{flat}.{key}", argument, (*path, within, key)) for key in keys
        )
        return Parts(container, tuple(keys) if within == "fields" else None, parts, **rest)


def argument_of(node: Mapping[str, Any]) -> str:
    """The argument that a top node stands for: its name where it says nothing else."""
    found: str = node.get("argument") or node["name"]
    return found
