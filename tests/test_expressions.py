"""The small language of sizes and conditions: it agrees with Python where it goes, and goes nowhere else."""

from __future__ import annotations

import contextlib
import math
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapespec.errors import ExpressionError
from shapespec.expressions import EvaluationFailure, MissingValue, UnknownName, evaluate, parse
from shapespec.expressions.evaluate import Budget
from shapespec.expressions.functions import SCALAR_FUNCTIONS

NAMES = {"a": 3, "b": 7, "c": 0, "d": -2, "e": 2.5, "f": [4, 5, 6], "n": None, "t": True, "word": "auto"}


class Names:
    """A scope of plain values."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def lookup(self, name: str) -> Any:
        if name not in self.values:
            raise UnknownName(name)
        return self.values[name]


class Config:
    """A config with attributes, some of them nested."""

    def __init__(self, **values: Any) -> None:
        self.values = values

    def shapespec_get(self, name: str, default: Any = ...) -> Any:
        if name in self.values:
            return self.values[name]
        if default is not ...:
            return default
        raise MissingValue(f"config.{name}")


def value(text: str | int | float, **names: Any) -> Any:
    return evaluate(parse(text), Names({**NAMES, **names}))


def fault(text: str, **names: Any) -> str:
    """What is wrong with an expression that parses."""
    with pytest.raises(EvaluationFailure) as caught:
        value(text, **names)
    return str(caught.value)


def refusal(text: str) -> str:
    """What is wrong with an expression that does not."""
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    return str(caught.value)


# -- agreement with Python

_numbers = st.one_of(st.integers(-50, 50).map(str), st.sampled_from(["1.5", "0.25", "a", "b", "c", "d", "e", "t"]))


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "//", "%", "/", "==", "!=", "<", "<=", ">", ">=", "and", "or"])
    return st.one_of(
        st.tuples(inner, operators, inner).map(lambda parts: f"({' '.join(parts)})"),
        inner.map(lambda text: f"(-{text})"),
        inner.map(lambda text: f"(not {text})"),
        st.tuples(inner, inner, inner).map(lambda p: f"({p[0]} if {p[1]} else {p[2]})"),
        st.tuples(inner, inner).map(lambda p: f"max({p[0]}, {p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"min([{p[0]}, {p[1]}])"),
        st.tuples(inner, inner).map(lambda p: f"sum([{p[0]} for item in [1, 2] if item < {p[1]}])"),
        st.tuples(inner, inner, inner).map(lambda p: f"({p[0]} < {p[1]} <= {p[2]})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]} in [{p[1]}, 3, a])"),
        inner.map(lambda text: f"abs({text})"),
        inner.map(lambda text: f"f[int({text}) % 3]"),
        inner.map(lambda text: f"len(f[: int({text})])"),
    )


@settings(max_examples=400, deadline=None)
@given(st.recursive(_numbers, _grown, max_leaves=8))
def test_agrees_with_python(text: str) -> None:
    """Whatever is let through means what it means in Python, or is refused where Python's answer is out of bounds."""
    known = {**NAMES, "abs": abs, "int": int, "len": len, "max": max, "min": min, "sum": sum}
    try:
        expected = eval(text, {"__builtins__": {}, **known})
    except (ZeroDivisionError, OverflowError, TypeError, ValueError):
        with pytest.raises(EvaluationFailure):
            value(text)
        return
    if isinstance(expected, (int, float)) and not isinstance(expected, bool) and abs(expected) >= 2**63:
        return
    found = value(text)
    assert found == expected and type(found) is type(expected)


@given(st.integers(-(10**6), 10**6), st.integers(1, 1000))
def test_ceil_div_is_the_quotient_rounded_up(numerator: int, denominator: int) -> None:
    assert value("ceil_div(x, y)", x=numerator, y=denominator) == math.ceil(numerator / denominator)


@given(
    st.integers(1, 400),
    st.lists(st.tuples(st.integers(1, 10), st.integers(1, 5)), min_size=1, max_size=4),
)
def test_conv_input_is_the_smallest_length_that_gives_conv_length(length: int, layers: list[tuple[int, int]]) -> None:
    kernels, strides = [k for k, _ in layers], [s for _, s in layers]
    needed = value("conv_input(n, k, s)", n=length, k=kernels, s=strides)
    assert value("conv_length(n, k, s)", n=needed, k=kernels, s=strides) == length
    assert value("conv_length(n, k, s)", n=needed - 1, k=kernels, s=strides) < length


