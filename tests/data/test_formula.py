"""The formula language: reading, printing, functions and errors."""

import copy
import pickle
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pliant.data.formula import (
    FUNCTIONS,
    Binary,
    Call,
    Dot,
    Formula,
    Name,
    Node,
    Number,
    Term,
    Text,
    Truth,
    Unary,
    Vector,
    expand,
    expressions,
    parse,
    variables,
)
from pliant.data.formula import settings as settings_of
from pliant.errors import FormulaError

COLUMNS = ["y", "x", "z", "a", "b", "c", "d", "n"]
STEADY = settings(deadline=None, derandomize=True, database=None, max_examples=2_000)


def tree(right: str) -> Node:
    return parse(f"~ I({right})").right.arguments[0]  # type: ignore[union-attr]  # the right side is I(...)


# precedence, as in R's grammar


@pytest.mark.parametrize(
    ("loose", "strict"),
    [
        ("-x^2", "-(x^2)"),
        ("(-x)^2", "(-x)^2"),
        ("2^3^2", "2^(3^2)"),
        ("2^-1", "2^(-1)"),
        ("2^-3^2", "2^(-(3^2))"),
        ("x**2", "x^2"),
        ("x + z*n", "x + (z*n)"),
        ("x/z*n", "(x/z)*n"),
        ("x/z/n", "(x/z)/n"),
        ("x - z - n", "(x - z) - n"),
        ("-x*z", "(-x)*z"),
        ("- -x", "-(-x)"),
        ("x - -z", "x - (-z)"),
        ("+x + z", "(+x) + z"),
    ],
)
def test_arithmetic_binds_as_in_r(loose: str, strict: str) -> None:
    assert tree(loose) == tree(strict)


@pytest.mark.parametrize(
    ("loose", "strict"),
    [
        ("a + b:c", "a + (b:c)"),
        ("a*b:c", "a*(b:c)"),
        ("a %in% b:c", "a %in% (b:c)"),
        ("a*b %in% c", "a*(b %in% c)"),
        ("a:b^2", "a:(b^2)"),
        ("a/b*c", "(a/b)*c"),
        ("a - b + c", "(a - b) + c"),
        ("a:b:c", "(a:b):c"),
    ],
)
def test_terms_bind_as_in_r(loose: str, strict: str) -> None:
    assert parse(f"y ~ {loose}") == parse(f"y ~ {strict}")
    assert parse(f"y ~ {loose}").right != parse("y ~ a").right


# printing


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("y~x", "y ~ x"),
        (" ~ x ", "~ x"),
        ("y ~ ((a+(b)))", "y ~ a + b"),
        ("y~a*b-a:b", "y ~ a * b - a:b"),
        ("y ~ (a+b)**2", "y ~ (a + b)^2"),
        ("y ~ a%in%b / c", "y ~ a %in% b/c"),
        ("log( y )~I(x ** 2 )", "log(y) ~ I(x^2)"),
        ("y ~ poly(x,3,raw=True)", "y ~ poly(x, 3, raw = TRUE)"),
        ("y ~ C(a, ref='b\"')", 'y ~ C(a, ref = "b\\"")'),
        ("y ~ cut(x, [-1, 2.50])", "y ~ cut(x, c(-1, 2.50))"),
        ("`my y` ~ `a\\`b`", "`my y` ~ `a\\`b`"),
        ("y ~ `x`", "y ~ x"),
        ("y ~ `TRUE` + `1a` + `.` + `.5`", "y ~ `TRUE` + `1a` + `.` + `.5`"),
        ("y ~ x - (a - b)", "y ~ x - (a - b)"),
        ("y ~ I((-x)^2) + I(-x^2)", "y ~ I((-x)^2) + I(-x^2)"),
        ("y ~ I(x^-1)", "y ~ I(x^-1)"),
        ("y ~ I((x^2)^3)", "y ~ I((x^2)^3)"),
        ("größe ~ 身長 + été_2 + Sepal.Length + .x + _y", "größe ~ 身長 + été_2 + Sepal.Length + .x + _y"),
    ],
)
def test_a_formula_prints_in_its_tidy_form(text: str, printed: str) -> None:
    assert str(parse(text)) == printed
    assert parse(printed) == parse(text)


