"""What is known of an expression is worked out, the rest stays: with the same meaning at every size."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapespec.expressions import (
    EvaluationFailure,
    Expression,
    Knowledge,
    MissingValue,
    NotFoldable,
    Open,
    UnknownName,
    evaluate,
    parse,
    partial,
)
from shapespec.expressions.partial import text_over

SIZES = ("n", "m")
LETS = {"twice": "2 * n", "five": "k + 2", "k": "3", "lost": "config.absent", "never": "[1][k]"}
CONFIG = {"width": 8, "none": None, "sizes": [4, 6], "offset": -2, "flag": False}


class Config:
    def shapespec_get(self, name: str, *default: Any) -> Any:
        if name not in CONFIG:
            raise MissingValue(f"config.{name}")
        return CONFIG[name]


class Names:
    """`let` names and the config; and sizes, where they are given."""

    def __init__(self, **sizes: int) -> None:
        self.sizes = sizes
        self.asked: list[str] = []

    def lookup(self, name: str) -> Any:
        self.asked.append(name)
        if name == "config":
            return Config()
        if name in self.sizes:
            return self.sizes[name]
        if name in LETS:
            return evaluate(parse(LETS[name]), self)
        raise UnknownName(name)


class OnlySizes(Names):
    """What is there once the config is worked out: of what is left of it nothing is."""

    def lookup(self, name: str) -> Any:
        if name == "config":
            return SimpleNamespace(shapespec_get=missing)
        return self.sizes[name]


def missing(name: str, *default: Any) -> Any:
    raise MissingValue(f"config.{name}")


def folded(text: str) -> Any:
    """What is left of a text where the sizes alone are unknown."""
    names = Names()

    def reads_open(name: str) -> bool:
        return name in LETS and any(n in SIZES or reads_open(n) for n in parse(LETS[name]).names)

    known = Knowledge(
        is_open=SIZES.__contains__,
        inlined=lambda name, fold: fold(parse(LETS[name])),
        reads_open=reads_open,
        value=lambda part: evaluate(Expression("", part, (), ()), names),
    )
    return partial(parse(text), known)


def left(text: str) -> str:
    found = folded(text)
    assert isinstance(found, Open), found
    return found.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 * config.width + k", 19),
        ("five", 5),
        ("[x * 2 for x in config.sizes]", [8, 12]),
        ("first(config.absent, config.none, 7)", 7),
        ("config.absent | config.none | 7", 7),
        ("first(config.absent, None)", None),
        ("has(config.width, config.none)", False),
        ("has(n)", True),
        ("has(n, config.absent)", False),
        ("n if config.flag else k", 3),
        ("config.flag and n", False),
        ("config.width or n", 8),
        ("first(config.width, n)", 8),
    ],
)
def test_what_is_known_is_worked_out(text: str, expected: Any) -> None:
    assert folded(text) == expected


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("n + config.width // 2", "n + 4"),
        ("config.width // 2 + n * k", "4 + n * 3"),
        ("twice + five", "2 * n + 5"),
        ("n + config.offset", "n + -2"),
        ("config.offset ** n", "(-2) ** n"),
        ("k if n > config.width else config.offset", "3 if n > 8 else -2"),
        ("n if not config.flag else config.absent", "n"),
        ("config.flag or n", "n"),
        ("k and n and config.width", "n and 8"),
        ("n or k or m", "n or 3"),
        ("n and config.flag and m", "n and False"),
        ("first(config.absent, n, m)", "first(n, m)"),
        ("config.absent | n", "n"),
        ("n | config.absent", "n"),
        ("max(config.width, n)", "max(8, n)"),
        ("[x * n for x in config.sizes]", "[x * n for x in [4, 6]]"),
        ("sum([x + k for x in range(n)])", "sum([x + 3 for x in range(n)])"),
        ("config.sizes[n]", "[4, 6][n]"),
        ("range(config.width)[n]", "range(0, 8, 1)[n]"),
        ("conv_length(n, kernel=k, stride=config.width)", "conv_length(n, kernel=3, stride=8)"),
    ],
)
def test_what_sizes_decide_stays(text: str, rest: str) -> None:
    assert left(text) == rest


def test_a_condition_that_is_known_leaves_the_other_branch_alone() -> None:
    assert left("n if config.width > 3 else lost") == "n"
    assert folded("k if config.width > 3 else unheard_of") == 3
    assert folded("config.flag and config.absent") is False
    assert folded("first(k, unheard_of)") == 3 and folded("k | unheard_of") == 3


def test_a_branch_that_sizes_may_take_lacks_its_attribute_only_then() -> None:
    rest = folded("n if n > 3 else lost")
    assert rest.text == "n if n > 3 else config.absent"
    assert evaluate(rest.expression, OnlySizes(n=5)) == 5
    with pytest.raises(MissingValue, match=r"config\.absent"):
        evaluate(rest.expression, OnlySizes(n=2))
    assert left("n > 3 or lost") == "n > 3 or config.absent"
    assert left("first(n if n > 3 else lost, m)") == "first(n if n > 3 else config.absent, m)"


@pytest.mark.parametrize("text", ["n + lost", "lost if n else 3 // 0", "n + [1, 2][k]", "never + n"])
def test_what_is_always_asked_for_is_missed_at_once(text: str) -> None:
    with pytest.raises(EvaluationFailure):
        folded(text)


def test_what_a_fallback_falls_back_to_may_be_none() -> None:
    """`first` refuses None at every size, also where all but one of its parts have gone."""
    rest = folded("first(n if n > 3 else None, config.absent)")
    assert evaluate(rest.expression, Names(n=4)) == 4
    with pytest.raises(MissingValue):
        evaluate(rest.expression, Names(n=3))
    assert evaluate(folded("has(n if n > 3 else None)").expression, Names(n=3)) is False
    with pytest.raises(MissingValue, match=r"none of `config\.absent`, `config\.none` is there"):
        folded("first(config.absent, config.none) + n")


def test_names_that_comprehensions_bind_are_theirs() -> None:
    assert left("[twice + n for twice in config.sizes]") == "[twice + n for twice in [4, 6]]"
    assert left("[[x * y * n for y in config.sizes] for x in range(k)]") == (
        "[[x * y * n for y in [4, 6]] for x in range(0, 3, 1)]"
    )
    assert left("[x for x in range(n) if x > config.offset]") == "[x for x in range(n) if x > -2]"


def test_slices_and_several_indices_fold() -> None:
    names = frozenset({"ids"})
    known = lambda part: evaluate(Expression("", part, (), ()), Names(n=4))  # noqa: E731
    assert text_over("ids[:, k:n] * n", names, known) == "ids[:, 3:4] * 4"
    assert text_over("ids[None, ::2]", names, known) == "ids[None, ::2]"
    assert text_over("ids[config.offset:]", names, known) == "ids[-2:]"
    assert text_over("n * k", names, known) == "12"
    assert text_over("ones([n]) * 2", names, known) == "ones([4]) * 2"


def test_what_can_not_be_written_down_is_told() -> None:
    with pytest.raises(NotFoldable, match="reads"):
        folded("n if n > 3 else config")


def test_long_results_are_refused() -> None:
    with pytest.raises(NotFoldable, match="longer than 20,000 characters"):
        folded("[n, as_list(0, 9_000)]")


# -- the same meaning

_TEXTS = st.recursive(
    st.sampled_from(
        ["n", "m", "k", "twice", "config.width", "config.none", "config.absent", "config.offset", "0", "2", "None",
         "config.flag"]
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        st.tuples(inner, st.sampled_from(["==", "is not", "!="]), inner).map(
            lambda p: f"({p[0]} is not None)" if p[1] == "is not" else f"({p[0]} {p[1]} {p[2]})"
        ),
        st.tuples(inner, st.sampled_from(["|", "and", "or"]), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        st.tuples(inner, inner, inner).map(lambda p: f"({p[0]} if {p[1]} else {p[2]})"),
        st.lists(inner, min_size=1, max_size=3).map(lambda p: f"first({', '.join(p)})"),
        st.lists(inner, min_size=1, max_size=2).map(lambda p: f"has({', '.join(p)})"),
        inner.map(lambda p: f"(not {p})"),
        st.tuples(inner, inner).map(lambda p: f"[{p[0]}, {p[1]}]"),
        st.tuples(inner, inner).map(lambda p: f"[({p[0]}) for x in [1, n]][{p[1]}]"),
        inner.map(lambda p: f"[x * 2 for x in [1, {p}]]"),
    ),
    max_leaves=8,
)  # fmt: skip


def result(work: Any) -> tuple[str, Any]:
    try:
        return "value", work()
    except MissingValue:
        return "missing", None
    except EvaluationFailure:
        return "failure", None


@settings(max_examples=1000, deadline=None)
@given(_TEXTS, st.integers(0, 4), st.integers(0, 4))
def test_the_rest_means_at_every_size_what_the_whole_means(text: str, n: int, m: int) -> None:
    """Where the rest is refused at once the whole fails, too: but for parts of it, other than the config's, that no
    size may ever ask for."""
    if len(text) > 900:
        return
    scope = Names(n=n, m=m)
    whole = result(lambda: evaluate(parse(text), scope))
    try:
        rest = folded(text)
    except EvaluationFailure as error:
        assert whole[0] != "value" or not (isinstance(error, MissingValue) and error.name.startswith("config."))
        return
    sizes = OnlySizes(n=n, m=m)
    found = result(lambda: evaluate(rest.expression, sizes)) if isinstance(rest, Open) else ("value", rest)
    assert found == whole
