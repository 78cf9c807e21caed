"""Whole numbers as callers give them."""

from __future__ import annotations

import operator
from typing import Any


def counted(value: Any) -> int | None:
    """A whole number, numpy's too; None for what is none. Truth is no number: numpy's older versions pass theirs off as
    one."""
    if isinstance(value, bool) or str(getattr(value, "dtype", "")) == "bool":
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None
