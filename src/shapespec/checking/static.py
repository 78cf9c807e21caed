"""Sizes that a spec calls static, tried at other values: the claim stays where the class refuses them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from shapespec.contracts.model import SizeRule
from shapespec.errors import SpecError
from shapespec.expressions import Open
from shapespec.spec import Spec


def static_sizes(spec: Spec) -> list[str]:
    """The sizes that other values are said not to run for: `dynamic: false`, or fixed by the config alone."""
    rules = _rules(spec)
    names = [name for name in spec.dims if name in rules and not spec.is_dynamic(name)]
    return [name for name in names if not isinstance(rules[name].equals, Open)]


def _rules(spec: Spec) -> dict[str, SizeRule]:
    scopes = [spec.instance.whole, *spec.instance.scopes.values()]
    return {name: rule for sizes in scopes for name, rule in sizes.rules.items()}


def others(value: int) -> list[int]:
    """Values to try in place of a static one: what halves and doubles is likely to stay on the class's steps."""
    return [value * 2, *([value // 2] if value > 1 else [])]


def freed(
    spec: Spec, name: str, value: int, paths: Sequence[str | Path], load: Callable[[Sequence[str | Path]], Spec]
) -> Spec | None:
    """The spec with a size set to another value, whatever its files say; None where nothing can be made of it."""
    dim = {"value": value, "min": None, "max": None, "multiple_of": None}
    with tempfile.TemporaryDirectory() as folder:
        lines = [f"architecture: {json.dumps(spec.architecture)}", f"dims: {json.dumps({name: dim})}", ""]
        home = Path(folder) / spec.library
        home.mkdir()
        file = home / f"{spec.architecture.lower().replace('-', '_')}.yaml"
        file.write_text("\n".join(lines), encoding="utf-8")
        try:
            return load([*paths, folder])
        except SpecError:
            return None


def untrue(
    spec: Spec,
    paths: Sequence[str | Path],
    load: Callable[[Sequence[str | Path]], Spec],
    fault: Callable[[Spec, Any], str | None],
) -> Iterator[tuple[str, int]]:
    """(size, value) for each size that is called static although the class runs at another value, with the outputs
    that the spec declares for it. ``fault`` runs a plan of a spec and says what is wrong."""
    for name in static_sizes(spec):
        for value in others(spec.dims[name]):
            other = freed(spec, name, value, paths, load)
            if other is not None and _runs(other, name, fault):
                yield name, value
                break


def _runs(spec: Spec, name: str, fault: Callable[[Spec, Any], str | None]) -> bool:
    """Whether every component that reads the size runs."""
    plans = [plan for plan in spec.plans if name in dict(plan.dims) and not plan.unchecked]
    for plan in plans:
        try:
            if fault(spec, plan) is not None:
                return False
        except Exception:  # the class refuses: the claim holds
            return False
    return bool(plans)
