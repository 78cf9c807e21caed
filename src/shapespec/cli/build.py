"""``shapespec build``."""

from __future__ import annotations

import re
from typing import Any

import click

from shapespec.cli import options
from shapespec.cli.output import print_json, print_text
from shapespec.spec import Spec
from shapespec.views.rows import array_summary, shape_text
from shapespec.views.terminal import print_table

_BYTES = re.compile(r"(\d{1,18})\s*([KMGT]i?B|B)?\Z", re.IGNORECASE)
_POWERS = {"": 0, "B": 0, "K": 1, "M": 2, "G": 3, "T": 4}


class Bytes(click.ParamType):  # type: ignore[type-arg]  # generic in click's stubs alone
    """A number of bytes: ``1000000``, ``512MiB``, ``2GB``."""

    name = "bytes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        match = _BYTES.match(str(value).strip())
        if match is None:
            self.fail(f"`{value}` is no number of bytes, such as 1000000, 512MiB or 2GB", param, ctx)
        unit = (match.group(2) or "").upper()
        base = 1024 if "I" in unit else 1000
        return int(match.group(1)) * int(base ** _POWERS[unit[:1]])


@click.command(
    "build",
    short_help="Inputs into a file, or as a summary.",
    epilog="""\b
Examples:
  shapespec build bert
  shapespec build bert -o inputs.npz
  shapespec build llama -o inputs.safetensors --component model_with_past --dtype bfloat16
  shapespec build speecht5 -o inputs.npz --all-components

\b
Neither format needs torch; .npz holds no bfloat16. The names in the file are those
of the exported graph.""",
)
@click.argument("architecture")
@options.spec_options
@click.option("-o", "--output", metavar="FILE", help="Write to this .npz or .safetensors, instead of a summary.")
@click.option("--component", metavar="NAME", help="The graph; the first where none is named.")
@click.option("--all-components", is_flag=True, help="All graphs; each gets a file: inputs.encoder.npz, …")
@click.option("--dtype", default="float32", show_default=True, help="float32, float16, bfloat16 or float64.")
@click.option("--int-dtype", default="int64", show_default=True, help="int64 or int32.")
@options.seed
@click.option("--max-bytes", type=Bytes(), metavar="BYTES", help="Refuse more than this: 1000000, 512MiB, 2GB.")
@options.as_json
def command(
    architecture: str,
    output: str | None,
    component: str | None,
    all_components: bool,
    dtype: str,
    int_dtype: str,
    seed: int,
    max_bytes: int | None,
    as_json: bool,
    **request: Any,
) -> None:
    """Build ARCHITECTURE's inputs with numpy: into a file, or as a summary."""
    if component is not None and all_components:
        raise click.UsageError("--component and --all-components exclude each other")
    spec = options.load(architecture, **request)
    components = spec.components if all_components else (spec.plan(component).name,)
    how = {"dtype": dtype, "int_dtype": int_dtype, "seed": seed, "max_bytes": max_bytes}
    if output is None:
        _summarize(spec, components, how, as_json)
    else:
        _save(spec, output, components, how, as_json)


def _save(spec: Spec, output: str, components: tuple[str, ...], how: dict[str, Any], as_json: bool) -> None:
    saved = spec.save(output, components, **how)
    if as_json:
        files = [
            {"component": one.component, "file": str(one.path), "tensors": one.tensors, "nbytes": one.nbytes}
            for one in saved
        ]
        print_json({"architecture": spec.architecture, "seed": how["seed"], "files": files})
        return
    for one in saved:
        count = f"{one.tensors} tensor{'s' if one.tensors != 1 else ''}"
        print_text(f"{one.path}: {one.component}, {count}, {one.nbytes:,} bytes")


def _summarize(spec: Spec, components: tuple[str, ...], how: dict[str, Any], as_json: bool) -> None:
    found = {}
    for name in components:
        arrays = spec.build(name, framework="numpy", flat=True, **how)
        found[name] = [array_summary(tensor, array) for tensor, array in arrays.items()]
    if as_json:
        print_json({"architecture": spec.architecture, "seed": how["seed"], "components": found})
        return
    for number, (name, rows) in enumerate(found.items()):
        if number:
            print_text("")
        shown = [
            (r["name"], shape_text(r["shape"]), r["dtype"], r["nbytes"], _text(r["min"]), _text(r["max"])) for r in rows
        ]
        print_table(("input", "shape", "dtype", "bytes", "min", "max"), shown, title=name)
        print_text(f"{sum(row['nbytes'] for row in rows):,} bytes, seed {how['seed']}")


def _text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
