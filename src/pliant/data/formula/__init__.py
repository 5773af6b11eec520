"""The formula language: from text to a tree (`parse`), from the tree to terms (`expand`).

Nothing here evaluates Python, looks up attributes or imports by the user's text: names are compared with the
columns of the table and with `FUNCTIONS`, and anything else is a `FormulaError` that points at its place.
"""

from pliant.data.formula.expansion import expand
from pliant.data.formula.nodes import (
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
    variables,
)
from pliant.data.formula.parser import parse
from pliant.data.formula.signatures import FUNCTIONS, Setting, Signature, expressions, settings
from pliant.data.formula.terms import Term, Terms

__all__ = [
    "FUNCTIONS",
    "Binary",
    "Call",
    "Dot",
    "Formula",
    "Name",
    "Node",
    "Number",
    "Setting",
    "Signature",
    "Term",
    "Terms",
    "Text",
    "Truth",
    "Unary",
    "Vector",
    "children",
    "expand",
    "expressions",
    "parse",
    "settings",
    "variables",
]
