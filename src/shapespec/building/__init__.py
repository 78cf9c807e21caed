"""Plans to tensors. Which framework makes them is the only thing that differs between the backends."""

from shapespec.building.build import build

__all__ = ["build"]
