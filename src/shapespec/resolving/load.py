"""From a target and a call to a spec: which files, which layers, which config; then the parts."""

from __future__ import annotations

import ast
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from shapespec.configs import ConfigView, is_live, read_config
from shapespec.counting import counted
from shapespec.errors import ConfigError, GrammarError, Problem, SizeError, UnknownNameError, unknown
from shapespec.expressions import EvaluationFailure, evaluate, parse
from shapespec.layers import Layer, Stack
from shapespec.live import Live, live_model
from shapespec.registry import Loaded, Registry, architecture_of
from shapespec.resolving.components import ComponentResolver
from shapespec.resolving.heads import Choice, choose, heads_of, is_name_alone
from shapespec.resolving.nodes import Requested
from shapespec.resolving.provenance import Provenance
from shapespec.resolving.scope import MAX_SIZE, Scope, shortened
from shapespec.spec import Spec


def load_spec(
    target: Any,
    *,
    task: str | None = None,
    model_class: str | None = None,
    config: Any = None,
    library: str | None = None,
    variant: str | None = None,
    paths: Sequence[str | Path] = (),
    include: Sequence[str] = (),
    **sizes: int,
) -> Spec:
    """What a model takes.

    Args:
        target: an architecture's name (Transformers' ``model_type``; ``-`` and ``_`` are the same), a transformers
            config, or a live model, whose class and config then decide.
        task: one of the architecture's tasks, also with ``-with-past``; the default one where not given.
        model_class: the class by name, instead of a task.
        config: a path to a ``config.json``, a mapping (partial is fine: the YAML's defaults fill it), an object, or a
            live model, where its class serves several architectures, as an autoencoder's does.
        library: ``transformers``, ``diffusers``, ``timm`` or ``sentence_transformers``; searched in this order.
        variant: one of the architecture's variants.
        paths: folders or files of your own, over the built-in ones.
        include: groups of inputs that come on request only, such as ``labels``.
        sizes: the named sizes to set. A given value wins, or is refused with a reason.

    Raises:
        UnknownNameError: an architecture, task, class, variant, library or size that is not known.
        SizeError: a size that is no positive integer, out of bounds, off its step, or derived from others.
        ConfigError: a config that can't be read, lacks what the spec reads, or contradicts itself.
        FileError, GrammarError, ExpressionError: a YAML file is wrong.
    """
    model = live_model(target) or live_model(config)
    name, found_config, found_library = _identify(target, model)
    classes = model.classes if model is not None else ()
    live = model is not None
    config = read_config(config if config is not None and live_model(config) is None else found_config)
    model_class = _class_name(model_class)
    for argument, word in (("task", task), ("library", library), ("variant", variant), ("model_class", model_class)):
        if word is not None and not isinstance(word, str):
            raise UnknownNameError(f"`{word!r}` is no name", argument=argument, expected="text, or None")
    registry = Registry(paths)
    name = name if name is not None else _serving(registry, found_library, classes)
    files = registry.architecture(name, library or found_library)
    model_class = model_class or _known_class(registry, files, classes)
    elsewhere = _served_by(files, model_class)
    if elsewhere is not None:
        files = registry.architecture(elsewhere, library or found_library)
    chains = [registry.chain(loaded) for loaded in files]
    choice = _choose(files, chains, task, model_class)
    variant = _variant(chains, variant)
    stack = build_stack(registry, chains, choice, variant)
    architecture = architecture_of(files[0]).architecture
    given, requested = _checked_sizes(sizes), _requested(include)
    home = registry.library_of(files[0])
    key = (
        home,
        tuple((id(x.document), x.path) for x in stack.layers),
        choice,
        variant,
        live,
        tuple(given.items()),
        requested.asked,
    )
    plain_call = isinstance(config, Mapping) and not config
    known = _MEMO.get(key) if plain_call else None
    if known is None:
        known = _resolved(stack, config, choice, variant, live, given, requested, architecture, home)
        if plain_call:
            _remember(key, known)
    return known


