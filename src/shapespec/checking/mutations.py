"""Meaningful changes to a spec, each as what a user's own file would say over the built-in ones.

A mutation is what an author gets wrong: an input too many or too few, another name, order, type, range or length, a
mask on the other side, a bound left out, an axis with another name. What `check` does not notice of these, it does not
prove.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from shapespec.checking.written import written
from shapespec.plan import ComponentPlan
from shapespec.spec import Spec

_Data = dict[str, Any]

#: An input that no class has, and those of the vocabulary that a class may lack.
ADDED = ("hidden_hint", "token_type_ids", "position_ids", "pixel_mask", "bbox", "attention_mask")


@dataclass(frozen=True)
class Mutation:
    """One change: its ``kind``, what it does in words, and the body of a file that makes it."""

    kind: str
    what: str
    overlay: _Data = field(compare=False)


@dataclass(frozen=True)
class Entry:
    """An input or an output as written, all layers merged. ``path`` leads to it in a file's body."""

    path: tuple[str, ...]
    node: Mapping[str, Any]

    @property
    def called(self) -> str:
        """Its place in words: the component's name first."""
        _, component, _, *rest = self.path
        return f"{'.'.join(part for part in rest if part != 'fields')} of {component}"

    @property
    def shape(self) -> list[Any]:
        """The axes as written; none where a condition decides how many there are."""
        found = self.node.get("shape")
        return list(found) if isinstance(found, list) else []

    @property
    def values(self) -> Mapping[str, Any]:
        """How the values are made, as written."""
        return self.node.get("values") or {}

    def says(self, node: Any) -> _Data:
        """The body that says this of the entry."""
        return nested(self.path, node)


class Subject:
    """A spec of a live model as its files have it: what is changed."""

    def __init__(self, spec: Spec, config: Mapping[str, Any]) -> None:
        assert spec.provenance is not None  # it comes from files
        self.spec = spec
        self.config = config
        self.stack = spec.provenance.stack

    def inputs(self) -> Iterator[tuple[ComponentPlan, Entry]]:
        """The inputs of each component, as forward takes them."""
        yield from self._entries("inputs")

    def outputs(self) -> Iterator[tuple[ComponentPlan, Entry]]:
        """The outputs of each component."""
        yield from self._entries("outputs")

    def _entries(self, section: str) -> Iterator[tuple[ComponentPlan, Entry]]:
        for plan in self.spec.plans:
            for name, node, _ in written(self.spec, plan, section):
                yield plan, Entry(("components", plan.name, section, name), node)

    def leaves(self, section: str = "inputs") -> Iterator[tuple[ComponentPlan, Entry]]:
        """The tensors alone, those in structures too."""
        for plan, entry in self._entries(section):
            for leaf in _leaves(entry):
                yield plan, leaf


def _leaves(entry: Entry) -> Iterator[Entry]:
    if "shape" in entry.node:
        yield entry
    for name, part in (entry.node.get("fields") or {}).items():
        if part is not None:
            node = {"shape": part} if isinstance(part, list) else part
            yield from _leaves(Entry((*entry.path, "fields", name), node))


def nested(path: tuple[str, ...], value: Any) -> _Data:
    """``{a: {b: value}}``."""
    for part in reversed(path):
        value = {part: value}
    found: _Data = value
    return found


Maker = Callable[[Subject], Iterator[Mutation]]

#: The kinds of mutations by name.
MAKERS: dict[str, Maker] = {}


def maker(kind: str) -> Callable[[Callable[[Subject], Iterator[tuple[str, _Data]]]], Maker]:
    """Registers what makes the mutations of a kind, as pairs of words and a file's body."""

    def register(make: Callable[[Subject], Iterator[tuple[str, _Data]]]) -> Maker:
        def mutations(subject: Subject) -> Iterator[Mutation]:
            for what, overlay in make(subject):
                yield Mutation(kind, what, overlay)

        MAKERS[kind] = mutations
        return mutations

    return register


# -- which inputs there are


@maker("input dropped")
def _dropped(subject: Subject) -> Iterator[tuple[str, _Data]]:
    for _, entry in subject.inputs():
        yield f"{entry.called} is gone", entry.says(None)