def test_positions_and_spelling_of_numbers_do_not_count_in_comparisons() -> None:
    assert parse("y ~ I(x^2.0)") == parse("y  ~  I( x^2 )")


def test_a_long_sum_can_be_printed_compared_hashed_copied_and_pickled() -> None:
    formula = parse("y ~ " + " + ".join(f"x{i}" for i in range(1_200)))
    assert parse(str(formula)) == formula
    assert hash(parse(str(formula))) == hash(formula)
    assert pickle.loads(pickle.dumps(formula)) == formula
    assert copy.deepcopy(formula).text == formula.text
    terms = expand(formula, ["y", *(f"x{i}" for i in range(1_200))])
    assert len(terms.terms) == 1_200
    assert pickle.loads(pickle.dumps(terms)) == terms
    assert repr(formula).startswith("Formula(")


@pytest.mark.parametrize(
    "right",
    [
        "(" * 99 + "x" + ")" * 99,
        "I(" * 49 + "x" + ")" * 49,
        "-" * 98 + "x",
        "I(" + "+".join(["x"] * 98) + ")",
        "(x/" * 48 + "a" + ")" * 48,
    ],
)
def test_the_deepest_formulas_need_less_than_half_of_pythons_stack(right: str) -> None:
    limit, frame, depth = sys.getrecursionlimit(), sys._getframe(), 0
    while frame.f_back is not None:
        frame, depth = frame.f_back, depth + 1
    sys.setrecursionlimit(depth + 520)
    try:
        formula = parse(f"y ~ {right}")
        assert parse(str(formula)) == formula
        terms = expand(formula, COLUMNS)
        assert pickle.loads(pickle.dumps(terms)) == terms
        assert repr(formula)
        assert hash(formula)
    finally:
        sys.setrecursionlimit(limit)


letters = st.characters(exclude_categories=["Cs", "Cc"])
names = st.one_of(
    st.sampled_from([*COLUMNS, "my column", "a.b", "TRUE", ".", "c", "I", "`", "\\", "a\nb", "1x", "été"]),
    st.text(letters, min_size=1, max_size=6),
).map(Name)
texts = st.text(letters, max_size=5).map(Text)
numbers = st.one_of(st.integers(0, 10**20).map(float), st.floats(0, allow_infinity=False, allow_nan=False)).map(
    lambda value: Number(value + 0.0)
)
signed = st.one_of(numbers, numbers.map(lambda number: Unary("-", number)))
numeric = [name for name, it in FUNCTIONS.items() if it.gives == "number"]


