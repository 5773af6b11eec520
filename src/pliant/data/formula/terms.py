"""What a formula asks for once it is expanded: a response, an intercept or none, terms and offsets.

How a term becomes columns of the design matrix is not known here.
"""

from dataclasses import dataclass, field
from functools import cached_property

from pliant.data.formula.nodes import Name, Node, variables


@dataclass(frozen=True)
class Term:
    """One term: a product of factors. No factors is the intercept.

    Attributes
    ----------
    factors : tuple of Node
        Each a `Name` or a `Call`, in order of first appearance in the formula.
    bends : bool
        Whether hidden units may read it; False where `net(...)` names others.
    """

    factors: tuple[Node, ...]
    bends: bool = True

    def __str__(self) -> str:
        return ":".join(map(str, self.factors)) or "Intercept"


@dataclass(frozen=True)
class Terms:
    """A formula, expanded.

    Attributes
    ----------
    response : Node or None
        Arithmetic on columns; None for a one-sided formula.
    intercept : bool
    terms : tuple of Term
        Without the intercept; by number of factors, then by order of appearance, each once.
    offsets : tuple of Node
        The expressions inside `offset(...)`.
    notes : tuple of str
        Sentences on what is allowed and yet may not be what was meant.
    """

    response: Node | None
    intercept: bool
    terms: tuple[Term, ...]
    offsets: tuple[Node, ...] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The columns that terms and offsets read, in order of appearance."""
        nodes = [node for term in self.terms for node in term.factors]
        return tuple(dict.fromkeys(name for node in (*nodes, *self.offsets) for name in variables(node)))

    @cached_property
    def plain(self) -> tuple[str, ...] | None:
        """The columns that stand beside an intercept, where there is nothing else and all may bend; else None."""
        nodes = [term.factors[0] for term in self.terms if len(term.factors) == 1 and term.bends]
        names = tuple(node.name for node in nodes if isinstance(node, Name))
        return names if self.intercept and not self.offsets and len(names) == len(self.terms) else None
