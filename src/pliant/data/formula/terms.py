"""What a formula asks for once it is expanded: a response, an intercept or none, terms and offsets.

How a term becomes columns of the design matrix is not known here.
"""

from dataclasses import dataclass, field

from pliant.data.formula.nodes import Node


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
