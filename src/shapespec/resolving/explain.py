"""Where everything comes from: kept beside a spec, read by `explain`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shapespec.contracts.explain import Explanation, Setting, gave_way
from shapespec.contracts.instantiate import Instance
from shapespec.errors import SpecError, UnknownNameError, nearest
from shapespec.expressions import MissingValue, parse
from shapespec.layers import Merged, Stack
from shapespec.plan import PlainValue, TensorSpec, leaves
from shapespec.resolving.components import takes_vocabulary
from shapespec.resolving.config import ConfigView
from shapespec.resolving.instead import OnRequest
from shapespec.resolving.load import Resolved
from shapespec.resolving.nodes import from_vocabulary
from shapespec.resolving.passed_over import passed_over


@dataclass(frozen=True)
class Provenance:
    """What a spec was made from: the layers and the config, and the sizes as they were worked out."""

    resolved: Resolved
    instance: Instance

    @property
    def stack(self) -> Stack:
        """The layers."""
        return self.resolved.stack

    def on_request(self) -> dict[str, OnRequest]:
        """The inputs that come on request, by name."""
        return self.resolved.reader.on_request()

    def unfed(self) -> dict[str, str]:
        """The arguments that nobody feeds, with the reasons."""
        return dict(self.stack.value("unfed") or {})

    def passed_over(self) -> tuple[str, ...]:
        """The keys of the config given that nothing read and that no file of the architecture knows."""
        return passed_over(self.resolved.config_given, self.resolved.reads, self.stack)

    def explain(self, name: str) -> Explanation:
        """Tells of a size, an input, an output or a config value (``config.hidden_size`` or ``hidden_size``)."""
        sizes = dict(self.instance.sizes)
        if name in sizes:
            return self._size(name)
        node = self._node(name)
        if node is not None:
            return node
        bare = name.removeprefix("config.")
        if self._has_config(bare):
            return self._config(bare)
        if self.stack.merged("let", name) is not None:
            return self._let(name)
        plans = self.instance.plans
        inputs = [tensor.name for plan in plans for tensor in plan.tensors()]
        arguments = [name for plan in plans for name, _ in (*plan.arguments, *plan.outputs)]
        known = [*sizes, *inputs, *arguments, *self.resolved.config.names(), *self.stack.keys("let")]
        raise UnknownNameError(
            f"{self.resolved.contract.architecture} has no size, input or config value `{name}`",
            argument="name",
            expected=f"a size ({', '.join(sizes)}), an input, or config.…",
            suggestion=nearest(bare, known),
        )

    def _size(self, name: str) -> Explanation:
        instance = self.instance
        used = dict(instance.sizes)[name]
        reading = {component: sizes for component, sizes in instance.scopes.items() if name in sizes.found}
        whole = name in instance.whole.found
        shown = None if whole or not reading else next(iter(reading))
        names = self.resolved.reader.whole if shown is None else self.resolved.reader.names[shown]
        dim = names.dim(name)
        assert dim is not None
        key = "equals" if "equals" in dim.value else "value"
        history = [Setting(o.value, o.location, "file") for o in dim.history((key,))]
        if name in instance.whole.given:
            history.insert(0, Setting(instance.whole.given[name], None, "the call"))
        notes = [f"dynamic: {'yes' if name in instance.dynamic else 'no'}"]
        notes += [f"{bound}: {dim.value[bound]}" for bound in ("min", "max", "multiple_of") if bound in dim.value]
        notes += gave_way(instance, name)
        for component, sizes in reading.items():
            if component != shown and sizes.found[name] != used:
                notes.append(f"{sizes.found[name]} in `{component}`")
        why, source = dim.value.get("why"), dim.value.get("source")
        return Explanation(name, "size", used, tuple(history), why, source, tuple(notes))

    def _node(self, name: str) -> Explanation | None:
        """What the first component that has an input (else an output) of this name says of it."""
        for section in ("inputs", "outputs"):
            for plan in self.instance.plans:
                for argument, node in plan.arguments if section == "inputs" else plan.outputs:
                    tensor = next((t for t in leaves(node) if name in (t.name, argument)), None)
                    if tensor is None and not (name == argument and isinstance(node, PlainValue)):
                        continue
                    written = self._written(plan.name, section, argument)
                    if tensor is not None:
                        return self._tensor(plan.name, tensor, section, written)
                    if isinstance(node, PlainValue):
                        why, source = written.value.get("why"), written.value.get("source")
                        return Explanation(name, "input", repr(node.value), _history(written), why, source)
        return None

    def _written(self, component: str, section: str, argument: str) -> Merged:
        node = self.resolved.reader.merged[component].sub((section, argument))
        alone = section == "outputs" and not takes_vocabulary(node)
        return node if alone else from_vocabulary(self.stack, argument, node)

    def _tensor(self, component: str, tensor: TensorSpec, section: str, node: Merged) -> Explanation:
        shape = ", ".join(
            f"{text} = {size}" if str(text) != str(size) else str(size)
            for text, size in zip(tensor.expressions, tensor.shape, strict=True)
        )
        values = "" if tensor.values is None else f", values: {tensor.values.word()}"
        notes = [f"in `{component}`: [{shape}] {tensor.dtype}{values}"]
        known = [text for text, size in zip(tensor.expressions, tensor.shape, strict=True) if size is not None]
        names = self.resolved.reader.names[component]
        dims = [dim for text in known for dim in names.dims_in(parse(text))]
        parts = tuple(self._size(dim) for dim in dict.fromkeys(dims) if dim in dict(self.instance.sizes))
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
        current: Any = self.resolved.config
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
        if head in self.resolved.config.given_names() and self.resolved.config_given:
            settings.insert(0, Setting(value, None, "the config given"))
        unread = ("nothing reads it, and no file of the architecture knows it",) if name in self.passed_over() else ()
        return Explanation(f"config.{name}", "config", value, tuple(settings), notes=unread)

    def _let(self, name: str) -> Explanation:
        merged = self.stack.merged("let", name)
        assert merged is not None
        settings = tuple(Setting(o.value, o.location, "file") for o in merged.history(()))
        try:
            found = self.resolved.reader.whole.folded(name, None, name)
            value = _as_data(self.instance.whole.value(found, lambda: None, name))
        except SpecError as error:  # a repetition's, or one that only another config has
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
