"""The side on which rows are padded: a choice of the call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from shapespec.contracts.model import Component, Node, Parts, Repeated, Tensor
from shapespec.errors import UnknownNameError, unknown
from shapespec.kinds import SIDES, Mask


def checked_side(padding: Any) -> str | None:
    """The side as given. Raises :class:`UnknownNameError` for what is neither a side nor None."""
    if padding is None:
        return None
    if isinstance(padding, str) and padding in SIDES:
        return padding
    raise UnknownNameError(unknown("side", str(padding), SIDES, argument="padding"))


def check_padding(side: str | None, components: Sequence[Component]) -> None:
    """Raises :class:`UnknownNameError` where a side is asked for and no input has padding that could stand there."""
    if side is None:
        return
    masks = [mask for component in components for _, node in component.inputs for mask in _masks(node)]
    if not any(mask.turns for mask in masks):
        fixed = next((mask.mask for mask in masks if mask.mask != "none"), None)
        said = f"its padding is always on the {fixed}" if fixed is not None else "nothing is padded here"
        raise UnknownNameError(f"`{side}`: {said}", argument="padding", expected="no `padding`")


def _masks(node: Node) -> Iterator[Mask]:
    if isinstance(node, Tensor) and isinstance(node.values, Mask):
        yield node.values
    elif isinstance(node, (Parts, Repeated)):
        for part in node.parts:
            yield from _masks(part)
