"""The JSON Schema of a contract's document: what tools of any language read and check contracts by.

Where an expression may stand, a text is one; plain text there is ``{"text": …}``. Which key a node has says what it is;
which kind of values is meant is said by the kind's own key, so the kinds' parts are those that :mod:`shapespec.kinds`
declares.
"""

from __future__ import annotations

import json
from dataclasses import MISSING
from functools import lru_cache
from typing import Any

from shapespec.expressions.parse import MAX_FOLDED
from shapespec.kinds import KINDS, Described, Placeholder, Takes
from shapespec.libraries import containers
from shapespec.plan import DEFAULT_DTYPES, ITEM_BYTES, ROLES

#: The version of the format. It changes when a reader of the last one would misread the new one.
VERSION = 1

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_Schema = dict[str, Any]

#: Numbers that JSON has no word for.
NUMBERS = ("Infinity", "-Infinity", "NaN")

_IDENTIFIER = "^[A-Za-z_][A-Za-z0-9_]*$"
_PATH = r"^[A-Za-z][A-Za-z0-9_]*(\(\))?(\.[A-Za-z][A-Za-z0-9_]*(\(\))?)*$"
_INDEX = "^[0-9]{1,3}$"

#: What makes a node what it is.
NODE_KEYS = ("shape", "fields", "items", "repeat", "python")
_NODES_ARE = "a tensor (`shape`), a structure (`fields`, `items` or `repeat`) or a plain value (`python`)"


def contract_schema() -> _Schema:
    """The schema as plain data: draft 2020-12. It is the caller's own."""
    found: _Schema = json.loads(contract_schema_text())
    return found


@lru_cache(maxsize=1)
def contract_schema_text() -> str:
    """The schema as it is stored."""
    return json.dumps(_contract(), indent=2, ensure_ascii=False) + "\n"


def _contract() -> _Schema:
    told = {
        "contract": {"const": VERSION, "description": "The version of this format"},
        "shapespec": _text("The version of shapespec that wrote it: for people"),
        "architecture": _text("Its name, as its library has it"),
        "library": _text("The library of the model"),
        "task": _text("The task that was asked for"),
        "model_class": _text("The class that serves the task"),
        "variant": _text("The variant that was asked for"),
        "sizes": _named(_ref("Size"), "The named sizes: what may be asked for, and what follows from it"),
        "formulas": _named(_ref("Value"), "Expressions that others read by name"),
        "requirements": _list(_ref("Requirement"), "What must hold between sizes"),
        "components": {**_list(_ref("Component"), "The graphs"), "minItems": 1, "maxItems": 200},
    }
    made = _object("What one model takes, sizes left open", told, ("contract", "architecture", "library", "components"))
    return {"$schema": DIALECT, "title": "shapespec contract", **made, "$defs": _definitions()}


def _definitions() -> _Schema:
    return {
        "Value": _value(),
        "Expression": {
            "description": "An expression over sizes, formulas and the index of a repetition around it",
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_FOLDED,
        },
        "Number": {"description": "A number, or an expression", "type": ["number", "string"], "maxLength": MAX_FOLDED},
        "Size": _size(),
        "Requirement": _requirement(),
        "Component": _component(),
        **_nodes("Input"),
        **_nodes("Output"),
        "Values": _values(),
        **{kind.__name__: _kind(kind) for kind in (*KINDS.values(), Placeholder)},
    }


