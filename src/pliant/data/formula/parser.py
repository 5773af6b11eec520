"""From tokens to a tree: a Pratt parser with the precedences of R's grammar.

The same operators mean two things. Between terms they are an algebra of sets (`a*b` is `a + b + a:b`); inside a
function, and left of `~`, they are arithmetic on numbers. The parser knows which of the two it is in, and
which calls may stand where. It does not know the columns of the table: `expand` does.

Text, nesting and the height of arithmetic are bounded, so that no recursion over a tree can overflow.
"""

from typing import NoReturn

from pliant.data.formula.nearest import quote
from pliant.data.formula.nodes import (
    PRECEDENCE,
    UNARY_PRECEDENCE,
    Binary,
    Call,
    Dot,
    Formula,
    Name,
    Node,
    Number,
    Text,
    Truth,
    Unary,
    Vector,
    children,
)
from pliant.data.formula.signatures import FUNCTIONS, Signature, settings, unknown_function
from pliant.data.formula.tokens import Token, tokenise, truth
from pliant.errors import FormulaError

MAX_LENGTH = 10_000  # characters
MAX_DEPTH = 100  # parentheses in parentheses (a call counts twice); in arithmetic also operations on operations
MAX_POWER = 20  # of terms
_ONLY_ALONE = {
    "basis": "{}() gives several columns, so nothing can be computed with it",
    "factor": "{}() gives levels, so nothing can be computed with it",
    "offset": "an offset is a term of its own: write + offset(...)",
    "net": "net(...) names terms: it stands outside of functions, right of '~'",
    "responses": "cbind(...) can only be the whole response",
}


def parse(text: str) -> Formula:
    """Read a formula.

    Parameters
    ----------
    text : str
        Such as `"log(y) ~ x + poly(z, 3)"`; see `docs/formula.md` for the grammar.

    Returns
    -------
    Formula
        `parse(str(formula)) == formula`. Its names are not yet compared with any table.

    Raises
    ------
    FormulaError
        With the position of the first character that cannot be understood.

    Examples
    --------
    >>> str(parse("y~a*b-1"))
    'y ~ a * b - 1'
    """
    if not isinstance(text, str):
        raise FormulaError(f"a formula is a text, such as 'y ~ x', not {type(text).__name__}")
    _check_length(text)
    formula = _Parser(text).formula()
    _check_length(str(formula))  # or else it could be printed and not be read again
    return formula


