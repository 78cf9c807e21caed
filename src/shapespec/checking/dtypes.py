"""The proof of types: what fixes an input's type against what is usual needs to.

`int` and `float` follow the caller. An input that says `int64` does not, so with `int32` the class must fail or answer
otherwise; one that says `float64` must not do with `float32`. Else the file says `why`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from shapespec.checking.answers import differ
from shapespec.checking.trial import Trial
from shapespec.plan import DEFAULT_DTYPES, TensorSpec

#: By the type that is fixed, the one that would do if it were not. float32 is what `float` is for the models that are
#: tried; what keeps it in a shorter type is not.
_USUAL = {
    "int8": "int64", "int16": "int64", "int32": "int64", "uint8": "int64", "int64": "int32", "bool": "int64",
    "float16": "float32", "bfloat16": "float32", "float64": "float32",
}  # fmt: skip


def dtype_faults(
    trial: Trial, tensors: Iterable[TensorSpec], usual: Mapping[str, str], reasons: Mapping[str, str]
) -> Iterator[str]:
    """What is wrong with the types of inputs that fix theirs. ``usual`` are the types that the vocabulary gives to
    inputs, ``reasons`` the `why` of inputs, both by a tensor's name."""
    for tensor in tensors:
        word, known = tensor.dtype_word, usual.get(tensor.name)
        if word not in _USUAL or known == word or tensor.name in reasons:
            continue
        other = DEFAULT_DTYPES.get(known or "", _USUAL[word])
        other = _USUAL[word] if other == word else other
        if _does_with(trial, tensor, other):
            yield f"`{tensor.name}` is {word}, and {other} gives the same; take it as usual, or say `why`"


def _does_with(trial: Trial, tensor: TensorSpec, dtype: str) -> bool:
    """Whether the class runs with an input of another type, and answers the same."""
    import torch

    try:
        other = trial.flat[tensor.name].to(getattr(torch, dtype))
        return not differ(trial.expected, trial.answer({tensor.name: other}))
    except Exception:
        return False
