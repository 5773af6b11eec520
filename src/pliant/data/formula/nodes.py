"""What a formula is once it has been read: a small tree of frozen dataclasses that can be printed.

`parse(str(formula)) == formula` holds for every tree that `parse` can give. Nodes do not know which columns a
table has, nor what a function does. Positions (index of a character in the user's text) are kept for carets
and left out of comparisons.

A sum of thousands of terms is a chain that leans left, one `Binary` in the next. `Binary` therefore compares,
hashes and prints along its spine: recursion goes only as deep as the parentheses do, which `parse` bounds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import TypeAlias

from pliant.data.formula.characters import is_plain_name
from pliant.errors import FormulaError

UNARY_PRECEDENCE = 50
PRECEDENCE = {"+": 10, "-": 10, "*": 20, "/": 20, "%in%": 30, ":": 40, "^": 60}  # as in R's grammar
_SPACED = {"+": " + ", "-": " - ", "*": " * ", "%in%": " %in% "}  # as R's deparse spaces them
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


@dataclass(frozen=True)
class Number:
    """A number: finite and not negative (a sign is a `Unary`). `text` is how the user wrote it."""

    value: float
    text: str = field(default="", compare=False)
    position: int = field(default=0, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not (isfinite(self.value) and self.value >= 0.0):
            raise FormulaError(f"a number in a formula is finite and not negative, not {self.value}")

    def __str__(self) -> str:
        if self.text:
            return self.text
        whole = self.value < 1e15 and self.value == int(self.value)
        return str(int(self.value)) if whole else repr(float(self.value))


@dataclass(frozen=True)
class Text:
    """A quoted text: a level, or the value of a setting. Never a column."""

    value: str
    position: int = field(default=0, compare=False, repr=False)

    def __str__(self) -> str:
        return _enclose(self.value, '"')


@dataclass(frozen=True)
class Truth:
    """TRUE or FALSE (also True, False): the value of a setting."""

    value: bool
    position: int = field(default=0, compare=False, repr=False)

    def __str__(self) -> str:
        return "TRUE" if self.value else "FALSE"


@dataclass(frozen=True)
class Name:
    """A column of the table."""

    name: str
    position: int = field(default=0, compare=False, repr=False)

    def __str__(self) -> str:
        return self.name if is_plain_name(self.name) else _enclose(self.name, "`")


@dataclass(frozen=True)
class Dot:
    """Every column that the response does not read."""

    position: int = field(default=0, compare=False, repr=False)

    def __str__(self) -> str:
        return "."


@dataclass(frozen=True)
class Vector:
    """Several constants, `c("a", "b")` or `["a", "b"]`: the value of a setting."""

    items: tuple[Node, ...]
    position: int = field(default=0, compare=False, repr=False)

    def __str__(self) -> str:
        return f"c({', '.join(map(str, self.items))})"


@dataclass(frozen=True)
class Call:
    """A function of columns. `arguments` come by position, `keywords` by name, both in the user's order."""

    function: str
    arguments: tuple[Node, ...] = ()
    keywords: tuple[tuple[str, Node], ...] = ()
    position: int = field(default=0, compare=False, repr=False)

    def __str__(self) -> str:
        shown = [str(node) for node in self.arguments]
        shown += [f"{name} = {node}" for name, node in self.keywords]
        return f"{self.function}({', '.join(shown)})"


@dataclass(frozen=True)
class Unary:
    """A sign before an operand: `operator` is "-" or "+"."""

    operator: str
    operand: Node
    position: int = field(default=0, compare=False, repr=False)

    def __str__(self) -> str:
        return self.operator + _enclose_if(_precedence(self.operand) < UNARY_PRECEDENCE, str(self.operand))


@dataclass(frozen=True, eq=False, repr=False)
class Binary:
    """Two operands: `operator` is one of `+ - * / : %in% ^` (`**` is read as `^`)."""

    operator: str
    left: Node
    right: Node
    position: int = field(default=0, compare=False)

    def spine(self) -> tuple[Node, list[Binary]]:
        """Give the leftmost operand and the binary nodes above it, innermost first."""
        chain: list[Binary] = []
        node: Node = self
        while isinstance(node, Binary):
            chain.append(node)
            node = node.left
        return node, chain[::-1]

    def _key(self) -> tuple[object, ...]:
        first, chain = self.spine()
        return (first, *((node.operator, node.right) for node in chain))

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Binary) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"Binary({str(self)!r})"

    def __str__(self) -> str:
        first, chain = self.spine()
        shown, inner = str(first), _precedence(first)
        for node in chain:
            outer = PRECEDENCE[node.operator]
            leans_right = node.operator == "^"
            shown = _enclose_if(inner < outer or (leans_right and inner == outer), shown)
            right = _precedence(node.right)
            enclosed = (right < outer or (right == outer and not leans_right)) and right != UNARY_PRECEDENCE
            shown += _SPACED.get(node.operator, node.operator) + _enclose_if(enclosed, str(node.right))
            inner = outer
        return shown


Node: TypeAlias = Number | Text | Truth | Name | Dot | Vector | Call | Unary | Binary


@dataclass(frozen=True)
class Formula:
    """A response and what it depends on. `text` is what the user wrote; `str` gives the tidy form.

    Attributes
    ----------
    response : Node or None
        Arithmetic on columns, or None for a one-sided formula (`~ x`).
    right : Node
        The algebra of terms, not yet expanded.
    text : str
        The user's own text, which positions refer to.
    """

    response: Node | None
    right: Node
    text: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"~ {self.right}" if self.response is None else f"{self.response} ~ {self.right}"

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Pickle as text: a chain of thousands of terms would overflow pickle's recursion."""
        from pliant.data.formula.parser import parse

        return parse, (self.text or str(self),)


def children(node: Node) -> tuple[Node, ...]:
    """Give the nodes directly below a node, from left to right."""
    if isinstance(node, Binary):
        return (node.left, node.right)
    if isinstance(node, Unary):
        return (node.operand,)
    if isinstance(node, Call):
        return (*node.arguments, *(value for _, value in node.keywords))
    if isinstance(node, Vector):
        return node.items
    return ()


def variables(node: Node) -> tuple[str, ...]:
    """Give the columns that a node reads, each once, in order of appearance.

    A `.` reads no column here: what it stands for is known to `expand` only.
    """
    found: dict[str, None] = {}
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Name):
            found.setdefault(node.name)
        waiting.extend(reversed(children(node)))
    return tuple(found)


def _precedence(node: Node) -> int:
    """Give how tightly a node holds together; atoms most of all."""
    if isinstance(node, Binary):
        return PRECEDENCE[node.operator]
    return UNARY_PRECEDENCE if isinstance(node, Unary) else 100


def _enclose_if(needed: bool, text: str) -> str:
    return f"({text})" if needed else text


def _enclose(text: str, mark: str) -> str:
    """Put a text between quotation marks or backticks, with escapes that the tokeniser undoes."""
    return mark + "".join(_ESCAPES.get(c, "\\" + c if c == mark else c) for c in text) + mark