@maker("input added")
def _added(subject: Subject) -> Iterator[tuple[str, _Data]]:
    for plan in subject.spec.plans:
        taken = {name for name, _ in plan.arguments}
        for name in ADDED:
            if name not in taken:
                node = {"shape": ["batch_size"]} if name == ADDED[0] else {}
                yield f"{name} is added to {plan.name}", nested(("components", plan.name, "inputs", name), node)


@maker("input renamed")
def _renamed(subject: Subject) -> Iterator[tuple[str, _Data]]:
    return _other_words(subject.inputs())


def _other_words(entries: Iterator[tuple[ComponentPlan, Entry]]) -> Iterator[tuple[str, _Data]]:
    """Each input or output under another name: the plural of it, or the singular."""
    for _, entry in entries:
        *above, name = entry.path
        other = name[:-1] if name.endswith("s") else f"{name}s"
        yield f"{entry.called} is called {other}", nested(tuple(above), {name: None, other: dict(entry.node)})


@maker("inputs swapped")
def _swapped(subject: Subject) -> Iterator[tuple[str, _Data]]:
    of: dict[str, list[Entry]] = {}
    for plan, entry in subject.inputs():
        if "shape" in entry.node:
            of.setdefault(plan.name, []).append(entry)
    for component, entries in of.items():
        for one, other in pairwise(entries):
            a, b = (_definition(entry.node) for entry in (one, other))
            if a != b:
                inputs = {one.path[-1]: b, other.path[-1]: a}
                what = f"{one.path[-1]} and {other.path[-1]} of {component} change places"
                yield what, nested(("components", component, "inputs"), inputs)


def _definition(node: Mapping[str, Any]) -> _Data:
    return {"values": None, "role": None} | {k: node[k] for k in ("shape", "dtype", "values", "role") if k in node}


# -- what an input is


@maker("dtype")
def _dtypes(subject: Subject) -> Iterator[tuple[str, _Data]]:
    for _, entry in subject.leaves():
        now = entry.node.get("dtype", "float")
        for other in _OTHER_DTYPES.get(now, ()):
            yield f"{entry.called} is {other} instead of {now}", entry.says({"dtype": other})


_OTHER_DTYPES = {
    "int": ("float", "int32"), "int64": ("int32", "float"), "int32": ("int64", "float"),
    "float": ("int", "float64"), "float32": ("float64", "int"), "bool": ("int", "float"),
}  # fmt: skip


@maker("range")
def _ranges(subject: Subject) -> Iterator[tuple[str, _Data]]:
    for _, entry in subject.leaves():
        for what, values in _other_values(entry.values):
            yield f"{entry.called}: {what}", entry.says({"values": values})


def _other_values(values: Mapping[str, Any]) -> Iterator[tuple[str, _Data]]:
    """Other bounds of the same kind of values."""
    if "integers" in values:
        low, high = values["integers"]
        yield f"integers up to ({high}) * 2", {"integers": [low, f"({high}) * 2 + 1"]}
        yield f"integers up to {low} alone", {"integers": [low, f"({low}) + 1"]}
    if "uniform" in values:
        low, high = values["uniform"]
        yield "reals a hundred times as large", {"uniform": [f"({low}) * 100", f"({high}) * 100"]}
        yield "zeros", {"constant": 0}
    if "constant" in values:
        yield "another constant", {"constant": f"({values['constant']}) + 1"}
    if "boxes" in values and values["boxes"] != "corners":
        yield "boxes up to a hundred times as far", {"max": f"({values.get('max', 1)}) * 100"}
    if "arange" in values:
        yield "counting from one more", {"start": f"({values.get('start', 0)}) + 1"}
    if "choice" in values:
        yield "one of the choices alone", {"choice": [values["choice"][0]]}


@maker("mask side")
def _mask_sides(subject: Subject) -> Iterator[tuple[str, _Data]]:
    for _, entry in subject.leaves():
        other = {"right": "left", "left": "right"}.get(entry.values.get("mask", ""))
        if other is not None and "integers" not in entry.values:
            yield f"{entry.called} pads on the {other}", entry.says({"values": {"mask": other}})