#: Specs by what they were made of: files (held by the specs, so that their ids stay theirs) and the call's choices.
#: Only of calls without a config, whose values may change behind our back.
_MEMO: OrderedDict[Any, Spec] = OrderedDict()
_MOST_REMEMBERED = 64


def _remember(key: Any, spec: Spec) -> None:
    _MEMO[key] = spec
    if len(_MEMO) > _MOST_REMEMBERED:
        _MEMO.popitem(last=False)


def _resolved(
    stack: Stack,
    config: Any,
    choice: Choice,
    variant: str | None,
    live: bool,
    given: Mapping[str, int],
    requested: Requested,
    architecture: str,
    library: str,
) -> Spec:
    """The spec of the layers and the call's choices."""
    view = config_view(stack, config)
    facts = {
        "architecture": architecture,
        "task": choice.task,
        "model_class": choice.model_class,
        "with_past": choice.with_past,
        "variant": variant,
        "live": live,
    }
    scope = Scope(stack, view, given, facts)
    _check_size_names(stack, scope, given, architecture)
    _check_let_names(stack)
    resolver = ComponentResolver(scope, requested)
    _check_requirements(stack, scope)
    plans = resolver.plans()
    if not plans:
        raise GrammarError(f"{architecture} has no components here", expected="`components:` with a `model`, say")
    _check_groups(requested)
    dims = _used_sizes(stack, scope, resolver)
    unused = next((size for size in given if size not in dims), None)
    if unused is not None:
        expected = f"a size of {architecture}: {', '.join(dims)}"
        raise UnknownNameError(unknown("size", unused, dims, argument=unused, expected=expected))
    return Spec(
        architecture=architecture,
        library=library,
        task=choice.shown_task,
        model_class=choice.model_class,
        variant=variant,
        sizes=tuple(dims.items()),
        dynamic_sizes=frozenset(name for name in dims if _dynamic_somewhere(name, scope, resolver)),
        plans=plans,
        provenance=Provenance(stack, scope, resolver.scopes, resolver.merged, view, config),
    )


def _identify(target: Any, model: Live | None) -> tuple[str | None, Any, str | None]:
    """(architecture, or None where only the class tells, config, library) of a target.

    Raises:
        UnknownNameError: the target is nothing of the kind.
    """
    if isinstance(target, str):
        return target, model.config if model is not None else None, None
    if model is not None:
        return model.name, model.config, model.library
    if is_live(target) and getattr(target, "model_type", None):
        return target.model_type, target, "transformers"
    raise UnknownNameError(
        f"`{type(target).__name__}` is nothing that a spec can be loaded for",
        argument="target",
        expected="an architecture's name, a transformers config, or a model of a library that `shapespec list` names",
    )


def _serving(registry: Registry, library: str | None, classes: Sequence[str]) -> str:
    """The one architecture whose heads name a live model's class, or the nearest of those that it is derived from.

    Raises:
        UnknownNameError: none does, or several do.
    """
    names = dict.fromkeys(stem for _, stem, _ in registry.names(library))
    named = {name: set().union(*_heads(registry, registry.architecture(name, library)).values()) for name in names}
    serving = ([name for name, known in named.items() if cls in known] for cls in classes)
    found = next(filter(None, serving), [])
    if len(found) == 1:
        return found[0]
    said = "serves several architectures" if found else "is named by no architecture"
    expected = f"load_spec(name, config=model) with one of {', '.join(found or names)}"
    raise UnknownNameError(f"the class `{classes[0]}` {said}", argument="target", expected=expected)


def _class_name(model_class: Any) -> Any:
    """A class by its name, also where it is given itself."""
    return model_class.__name__ if isinstance(model_class, type) else model_class


def _choose(
    files: Sequence[Loaded], chains: Sequence[Sequence[Loaded]], task: str | None, model_class: str | None
) -> Choice:
    every = [loaded for chain in chains for loaded in chain]
    default = _last_said(chains, "default_task")
    tasks = list(dict.fromkeys(name for loaded in every for name in getattr(loaded.model, "tasks", None) or {}))
    return choose(heads_of(every), default, task, model_class, architecture_of(files[0]).architecture, tasks)