@pytest.mark.parametrize(
    ("size", "height", "width"),
    [(224, 224, 224), ([192, 384], 192, 384), ([3, 192, 384], 192, 384), ([7], 7, 7),
     ({"height": 10, "width": 20}, 10, 20), ({"shortest_edge": 30}, 30, 30),
     (Config(height=5, width=6), 5, 6)],
)  # fmt: skip
def test_image_sizes_are_read_as_configs_write_them(size: Any, height: int, width: int) -> None:
    assert (value("height_of(s)", s=size), value("width_of(s)", s=size)) == (height, width)


def test_an_image_size_that_is_none_is_told() -> None:
    assert "is no image size" in fault("height_of(s)", s="large")
    assert "without `height`" in fault("height_of(s)", s={"depth": 3})


def test_numbers_stand_for_themselves_and_keep_their_type() -> None:
    """`1`, `1.0` and `true` are equal in Python; an expression cache must not take one for the other."""
    assert [type(evaluate(parse(x), Names({}))) for x in (1, 1.0, True, 0, False)] == [int, float, bool, int, bool]


# -- names and configs


def test_names_are_told_in_order_of_appearance_without_what_comprehensions_bind() -> None:
    found = parse("past + sum([size * k for size in config.text_config.sizes]) + len(config.layers) + past")
    assert found.names[0] == "past" and set(found.names) == {"past", "k", "config"}
    assert set(found.config_paths) == {"text_config.sizes", "layers"}


def test_first_passes_over_what_is_missing_and_what_is_none() -> None:
    config = Config(there=5, none=None, nested=Config(x=1))
    assert value("first(config.absent, config.none, config.there, 9)", config=config) == 5
    assert value("first(config.nested.y, config.nested.x)", config=config) == 1
    assert value("first(config.none.deeper, 4)", config=config) == 4
    assert value("first(f[9], 4)") == 4


def test_first_of_nothing_names_what_was_looked_for() -> None:
    with pytest.raises(MissingValue) as caught:
        value("first(config.a, config.b)", config=Config(b=None))
    assert caught.value.name == "config.a"
    assert str(caught.value) == "none of `config.a`, `config.b` is there"


def test_has_is_false_for_missing_and_none() -> None:
    config = Config(there=0, none=None)
    assert value("has(config.there)", config=config) is True
    assert value("has(config.none)", config=config) is False
    assert value("has(config.there, config.absent)", config=config) is False


def test_a_loop_that_fails_inside_first_leaves_no_name_behind() -> None:
    assert value("first([a for a in [99] if config.x], [a])", config=Config()) == [3]


def test_what_a_nested_loop_binds_is_not_seen_by_the_outer_one() -> None:
    assert value("[b for x in [1, 2] if b == 7 for b in [50]]") == [50, 50]


def test_what_is_none_is_named() -> None:
    assert fault("n + 1") == "`n` is None"
    assert fault("max(n, 1)") == "`n` is None"


# -- what is refused when it is read


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lambda: 1", "uses a lambda"),
        ("(x := 3)", "uses an assignment"),
        ("f'{a}'", "uses an f-string"),
        ("{1: 2}", "uses a mapping"),
        ("{1, 2}", "uses a set"),
        ("[*f]", "uses a star"),
        ("max(**config)", "uses `**`"),
        ("a.__class__", "uses `__class__`"),
        ("__import__", "uses `__import__`"),
        ("__import__('os')", "calls the unknown function `__import__`"),
        ("config.items()", "calls something that is not a function's name"),
        ("max(1, 2)(3)", "calls something that is not a function's name"),
        ("open('x')", "calls the unknown function `open`"),
        ("getattr(config, 'x')", "calls the unknown function `getattr`"),
        ("1j", "holds `1j`"),
        ("b'x'", "holds `b'x'`"),
        ("...", "holds `Ellipsis`"),
        ("a is 5", "compares with `is`"),
        ("[1 for a.b in f]", "uses a comprehension that is more than"),
        ("[1 for (a, b.c) in f]", "uses a comprehension that is more than"),
        ("[config for config in f]", "binds `config`"),
        ("a & b", "uses `BitAnd`"),
        ("a << b", "uses `LShift`"),
        ("~a", "uses `Invert`"),
        ("a @ b", "uses `MatMult`"),
        ("await a", "uses await"),
        ("9" * 30, "holds a number that is too large"),
        ("1e999", "holds a number that is too large"),
        ("a +", "is no expression: invalid syntax"),
        ("if", "is no expression"),
        ("a; b", "is no expression"),
        ("a = b", "is no expression"),
        ("'a\\\\n'", "holds a backslash"),
        (" ", "is no expression"),
        ("a" * 1001, "is longer than 1000 characters"),
        ("+".join(["a"] * 150), "has more than 300 parts"),
        ("(" * 490 + "a" + ")" * 490, "is no expression"),
    ],
)
def test_nothing_outside_the_list_parses(text: str, said: str) -> None:
    assert said in refusal(text)


