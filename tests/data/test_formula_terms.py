"""The algebra of terms: against R's rules one by one, plain set algebra, and formulaic."""

from collections.abc import Iterable

import pytest
from formulaic import Formula as Formulaic
from hypothesis import given, settings
from hypothesis import strategies as st

from pliant.data.formula import expand, parse
from pliant.errors import FormulaError

COLUMNS = ["y", "x", "z", "a", "b", "c", "d", "n"]
STEADY = settings(deadline=None, derandomize=True, database=None, max_examples=2_000)


def labels(text: str, columns: Iterable[str] = COLUMNS) -> list[str]:
    return [str(term) for term in expand(parse(text), list(columns)).terms]


@pytest.mark.parametrize(
    ("text", "terms", "intercept"),
    [
        ("y ~ 1", [], True),
        ("y ~ 0", [], False),
        ("y ~ -1", [], False),
        ("y ~ -1 + 1", [], True),
        ("y ~ 1 - 1", [], False),
        ("y ~ 0 + x", ["x"], False),
        ("y ~ x + 0", ["x"], False),
        ("y ~ x - 1", ["x"], False),
        ("y ~ x - 0", ["x"], True),
        ("y ~ 0 + x + 1", ["x"], True),
        ("y ~ -(x - 1)", [], True),
        ("y ~ a*b", ["a", "b", "a:b"], True),
        ("y ~ a*b - a:b", ["a", "b"], True),
        ("y ~ a*b - b:a", ["a", "b"], True),
        ("y ~ a:b + a", ["a", "a:b"], True),
        ("y ~ b:a + a", ["a", "b:a"], True),
        ("y ~ a + b:a", ["a", "a:b"], True),
        ("y ~ a + a + b + a", ["a", "b"], True),
        ("y ~ a/b", ["a", "a:b"], True),
        ("y ~ a/b/c", ["a", "a:b", "a:b:c"], True),
        ("y ~ (a+b)/c", ["a", "b", "a:b:c"], True),
        ("y ~ a/(b+c)", ["a", "a:b", "a:c"], True),
        ("y ~ a %in% b", ["a:b"], True),
        ("y ~ a + b %in% a", ["a", "a:b"], True),
        ("y ~ (a+b) %in% (c+d)", ["a:c:d", "b:c:d"], True),
        ("y ~ (a+b+c)^2", ["a", "b", "c", "a:b", "a:c", "b:c"], True),
        ("y ~ (a+b+c)^3 - a:b", ["a", "b", "c", "a:c", "b:c", "a:b:c"], True),
        ("y ~ (1 + a + b)^2", ["a", "b", "a:b"], True),
        ("y ~ a*b*c - a:b:c", ["a", "b", "c", "a:b", "a:c", "b:c"], True),
        ("y ~ .", COLUMNS[1:], True),
        ("y ~ . - x", COLUMNS[2:], True),
        ("log(y/n) ~ . - 1", COLUMNS[1:-1], False),
        ("y ~ . + log(x)", [*COLUMNS[1:], "log(x)"], True),
        ("y ~ z + .", ["z", "x", *COLUMNS[3:]], True),
        ("~ x", ["x"], True),
        ("y ~ (a - a):b", [], True),
        ("y ~ log(a):poly(x, 2)", ["log(a):poly(x, 2)"], True),
    ],
)
def test_terms_are_those_of_r(text: str, terms: list[str], intercept: bool) -> None:
    expanded = expand(parse(text), COLUMNS)
    assert [str(term) for term in expanded.terms] == terms
    assert expanded.intercept is intercept


def test_dot_crosses_every_other_column() -> None:
    assert labels("y ~ .^2", ["y", "a", "b", "c"]) == ["a", "b", "c", "a:b", "a:c", "b:c"]
    assert labels("y ~ . * a", ["y", "a", "b"]) == ["a", "b", "a:b"]


def test_a_power_of_one_column_is_that_column_and_is_noted() -> None:
    terms = expand(parse("y ~ x^2"), COLUMNS)
    assert [str(term) for term in terms.terms] == ["x"]
    assert terms.notes == ("'x^2' is the term x; for its square write I(x^2)",)


def test_offsets_are_kept_apart_and_merged() -> None:
    terms = expand(parse("y ~ x + offset(log(n)) + offset(log(n)) + offset(z)"), COLUMNS)
    assert [str(offset) for offset in terms.offsets] == ["log(n)", "z"]
    assert [str(term) for term in terms.terms] == ["x"]


def test_every_term_may_bend_where_net_is_not_used() -> None:
    assert all(term.bends for term in expand(parse("y ~ x*z + a"), COLUMNS).terms)


