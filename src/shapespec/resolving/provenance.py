"""Where everything comes from: kept beside a spec, read by `explain`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shapespec.configs import ConfigView
from shapespec.errors import Location, SpecError, UnknownNameError, nearest
from shapespec.expressions import EvaluationFailure, MissingValue, parse
from shapespec.layers import Merged, Stack
from shapespec.resolving.nodes import from_vocabulary
from shapespec.resolving.scope import Scope
from shapespec.spec import PlainValue, TensorSpec, leaves

if TYPE_CHECKING:
    from shapespec.spec import Spec


@dataclass(frozen=True)
class Setting:
    """One place that set a value: ``value`` as written there; ``location`` is None for the call and the config."""

    value: Any
    location: Location | None
    by: str

    def __str__(self) -> str:
        where = f"{self.location.file}:{self.location.line}" if self.location else self.by
        return f"{self.value}: {where}"


@dataclass(frozen=True)
class Explanation:
    """What ``explain`` tells: the value, who set it (the winner first), and why.

    ``notes`` are further facts, such as whether a size is dynamic, and bounds.
    """

    name: str
    kind: str
    value: Any
    settings: tuple[Setting, ...]
    why: str | None = None
    source: str | None = None
    notes: tuple[str, ...] = ()
    parts: tuple[Explanation, ...] = field(default=())

    def __str__(self) -> str:
        head = ", over ".join(str(setting) for setting in self.settings) or str(self.value)
        shown = f"{self.name}{': ' if self.kind in ('input', 'output') else ' = '}{self.value}"
        lines = [shown, f"  set by {head}" if self.settings else ""]
        lines += [f"  {note}" for note in self.notes]
        lines += [f"  why: {self.why}"] if self.why else []
        lines += [f"  source: {self.source}"] if self.source else []
        lines += [f"  {line}" for part in self.parts for line in str(part).splitlines()]
        return "\n".join(line for line in lines if line)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name,
            "kind": self.kind,
            "value": self.value,
            "settings": [
                {"value": s.value, "by": s.by, "file": s.location.file if s.location else None,
                 "line": s.location.line if s.location else None}
                for s in self.settings
            ],
            "why": self.why,
            "source": self.source,
            "notes": list(self.notes),
            "parts": [part.to_dict() for part in self.parts],
        }


@dataclass(frozen=True)
class Provenance:
    """What a spec was made from."""

    stack: Stack
    scope: Scope
    scopes: dict[str, Scope]
    components: dict[str, Merged]
    config: ConfigView
    config_given: Any

    def explain(self, spec: Spec, name: str) -> Explanation:
        """Tells of a size, an input, an output or a config value (``config.hidden_size`` or ``hidden_size``)."""
        if name in spec.dims:
            return self._size(spec, name)
        node = self._node(spec, name)
        if node is not None:
            return node
        bare = name.removeprefix("config.")
        if self._has_config(bare):
            return self._config(bare)
        if self.scope.stack.merged("let", name) is not None:
            return self._let(name)
        inputs = [tensor for component in spec.components for tensor in spec.inputs(component)]
        arguments = [name for plan in spec.plans for name, _ in (*plan.arguments, *plan.outputs)]
        known = [*spec.dims, *inputs, *arguments, *self.config.names(), *self.stack.keys("let")]
        raise UnknownNameError(
            f"{spec.architecture} has no size, input or config value `{name}`",
            argument="name",
            expected=f"a size ({', '.join(spec.dims)}), an input, or config.…",
            suggestion=nearest(bare, known),
        )

    def _size(self, spec: Spec, name: str) -> Explanation:
        scope = next((s for s in [self.scope, *self.scopes.values()] if name in s.sizes), self.scope)
        dim = scope.dim(name)
        assert dim is not None
        key = "equals" if "equals" in dim.value else "value"
        history = [Setting(o.value, o.location, "file") for o in dim.history((key,))]
        if name in scope.given:
            history.insert(0, Setting(scope.given[name], None, "the call"))
        notes = [f"dynamic: {'yes' if spec.is_dynamic(name) else 'no'}"]
        notes += [f"{bound}: {dim.value[bound]}" for bound in ("min", "max", "multiple_of") if bound in dim.value]
        for component, own in self.scopes.items():
            if own is not scope and own.sizes.get(name, spec.dims[name]) != spec.dims[name]:
                notes.append(f"{own.sizes[name]} in `{component}`")
        why, source = dim.value.get("why"), dim.value.get("source")
        return Explanation(name, "size", spec.dims[name], tuple(history), why, source, tuple(notes))

    def _node(self, spec: Spec, name: str) -> Explanation | None:
        """What the first component that has an input (else an output) of this name says of it."""
        for section in ("inputs", "outputs"):
            for plan in spec.plans:
                for argument, node in plan.arguments if section == "inputs" else plan.outputs:
                    tensor = next((t for t in leaves(node) if name in (t.name, argument)), None)
                    if tensor is None and not (name == argument and isinstance(node, PlainValue)):
                        continue
                    written = self._written(plan.name, section, argument)
                    if tensor is not None:
                        return self._tensor(spec, plan.name, tensor, section, written)
                    if isinstance(node, PlainValue):
                        why, source = written.value.get("why"), written.value.get("source")
                        return Explanation(name, "input", repr(node.value), _history(written), why, source)
        return None

    def _written(self, component: str, section: str, argument: str) -> Merged:
        node = self.components[component].sub((section, argument))
        plain_output = section == "outputs" and not node.value.get("like")
        return node if plain_output else from_vocabulary(self.stack, argument, node)

    def _tensor(self, spec: Spec, component: str, tensor: TensorSpec, section: str, node: Merged) -> Explanation:
        shape = ", ".join(
            f"{text} = {size}" if str(text) != str(size) else str(size)
            for text, size in zip(tensor.expressions, tensor.shape, strict=True)
        )
        values = f", values: {tensor.fill.kind}" if section == "inputs" else ""
        notes = [f"in `{component}`: [{shape}] {tensor.dtype}{values}"]
        known = [text for text, size in zip(tensor.expressions, tensor.shape, strict=True) if size is not None]
        dims = [dim for text in known for dim in self.scopes[component].dims_in(parse(text))]
        parts = tuple(self._size(spec, dim) for dim in dict.fromkeys(dims) if dim in spec.dims)
        value = f"{list(tensor.shape)} {tensor.dtype}"
        why, source = node.value.get("why"), node.value.get("source")
        return Explanation(tensor.name, section[:-1], value, _history(node), why, source, tuple(notes), parts)

    def _has_config(self, name: str) -> bool:
        try:
            self._config_value(name)
        except MissingValue:
            return False
        return True

    def _config_value(self, name: str) -> Any:
        current: Any = self.config
        for part in name.split("."):
            if not hasattr(current, "shapespec_get"):
                raise MissingValue(name)
            current = current.shapespec_get(part)
        return current

    def _config(self, name: str) -> Explanation:
        value = _as_data(self._config_value(name))
        head = name.split(".")[0]
        merged = self.stack.merged("config", *name.split("."))
        settings = [Setting(o.value, o.location, "file") for o in merged.history(())] if merged is not None else []
        if head in self.config.given_names() and self.config_given:
            settings.insert(0, Setting(value, None, "the config given"))
        return Explanation(f"config.{name}", "config", value, tuple(settings))

    def _let(self, name: str) -> Explanation:
        merged = self.stack.merged("let", name)
        assert merged is not None
        settings = tuple(Setting(o.value, o.location, "file") for o in merged.history(()))
        try:
            value = _as_data(self.scope.lookup(name))
        except (EvaluationFailure, SpecError) as error:  # a repetition's, or one that only another config has
            return Explanation(name, "let", merged.value, settings, notes=(f"no value here: {error}",))
        return Explanation(name, "let", value, settings)


def _history(node: Merged) -> tuple[Setting, ...]:
    """Who set what a node is."""
    key = next((k for k in ("shape", "fields", "items", "python") if k in node.value), None)
    return tuple(Setting(_short(o.value), o.location, "file") for o in node.history((key,) if key else ()))


def _as_data(value: Any) -> Any:
    """A part of the config as plain data."""
    if isinstance(value, ConfigView):
        return {name: _as_data(value.shapespec_get(name, None)) for name in value}
    return [_as_data(item) for item in value] if isinstance(value, (list, tuple, range)) else value


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:77] + "…"