def test_a_mistyped_function_is_told_which_is_near() -> None:
    text = refusal("cel_div(a, b)")
    assert "calls the unknown function `cel_div`" in text and "did you mean `ceil_div`?" in text


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab01+-*/%()[]{}<>=.,: '\"_\\!@&|~^#\n", max_size=40))
def test_any_text_is_an_expression_or_a_spec_error(text: str) -> None:
    """Neither parsing nor evaluating ever raises anything else."""
    try:
        found = parse(text)
    except ExpressionError:
        return
    with contextlib.suppress(EvaluationFailure):
        evaluate(found, Names({"a": 1, "b": [1]}))


# -- what is refused when it is worked out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 // c", "divides by zero"),
        ("1 % c", "divides by zero"),
        ("2 ** 63", "does not fit 64 bits"),
        ("9 ** 9 ** 9", "raises to a power above 64"),
        ("(2 ** 60) * (2 ** 60)", "does not fit 64 bits"),
        ("prod([2 ** 62] * 100000)", "does not fit 64 bits"),
        ("(-8) ** 0.5", "no finite real number"),
        ("1e308 * 10", "no finite real number"),
        ("float('nan')", "no finite real number"),
        ("[0] * 10 ** 9", "makes a list of more than 100,000 items"),
        ("[[0] * 100000] * 100000", "makes a list of more than 100,000 items"),
        ("[f] * 90000", "makes a list of more than 100,000 items"),
        ("range(10 ** 12)", "range of 1,000,000,000,000 items"),
        ("as_list(1, 10 ** 9)", "a list of 1,000,000,000 items"),
        ("[1 for x in range(1000) for y in range(1000)]", "100,000 items"),
        ("[1 for x in range(100000) for y in range(100000) if x < 0]", "takes too long"),
        ("[1 for x in range(100000) if sum(range(100000)) < 0]", "takes too long"),
        ("[1 for x in range(100000) if [0] * 90000 == [1]]", "takes too long"),
        ("word * 10", "does arithmetic on text"),
        ("'%1000000000d' % 5", "does arithmetic on text"),
        ("round(5, -10 ** 9)", "rounds to -1,000,000,000 digits"),
        ("a.b", "which has no attributes"),
        ("f[9]", "has no item 9"),
        ("f['x']", "list indices must be integers"),
        ("ones([3])", "works on whole arrays"),
        ("nothing + 1", "there is no `nothing`"),
        ("isqrt(-1)", "nonnegative"),
        ("enumerate(1, 2, 3)", "numbered() takes"),
        ("prod(['x', 3])", "prod takes numbers"),
        ("f[::0]", "slice step"),
    ],
)
def test_what_is_out_of_bounds_is_refused(text: str, said: str) -> None:
    started = time.process_time()
    assert said in fault(text)
    assert time.process_time() - started < 2


def test_a_budget_serves_many_expressions() -> None:
    budget = Budget(steps=100)
    for _ in range(5):
        evaluate(parse("sum([1, 2, 3])"), Names({}), budget=budget)
    with pytest.raises(EvaluationFailure, match="takes too long"):
        for _ in range(10):
            evaluate(parse("sum([1, 2, 3])"), Names({}), budget=budget)


def test_every_function_has_a_text_that_says_what_it_does() -> None:
    """Those of our own; Python's builtins are documented by Python."""
    own = [f for f in SCALAR_FUNCTIONS.values() if getattr(f, "__module__", "").startswith("shapespec")]
    assert own and all(function.__doc__ for function in own)


def test_a_name_that_nothing_declares_is_a_mistake_even_inside_first() -> None:
    """A config may lack an attribute; a mistyped name must not pass for one that is lacking."""
    with pytest.raises(UnknownName, match="there is no `confg`"):
        value("first(confg.hidden_size, 3)")
    with pytest.raises(UnknownName):
        value("has(nothing)")