def compute(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.one_of(
        st.builds(Unary, st.sampled_from("+-"), inner),
        st.builds(Binary, st.sampled_from("+-*/^"), inner, inner),
        st.builds(lambda name, node: Call(name, (node,)), st.sampled_from(numeric), inner),
        st.builds(lambda node, base: Call("log", (node,), (("base", base),)), inner, numbers),
    )


arithmetic = st.recursive(st.one_of(names, numbers), compute, max_leaves=8)
calls = st.one_of(
    st.builds(lambda name, node: Call(name, (node,)), st.sampled_from([*numeric, "offset"]), arithmetic),
    st.builds(lambda node, k: Call("poly", (node, Number(float(k)))), arithmetic, st.integers(1, 100)),
    st.builds(lambda node, raw: Call("poly", (node,), (("raw", Truth(raw)),)), arithmetic, st.booleans()),
    st.builds(
        lambda node, items: Call("cut", (node,), (("breaks", Vector(tuple(items))),)),
        arithmetic,
        st.lists(signed, min_size=1, max_size=4),
    ),
    st.builds(lambda node, ref: Call("C", (node,), (("ref", ref),)), names, texts),
    st.builds(
        lambda node, levels: Call("C", (Call("factor", (node,)),), (("levels", Vector(tuple(levels))),)),
        names,
        st.lists(texts, min_size=1, max_size=3),
    ),
)
atoms = st.one_of(names, calls, st.just(Dot()), st.sampled_from([0.0, 1.0]).map(Number))


def combine(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.one_of(
        st.builds(Binary, st.sampled_from(["+", "-", "*", "/", ":", "%in%"]), inner, inner),
        st.builds(lambda node, k: Binary("^", node, Number(float(k))), inner, st.integers(1, 20)),
        st.builds(Unary, st.sampled_from("+-"), inner),
        st.lists(inner, min_size=1, max_size=3).map(lambda nodes: Call("net", tuple(nodes))),
    )


responses = st.one_of(st.none(), arithmetic, st.builds(lambda a, b: Call("cbind", (a, b)), arithmetic, arithmetic))


@STEADY
@given(st.builds(Formula, responses, st.recursive(atoms, combine, max_leaves=10)))
def test_what_is_printed_is_read_as_the_same_tree(formula: Formula) -> None:
    printed = str(formula)
    again = parse(printed)
    assert again == formula
    assert hash(again) == hash(formula)
    assert str(again) == printed


# columns and functions


def test_variables_are_the_columns_read_each_once_in_order() -> None:
    formula = parse('log(y) ~ I(x + z*x) + C(a, ref="b") + `my column` + .')
    assert variables(formula.right) == ("x", "z", "a", "my column")
    assert variables(parse("cbind(a, n - a) ~ x").response) == ("a", "n")  # type: ignore[arg-type]  # has one


def test_a_term_prints_as_r_labels_it() -> None:
    assert str(Term((Name("a"), Call("I", (Binary("^", Name("x"), Number(2.0)),))))) == "a:I(x^2)"
    assert str(Term(())) == "Intercept"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("poly(x, 3)", {"degree": 3}),
        ("poly(x, degree=3, raw=TRUE)", {"degree": 3, "raw": True}),
        ("bs(x, 5)", {"df": 5}),
        ("ns(x, knots=c(-1, 2.5))", {"knots": (-1.0, 2.5)}),
        ("cr(x, knots=3)", {"knots": (3.0,)}),
        ("scale(x, centre=False)", {"center": False}),
        ("log(x, 2)", {"base": 2.0}),
        ('C(a, ref="b")', {"ref": "b"}),
        ("C(a, ref=4)", {"ref": 4.0}),
        ("C(a, 'sum')", {"contrast": "sum"}),
        ('C(a, levels=["p", "q"])', {"levels": ("p", "q")}),
        ("factor(a, c(4, 6, 8))", {"levels": (4.0, 6.0, 8.0)}),
        ("cut(x, 4)", {"breaks": 4}),
        ("cut(x, breaks=c(1, 2), include.lowest=TRUE)", {"breaks": (1.0, 2.0), "include_lowest": True}),
        ("centre(x)", {}),
    ],
)
def test_settings_are_read_as_plain_values(text: str, wanted: dict[str, object]) -> None:
    call = parse(f"~ {text}").right
    assert isinstance(call, Call)
    assert settings_of(call) == wanted
    assert expressions(call) == call.arguments[:1]


def test_every_function_has_a_signature_that_names_it() -> None:
    numbers = "I log log1p log2 log10 exp sqrt abs sin cos tanh scale center centre year hour"
    others = "poly bs ns cr factor cut C month weekday offset net cbind"
    assert set(FUNCTIONS) == set(f"{numbers} {others}".split())
    assert FUNCTIONS["centre"] is FUNCTIONS["center"]


