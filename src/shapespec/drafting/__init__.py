"""A first YAML for a model type, from what the installed library knows of it. It drafts; `check` decides."""

from shapespec.drafting.draft import draft

__all__ = ["draft"]
