"""From the algebra of a formula to its list of terms, as R's `terms` does it.

A term is a set of variables; an expression of terms is an ordered set of such sets. `+` unites, `-` takes
away, `:` unites every left term with every right one, and the other operators are made of these. Here the
columns of the table come in: `.` stands for them, and names are compared with them.

The work is counted, so that an expression such as `(a + b + ...)^20` ends fast whatever it stands for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from pliant.data.formula.nearest import did_you_mean, quote
from pliant.data.formula.nodes import Binary, Call, Dot, Formula, Name, Node, Number, Unary, children, variables
from pliant.data.formula.parser import parse
from pliant.data.formula.signatures import FUNCTIONS
from pliant.data.formula.terms import Term, Terms
from pliant.errors import FormulaError

MAX_TERMS = 2_000  # that a product may expand to
MAX_WORK = 1_000_000  # memberships handled: about half a second

Variables = frozenset[int]  # of one term, as indices in order of first appearance
TermSet = dict[Variables, bool]  # in order of appearance; the value: whether net(...) names it
_PRODUCTS = ("*", "/", ":", "%in%", "^")


def expand(formula: Formula, columns: Sequence[str]) -> Terms:
    """Give the terms of a formula for a table with these columns.

    Parameters
    ----------
    formula : Formula
    columns : sequence of str
        Names of the table's columns: what `.` may stand for, and what names are compared with.

    Returns
    -------
    Terms
        As R's `terms(formula, data)` orders and merges them.

    Raises
    ------
    FormulaError
        If a column is unknown, if numbers, offsets or `net` stand where they mean nothing, or if
        there are more than 2,000 terms.

    References
    ----------
    Wilkinson and Rogers (1973), Symbolic description of factorial models for analysis of variance.
    Chambers and Hastie (1992), Statistical Models in S, chapter 2.

    Examples
    --------
    >>> from pliant.data.formula import parse
    >>> [str(term) for term in expand(parse("y ~ a*b - a"), ["y", "a", "b"]).terms]
    ['b', 'a:b']
    """
    return _expanded(formula.text, tuple(columns)) if formula.text else _Expansion(formula, columns).run()


@lru_cache(maxsize=32)
def _expanded(text: str, columns: tuple[str, ...]) -> Terms:
    """Expand a formula once for the tables that have the same columns: simulations fit many."""
    return _Expansion(parse(text), columns).run()


@dataclass(frozen=True)
class _Place:
    """Where in the formula a node stands."""

    adding: bool = True  # False right of a minus sign
    product: str = ""  # the operator that multiplies it with others
    net: bool = False  # inside net(...)


class _Expansion:
    """Walks over the right side of one formula, once, from left to right."""

    def __init__(self, formula: Formula, columns: Sequence[str]) -> None:
        self.formula = formula
        self.columns = list(columns)
        self.known = frozenset(self.columns)
        self.numbering: dict[Node, int] = {}
        self.offsets: dict[Node, None] = {}
        self.notes: dict[str, str] = {}  # for each name, once
        self.intercept = True
        self.has_net = False
        self.work = 0

    def run(self) -> Terms:
        response = self.formula.response
        if response is not None:
            self._check_columns(response)
        found = self._terms(self.formula.right, _Place())
        self._spend(sum(map(len, found)))
        nodes = list(self.numbering)
        terms = tuple(
            Term(tuple(nodes[i] for i in sorted(term)), named or not self.has_net)
            for term, named in sorted(found.items(), key=lambda item: len(item[0]))
        )
        for term in terms:
            if response in term.factors:
                place = next(factor for factor in term.factors if factor == response)
                self._fail(f"the response {quote(str(response))} cannot also be a term", place)
        return Terms(response, self.intercept, terms, tuple(self.offsets), tuple(self.notes.values()))

    def _terms(self, node: Node, place: _Place) -> TermSet:
        """Give the terms that a node stands for."""
        if isinstance(node, Binary):
            return self._binary(node, place)
        if isinstance(node, Name):
            return self._variable(node, place)
        if isinstance(node, Dot):
            return self._dot(node, place)
        if isinstance(node, Number):
            return self._number(node, place)
        if isinstance(node, Unary):
            return self._unary(node, place)
        if isinstance(node, Call):
            gives = FUNCTIONS[node.function].gives
            if gives == "offset":
                return self._offset(node, place)
            return self._net(node, place) if gives == "net" else self._variable(node, place)
        self._fail(f"{quote(str(node))} is a constant, not a term", node)

    # atoms

    def _variable(self, node: Node, place: _Place) -> TermSet:
        self._check_columns(node)
        return {frozenset([self.numbering.setdefault(node, len(self.numbering))]): place.net}

    def _dot(self, node: Dot, place: _Place) -> TermSet:
        response = self.formula.response
        taken = set() if response is None else set(variables(response))
        names = [Name(name, node.position) for name in dict.fromkeys(self.columns) if name not in taken]
        if not names:
            self._fail("'.' stands for the other columns of the table, and there are none; write '~ 1'", node)
        self._spend(len(names))
        return {frozenset([self.numbering.setdefault(name, len(self.numbering))]): place.net for name in names}

    def _number(self, node: Number, place: _Place) -> TermSet:
        """Switch the intercept; as in R, the last word counts."""
        if place.net:
            self._fail("the intercept cannot bend: write it outside of net(...)", node)
        if node.value not in (0.0, 1.0):
            self._fail("among terms only 0 and 1 have a meaning (the intercept)", node)
        on = (node.value == 1.0) == place.adding
        if place.product and not (on and place.product in ("*", "^")):
            self._fail(
                f"the intercept cannot stand inside {quote(place.product)}; add or remove it outside: + 1, + 0 or - 1",
                node,
            )
        self.intercept = on
        return {}

    def _unary(self, node: Unary, place: _Place) -> TermSet:
        if node.operator == "+":
            return self._terms(node.operand, place)
        if place.product:
            self._fail(
                f"a sign binds tighter than {quote(place.product)}: to take a product away write - (a{place.product}b)",
                node,
            )
        self._terms(node.operand, _Place(not place.adding, place.product, place.net))
        return {}

    def _offset(self, node: Call, place: _Place) -> TermSet:
        self._check_columns(node)
        if place.net:
            self._fail("an offset cannot bend: write + offset(...) outside of net(...)", node)
        if place.product:
            self._fail(f"an offset cannot stand inside {quote(place.product)}: write + offset(...)", node)
        if not place.adding:
            self._fail("an offset cannot be taken away; to subtract it write + offset(-(...))", node)
        self.offsets.setdefault(node.arguments[0])
        return {}

    def _net(self, node: Call, place: _Place) -> TermSet:
        if place.net:
            self._fail("net(...) cannot stand inside net(...); name each term once", node)
        if place.product:
            self._fail(f"net(...) cannot stand inside {quote(place.product)}: write net(...) around all of it", node)
        if not place.adding:
            self._fail("a term is taken away without net(...): write - x", node)
        self.has_net = True
        found: TermSet = {}
        for argument in node.arguments:
            for term in self._terms(argument, _Place(net=True)):
                found[term] = True
        return found

    # operators

    def _binary(self, node: Binary, place: _Place) -> TermSet:
        """Combine operands along the spine, so that a long sum takes no recursion."""
        first, chain = node.spine()
        insides: list[str] = []  # the product that the operands of each step stand in, outermost step first
        for step in reversed(chain):
            inside = insides[-1] if insides else place.product
            loose = step.operator in _PRODUCTS and inside not in ("/", ":", "%in%")
            insides.append(step.operator if loose else inside)
            if step.operator in _PRODUCTS:
                self._check_net(step)
        found = self._operand(chain[0], first, _Place(place.adding, insides[-1], place.net))
        for step, inside in zip(chain, reversed(insides), strict=True):
            if step.operator == "^":
                found = self._power(step, found)
                continue
            minus = step.operator == "-"
            right = self._operand(step, step.right, _Place(place.adding != minus, inside, place.net))
            if minus:
                for term in right:
                    found.pop(term, None)
            elif step.operator == "+":
                _unite(found, right)
            else:
                found = self._noted(step, found, self._product(step, found, right))
        return found

    def _operand(self, step: Binary, node: Node, place: _Place) -> TermSet:
        if isinstance(node, Number) and step.operator in _PRODUCTS:
            self._fail(f"the intercept cannot be an operand of {quote(step.operator)}", node)
        return self._terms(node, place)

    def _product(self, step: Binary, left: TermSet, right: TermSet) -> TermSet:
        """Combine two sets of terms by one of `: * / %in%`."""
        found: TermSet = {}
        self._spend(sum(map(len, left)) + sum(map(len, right)))
        if step.operator in ("*", "/"):
            _unite(found, left)
        if step.operator == "*":
            _unite(found, right)
        if step.operator == "/":
            left = dict.fromkeys([frozenset[int]().union(*left)], any(left.values()))
        if step.operator == "%in%":
            right = dict.fromkeys([frozenset[int]().union(*right)], any(right.values()))
        for one, one_net in left.items():
            for other, other_net in right.items():
                term = one | other
                found[term] = found.get(term, False) or one_net or other_net
                self._spend(len(term))
                if len(found) > MAX_TERMS:
                    self._too_many(step)
        return found

    def _power(self, step: Binary, base: TermSet) -> TermSet:
        """Multiply a set of terms with itself, until nothing new comes."""
        if not isinstance(step.right, Number):
            self._fail("a power of terms is a whole number", step.right)
        cross, found = Binary(":", step.left, step.left, step.position), base
        for _ in range(int(step.right.value) - 1):
            before, found = found, self._product(cross, found, base)
            if found.keys() == before.keys():
                break
        return self._noted(step, base, found) if step.right.value > 1 else found

    def _noted(self, step: Binary, operand: TermSet, found: TermSet) -> TermSet:
        """Note a product of one variable with itself, which is that variable and hardly what was meant."""
        if len(found) == 1 and found.keys() == operand.keys():
            (term,) = found
            if len(term) == 1 and step.operator in ("^", "*", ":"):
                name = str(list(self.numbering)[next(iter(term))])
                if name not in self.notes:
                    product = quote(str(step))
                    self.notes[name] = f"{product} is the term {name}; for its square write I({name}^2)"
        return found

    # what is checked

    def _check_columns(self, node: Node) -> None:
        """Raise at the first name that is no column, and where no column is read at all."""
        waiting, reads = [node], False
        while waiting:
            node_here = waiting.pop()
            if isinstance(node_here, Name):
                reads = True
                if node_here.name not in self.known:
                    near = did_you_mean(node_here.name, self.columns)
                    self._fail(f"there is no column {quote(node_here.name)}{near}", node_here)
            waiting.extend(reversed(children(node_here)))
        if not reads:
            self._fail(f"{quote(str(node))} reads no column of the table", node)

    def _check_net(self, step: Binary) -> None:
        """Say what to write for a product with net(...)."""
        if not any(isinstance(side, Call) and side.function == "net" for side in (step.left, step.right)):
            return
        bare = Binary(step.operator, _without_net(step.left), _without_net(step.right))
        self._fail(
            f"net(...) cannot be an operand of {quote(step.operator)}; write {quote(f'net({bare})')[1:-1]}", step
        )

    def _spend(self, amount: int) -> None:
        self.work += amount
        if self.work > MAX_WORK:
            self._too_many(self.formula.right)

    def _too_many(self, node: Node) -> NoReturn:
        self._fail(f"this expands to too many terms (more than {MAX_TERMS:,}); take fewer, or a lower power", node)

    def _fail(self, message: str, node: Node) -> NoReturn:
        raise FormulaError(message, self.formula.text or None, node.position)


def _unite(found: TermSet, more: TermSet) -> None:
    """Add terms to a set in place; a term keeps its first place."""
    for term, named in more.items():
        found[term] = found.get(term, False) or named


def _without_net(node: Node) -> Node:
    """Give the sum of what net(...) names, or the node itself."""
    if not (isinstance(node, Call) and node.function == "net"):
        return node
    total, *others = node.arguments
    for other in others:
        total = Binary("+", total, other)
    return total
