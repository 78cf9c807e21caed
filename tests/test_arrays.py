"""Formulas: the array functions agree with numpy, and what they make stays in proportion to what is asked for."""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from shapespec.expressions import EvaluationFailure
from shapespec.expressions.arrays import ELEMENTS_EACH, FREE_ELEMENTS, evaluate_formula
from shapespec.expressions.functions import ARRAY_FUNCTIONS

X = np.arange(12, dtype=np.int64).reshape(3, 4)
MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [1, 1, 1, 0]])


def formula(text: str, shape: tuple[int, ...] = (), **arrays: Any) -> np.ndarray:
    return evaluate_formula(text, {"x": X, "mask": MASK, **arrays}, shape)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("arange(4)", [0, 1, 2, 3]),
        ("arange(2, 8, 3)", [2, 5]),
        ("x + 1", X + 1),
        ("1 - mask", 1 - MASK),
        ("-x", -X),
        ("x * mask // 2", X * MASK // 2),
        ("where(mask == 1, x, -100)", np.where(MASK == 1, X, -100)),
        ("x[:, 1:3]", X[:, 1:3]),
        ("x[0]", X[0]),
        ("x[-1, -1]", 11),
        ("x[:, None, :]", X[:, None, :]),
        ("x[[2, 0]]", X[[2, 0]]),
        ("x[:, [0, 0, 1]]", X[:, [0, 0, 1]]),
        ("x[mask == 0]", X[MASK == 0]),
        ("cumsum(mask) - 1", MASK.cumsum(-1) - 1),
        ("cumsum(mask, axis=0)", MASK.cumsum(0)),
        ("total(mask)", 9),
        ("total(mask, axis=1)", [4, 2, 3]),
        ("shape(x)", [3, 4]),
        ("shape(x)[0] * 2", 6),
        ("reshape(x, [4, 3])", X.reshape(4, 3)),
        ("reshape(x, [-1])", X.reshape(-1)),
        ("permute(x, [1, 0])", X.T),
        ("flip(x)", X[:, ::-1]),
        ("flip(x, 0)", X[::-1]),
        ("concat([x, x + 12], axis=0)", np.concatenate([X, X + 12])),
        ("concat([x, x], 1)", np.concatenate([X, X], 1)),
        ("stack([x, x])", np.stack([X, X])),
        ("stack([x, mask], -1)", np.stack([X, MASK], -1)),
        ("tile(x, [2, 1])", np.tile(X, [2, 1])),
        ("repeat(x, 2)", np.repeat(X, 2, axis=0)),
        ("repeat(x, 2, axis=1)", np.repeat(X, 2, axis=1)),
        ("repeat(arange(3), [2, 0, 1])", [0, 0, 2]),
        ("broadcast([1, 2], [3, 2])", [[1, 2]] * 3),
        ("full([2, 2], 7)", [[7, 7], [7, 7]]),
        ("ones([2, 2]) + zeros([2, 2])", [[1, 1], [1, 1]]),
        ("eye(2)", [[1, 0], [0, 1]]),
        ("grid(2, 3)", [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]),
        ("clip(x, 2, 5)", np.clip(X, 2, 5)),
        ("max(x, 5)", np.maximum(X, 5)),
        ("min(x, 5, mask)", np.minimum(np.minimum(X, 5), MASK)),
        ("max(3, 4) + min([1, 2])", 5),
        ("argsort([3, 1, 2])", [1, 2, 0]),
        ("argsort(flip(x))", np.argsort(X[:, ::-1], -1)),
        ("concat([full([n], n) for n in [1, 2, 3]])", [1, 2, 2, 3, 3, 3]),
        ("1 if total(mask) > 3 else 0", 1),
        ("x * 0 + index(1)", [[0, 1, 2, 3]] * 3),
        ("x * 0 + index(0)", [[0] * 4, [1] * 4, [2] * 4]),
        ("index(-2) * 10 + index(-1)", [[0, 1, 2, 3], [10, 11, 12, 13], [20, 21, 22, 23]]),
    ],
)
def test_agrees_with_numpy(text: str, expected: Any) -> None:
    found = formula(text, X.shape)
    assert np.array_equal(found, np.asarray(expected))