@maker("mask of ones")
def _masks_of_ones(subject: Subject) -> Iterator[tuple[str, _Data]]:
    for _, entry in subject.leaves():
        now = entry.values.get("mask")
        if now is not None and "integers" not in entry.values:
            other = "right" if now == "none" else "none"
            yield f"{entry.called}: mask: {other} instead of {now}", entry.says({"values": {"mask": other}})


@maker("mask length")
def _mask_lengths(subject: Subject) -> Iterator[tuple[str, _Data]]:
    for _, entry in subject.leaves():
        if entry.node.get("role") == "mask" or "mask" in entry.values.keys() - {"integers"}:
            yield from _longer(entry, axes=[len(entry.shape) - 1])


@maker("size")
def _sizes(subject: Subject) -> Iterator[tuple[str, _Data]]:
    for _, entry in subject.leaves():
        if entry.node.get("role") != "mask" and "cache" not in _roles(entry):
            yield from _longer(entry, range(len(entry.shape)))


def _longer(entry: Entry, axes: Any) -> Iterator[tuple[str, _Data]]:
    for axis in axes:
        if 0 <= axis < len(entry.shape) and (size := _size(entry.shape[axis])) != "unknown":
            shape = _replaced(entry.shape, axis, _resized(entry.shape[axis], f"({size}) + 1"))
            yield f"axis {axis} of {entry.called} is one longer", entry.says({"shape": shape})


def _resized(axis: Any, size: str) -> _Data:
    """An axis of another size; its name in graphs stays."""
    return {**(axis if isinstance(axis, Mapping) else {}), "size": size, "axis": _label(axis)}


def _size(axis: Any) -> Any:
    return axis["size"] if isinstance(axis, Mapping) else axis


def _label(axis: Any) -> str | None:
    """An axis's name in graphs: as written, or its size's expression."""
    return axis.get("axis", str(axis["size"])) if isinstance(axis, Mapping) else str(axis)


def _replaced(items: list[Any], index: int, item: Any) -> list[Any]:
    return [*items[:index], item, *items[index + 1 :]]


def _roles(entry: Entry) -> set[str]:
    return {"cache"} if any("past_key_values" in part or "cache" in part for part in entry.path) else set()


@maker("axes swapped")
def _axes_swapped(subject: Subject) -> Iterator[tuple[str, _Data]]:
    for _, entry in subject.leaves():
        for axis in range(len(entry.shape) - 1):
            one, other = entry.shape[axis : axis + 2]
            if one != other:
                shape = [*entry.shape[:axis], other, one, *entry.shape[axis + 2 :]]
                yield f"axes {axis} and {axis + 1} of {entry.called} change places", entry.says({"shape": shape})


@maker("counts")
def _counts(subject: Subject) -> Iterator[tuple[str, _Data]]:
    for _, entry in subject.leaves():
        runs = entry.values.get("placeholders") or []
        for number, run in enumerate(runs):
            for more in ("+ 1", "- 1"):
                changed = _replaced(list(runs), number, {**run, "count": f"({run['count']}) {more}"})
                what = f"{run['token']} of {entry.called}: count {more}"
                yield what, entry.says({"values": {"placeholders": changed}})


@maker("cache")
def _caches(subject: Subject) -> Iterator[tuple[str, _Data]]:
    for _, entry in subject.inputs():
        if entry.node.get("role") != "cache":
            continue
        if "repeat" in entry.node:
            for more in ("+ 1", "- 1"):
                yield f"{entry.called}: layers {more}", entry.says({"repeat": f"({entry.node['repeat']}) {more}"})
        container = entry.node.get("container")
        other = {"dynamic_cache": "tuple", "encoder_decoder_cache": "tuple"}.get(str(container))
        if other is not None:
            yield f"{entry.called} is a {other}", entry.says({"container": other})
        for option in entry.node.get("options") or {}:
            yield f"{entry.called} without {option}", entry.says({"options": {option: "None"}})
        for leaf in _leaves(entry):
            yield f"{leaf.called} is gone", leaf.says(None)
            yield from _longer(leaf, range(1, len(leaf.shape)))


# -- sizes


