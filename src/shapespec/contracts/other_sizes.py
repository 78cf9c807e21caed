"""Sets of sizes that are valid together, other than a spec's own: what runs at several of them is not by accident."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random

from shapespec.contracts.instantiate import Instance
from shapespec.contracts.size import Size, reading, sizes_as_data
from shapespec.errors import SpecError

#: The plans at some sizes. Raises :class:`SpecError` for sizes that are not valid together.
At = Callable[[Mapping[str, int]], Instance]

#: Above this a size is scaled a little rather than replaced: a waveform of three samples proves nothing.
SMALL = 64

#: How many values of a size are tried before it stays as it is.
_MOST_TRIED = 24


def other_sizes(at: At, count: int, seed: int) -> list[dict[str, int]]:
    """``count`` sets of sizes, fewer where there is no room for as many.

    Each names the dynamic sizes that may be given. Each size differs from its default, from what it is in the other
    sets and from the other sizes of its set, as far as bounds and steps allow; odd and even numbers take turns. The
    same seed gives the same sets.
    """
    base = at({})
    names = _varied(base)
    known = [{name: size for name, size in base.sizes if name in names}]
    for number in range(count):
        random = Random(f"{seed}/{number}") if seed or number > 1 else None
        aims = {name: _aim(known[0][name], index, number, random) for index, name in enumerate(names)}
        found = _chosen(at, base, aims, known)
        if not any(found.items() <= other.items() for other in known):
            known.append(found)
    return known[1:]


def _varied(base: Instance) -> list[str]:
    """The dynamic sizes that may be given; last those whose bounds depend on others."""
    sizes = sizes_as_data(base)
    names = [name for name, size in sizes.items() if size.dynamic and size.settable]
    bound = [name for name in names if _is_bound(base, name, names)]
    return [*[name for name in names if name not in bound], *bound]


def _is_bound(base: Instance, name: str, names: Sequence[str]) -> bool:
    """Whether the bounds of a size depend on other sizes."""
    return any(
        other in names and other != name
        for sizes in reading(base, name)
        for rule in [sizes.rules[name]]
        for bound in (rule.min, rule.max, rule.multiple_of)
        for other in sizes.behind(bound)
    )


def _aim(default: int, index: int, number: int, random: Random | None) -> int:
    """What a size would be without bounds."""
    even = number % 2
    if default <= SMALL:
        return 3 + 2 * index + even + (2 * random.randrange(9) if random else 0)
    share = random.uniform(0.5, 1.0) if random else 0.75
    return (int(default * share) + 8 * index) // 2 * 2 + (not even)


def _chosen(at: At, base: Instance, aims: Mapping[str, int], known: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """One set, size by size, each as near to its aim as those before it allow."""
    chosen: dict[str, int] = {}
    now = base
    for name, aim in aims.items():
        taken = {size for other in known if (size := other.get(name)) is not None}
        for size in _candidates(sizes_as_data(now)[name], aim, taken, {*chosen.values()}):
            made = _valid(at, {**chosen, name: size}, aims)
            if made is not None:
                chosen[name], now = size, made
                break
    return chosen


def _candidates(size: Size, aim: int, taken: set[int], beside: set[int]) -> Iterator[int]:
    """What a size may be, near its aim first; at the end what others of its set are, and what it was elsewhere."""
    near = sorted(_within(size, aim), key=lambda value: (value in taken, value in beside, abs(value - aim), value))
    yield from near[:_MOST_TRIED]


def _within(size: Size, aim: int) -> Iterator[int]:
    step = size.step
    low = -(-max(size.least, 1) // step) * step
    start = max(low, -(-aim // step) * step)
    start = start if size.most is None else max(low, min(start, size.most // step * step))
    for count in range(-_MOST_TRIED, _MOST_TRIED + 1):
        value = start + count * step
        if value >= low and (size.most is None or value <= size.most):
            yield value


def _valid(at: At, given: Mapping[str, int], names: Mapping[str, int]) -> Instance | None:
    """The plans, where the sizes are valid together and leave none of the others empty."""
    try:
        found = at(given)
    except SpecError:
        return None
    return None if any(size == 0 and name in names for name, size in found.sizes) else found