def _check_length(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise FormulaError(
            f"a formula has at most {MAX_LENGTH:,} characters with its blanks, not {len(text):,}; "
            "use '.' for all columns, and '. - x' to leave some out"
        )


class _Parser:
    """Walks over the tokens of one formula, once, from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenise(text)
        self.index = 0
        self.depth = 0
        self.arithmetic = False  # whether operators compute, or combine terms

    # what is read

    def formula(self) -> Formula:
        """Read the whole text."""
        if all(token.text != "~" for token in self.tokens):
            self._no_tilde()
        response = None if self._at("~") else self._response()
        self._expect("~", "an operator such as + is missing before {}")
        if self._now.kind == "end":
            self._fail("there is nothing after '~'; write '~ 1' for the mean alone")
        right = self._expression()
        if self._now.kind != "end":
            self._unexpected()
        return Formula(response, right, self.text)

    def _response(self) -> Node:
        self.arithmetic = True
        response = self._expression()
        self.arithmetic = False
        if isinstance(response, Call) and FUNCTIONS[response.function].gives in ("basis", "offset", "net"):
            self._fail(f"{response.function}() cannot be the response", response)
        self._check_height(response)
        return response

    def _expression(self, looser: int = 0) -> Node:
        """Read operands and the operators between them that bind tighter than `looser`."""
        self._descend()
        left = self._operand()
        while self._now.kind == "operator":
            token = self._now
            operator = "^" if token.text == "**" else token.text
            tightness = PRECEDENCE.get(operator, 0)
            if tightness <= looser:
                break
            self.index += 1
            if operator == "^" and not self.arithmetic:
                right = self._power()
            else:
                right = self._expression(tightness - 1 if operator == "^" else tightness)
            if self.arithmetic:
                self._check_arithmetic(operator, token, left, right)
            left = Binary(operator, left, right, token.position)
        self.depth -= 1
        return left

    def _descend(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._fail("parentheses, calls or signs are nested too deeply")

    def _power(self) -> Node:
        """Read the right side of `^` between terms: a whole number."""
        self.arithmetic = True
        power = self._expression(PRECEDENCE["^"] - 1)
        self.arithmetic = False
        if not (isinstance(power, Number) and power.value in range(1, MAX_POWER + 1)):
            self._fail(f"a power of terms is a whole number from 1 to {MAX_POWER}; for arithmetic write I(x^2)", power)
        return power

    def _operand(self) -> Node:
        """Read what stands between operators."""
        token = self._now
        if token.kind not in ("number", "name") and token.text not in ("(", "-", "+"):
            self._missing_operand(token)
        self.index += 1
        if token.kind == "number":
            return self._number(token)
        if token.kind == "name":
            return self._name(token)
        if token.text == "(":
            inner = self._expression()
            self._close(")", token)
            return inner
        operand = self._expression(UNARY_PRECEDENCE)
        if self.arithmetic:
            self._check_number(operand)
        return Unary(token.text, operand, token.position)

    def _number(self, token: Token) -> Number:
        number = Number(float(token.value), token.text, token.position)
        if not self.arithmetic and number.value not in (0.0, 1.0):
            self._fail("among terms only 0 and 1 have a meaning (the intercept); for arithmetic write I(...)", number)
        return number

    def _name(self, token: Token) -> Node:
        if self._at("("):
            if token.quoted:
                self._fail("the name of a function is written without backticks", token)
            if token.text == "c":
                self._fail("c(...) lists constants: it can only be a setting, as in cut(x, breaks=c(1, 2))", token)
            return self._call(token)
        if token.text == ".":
            if self.arithmetic:
                self._fail("'.' stands for terms: it cannot be computed with, nor be the response", token)
            return Dot(token.position)
        return Name(str(token.value), token.position)

    # calls

    def _call(self, token: Token) -> Call:
        """Read the arguments of a call, whose name has been read."""
        if token.text not in FUNCTIONS:
            self._fail(unknown_function(token.text), token)
        signature = FUNCTIONS[token.text]
        outside = self.arithmetic
        if not outside and signature.gives == "responses":
            self._fail("cbind(...) joins responses: it stands left of '~'", token)
        self.arithmetic = signature.gives != "net"
        self._descend()
        opening = self._now
        self.index += 1
        arguments: list[Node] = []
        keywords: list[tuple[str, Node]] = []
        while not (self._at(")") and not arguments and not keywords):
            self._argument(signature, arguments, keywords)
            if not self._at(","):
                break
            self.index += 1
        self._close(")", opening)
        self.depth -= 1
        self.arithmetic = outside
        if len(arguments) < signature.least:
            self._fail(f"{token.text}() needs {_columns(signature.least)} between its parentheses", token)
        call = Call(token.text, tuple(arguments), tuple(keywords), token.position)
        settings(call, self.text)
        if not outside and signature.gives != "net":
            self._check_height(call)
        return call

    def _argument(self, signature: Signature, arguments: list[Node], keywords: list[tuple[str, Node]]) -> None:
        """Read one argument of a call: an expression, a constant, or `name = constant`."""
        token, after = self._now, self.tokens[min(self.index + 1, len(self.tokens) - 1)]
        if token.kind == "name" and after.text == "=":
            self.index += 2
            keywords.append((str(token.value), self._constant()))
        elif keywords:
            self._fail("an argument without a name cannot follow one with a name")
        elif signature.most is None or len(arguments) < signature.most:
            argument = self._expression()
            if self.arithmetic:
                self._check_number(argument, also=signature.gives)
            arguments.append(argument)
        else:
            arguments.append(self._constant())

    def _constant(self) -> Node:
        """Read the value of a setting: a number, a text, TRUE or FALSE, or several."""
        token = self._now
        lists = token.text == "[" or (token.text == "c" and self.tokens[self.index + 1].text == "(")
        if not lists:
            return self._scalar()
        if token.text == "c":
            self.index += 1
        opening = self._now
        self.index += 1
        items: list[Node] = []
        while not items or self._at(","):
            self.index += 1 if items else 0
            items.append(self._scalar())
            if isinstance(items[-1], Truth):
                self._fail("a list holds numbers or texts", items[-1])
        self._close(")" if opening.text == "(" else "]", opening)
        return Vector(tuple(items), token.position)

    def _scalar(self) -> Node:
        token = self._now
        self.index += 1
        if token.kind == "number":
            return Number(float(token.value), token.text, token.position)
        if token.kind == "text":
            return Text(str(token.value), token.position)
        if token.kind == "truth":
            return Truth(truth(token), token.position)
        if token.text in ("-", "+") and self._now.kind == "number":
            number = Number(float(self._now.value), self._now.text, self._now.position)
            self.index += 1
            return Unary(token.text, number, token.position)
        self._fail("a setting is a constant: a number, a text between quotes, TRUE, FALSE, or several in c(...)", token)

    # what is checked

    def _check_arithmetic(self, operator: str, token: Token, left: Node, right: Node) -> None:
        if operator in (":", "%in%"):
            self._fail(f"{operator!r} combines terms; inside functions and left of '~' there are numbers", token)
        self._check_number(left)
        self._check_number(right)

    def _check_number(self, node: Node, also: str = "number") -> None:
        """Refuse a call that does not give one number a row where numbers are computed with."""
        if isinstance(node, Call):
            gives = FUNCTIONS[node.function].gives
            if gives != "number" and not (gives == also == "factor"):
                self._fail(_ONLY_ALONE[gives].format(node.function), node)

    def _check_height(self, node: Node) -> None:
        """Refuse arithmetic of more operations on operations than a recursion can follow."""
        level, height = [node], 0
        while level:
            level, height = [child for parent in level for child in children(parent)], height + 1
            if height > MAX_DEPTH:
                self._fail(
                    f"more than {MAX_DEPTH} operations follow each other; make such a column in the table first",
                    node,
                )

    # where the parser is, and what went wrong

    @property
    def _now(self) -> Token:
        return self.tokens[self.index]

    def _at(self, operator: str) -> bool:
        return self._now.kind == "operator" and self._now.text == operator

    def _expect(self, operator: str, message: str) -> None:
        if not self._at(operator):
            self._unexpected(message)
        self.index += 1

    def _close(self, closing: str, opening: Token) -> None:
        if self._now.kind == "end":
            self._fail(f"this {opening.text!r} is not closed by a {closing!r}", opening)
        self._expect(closing, "a comma, an operator or '" + closing + "' is missing before {}")

    def _unexpected(self, message: str = "an operator such as + is missing before {}") -> NoReturn:
        token = self._now
        if token.text == "~":
            self._fail("a formula has one '~'")
        if token.text == "=":
            self._fail("'=' gives a setting inside a function; between response and terms write '~'")
        if token.text in (")", "]"):
            self._fail(f"there is nothing that this {token.text!r} closes")
        if token.text == ",":
            self._fail("a comma separates arguments of a function; between terms write +")
        if token.text == "[":
            self._fail("rows and elements cannot be picked in a formula; make such a column in the table first")
        self._fail(message.format("the end" if token.kind == "end" else quote(token.text)))

    def _missing_operand(self, token: Token) -> NoReturn:
        before = self.tokens[self.index - 1].text if self.index else ""
        after = f" after {quote(before)}" if before else ""
        if token.kind == "text":
            self._fail("a text between quotes is not a column; write the name bare, or between backticks")
        if token.kind == "truth":
            self._fail(f"{token.text} is a constant; a column of that name goes between backticks")
        if token.text == "[":
            self._fail("[...] lists constants: it can only be a setting, as in cut(x, breaks=[1, 2])")
        if token.text == "=":
            self._unexpected()
        found = "the formula ends" if token.kind == "end" else f"there is {quote(token.text)}"
        self._fail(f"a column is missing{after}: {found}")

    def _no_tilde(self) -> NoReturn:
        for token in self.tokens:
            if token.text == "=":
                self._fail("between response and terms write '~', not '='", token)
        end = self.tokens[-1]
        if len(self.tokens) == 1:
            self._fail("the formula is empty; write one such as 'y ~ x'", end)
        self._fail("a formula needs a '~', as in 'y ~ x' (or '~ x' without a response)", end)

    def _fail(self, message: str, place: Token | Node | None = None) -> NoReturn:
        raise FormulaError(message, self.text, (place or self._now).position)


def _columns(count: int) -> str:
    return "a column" if count == 1 else f"{count} columns"