def _value() -> _Schema:
    return {
        "description": "A number, true, false or null: itself. A text: an expression over sizes. A list: of values. "
        'Plain text is {"text": …}, a number that JSON has no word for {"number": …}',
        "maxLength": MAX_FOLDED,
        "items": _ref("Value"),
        "properties": {"text": {"type": "string"}, "number": {"enum": [*NUMBERS]}},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def _size() -> _Schema:
    return _object(
        "One named size. `value` is its default, which another may replace; `equals` is what it always is",
        {
            "value": _number("Its default; without one it must be given"),
            "equals": _number("What it follows from: it can't be given another value"),
            "min": _number("The least that it may be; 1 where not said"),
            "max": _number("The most that it may be"),
            "multiple_of": _number("Its step"),
            "dynamic": _flag("Whether other values run on one exported graph; true where not said"),
            "named": _flag("Whether graphs name its axes; true where not said"),
            "own": _flag("Whether the component alone declares it, so that a call's value is not for it"),
            "reads": _list({"type": "string", "pattern": _IDENTIFIER}, "The sizes that its default comes from"),
            "written": _object(
                "What its author wrote, where that differs: it names the reason of a bound",
                {key: {"type": "string"} for key in ("value", "equals", "min", "max", "multiple_of")},
            ),
            "why": _text("Why it is what it is"),
            "source": _text("Where the value or the rule comes from"),
        },
    )


def _requirement() -> _Schema:
    return _object(
        "What must hold between sizes",
        {
            "that": {**_ref("Expression"), "description": "The condition"},
            "written": _text("The condition as its author wrote it"),
            "values": {
                "description": "What the condition reads, by the author's names", "type": "object",
                "additionalProperties": _ref("Value"),
            },
            "why": _text("Why it must hold"),
        },
        ("that",),
    )  # fmt: skip


def _component() -> _Schema:
    return _object(
        "One graph",
        {
            "name": _name("The graph's name; `model` is the class's own forward"),
            "aliases": _list(_name("Another name"), "Other names of the graph"),
            "when": {**_ref("Expression"), "description": "The graph is there only if this holds"},
            "sizes": _named(_ref("Size"), "Rules that differ from the contract's own in this graph"),
            "formulas": _named(_ref("Value"), "Formulas that differ from the contract's own in this graph"),
            "inputs": _list(_ref("Input"), "The arguments of the call, in order"),
            "outputs": _list(_ref("Output"), "What comes back, in order"),
            "also_returns": _list(_ref("Output"), "What the class returns beside the graph's outputs"),
            "call": {
                "description": "What is called on the model instead of forward: `get_encoder()`, `text_encoder`",
                "type": "string", "pattern": _PATH, "maxLength": 200,
            },
            "model_class": _text("The class that this graph is of, where it is another"),
            "model_config": {
                "description": "That class's config", "type": "object", "additionalProperties": _ref("Value"),
            },
            "graph_outputs": _text("Why the outputs are an exporter's and not the class's own"),
            "unchecked": _text("Why the class can't be run to check it"),
            "stepwise": _text("Why its cache is filled token by token"),
        },
        ("name", "inputs", "outputs"),
    )  # fmt: skip


def _nodes(section: str) -> _Schema:
    is_input = section == "Input"
    node = {"type": "array", "items": _ref(section)}
    shared = {
        "argument": _name("The argument of the call (of an output: the field of what comes back) that it belongs to"),
        "when": {**_ref("Expression"), "description": "It is there only if this holds"},
        "what": _text("What errors call it, where that is not its place"),
    }
    role: _Schema = {"role": {"enum": [*ROLES], "description": "What it is to the model"}}
    role |= {"inert": _text("Why no value of it can change what the class answers")} if is_input else {}
    structure = {
        "container": {"enum": [*containers()], "description": "What the model takes it as"},
        "options": {
            "description": "What the container is made with", "type": "object", "additionalProperties": _ref("Value"),
        },
    }  # fmt: skip
    axes = {
        "shape": {
            "description": "The sizes, first axis first" + ("" if is_input else "; null where only a run tells"),
            "type": "array",
            "items": _ref("Number") if is_input else {"type": ["number", "string", "null"], "maxLength": MAX_FOLDED},
            "maxItems": 64,
        },
        "axes": _by_index({"type": "string", "maxLength": 1000}, "The axes that graphs name; in braces an expression"),
        "dynamic": _list({"type": "integer", "minimum": 0}, "The axes that may differ from run to run"),
        "written": _by_index({"type": "string"}, "Sizes as their author wrote them, where that differs"),
    }
    rank = {"when": {**_ref("Expression"), "description": "The shape that holds if this does"}, **axes}
    tensor = {
        "name": _name("Its name in graphs; inside a repetition {index} is the number"), **shared, **axes,
        "dtype": {
            "description": "`int` and `float` follow the caller's choice",
            "enum": [*dict.fromkeys((*DEFAULT_DTYPES, *ITEM_BYTES))],
        },
        **role, **({"values": _ref("Values")} if is_input else {}),
        "ranks": _list(_ref(f"{section}Shape"), "Other shapes, each with its condition: the first that holds is it"),
    }  # fmt: skip
    fields = {"description": "Parts by key", "type": "object", "additionalProperties": _ref(section)}
    parts: dict[str, tuple[str, _Schema, tuple[str, ...]]] = {
        "shape": ("Tensor", tensor, ("name", "shape", "dtype", *(("values",) if is_input else ()))),
        "fields": ("Fields", {**shared, **structure, **role, "fields": fields}, ("container", "fields")),
        "items": (
            "Items", {**shared, **structure, **role, "items": {**node, "description": "Parts in order"}},
            ("container", "items"),
        ),
        "repeat": (
            "Repeated",
            {
                **shared, **structure, **role,
                "name": _name("Its name: those of its parts start with it"),
                "repeat": _number("How many times its parts come"),
                "index": {"type": "string", "pattern": _IDENTIFIER, "description": "What counts them in expressions"},
                "each": {**node, "description": "The parts of one repetition"},
            },
            ("container", "name", "repeat", "index", "each"),
        ),
        "python": ("Plain", {**shared, "python": {**_ref("Value"), "description": "A value handed over as it is"}},
                   ("python",)),
    }  # fmt: skip
    about = {
        "Tensor": "A tensor",
        "Fields": "A structure with keys",
        "Items": "A structure in order",
        "Repeated": "A structure whose parts come as often as a size says",
        "Plain": "A plain Python value",
    }
    return {
        section: {
            "description": _NODES_ARE,
            "type": "object",
            "anyOf": [{"required": [key]} for key in parts],
            "dependentSchemas": {key: _ref(f"{section}{name}") for key, (name, _, _) in parts.items()},
        },
        f"{section}Shape": _object("A shape under a condition", rank, ("when", "shape")),
        **{f"{section}{name}": _object(about[name], body, needed) for name, body, needed in parts.values()},
    }


def _values() -> _Schema:
    """Which kind is meant: the first of the kinds' keys that is there, since one kind's may be another's part."""
    inside = {one.name for kind in KINDS.values() for one, _ in list(kind.parts())[1:]}
    found: _Schema = {}
    for number, (word, kind) in enumerate(KINDS.items()):
        earlier = [{"required": [other]} for other in list(KINDS)[:number]]
        ambiguous = word in inside
        found[word] = (
            {"if": {"not": {"anyOf": earlier}}, "then": _ref(kind.__name__)} if ambiguous else (_ref(kind.__name__))
        )
    return {
        "description": f"How the values are made: one of {', '.join(f'`{word}`' for word in KINDS)}",
        "type": "object",
        "anyOf": [{"required": [word]} for word in KINDS],
        "dependentSchemas": found,
    }


def _kind(kind: type[Described]) -> _Schema:
    fields = {one.name: _part(takes, one.metadata) for one, takes in kind.parts()}
    needed = tuple(one.name for one, _ in kind.parts() if one.default is MISSING)
    about = " ".join((kind.__doc__ or "").replace("``", "`").split()).rstrip(".")
    return _object(about, fields, needed)


_TAKES: dict[Takes, _Schema] = {
    Takes.IDS: {"type": "array", "items": {"$ref": "#/$defs/Value"}},
    Takes.WHOLE_PAIR: {"type": "array", "items": {"$ref": "#/$defs/Value"}, "minItems": 2, "maxItems": 2},
    Takes.NUMBER_PAIR: {"type": "array", "items": {"$ref": "#/$defs/Value"}, "minItems": 2, "maxItems": 2},
    Takes.NUMBERS: {"type": "array", "items": {"$ref": "#/$defs/Value"}, "minItems": 1},
    Takes.AXIS: {"type": "integer"},
    Takes.INPUT: {"type": "string", "minLength": 1},
    Takes.FLAG: {"type": "boolean"},
    Takes.TRUE: {"const": True},
    Takes.PROSE: {"type": "string"},
    Takes.PARTS: {"type": "array", "items": {"$ref": f"#/$defs/{Placeholder.__name__}"}},
}


def _part(takes: Takes, metadata: Any) -> _Schema:
    if metadata.get("inner"):
        return _list({"type": "string", "minLength": 1}, "The inputs that it reads")
    about = {"description": metadata["about"]} if metadata.get("about") else {}
    if takes is Takes.WORD:
        return {"enum": [*metadata["words"]], **about}
    return {**_TAKES.get(takes, _ref("Value")), **about}


def _ref(name: str) -> _Schema:
    return {"$ref": f"#/$defs/{name}"}


def _text(about: str) -> _Schema:
    return {"type": "string", "description": about}


def _name(about: str) -> _Schema:
    return {"type": "string", "minLength": 1, "maxLength": 1000, "description": about}


def _flag(about: str) -> _Schema:
    return {"type": "boolean", "description": about}


def _number(about: str) -> _Schema:
    return {**_ref("Number"), "description": about}


def _list(of: _Schema, about: str) -> _Schema:
    return {"type": "array", "items": of, "description": about}


def _named(of: _Schema, about: str) -> _Schema:
    return {
        "type": "object", "propertyNames": {"pattern": _IDENTIFIER, "maxLength": 100}, "additionalProperties": of,
        "description": about,
    }  # fmt: skip


def _by_index(of: _Schema, about: str) -> _Schema:
    return {"type": "object", "propertyNames": {"pattern": _INDEX}, "additionalProperties": of, "description": about}


def _object(about: str, properties: _Schema, required: tuple[str, ...] = ()) -> _Schema:
    found: _Schema = {"description": about, "type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": [*required]} if required else found
