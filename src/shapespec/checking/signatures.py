"""The arguments' proof: a function on the way names each argument. Nearly every forward takes ``**kwargs``, and what
nothing names goes nowhere."""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Iterator
from typing import Any

from shapespec.plan import ComponentPlan


def unnamed(plan: ComponentPlan, target: Any) -> list[str]:
    """The arguments that no function on the way takes: neither what is called, nor a module inside that may be handed
    what the caller's ``**kwargs`` hold."""
    own = named_by(target)
    missing = [argument for argument, _ in plan.arguments if argument not in own]
    if not missing or not _hands_on(target):
        return missing
    inside = {name for module in _modules(target) for name in named_by(module)}
    return [argument for argument in missing if argument not in inside]


def named_by(target: Any) -> set[str]:
    """The arguments that a module's forward, or a method, names: its parameters, and the keys of typed keywords. A
    forward that has keywords and asks `super()` hands them to the next one of its class's bases."""
    found: set[str] = set()
    for function in _forwards(target):
        handed_on = False
        for parameter in _parameters(function):
            if parameter.kind is inspect.Parameter.VAR_KEYWORD:
                found |= _typed_keys(parameter.annotation, function)
                handed_on = True
            elif parameter.kind is not inspect.Parameter.VAR_POSITIONAL:
                found.add(parameter.name)
        if not (handed_on and _asks_super(function)):
            break
    return found


def _forwards(target: Any) -> Iterator[Any]:
    """What is called, then the forward of each base that has its own, nearest first."""
    if not hasattr(target, "forward"):
        yield target
        return
    yield target.forward
    own = [cls.__dict__["forward"] for cls in type(target).__mro__ if "forward" in cls.__dict__]
    yield from own if "forward" in vars(target) else own[1:]


def _asks_super(function: Any) -> bool:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return code is not None and "super" in code.co_names and "__class__" in code.co_freevars


def _hands_on(target: Any) -> bool:
    function = getattr(target, "forward", target)
    return any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in _parameters(function))


def _parameters(function: Any) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # a compiled function, or a partial of none
        return []


def _modules(target: Any) -> Iterator[Any]:
    """The modules inside what is called: of a method, those of its model."""
    owner: Any = target if hasattr(target, "modules") else getattr(target, "__self__", None)
    if hasattr(owner, "modules"):
        yield from owner.modules()


def _typed_keys(annotation: Any, function: Any) -> set[str]:
    """The keys of ``**kwargs: Unpack[SomeTypedDict]``."""
    if isinstance(annotation, str):
        home = sys.modules.get(getattr(inspect.unwrap(function), "__module__", ""), None)
        inner = annotation.removeprefix("Unpack[").removesuffix("]")
        annotation = getattr(home, inner, None)
    inner = typing.get_args(annotation)[0] if typing.get_args(annotation) else annotation
    return set(getattr(inner, "__annotations__", {})) if typing.is_typeddict(inner) else set()
