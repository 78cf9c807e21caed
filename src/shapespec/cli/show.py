"""``shapespec show``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from shapespec.cli import options
from shapespec.cli.output import print_json, print_text
from shapespec.plan import ComponentPlan
from shapespec.spec import Spec
from shapespec.views.rows import input_rows, output_rows
from shapespec.views.terminal import print_table


@click.command(
    "show",
    short_help="What an architecture takes and returns.",
    epilog="""\b
Examples:
  shapespec show bert
  shapespec show bert --task text-classification --set batch_size=4
  shapespec show llama --config path/to/config.json --component model_with_past
  shapespec show bert --include labels
  shapespec show bert --json""",
)
@click.argument("architecture")
@options.spec_options
@click.option("--component", metavar="NAME", help="Only this graph.")
@options.as_json
def command(architecture: str, component: str | None, as_json: bool, **request: Any) -> None:
    """Show what ARCHITECTURE takes and returns: each graph's inputs, outputs and sizes."""
    spec = options.load(architecture, **request)
    plans = spec.plans if component is None else (spec.plan(component),)
    if as_json:
        shown = spec.described()
        shown["components"] = {plan.name: shown["components"][plan.name] for plan in plans}
        print_json(shown)
        return
    print_text(_head(spec))
    for plan in plans:
        _show_component(plan)
    dims = [(name, size, "yes" if spec.is_dynamic(name) else "no") for name, size in _dims(spec, plans).items()]
    print_text("")
    print_table(("size", "value", "dynamic"), dims, title="sizes")
    _show_on_request(spec, [plan.name for plan in plans])
    if spec.notes:
        print_text("\n" + "\n".join(f"note: {note}" for note in spec.notes))


def _head(spec: Spec) -> str:
    facts = [
        f"task {spec.task}" if spec.task else "",
        spec.model_class or "",
        f"variant {spec.variant}" if spec.variant else "",
    ]
    return f"{spec.architecture} ({spec.library}): {', '.join(fact for fact in facts if fact)}"


def _show_on_request(spec: Spec, shown: Sequence[str]) -> None:
    """What `--include` may ask for, with the groups and what it stands instead of."""
    asked = [one for one in spec.on_request.values() if not {*one.components}.isdisjoint(shown)]
    if asked:
        rows = [(one.name, ", ".join(one.groups), ", ".join(one.instead_of)) for one in asked]
        print_text("")
        print_table(("--include", "or by group", "instead of"), rows, title="on request")


def _dims(spec: Spec, plans: tuple[ComponentPlan, ...]) -> dict[str, int]:
    """The sizes that the shown components use, in the spec's order; of one component alone with its own values."""
    own = {name: size for plan in plans for name, size in plan.dims}
    alone = len(plans) == 1
    return {name: own[name] if alone else size for name, size in spec.dims.items() if name in own}


def _show_component(plan: ComponentPlan) -> None:
    print_text("")
    inputs = [(row.name, row.shape, row.dtype, row.axes, row.values) for row in input_rows(plan)]
    print_table(("input", "shape", "dtype", "axes", "values"), inputs, title=plan.name)
    outputs = [(row.name, row.shape, row.dtype, row.axes) for row in output_rows(plan)]
    if outputs:
        print_table(("output", "shape", "dtype", "axes"), outputs)
