"""The compiled engine: Numba kernels for any network, on one processor.

Nothing of Numba is loaded before a problem is.
"""

import importlib.util
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pliant.engines.contract import Problem
from pliant.errors import ArgumentError
from pliant.network import Network
from pliant.optimisers.rule import Rule
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.engines.compiled.program import CompiledProgram

__all__ = ["CompiledEngine"]

PRECISIONS = ("float64", "float32")


@dataclass(frozen=True)
class CompiledEngine:
    """Kernels made by Numba from the plain definitions. See `contract.Engine`.

    Parameters
    ----------
    precision : str
        "float64" or "float32". The state that comes out is float64 either way, and holds a float32 exactly.
    device : str, optional
        "cpu", which is the only one.

    Raises
    ------
    ArgumentError
        If there is no such precision or device.
    """

    precision: str = "float64"
    device: str | None = None

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise ArgumentError(f"there is no precision {self.precision!r}; choose {' or '.join(PRECISIONS)}")
        if self.device not in (None, "cpu"):
            raise ArgumentError(f"the compiled engine runs on the cpu, not on {self.device}; choose engine='torch'")

    @property
    def name(self) -> str:
        """Give "compiled"."""
        return "compiled"

    def available(self) -> str | None:
        """Give the reason why this engine cannot run here, or None if it can."""
        if importlib.util.find_spec("numba") is None:
            return "the compiled engine needs Numba, which is not installed; pip install numba"
        if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
            return "the compiled engine needs Numba's compiler, which NUMBA_DISABLE_JIT turns off; unset it"
        return None

    def load(self, problem: Problem, rule: Rule, batch: int | None = None) -> "CompiledProgram":
        """Lay the arrays of a problem as the kernels want them; `batch` rows a step, None for all."""
        from pliant.engines.compiled.program import CompiledProgram

        return CompiledProgram(problem, rule, batch, self.precision)

    def forward(self, network: Network, parameters: Array, X: Array, offset: Array | None = None) -> Array:
        """Give eta (m, q) of a network without a problem."""
        from pliant.engines.compiled.program import forward

        return forward(network, parameters, X, offset, self.precision)
