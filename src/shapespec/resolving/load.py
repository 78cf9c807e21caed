"""From a target to a contract: which layers, which config; then the parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shapespec.contracts.instantiate import Instance, instantiate
from shapespec.contracts.model import Component, Contract
from shapespec.errors import GrammarError, Problem, SpecError, UnknownNameError, unknown
from shapespec.layers import Layer, Stack
from shapespec.registry.chain import Registry
from shapespec.registry.declared import Declared
from shapespec.registry.files import Loaded
from shapespec.registry.paths import USER
from shapespec.resolving.blame import blamed
from shapespec.resolving.call import Requested
from shapespec.resolving.components import ComponentReader, shared
from shapespec.resolving.config import ConfigView, Parts, is_live
from shapespec.resolving.misspelt import check_keys
from shapespec.resolving.names import Names
from shapespec.resolving.padding import check_padding
from shapespec.resolving.requirements import requirements
from shapespec.resolving.target import Choice, Target

#: The files that all specs share, low to high.
_SHARED = ("defaults.yaml", "inputs.yaml")


@dataclass(frozen=True, eq=False)
class Resolved:
    """A contract and what it was made from."""

    contract: Contract
    reader: ComponentReader
    config: ConfigView
    config_given: Any
    #: The dotted names of the config that the files read, ``config`` in front.
    reads: frozenset[str]
    #: Specs that were made of it, by their sizes.
    specs: dict[Any, Any] = field(default_factory=dict)

    @property
    def stack(self) -> Stack:
        """The layers."""
        return self.reader.stack


def build_stack(target: Target, *, live: bool | None = None) -> Stack:
    """The layers, low to high: defaults and vocabulary (a user's right above the built-in ones), families,
    architecture; then their parts for the task, the class and the variant; then what holds by name alone; then a
    user's architecture, likewise. ``live`` says whether they are those of a live model, where the target does not."""
    registry, choice = target.registry, target.choice
    choice = choice if live is None else replace(choice, live=live)
    layers = [Layer(loaded.document, ()) for loaded in _shared(registry)]
    seen: set[Loaded] = set()
    for files in target.declared.chains:
        chain = [loaded for loaded in files if loaded not in seen]
        seen.update(chain)
        layers += _with_parts(chain, choice)
    return Stack(layers)


def _shared(registry: Registry) -> list[Loaded]:
    built_in = [loaded for name in _SHARED if (loaded := registry.shared(name)) is not None]
    return [*built_in, *[loaded for name in _SHARED for loaded in registry.user_shared(name)]]


def _with_parts(chain: Sequence[Loaded], choice: Choice) -> list[Layer]:
    found = [Layer(loaded.document, ()) for loaded in chain]
    for section, key in (("tasks", choice.task), ("classes", choice.model_class), ("variants", choice.variant)):
        saying = [loaded for loaded in chain if key is not None and key in (getattr(loaded.model, section, None) or {})]
        found += [Layer(loaded.document, (section, key)) for loaded in saying]
    by_name = [Layer(layer.document, (*layer.path, "by_name")) for layer in found if not choice.live]
    return found + [layer for layer in by_name if isinstance(layer.at(()), dict)]


def resolve(target: Target, stack: Stack, asked: Requested, given: Mapping[str, int]) -> Resolved:
    """The contract of the layers and the call's choices.

    Raises:
        UnknownNameError: a size or a group of inputs that there is not; a side where nothing is padded.
        ConfigError: a config that lacks what the spec reads, or contradicts itself.
        GrammarError, ExpressionError: a YAML file is wrong.
    """
    config = _config_view(stack, target)
    try:
        return _resolved(target, stack, asked, given, config)
    except SpecError as error:
        raise blamed(error, target.config, config) from None


def _resolved(target: Target, stack: Stack, asked: Requested, given: Mapping[str, int], config: ConfigView) -> Resolved:
    names = Names(stack, config, _facts(target, asked))
    architecture = target.declared.architecture
    _check_size_names(stack, given, architecture)
    _check_let_names(stack)
    needed = requirements(names)
    reader = ComponentReader(names, asked)
    components: Sequence[Component] = reader.components()
    if not components:
        raise GrammarError(f"{architecture} has no components here", expected="`components:` with a `model`, say")
    reader.check_request()
    check_padding(target.choice.padding, components)
    sizes, formulas, components = shared(reader, components, needed)
    contract = Contract(
        architecture=architecture,
        library=target.library,
        task=target.choice.shown_task,
        model_class=target.choice.model_class,
        variant=target.choice.variant,
        sizes=sizes,
        components=components,
        formulas=formulas,
        requirements=needed,
    )
    if isinstance(target.config, Mapping) and target.config:
        check_keys(target.config, config.reads, stack.value("flat_parts") or ())
    return Resolved(contract, reader, config, target.config, config.reads)


def sized(resolved: Resolved, given: Mapping[str, int]) -> Instance:
    """The sizes and plans of what was resolved.

    Raises:
        SizeError, ConfigError: see :func:`shapespec.load_spec`.
    """
    try:
        return instantiate(resolved.contract, given)
    except SpecError as error:
        raise blamed(error, resolved.config_given, resolved.config) from None


def _facts(target: Target, asked: Requested) -> dict[str, Any]:
    choice = target.choice
    return {
        "architecture": target.declared.architecture,
        "task": choice.task,
        "model_class": choice.model_class,
        "with_past": choice.with_past,
        "variant": choice.variant,
        "live": choice.live,
        "padding": choice.padding,
        "include": tuple(sorted(asked.asked)),
    }


def _config_view(stack: Stack, target: Target) -> ConfigView:
    """The config as expressions see it. A live object is complete; a mapping is filled from the YAML's defaults."""
    other_names: dict[str, str] = stack.value("attribute_map") or {}
    if is_live(target.config):
        return ConfigView(target.config, {}, other_names)
    defaults = _one_name_each(stack, stack.value("config") or {}, other_names)
    parts = Parts(
        tuple(stack.value("flat_parts") or ()),
        _PartTypes(target.registry, None if target.library == USER else target.library),
    )
    return ConfigView(target.config, defaults, other_names, parts=parts)


class _PartTypes:
    """What the files of the architectures say that parts of a config name as their `model_type`, each read once."""

    def __init__(self, registry: Registry, library: str | None) -> None:
        self._registry = registry
        self._library = library
        self._found: dict[str, tuple[Mapping[str, Any], Mapping[str, str]] | None] = {}

    def __call__(self, model_type: str) -> tuple[Mapping[str, Any], Mapping[str, str]] | None:
        """(defaults, other names of attributes), or None where no file is of that name."""
        if model_type not in self._found:
            self._found[model_type] = self._read(model_type)
        return self._found[model_type]

    def _read(self, model_type: str) -> tuple[Mapping[str, Any], Mapping[str, str]] | None:
        try:
            stack = Declared.of(self._registry, model_type, self._library).stack
        except UnknownNameError:
            return None
        other_names: dict[str, str] = stack.value("attribute_map") or {}
        return _one_name_each(stack, stack.value("config") or {}, other_names), other_names


def _one_name_each(stack: Stack, defaults: dict[str, Any], other_names: Mapping[str, str]) -> dict[str, Any]:
    """The defaults, those that are one attribute under two names reduced to the one that the highest layer sets: a
    file's `n_kv: 2` beats its family's `num_key_value_heads: null`. In one layer the config's own name wins."""
    dropped = set()
    for known, real in other_names.items():
        if known not in defaults or real not in defaults:
            continue
        speaking = [found for layer in stack.layers if isinstance(found := layer.at(("config",)), dict)]
        last = next(found for found in reversed(speaking) if real in found or known in found)
        dropped.add(known if real in last else real)
    return {name: value for name, value in defaults.items() if name not in dropped}


def _check_size_names(stack: Stack, given: Mapping[str, int], architecture: str) -> None:
    """Refuses what is no size at all before anything is resolved."""
    if not given:
        return
    components = [stack.merged("components", name) for name in stack.keys("components")]
    own = [dim for c in components if c is not None for dim in (c.value.get("dims") or {})]
    known = [*stack.keys("dims"), *own]
    for name in given:
        if name not in known:
            raise UnknownNameError(unknown("size", name, known, argument=name, expected=f"a size of {architecture}"))


def _check_let_names(stack: Stack) -> None:
    """Raises :class:`GrammarError` for a `let` name that is a size too: which of the two was meant?"""
    for name in stack.keys("let"):
        dim = stack.merged("dims", name)
        if dim is not None:
            place = next(stack.locations("let", name))
            raise GrammarError(
                Problem(
                    f"the `let` name `{name}` is a size too",
                    location=place,
                    width=len(name),
                    expected="another name, or the size alone",
                    related=tuple(("the size", other) for other in [dim.origin(())] if other),
                )
            )
