"""From the text of a formula to its tokens, each with its position.

The tokeniser knows characters only: whether a name is a column or a function, and whether tokens follow each other
sensibly, is for the parser. Numbers are read with `float`, never evaluated.
"""

import re
from dataclasses import dataclass
from math import isfinite

from pliant.data.formula.characters import advise, describe, is_forbidden, is_inside, is_start
from pliant.errors import FormulaError

_NUMBER = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?L?")
_OPERATORS = ("%in%", "**", *"+-*/:^~(),=[]")
_UNESCAPED = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'", "`": "`"}
_TRUTHS = {"TRUE": True, "True": True, "FALSE": False, "False": False}
_ADVICE = {
    "|": "random effects and conditions are not part of a formula; add the group as a column",
    "@": "there are no objects in a formula, only columns of the table",
    "$": "columns are written without the table's name: x, not table$x",
    ";": "a formula is one expression",
    "{": "group with ( and )",
    "}": "group with ( and )",
    "#": "a formula has no comments",
    "%": "the only operator with % is %in%",
    "\\": "a name that has such a character goes between backticks",
    "?": "a name that has such a character goes between backticks",
    **dict.fromkeys("<>!&", "comparisons are not part of a formula; make such a column in the table first"),
}


@dataclass(frozen=True)
class Token:
    """One token. `kind`: number, text, name, truth, operator or end. `text` is its text as written."""

    kind: str
    text: str
    position: int
    value: float | str = ""  # of a number, a text or a name: without quotes, backticks and escapes
    quoted: bool = False  # a name between backticks


def tokenise(text: str) -> list[Token]:
    """Give the tokens of a formula; the last one is of kind "end".

    Raises
    ------
    FormulaError
        At a character that has no place in a formula, a quote that is not closed, a number that is not finite.
    """
    for position, character in enumerate(text):
        if is_forbidden(character):
            raise FormulaError(f"a formula cannot contain {describe(character)}; delete it", text, position)
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        if text[position] in " \t\r\n":
            position += 1
            continue
        token = _read(text, position)
        tokens.append(token)
        position += len(token.text)
    return [*tokens, Token("end", "", len(text))]


def _read(text: str, start: int) -> Token:
    """Give the token that starts at a position."""
    character = text[start]
    number = _NUMBER.match(text, start)
    if number:
        return _number(text, start, number.group())
    if is_start(character):
        end = start + 1
        while end < len(text) and is_inside(text[end]):
            end += 1
        name = text[start:end]
        return Token("truth" if name in _TRUTHS else "name", name, start, name)
    if character in "\"'`":
        return _enclosed(text, start, character)
    if text.startswith("==", start):
        raise FormulaError(f"'==' has no meaning here: {_ADVICE['<']}", text, start)
    for operator in _OPERATORS:
        if text.startswith(operator, start):
            return Token("operator", operator, start)
    if character in _ADVICE:
        raise FormulaError(f"{character!r} has no meaning here: {_ADVICE[character]}", text, start)
    raise FormulaError(f"a formula cannot contain {describe(character)}; {advise(character)}", text, start)


def _number(text: str, start: int, shown: str) -> Token:
    """Give the token of a number, which must end where its digits end."""
    end = start + len(shown)
    if end < len(text) and is_inside(text[end]):
        raise FormulaError(
            "this is neither a number nor a name: a name that starts with a digit goes between backticks",
            text,
            start,
        )
    value = float(shown.rstrip("L"))
    vanished = value == 0.0 and any(digit in "123456789" for digit in re.split("[eE]", shown)[0])
    if not isfinite(value) or vanished:
        raise FormulaError(f"this number is too {'small' if vanished else 'large'} for a computer", text, start)
    return Token("number", shown, start, value)


def _enclosed(text: str, start: int, mark: str) -> Token:
    """Give the token between two quotation marks or backticks."""
    value: list[str] = []
    position = start + 1
    while position < len(text) and text[position] != mark:
        if text[position] == "\\":
            position += 1
            escaped = text[position : position + 1]
            if escaped not in _UNESCAPED:
                raise FormulaError("write a backslash twice to mean one", text, position - 1)
            value.append(_UNESCAPED[escaped])
        else:
            value.append(text[position])
        position += 1
    what = "backtick" if mark == "`" else "quotation mark"
    if position >= len(text):
        raise FormulaError(f"the {what} is not closed", text, start)
    shown = text[start : position + 1]
    if mark != "`":
        return Token("text", shown, start, "".join(value))
    if not value:
        raise FormulaError("there is no name between the backticks", text, start)
    return Token("name", shown, start, "".join(value), quoted=True)


def truth(token: Token) -> bool:
    """Give the value of a token of kind "truth"."""
    return _TRUTHS[token.text]
