"""Options that several commands share, and the spec that they ask for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeVar

import click

from shapespec.errors import SizeError, UnknownNameError
from shapespec.libraries import NAMES

if TYPE_CHECKING:
    from shapespec.spec import Spec

_Function = TypeVar("_Function", bound=Callable[..., Any])

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, errors too.")
library = click.option(
    "--library", metavar="NAME", help=f"{', '.join(NAMES[:-1])} or {NAMES[-1]} (searched in this order)."
)
paths = click.option(
    "-p",
    "--paths",
    multiple=True,
    metavar="PATH",
    help="A folder or a file of your own over the built-in ones. Repeatable.",
)
seed = click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same values.")

_SPEC_OPTIONS = (
    click.option("--task", metavar="TASK", help="One of its tasks; the default one where not given."),
    click.option("--class", "model_class", metavar="CLASS", help="A model class, instead of a task."),
    click.option("--variant", metavar="NAME", help="One of its variants."),
    click.option("--config", metavar="FILE", help="A config.json (or its folder): its values over the YAML's."),
    click.option("-s", "--set", "sizes", multiple=True, metavar="NAME=SIZE", help="Set a size. Repeatable."),
    click.option(
        "--include",
        multiple=True,
        metavar="NAME",
        help="Inputs on request, by group (labels) or name; all: what goes together. Repeatable.",
    ),
    click.option("--padding", metavar="SIDE", help="left or right: where rows that are shorter are filled up."),
    library,
    paths,
)


def spec_options(function: _Function) -> _Function:
    """The options that decide what spec is meant; the function gets them as keyword arguments for :func:`load`."""
    return reduce(lambda decorated, option: option(decorated), reversed(_SPEC_OPTIONS), function)


def load(architecture: str, sizes: Sequence[str] = (), **request: Any) -> Spec:
    """The spec that the options ask for. Raises what `load_spec` does, and click's error for a wrong NAME=SIZE."""
    from shapespec.spec import load_spec

    given: dict[str, Any] = dict(parsed_sizes(sizes))
    taken = next((name for name in given if name in _parameters(load_spec)), None)
    if taken is not None:
        raise UnknownNameError(
            f"unknown size `{taken}`", argument="--set", expected="a size that `shapespec show` lists"
        )
    return load_spec(architecture, **request, **given)


def _parameters(function: Callable[..., Any]) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD]


def parsed_sizes(sizes: Sequence[str]) -> dict[str, int]:
    """``["batch_size=4"]`` as ``{"batch_size": 4}``.

    Raises:
        click.BadParameter: no `=`, or a name twice.
        SizeError: what is given is no whole number.
    """
    found: dict[str, int] = {}
    for text in sizes:
        name, equals, size = (part.strip() for part in text.partition("="))
        if not (name and equals):
            raise click.BadParameter(f"`{text}` is not NAME=SIZE, such as batch_size=4", param_hint="--set")
        if name in found:
            raise click.BadParameter(f"`{name}` is given twice", param_hint="--set")
        if not (size.lstrip("+-").isdecimal() and len(size) < 20):
            raise SizeError(f"`{size[:40]}` is no size", argument=name, expected="a whole number")
        found[name] = int(size)
    return found
