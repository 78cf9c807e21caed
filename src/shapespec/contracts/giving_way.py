"""Defaults that bounds do not allow give way to the nearest sizes that they do; what a call gives never does.

Bounds may depend on other sizes: where they leave a size no room, the defaults that they are made of give way, as
little as makes room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from shapespec.contracts.sizes import Bounds, Key, OutOfBounds, Sizes, misfit, nearest_within
from shapespec.errors import SizeError, SpecError
from shapespec.expressions import Budget, EvaluationFailure

#: How often defaults may give way before the bounds count as contradicting each other.
MOST_TIMES = 40

#: No default moves further than this from its place to make room.
_FURTHEST = 1 << 20

Made = TypeVar("Made")


@dataclass(frozen=True)
class Yielded:
    """A default that gave way: of the size ``name`` (of ``component``'s own rule, where it has one), from ``default``
    to ``size``; ``reason`` is the bound."""

    component: str | None
    name: str
    default: int
    size: int
    reason: str

    def __str__(self) -> str:
        return f"the default, {self.default}, gave way to {self.size}: {self.reason}"


def settled(attempt: Callable[[dict[Key, int]], Made]) -> tuple[Made, tuple[Yielded, ...]]:
    """What ``attempt`` makes of the defaults, with those that gave way until it could.

    An empty size (none of a past, say) is taken only where nothing else is left.

    Raises:
        SizeError: a given size is out of bounds, or no defaults are in theirs.
    """
    try:
        return attempt({}), ()
    except OutOfBounds as error:
        first = error
    for floor in (1, 0):
        try:
            return _with_room(attempt, first, floor)
        except OutOfBounds as error:
            last = error
    raise SizeError(last.problems) from None


def _with_room(
    attempt: Callable[[dict[Key, int]], Made], error: OutOfBounds, floor: int
) -> tuple[Made, tuple[Yielded, ...]]:
    moved: dict[Key, Yielded] = {}
    budget = Budget()
    for _ in range(MOST_TIMES):
        instead = {key: one.size for key, one in moved.items()}
        found = _moved(error, instead, floor, budget)
        if found is None:
            raise error
        before = moved.get((found.component, found.name))
        default = found.default if before is None else before.default
        moved[found.component, found.name] = Yielded(found.component, found.name, default, found.size, found.reason)
        try:
            return attempt({key: one.size for key, one in moved.items()}), tuple(moved.values())
        except OutOfBounds as another:
            error = another
    raise error


def _moved(error: OutOfBounds, instead: dict[Key, int], floor: int, budget: Budget) -> Yielded | None:
    """The default that gives way: the size's own, else the first of those behind its bounds that makes room."""
    sizes, rule = error.sizes, error.rule
    bounds = sizes.bounds(rule.name)
    if not rule.is_derived and rule.name not in sizes.given:
        if _is_no_size(error):
            return None
        near = _nearest(bounds, error.size, floor)
        if near is not None:
            fault = misfit(rule, error.size, bounds)[0]
            return Yielded(*sizes.key(rule.name), error.size, near, f"it is {fault}")
    values = (rule.equals, rule.max, rule.min, rule.multiple_of)
    for name in dict.fromkeys(other for value in values for other in sizes.behind(value)):
        other = sizes.rules.get(name)
        if other is None or other.is_derived or name in sizes.given or name == rule.name:
            continue
        room = _making_room(sizes, rule.name, name, instead, floor, budget)
        if room is not None:
            before, after = room
            return Yielded(*sizes.key(name), before, after, f"with it, {_told(error)}")
    return None


def _is_no_size(error: OutOfBounds) -> bool:
    """Whether a default is no size at all, whatever its bounds: below zero, or zero where no `min` says that it may be
    so little. It comes from a config that is wrong, and must not be passed over."""
    return error.size < 0 or (error.size == 0 and error.rule.min is None)


def _told(error: OutOfBounds) -> str:
    """The fault in a few words."""
    rule, bounds = error.rule, error.sizes.bounds(error.rule.name)
    if nearest_within(bounds, error.size) is None:
        most = dict(rule.written).get("max", "")
        return f"`{rule.name}` has no room{f' below `{most}`' if most else ''}"
    return f"`{rule.name}` is {error.size}, {misfit(rule, error.size, bounds)[0]}"


def _nearest(bounds: Bounds, size: int, floor: int) -> int | None:
    least, most, step = bounds
    return nearest_within((max(least, floor), most, step), size)


def _making_room(
    sizes: Sizes, wanting: str, name: str, instead: dict[Key, int], floor: int, budget: Budget
) -> tuple[int, int] | None:
    """(a default as it is, the nearest to it with which the size ``wanting`` fits its bounds), or None."""

    def fits(size: int) -> bool:
        tried = sizes.anew({**instead, sizes.key(name): size}, budget)
        try:
            tried.size(name)
            rule, bounds = tried.rules[wanting], tried.bounds(wanting)
            if rule.is_derived or wanting in tried.given:
                tried.size(wanting)
        except (SpecError, EvaluationFailure):
            return False
        return _nearest(bounds, 0, floor) is not None

    try:
        now = sizes.anew(instead, budget)
        size = now.size(name)
        _, _, step = now.bounds(name)
    except (SpecError, EvaluationFailure):
        return None
    down = _first(fits, size, -step, size // step)
    up = _first(fits, size, step, _FURTHEST // step)
    near = [found for found in (down, up) if found is not None and found >= floor]
    return (size, min(near, key=lambda found: abs(found - size))) if near else None


def _first(fits: Callable[[int], bool], size: int, step: int, most: int) -> int | None:
    """The nearest to ``size`` in steps that fits: steps that grow until one does, then back to the nearest."""
    missed = 0
    for count in _growing(most):
        if not fits(size + count * step):
            missed = count
            continue
        while count - missed > 1:
            middle = (missed + count) // 2
            if fits(size + middle * step):
                count = middle
            else:
                missed = middle
        return size + count * step
    return None


def _growing(most: int) -> Iterator[int]:
    """1, 2, … one by one, then ever faster, and ``most`` at the end."""
    count = 1
    while count < most:
        yield count
        count += max(1, count // 32)
    if most > 0:
        yield most