@maker("bounds")
def _bounds(subject: Subject) -> Iterator[tuple[str, _Data]]:
    for name, dim in _dims(subject):
        for bound in ("min", "max", "multiple_of"):
            if dim.get(bound) is not None:
                yield f"{name} without {bound} ({dim[bound]})", {"dims": {name: {bound: None}}}


def _dims(subject: Subject) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name in subject.spec.dims:
        merged = subject.stack.merged("dims", name)
        if merged is not None:
            yield name, merged.value if isinstance(merged.value, Mapping) else {"value": merged.value}


@maker("dynamism")
def _dynamism(subject: Subject) -> Iterator[tuple[str, _Data]]:
    for name, dim in _dims(subject):
        dynamic = subject.spec.is_dynamic(name)
        yield f"{name} is {'static' if dynamic else 'dynamic'}", {"dims": {name: {"dynamic": not dynamic}}}
        if "equals" in dim:
            freed = {"value": dim["equals"], "dynamic": True}
            yield f"{name} is free instead of derived", {"dims": {name: freed}}


# -- outputs


@maker("output dropped")
def _outputs_dropped(subject: Subject) -> Iterator[tuple[str, _Data]]:
    for _, entry in subject.outputs():
        yield f"output {entry.called} is gone", entry.says(None)


@maker("output renamed")
def _outputs_renamed(subject: Subject) -> Iterator[tuple[str, _Data]]:
    return ((f"output {what}", overlay) for what, overlay in _other_words(subject.outputs()))


@maker("output unsized")
def _outputs_unsized(subject: Subject) -> Iterator[tuple[str, _Data]]:
    for _, entry in subject.leaves("outputs"):
        for axis, said in enumerate(entry.shape):
            if _size(said) != "unknown":
                shape = _replaced(entry.shape, axis, "unknown")
                yield f"axis {axis} of output {entry.called} is unknown", entry.says({"shape": shape})


@maker("output size")
def _outputs_longer(subject: Subject) -> Iterator[tuple[str, _Data]]:
    for _, entry in subject.leaves("outputs"):
        for what, overlay in _longer(entry, range(len(entry.shape))):
            yield f"output: {what}", overlay


# -- names in graphs


@maker("axis name")
def _axis_names(subject: Subject) -> Iterator[tuple[str, _Data]]:
    for section in ("inputs", "outputs"):
        for plan, entry in subject.leaves(section):
            for axis, said in enumerate(entry.shape):
                if _label(said) is None or not _named(subject, plan, said):
                    continue
                for other in _other_names(subject, _label(said)):
                    says = {**(said if isinstance(said, Mapping) else {"size": said}), "axis": other}
                    what = f"axis {axis} of {entry.called} is named {other} instead of {_label(said)}"
                    yield what, entry.says({"shape": _replaced(entry.shape, axis, says)})


def _named(subject: Subject, plan: ComponentPlan, said: Any) -> bool:
    """Whether graphs name the axis: there is a size in it, or a name of its own."""
    own = isinstance(said, Mapping) and "axis" in said
    return own or any(name in str(said) for name, _ in plan.dims)


def _other_names(subject: Subject, now: str | None) -> Iterator[str]:
    """A name that nothing has, and that of another size of the spec."""
    yield f"{str(now).split(' ')[0]}_axis"
    other = next((name for name in subject.spec.dims if name != now), None)
    if other is not None:
        yield other


# -- the config


@maker("config default")
def _defaults(subject: Subject) -> Iterator[tuple[str, _Data]]:
    yield from _changed(subject.config, ())


def _changed(config: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, _Data]]:
    for name, value in config.items():
        where = (*path, name)
        if isinstance(value, Mapping):
            yield from _changed(value, where)
        elif isinstance(value, bool):
            yield f"{'.'.join(where)} is {not value}", nested(("config", *where), not value)
        elif isinstance(value, int):
            yield f"{'.'.join(where)} is {value + 2} instead of {value}", nested(("config", *where), value + 2)
        elif isinstance(value, list) and value and all(type(item) is int for item in value):
            more = [item + 2 for item in value]
            yield f"{'.'.join(where)} is {more} instead of {value}", nested(("config", *where), more)