@pytest.mark.parametrize(
    ("text", "bends"),
    [
        ("y ~ a + net(x, z)", {"a": False, "x": True, "z": True}),
        ("y ~ a + net(x + z)", {"a": False, "x": True, "z": True}),
        ("y ~ net(x*z) + a", {"x": True, "z": True, "a": False, "x:z": True}),
        ("y ~ x + net(x) + a", {"x": True, "a": False}),
        ("y ~ net(x) + net(z) + a:b", {"x": True, "z": True, "a:b": False}),
        ("y ~ net(x, z) + a - z", {"x": True, "a": False}),
        ("y ~ a + net(. - a)", {"a": False, **dict.fromkeys(["x", "z", "b", "c", "d", "n"], True)}),
        ("y ~ net(poly(x, 2)) + (a + b)^2", {"poly(x, 2)": True, "a": False, "b": False, "a:b": False}),
    ],
)
def test_net_names_the_terms_that_bend(text: str, bends: dict[str, bool]) -> None:
    assert {str(term): term.bends for term in expand(parse(text), COLUMNS).terms} == bends


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("y ~ net(x):z", "write net(x:z)"),
        ("y ~ z*net(x, a)", "write net(z * (x + a))"),
        ("y ~ net(x)^2", "write net(x^2)"),
        ("y ~ (a + net(x)):b", "write net(...) around all of it"),
        ("y ~ a - net(x)", "write - x"),
        ("y ~ net(1)", "outside of net"),
        ("y ~ net(x - 1)", "outside of net"),
        ("y ~ net(net(x))", "name each term once"),
        ("y ~ net(offset(x))", "outside of net"),
        ("y ~ log(net(x))", "outside of functions"),
        ("net(y) ~ x", "cannot be the response"),
    ],
)
def test_net_where_it_means_nothing_says_what_to_write(text: str, advice: str) -> None:
    with pytest.raises(FormulaError) as error:
        expand(parse(text), COLUMNS)
    assert advice in error.value.message


def join(left: Iterable[frozenset[str]], right: Iterable[frozenset[str]]) -> set[frozenset[str]]:
    return {one | other for one in left for other in right}


def union(terms: Iterable[frozenset[str]]) -> list[frozenset[str]]:
    return [frozenset().union(*terms)]


ALGEBRA = {
    "+": lambda left, right: left | right,
    "-": lambda left, right: left - right,
    ":": join,
    "*": lambda left, right: left | right | join(left, right),
    "/": lambda left, right: left | join(union(left), right),
    "%in%": lambda left, right: join(left, union(right)),
}
pairs = st.recursive(
    st.sampled_from("abcd").map(lambda name: (name, {frozenset(name)})),
    lambda inner: st.one_of(
        st.builds(
            lambda left, operator, right: (
                f"({left[0]}) {operator} ({right[0]})",
                ALGEBRA[operator](left[1], right[1]),
            ),
            inner,
            st.sampled_from(list(ALGEBRA)),
            inner,
        ),
        inner.map(lambda one: (f"({one[0]})^2", join(one[1], one[1]))),
        inner.map(lambda one: (f"({one[0]})^3", join(join(one[1], one[1]), one[1]))),
    ),
    max_leaves=9,
)
switches = st.lists(st.sampled_from(["+ 1", "+ 0", "- 1", "- 0"]), max_size=3)


@STEADY
@given(pairs, switches)
def test_terms_equal_those_of_plain_set_algebra(pair: tuple[str, set[frozenset[str]]], ends: list[str]) -> None:
    text, wanted = pair
    terms = expand(parse(f"y ~ ({text}) {' '.join(ends)}"), COLUMNS)
    assert {frozenset(map(str, term.factors)) for term in terms.terms} == wanted
    assert len(terms.terms) == len(wanted)
    assert terms.intercept == (ends[-1] in ("+ 1", "- 0") if ends else True)
    orders = [len(term.factors) for term in terms.terms]
    assert orders == sorted(orders)


# Formulaic reads `a %in% b` as `b + a:b` where R has `a:b`, and cannot divide an empty set of terms; neither is
# made here. Without parentheses the two parsers must agree on precedence, too.
loose = st.recursive(
    st.sampled_from("abcd"),
    lambda inner: st.one_of(
        st.builds(lambda *parts: " ".join(parts), inner, st.sampled_from(["+", "*", ":", "/"]), inner),
        st.builds(lambda *parts: "({} {} {})".format(*parts), inner, st.sampled_from(["+", "*", ":", "/"]), inner),
        st.builds(lambda one, power, k: f"({one}){power}{k}", inner, st.sampled_from(["^", "**"]), st.integers(1, 3)),
    ),
    max_leaves=8,
)


@STEADY
@given(
    st.sampled_from(["", "0 + ", "-1 + ", "1 + "]),
    loose,
    st.sampled_from(["", " + a:b", " - a", " - a:b", " - (a + b)"]),
    st.sampled_from(["", " - 1", " + 0", " + 1"]),
)
def test_terms_equal_those_of_formulaic(before: str, inner: str, minus: str, after: str) -> None:
    text = f"y ~ {before}{inner}{minus}{after}"
    ours = expand(parse(text), COLUMNS)
    theirs = {frozenset(map(str, term.factors)) for term in Formulaic(text).rhs}
    assert ours.intercept == (frozenset("1") in theirs)
    assert {frozenset(map(str, term.factors)) for term in ours.terms} == theirs - {frozenset("1")}
