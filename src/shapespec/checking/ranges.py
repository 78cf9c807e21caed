"""The proof of ranges: whole numbers may be as small and as large as a file says, and no larger.

At the least number and at the last one the class runs; one more, and it fails (a table has no such row) or answers with
what is no number. A bound that the class does not have is a choice, and the file says `why` it was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from shapespec.checking.result import said
from shapespec.checking.trial import Trial
from shapespec.kinds import Integers
from shapespec.plan import TensorSpec


def range_faults(trial: Trial, tensors: Iterable[TensorSpec], reasons: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the ranges of inputs of whole numbers. ``reasons`` are the `why` of inputs, by name."""
    for tensor in tensors:
        if isinstance(tensor.values, Integers) and 0 not in tensor.shape:
            fault = _fault(trial, tensor, tensor.values, tensor.name in reasons)
            if fault is not None:
                yield f"`{tensor.name}` has integers [{tensor.values.low}, {tensor.values.high}): {fault}"


def _fault(trial: Trial, tensor: TensorSpec, kind: Integers, is_told: bool) -> str | None:
    allowed = [number for number in _ends(kind) if number is not None]
    for number in dict.fromkeys(allowed):
        failed = _failure(trial, tensor, kind, number)
        if failed is not None:
            return f"{number} is within, and {failed}"
    if is_told or _failure(trial, tensor, kind, kind.high) is not None:
        return None
    return f"{kind.high} runs, too; say `why` no more than {kind.high - 1} is drawn, or the class's own bound"


def _ends(kind: Integers) -> tuple[int | None, int | None]:
    """The least and the last number that may be drawn."""
    free = range(kind.low, min(kind.high, kind.low + len(kind.avoid) + 1))
    last = range(kind.high - 1, max(kind.low - 1, kind.high - len(kind.avoid) - 2), -1)
    return (
        next((number for number in free if number not in kind.avoid), None),
        next((number for number in last if number not in kind.avoid), None),
    )


def _failure(trial: Trial, tensor: TensorSpec, kind: Integers, number: int) -> str | None:
    """How the class fails where all that is drawn is this number; None where it runs. Forced tokens stay."""
    try:
        answer = trial.answer({tensor.name: _filled(trial, tensor, kind, number)})
    except Exception as error:
        return f"the class fails: {said(error)}"[:200]
    # What stands for nothing (a score of minus infinity, say) may be there anyway.
    if _nans(answer) > _nans(trial.expected):
        return "the class answers NaN"
    return None


def _filled(trial: Trial, tensor: TensorSpec, kind: Integers, number: int) -> Any:
    if kind.distinct is not None:  # no number stands twice in a row
        other = trial.flat[tensor.name].clone()
        other[..., 0] = number
        return other
    alone = replace(kind, integers=(number, number + 1), avoid=())
    return trial.made(replace(tensor, values=alone), 0)


def _nans(answer: list[Any]) -> int:
    return sum(int(tensor.isnan().sum()) for tensor in answer if tensor.is_floating_point())
