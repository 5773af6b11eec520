"""Text that means harm, or was typed by accident, ends in a clear error, soon, and nothing runs."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pliant.data.formula import FUNCTIONS, expand, parse
from pliant.errors import FormulaError

SECONDS = 10.0  # of processor time: the worst takes one on a busy machine, and what grows without bound takes hours

COLUMNS = ["y", "x", "z", *(f"v{i}" for i in range(40))]
SUM = " + ".join(COLUMNS[1:])
STEADY = settings(deadline=None, derandomize=True, database=None, max_examples=2_000)
WATCHED = ("import", "exec", "compile", "open", "os.", "subprocess.", "socket.", "ctypes.", "shutil.", "marshal.")

events: list[str] | None = None


def _watch(event: str, _: tuple[object, ...]) -> None:
    if events is not None and event.startswith(WATCHED):
        events.append(event)


sys.addaudithook(_watch)  # cannot be taken away again; it is silent unless `events` is a list


@pytest.fixture
def watched() -> Iterator[list[str]]:
    global events
    events = seen = []
    yield seen
    events = None


ATTACKS = {
    # Python that an evaluating parser would run
    "import call": "y ~ __import__('os').system('touch canary')",
    "import as response": "__import__('os') ~ x",
    "import in I": "y ~ I(__import__('os').system('touch canary'))",
    "exec": 'y ~ exec(\'open("canary", "w")\')',
    "eval": "y ~ eval(x)",
    "open": "y ~ open('canary', 'w')",
    "os.system": "y ~ os.system('touch canary')",
    "getattr": "y ~ getattr(x, '__class__')",
    "globals": "y ~ globals()",
    "method": "y ~ x.to_csv('canary')",
    "dunder class": "y ~ x.__class__.__mro__",
    "dunder class in I": "y ~ I(x.__class__)",
    "subclasses": "y ~ ().__class__.__bases__[0].__subclasses__()",
    "builtins": "y ~ __builtins__",
    "dunder in backticks": "y ~ `x.__class__`",
    "call of a call": "y ~ I(x)(z)",
    "call of a text": "y ~ 'os'('x')",
    "call of a backticked name": "y ~ `exec`(x)",
    "lambda": "y ~ (lambda: x)()",
    "lambda in I": "y ~ I(lambda x: x)",
    "comprehension": "y ~ [x for x in z]",
    "generator": "y ~ I(x for x in z)",
    "f-string": "y ~ f'{x}'",
    "byte string": "y ~ b'x'",
    "walrus": "y ~ (x := z)",
    "assignment": "y ~ x; z = 1",
    "decorator": "@x\ny ~ z",
    "matrix product": "y ~ x @ z",
    "index": "y ~ x[0]",
    "slice": "y ~ x[::-1]",
    "dict": "y ~ {'x': 1}",
    "star arguments": "y ~ I(*x)",
    "two-star arguments": "y ~ I(**x)",
    "keyword smuggling": "y ~ I(x, __class__=1)",
    "column as a setting": "y ~ poly(x, z)",
    "call as a setting": "y ~ cut(x, breaks=exec('1'))",
    "call in a list": "y ~ cut(x, breaks=[open('canary')])",
    "conditional": "y ~ x if z else x",
    "comparison": "y ~ I(x == z)",
    "not": "y ~ !x",
    "R code": "y ~ {system('touch canary')}",
    "R assignment": "y <- x",
    "R column": "y ~ d$x",
    "R namespace": "y ~ base::system('touch canary')",
    "shell": "y ~ `touch canary`",
    "shell in $": "y ~ $(touch canary)",
    "path": "y ~ x/../../etc/passwd",
    "template": "y ~ {{x}}",
    "comment": "y ~ x # + z",
    "SQL": "y ~ x'; DROP TABLE y; --",
    # too long, too deep, too many
    "10,000 parentheses": "y ~ " + "(" * 10_000 + "x" + ")" * 10_000,
    "4,000 parentheses": "y ~ " + "(" * 4_000 + "x" + ")" * 4_000,
    "open parentheses": "y ~ " + "(" * 9_000,
    "nested calls": "y ~ " + "I(" * 3_000 + "x" + ")" * 3_000,
    "nested lists": "y ~ cut(x, " + "[" * 5_000 + "]" * 4_000,
    "5,000 signs": "y ~ " + "-" * 5_000 + "x",
    "3,000 powers": "y ~ I(" + "x^" * 3_000 + "2)",
    "long arithmetic": "y ~ I(" + "x+" * 3_000 + "x)",
    "long response": "y+" * 3_000 + "y ~ x",
    "a million characters": "y ~ " + "x+" * 500_000 + "x",
    "a long name": "y ~ " + "q" * 9_000,
    "a long function": "y ~ " + "q" * 9_000 + "(x)",
    "power of 50": f"y ~ ({SUM})^50",
    "power of 20": f"y ~ ({SUM})^20",
    "power of a power": f"y ~ (((({SUM})^20)^20)^20)^20",
    "power of .": "y ~ .^20",
    "product of everything": "y ~ " + "*".join(COLUMNS[1:]),
    "products of everything": "y ~ " + "*".join([f"({'+'.join(COLUMNS[1:11])})^10"] * 150),
    "nested everything": "y ~ " + "/".join(["(.)"] * 2_000) + "/(.)^9",
    "huge power": "y ~ x^99999999999999999999999999",
    "infinite power": "y ~ x^1e308",
    "fractional power": "y ~ (x + z)^2.5",
    "negative power": "y ~ (x + z)^-1",
    "power of zero": "y ~ (x + z)^0",
    "tower of powers": "y ~ x^9^9^9^9",
    "huge degree": "y ~ poly(x, 1000000000)",
    "huge knots": "y ~ bs(x, df=1e9)",
    "infinite number": "y ~ I(x + 1e999)",
    "long number": "y ~ I(x + " + "9" * 5_000 + ")",
    "vanishing number": "y ~ 1e-999",
    "hexadecimal": "y ~ I(x + 0xff)",
    "underscored number": "y ~ I(x + 1_000)",
    # characters that are not what they look like
    "null byte": "y ~ x\0",
    "null byte in backticks": "y ~ `x\0`",
    "null byte in quotes": "y ~ C(x, ref='\0')",
    "escape sequence": "y ~ \x1b[31mx",
    "lone surrogate": "y ~ `\ud800`",
    "minus sign": "y ~ x − z",
    "en dash": "y ~ x – z",
    "tilde operator": "y ∼ x",
    "full-width tilde": "y ～ x",
    "multiplication sign": "y ~ x × z",
    "full-width letter": "ｙ ~ x",
    "full-width digit": "y ~ x１",
    "mathematical letter": "y ~ 𝐱",
    "superscript": "y ~ I(x²)",
    "full-width parentheses": "y ~ I（x）",
    "zero-width space": "y ~ x\u200b + z",
    "zero-width joiner": "y ~ x\u200d",
    "byte-order mark": "\ufeffy ~ x",
    "soft hyphen": "y ~ x\u00ad",
    "right-to-left override": "y ~ \u202ex",
    "no-break space": "y ~\u00a0x",
    "thin space": "y ~\u2009x",
    "line separator": "y ~ x\u2028+ z",
    "smart single quotes": "y ~ C(x, ref=‘a’)",
    "smart double quotes": "y ~ C(x, ref=“a”)",
    "Cyrillic letter": "y ~ \u0445",
    "Greek question mark": "y ~ x\u037e",
    "emoji": "y ~ 🎲",
    "quote not closed": "y ~ C(x, ref='a)",
    "backtick not closed": "y ~ `x",
    "nothing in backticks": "y ~ ``",
    "stray backslash": "y ~ x \\ z",
    "unknown escape": "y ~ `\\x41`",
}


@pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS.keys())
def test_an_attack_ends_in_a_clear_error_in_seconds_and_runs_nothing(
    text: str, watched: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    watched.clear()
    start = time.thread_time()
    with pytest.raises(FormulaError) as error:
        expand(parse(text), COLUMNS)
    seconds = time.thread_time() - start
    assert watched == []
    assert list(tmp_path.iterdir()) == []
    assert seconds < SECONDS
    message = error.value.message
    assert message.isprintable()
    assert 10 < len(message) < 400
    assert "Traceback" not in str(error.value)
    assert len(str(error.value).splitlines()) in (1, 3)


def test_the_watch_sees_what_it_is_meant_to_see(watched: list[str]) -> None:
    compile("1", "canary", "eval")
    assert "compile" in watched


@pytest.mark.parametrize(
    ("text", "named", "instead"),
    [
        ("y ~ x − z", "MINUS SIGN", "type -"),
        ("y ∼ x", "TILDE OPERATOR", "type ~"),
        ("y ~ x × z", "MULTIPLICATION SIGN", "type *"),
        ("ｙ ~ x", "FULLWIDTH LATIN SMALL LETTER Y", "type y"),
        ("y ~ x\u200b", "ZERO WIDTH SPACE", "delete it"),
        ("y ~\u00a0x", "NO-BREAK SPACE", "type an ordinary space"),
        ("y ~ C(x, ref=“a”)", "LEFT DOUBLE QUOTATION MARK", 'type "'),
        ("y ~ ‘x’", "LEFT SINGLE QUOTATION MARK", "type '"),
        ("y ~ I(x²)", "SUPERSCRIPT TWO", "I(x^2)"),
        ("y ~ x\0", "U+0000", "delete it"),
        ("y ~ 🎲", "GAME DIE", "between backticks"),
    ],
)
def test_a_character_that_only_looks_right_is_named(text: str, named: str, instead: str) -> None:
    with pytest.raises(FormulaError) as error:
        parse(text)
    assert named in error.value.message
    assert instead in error.value.message
    assert error.value.position is not None
    assert not (text[error.value.position].isascii() and text[error.value.position].isprintable())


def test_a_column_with_any_name_can_be_reached_by_backticks() -> None:
    for name in ["x − z", "🎲", "a\u00a0b", "__import__('os')", "x.__class__", "ｙ", "a\nb", "`", "\\"]:
        written = "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"
        terms = expand(parse(f"y ~ {written}"), ["y", name]).terms
        assert [factor.name for factor in terms[0].factors] == [name]  # type: ignore[union-attr]  # all are names


def refusal(text: str) -> FormulaError | None:
    """Read, print and expand a text; give the FormulaError, if any. Anything else that is raised is a fault."""
    try:
        formula = parse(text)
        assert parse(str(formula)) == formula
        expand(formula, COLUMNS)
    except FormulaError as error:
        return error
    return None


def answer(text: str) -> None:
    error = refusal(text)
    assert error is None or (error.message.isprintable() and str(error))


LONG = {
    "a column times itself": "x*" * 3_000 + "x",
    "a column in itself": "x %in% " * 1_000 + "x",
    "a thousand terms over and over": f"({'+'.join(COLUMNS[1:11])})^10" + "/x" * 4_000,
    "a thousand terms less each": f"({'+'.join(COLUMNS[1:11])})^10" + " - x" * 1_000,
    ". again and again": "+".join(["."] * 4_000),
    "sums in sums": "(x+" * 90 + "z" + ")" * 90,
    "one call again and again": "+".join(["I(x^2)"] * 1_000),
}


@pytest.mark.parametrize("right", LONG.values(), ids=LONG.keys())
def test_a_long_formula_is_read_or_refused_in_seconds(right: str) -> None:
    start = time.thread_time()
    answer(f"y ~ {right}")
    assert time.thread_time() - start < SECONDS


@STEADY
@given(st.text(max_size=200))
@example("~\\")
@example("y~`")
def test_any_text_is_read_or_refused(text: str) -> None:
    answer(text)
    answer("y ~ " + text)


pieces = st.sampled_from(
    [*"+-*/:^~(),=[].`'\" \\\n019xyz", "**", "%in%", "%", "net(", "c(", "1e3", "x", "poly(x, 2)", "TRUE"]
    + ["ref='a'", "breaks=[1,2]", "-1", "0 +", "`a b`", ":=", "==", "é", "\u200b", "−"]
    + [f"{name}(" for name in FUNCTIONS]
)


@STEADY
@given(st.lists(pieces, max_size=40).map("".join))
def test_any_sequence_of_tokens_is_read_or_refused(text: str) -> None:
    answer(text[:200])
    answer("y ~ " + text[:196])