def _last_said(chains: Sequence[Sequence[Loaded]], key: str) -> Any:
    """What the highest file that says it says."""
    every = [getattr(loaded.model, key, None) for chain in chains for loaded in chain]
    return next((value for value in reversed(every) if value is not None), None)


def _heads(registry: Registry, files: Sequence[Loaded]) -> dict[str, list[str]]:
    return heads_of([x for loaded in files for x in registry.chain(loaded)])


def _known_class(registry: Registry, files: Sequence[Loaded], classes: Sequence[str]) -> str | None:
    """A live model's class: of those that it is derived from the nearest that a file names (a user's subclass takes
    what its parent takes), else its own."""
    served = {cls for loaded in files for cls in (architecture_of(loaded).served_by or {})}
    known = served.union(*_heads(registry, files).values())
    return next((cls for cls in classes if cls in known), next(iter(classes), None))


def _served_by(files: Sequence[Loaded], model_class: str | None) -> str | None:
    """The type whose file tells of the class; of a type that is a name alone, and whose class the call leaves open,
    the first that serves it. Raises :class:`UnknownNameError` for a type that no class serves."""
    served = {k: v for loaded in files for k, v in (architecture_of(loaded).served_by or {}).items() if v is not None}
    if model_class is not None or not is_name_alone(files):
        return served.get(model_class or "")
    if served:
        return next(iter(served.values()))
    top = architecture_of(files[-1])
    raise UnknownNameError(f"{top.architecture} has no class of its own", expected=top.about)


def _variant(chains: Sequence[Sequence[Loaded]], variant: str | None) -> str | None:
    every = [loaded.model for chain in chains for loaded in chain]
    known = list(dict.fromkeys(name for model in every for name in (getattr(model, "variants", None) or {})))
    if variant is not None and variant != "default" and variant not in known:
        raise UnknownNameError(unknown("variant", variant, known, argument="variant"))
    return variant if variant in known else _last_said(chains, "default_variant")


def build_stack(registry: Registry, chains: Sequence[Sequence[Loaded]], choice: Choice, variant: str | None) -> Stack:
    """The layers, low to high: defaults and vocabulary (a user's right above the built-in ones), families,
    architecture; then their parts for the task, the class and the variant; then a user's architecture, likewise."""
    shared = [loaded for name in ("defaults.yaml", "inputs.yaml") if (loaded := registry.shared(name)) is not None]
    own = [loaded for name in ("defaults.yaml", "inputs.yaml") for loaded in registry.user_shared(name)]
    layers = [Layer(loaded.document, ()) for loaded in [*shared, *own]]
    seen: set[int] = set()
    for files in chains:
        chain = [x for x in files if id(x) not in seen]
        seen.update(id(x) for x in chain)
        layers += [Layer(x.document, ()) for x in chain]
        for section, key in (("tasks", choice.task), ("classes", choice.model_class), ("variants", variant)):
            saying = [x for x in chain if key is not None and key in (getattr(x.model, section, None) or {})]
            layers += [Layer(x.document, (section, key)) for x in saying]
    return Stack(layers)


def config_view(stack: Stack, given: Any) -> ConfigView:
    """The config as expressions see it. A live object is complete; a mapping is filled from the YAML's defaults."""
    other_names = _raw(stack, "attribute_map")
    defaults = {} if is_live(given) else _one_name_each(stack, _raw(stack, "config"), other_names)
    return ConfigView(given, defaults, other_names)


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


def _raw(stack: Stack, section: str) -> dict[str, Any]:
    merged = stack.merged(section)
    return merged.value if merged is not None else {}


def _checked_sizes(sizes: Mapping[str, Any]) -> dict[str, int]:
    found = {}
    for name, size in sizes.items():
        number = counted(size)
        if number is None:
            raise SizeError(f"`{shortened(size)}` is no size", argument=name, expected="a whole number")
        if not 0 <= number <= MAX_SIZE:
            expected = "a positive whole number" if number < 0 else "a whole number that fits 64 bits"
            raise SizeError(f"{shortened(number)} is no size", argument=name, expected=expected)
        found[name] = number
    return found