def test_every_array_function_is_tried_above() -> None:
    """The table of names, the functions and the cases of the test agree."""
    from shapespec.expressions.arrays import _Makers
    from shapespec.expressions.functions import SCALAR_FUNCTIONS

    assert set(_Makers(lambda count: None, ()).table()) == ARRAY_FUNCTIONS | set(SCALAR_FUNCTIONS)
    marks = test_agrees_with_numpy.pytestmark[0].args[1]
    texts = " ".join(case[0] for case in marks)
    assert [name for name in ARRAY_FUNCTIONS if f"{name}(" not in texts] == []


@given(
    hnp.arrays(np.int64, hnp.array_shapes(max_dims=3, max_side=4), elements=st.integers(-9, 9)),
    st.integers(-9, 9),
    st.sampled_from(["+", "-", "*", "==", "<", ">="]),
)
def test_arithmetic_is_element_by_element(array: np.ndarray, number: int, operator: str) -> None:
    expected = eval(f"array {operator} number", {"array": array, "number": number})
    assert np.array_equal(evaluate_formula(f"a {operator} {number}", {"a": array}), expected)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("y + 1", "has no array `y`"),
        ("x // 0", "divide by zero"),
        ("x[7]", "out of bounds"),
        ("x[:, 9]", "out of bounds"),
        ("x + arange(3)", "could not be broadcast together"),
        ("1 if x else 0", "ambiguous"),
        ("x and mask", "ambiguous"),
        ("1 < x < 3", "ambiguous"),
        ("[i for i in [1] if x]", "ambiguous"),
        ("reshape(x, [5, 5])", "cannot reshape"),
        ("ones([-1])", "negative"),
        ("concat([])", "need at least one array"),
        ("broadcast(x, [2, 2])", "could not be broadcast"),
        ("permute(x, [0, 0])", "repeated axis"),
        ("index(0)", "index out of range"),
    ],
)
def test_what_does_not_fit_is_told(text: str, said: str) -> None:
    with pytest.raises(EvaluationFailure) as caught:
        formula(text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "ones([10 ** 12])",
        "zeros([10 ** 6, 10 ** 6])",
        "full([10 ** 15], 1)",
        "arange(10 ** 15)",
        "eye(10 ** 7)",
        "grid(10 ** 5, 10 ** 5)",
        "repeat(x, 10 ** 12)",
        "repeat(arange(3), [10 ** 12, 1, 1])",
        "tile(x, [10 ** 9, 10 ** 9])",
        "broadcast(x, [10 ** 6, 3, 4])",
        "arange(10 ** 6)[:, None] + arange(10 ** 6)",
        "arange(10 ** 6)[:, None] == arange(10 ** 6)",
        "where(arange(10 ** 6)[:, None] == arange(3), 1, arange(10 ** 6)[:, None])",
        "max(arange(10 ** 6)[:, None], reshape(arange(10 ** 6), [1, 10 ** 6]))",
        "clip(arange(10 ** 6)[:, None], 0, reshape(arange(10 ** 6), [1, 10 ** 6]))",
        "reshape(arange(10 ** 6), [1, 10 ** 6])[zeros([10 ** 6])]",
        "x[:, zeros([900000])]",
        "concat([ones([900000]) for i in range(1000)])",
        "stack([ones([90000])] * 1000)",
        "concat([ones([90000])] * 1000)",
    ],
)
def test_arrays_far_beyond_the_tensor_are_refused_before_they_are_made(text: str) -> None:
    tracemalloc.start()
    started = time.process_time()
    try:
        with pytest.raises(EvaluationFailure, match=r"far more than its tensor has|range of"):
            formula(text)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()
    assert time.process_time() - started < 2


def test_what_may_be_made_grows_with_the_tensor() -> None:
    count = FREE_ELEMENTS + 10_000
    with pytest.raises(EvaluationFailure):
        formula(f"ones([{count}])")
    assert formula(f"ones([{count}])", shape=(count,)).size == count
    assert ELEMENTS_EACH >= 16