# errors that help


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("y ~ wieght", "there is no column 'wieght'; did you mean 'weight'?", 4),
        ("y ~ Weight", "did you mean 'weight'?", 4),
        ("y ~ x + lgo(weight)", "unknown function 'lgo'; did you mean 'log'?", 8),
        ("y ~ log(wieght)", "did you mean 'weight'?", 8),
        ("wieght ~ x", "did you mean 'weight'?", 0),
        ("y ~ x + offset(wieght)", "did you mean 'weight'?", 15),
        ("y ~ x - wieght", "did you mean 'weight'?", 8),
        ("y ~ qqq", "there are 'y', 'x', 'weight'", 4),
        ("y ~ np.log(x)", "write log(...)", 4),
        ("y ~ ln(x)", "write log(x)", 4),
        ("y ~ poly(x, dgree=2)", "poly() has no setting 'dgree'; did you mean 'degree'?", 18),
        ("y ~ poly(x, 1.5)", "a whole number from 1 to 100", 12),
        ("y ~ I(x + 1, 2)", "too many arguments", 13),
        ("y ~ cut(x)", "cut() needs 'breaks'", 4),
        ("y ~ C(x, contrast='odd')", 'one of "treatment"', 18),
        ("y ~ C(x, ref='a', ref='b')", "'ref' twice", 22),
        ("y ~ poly(degree=2)", "poly() needs a column", 4),
        ("y ~ poly(degree=2, x)", "cannot follow", 19),
        ("y ~ x + 2", "only 0 and 1", 8),
        ("y ~ x^1.5", "whole number from 1 to 20", 6),
        ("y ~ x:1", "the intercept cannot be an operand of ':'", 6),
        ("y ~ (x + 1):weight", "the intercept cannot stand inside ':'", 9),
        ("y ~ (x - 1)*weight", "the intercept cannot stand inside '*'", 9),
        ("y ~ -x:weight", "write - (a:b)", 4),
        ("y ~ x:offset(weight)", "an offset cannot stand inside ':'", 6),
        ("y ~ x - offset(weight)", "offset(-(...))", 8),
        ("y ~ y", "cannot also be a term", 4),
        ("y ~ I(2)", "reads no column", 4),
        ("1 ~ x", "reads no column", 0),
        (". ~ x", "'.' stands for terms", 0),
        ("y ~ log(.)", "'.' stands for terms", 8),
        ("y ~ cbind(x, weight)", "left of '~'", 4),
        ("log(cbind(y, x)) ~ 1", "whole response", 4),
        ("poly(y, 2) ~ x", "cannot be the response", 0),
        ("y ~ I(poly(x, 2))", "several columns", 6),
        ("y ~ I(factor(x) + 1)", "gives levels", 6),
        ("y ~ I(x:weight)", "':' combines terms", 7),
        ("y ~ x weight", "an operator such as + is missing before 'weight'", 6),
        ("y ~ (x", "not closed", 4),
        ("y ~ x)", "nothing that this ')' closes", 5),
        ("y ~ x +", "a column is missing after '+'", 7),
        ("y = x", "write '~', not '='", 2),
        ("y ~ x ~ weight", "one '~'", 6),
        ("y + x", "a formula needs a '~'", 5),
        ("y ~", "write '~ 1'", 3),
        ("", "the formula is empty", 0),
    ],
)
def test_an_error_says_what_to_do_and_points_at_its_place(text: str, message: str, position: int) -> None:
    with pytest.raises(FormulaError) as error:
        expand(parse(text), ["y", "x", "weight"])
    assert message in error.value.message
    assert error.value.position == position
    assert str(error.value).splitlines()[-1] == " " * (position + 2) + "^"


def test_dot_of_a_table_with_nothing_else_says_so() -> None:
    with pytest.raises(FormulaError, match="there are none"):
        expand(parse("y ~ ."), ["y"])


def test_a_formula_that_is_not_text_is_refused() -> None:
    with pytest.raises(FormulaError, match="a formula is a text"):
        parse(3)  # type: ignore[arg-type]  # on purpose


def test_a_name_that_only_looks_like_a_column_is_found_out() -> None:
    with pytest.raises(FormulaError, match=r"CYRILLIC SMALL LETTER A.* is not 'a'"):
        expand(parse("y ~ \u0430ge"), ["y", "age"])