def _requested(include: Sequence[str]) -> Requested:
    if isinstance(include, str):
        raise UnknownNameError(f"`{include}` is text", argument="include", expected=f'a list: ["{include}"]')
    odd = next((group for group in include if not isinstance(group, str)), None)
    if odd is not None:
        raise UnknownNameError(f"`{odd!r}` is no group's name", argument="include", expected="a list of names")
    return Requested(include)


def _check_groups(requested: Requested) -> None:
    """Raises :class:`UnknownNameError` for a group that no input of the spec belongs to."""
    for group in sorted(requested.asked - requested.known):
        raise UnknownNameError(unknown("group of inputs", group, sorted(requested.known), argument="include"))


def _check_size_names(stack: Stack, scope: Scope, given: Mapping[str, int], architecture: str) -> None:
    """Refuses what is no size at all before anything is resolved."""
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


def _check_requirements(stack: Stack, scope: Scope) -> None:
    for name in stack.keys("requires"):
        merged = stack.merged("requires", name)
        assert merged is not None
        text, place = merged.value["that"], merged.origin(("that",))
        if not scope.evaluate(text, place, f"requirement `{name}`"):
            shown = ", ".join(f"`{part}` is {value}" for part, value in _values_in(text, scope))
            why = f" ({merged.value['why']})" if merged.value.get("why") else ""
            raise ConfigError(
                Problem(
                    f"{shown}: `{text}` does not hold{why}",
                    argument="config",
                    expected="values that agree",
                    related=(("required at", place),) if place else (),
                )
            )


def _values_in(text: Any, scope: Scope) -> list[tuple[str, Any]]:
    """Each name and attribute that a condition reads (`image_size`, `vision.patch_size`) with its value."""
    chains = _chains(parse(text).tree)
    found = []
    for part in dict.fromkeys(chains):
        try:
            value = evaluate(parse(part), scope)
        except EvaluationFailure:
            value = None
        if part not in scope.facts and not hasattr(value, "shapespec_get"):
            found.append((part, value))
    return found


def _chains(tree: ast.expr) -> Iterator[str]:
    """The names and dotted names of an expression, outermost first, those of functions left out."""
    if isinstance(tree, (ast.Attribute, ast.Name)):
        yield ast.unparse(tree)
        return
    for child in ast.iter_child_nodes(tree):
        called = isinstance(tree, ast.Call) and child is tree.func
        if isinstance(child, ast.expr) and not called:
            yield from _chains(child)


def _used_sizes(stack: Stack, scope: Scope, resolver: ComponentResolver) -> dict[str, int]:
    """Every size that a component read, in the order of declaration; a size that a component sets for itself has the
    value that holds elsewhere."""
    used: dict[str, int] = {}
    for own in resolver.scopes.values():
        for name, size in own.sizes.items():
            component_only = name in ((own.component.value.get("dims") or {}) if own.component else {})
            if not component_only:
                used[name] = size
            else:
                used.setdefault(name, size)
    for name in _behind(scope, list(used)):
        used.setdefault(name, scope.size(name))
    order = {name: number for number, name in enumerate(stack.keys("dims"))}
    return dict(sorted(used.items(), key=lambda item: order.get(item[0], len(order))))


def _behind(scope: Scope, names: list[str]) -> list[str]:
    """The sizes from which the defaults of these come, also where the call gave them another value: an encoder's
    length comes from the sequence's, and giving both is no mistake."""
    found: list[str] = []
    for name in names:
        dim = scope.dim(name)
        if dim is not None and "value" in dim.value:
            fresh = [n for n in scope.dims_in(parse(dim.value["value"])) if n not in found and n not in names]
            found += [*fresh, *_behind(scope, fresh)]
    return found


def _dynamic_somewhere(name: str, scope: Scope, resolver: ComponentResolver) -> bool:
    reading = [own for own in resolver.scopes.values() if name in own.sizes]
    return any(own.is_dynamic(name) for own in reading or [scope])
