"""The compiled engine: Numba kernels for any network, on one processor.

Nothing of Numba is loaded before a problem is.
"""

import functools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pliant.engines.contract import Problem, check_precision
from pliant.errors import ArgumentError, MissingExtraError
from pliant.network import Network
from pliant.optimisers.rule import Rule
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.engines.compiled.program import CompiledProgram

__all__ = ["CompiledEngine"]


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
        check_precision(self.precision)
        if self.device not in (None, "cpu"):
            raise ArgumentError(f"the compiled engine runs on the cpu, not on {self.device}; choose engine='torch'")

    @property
    def name(self) -> str:
        """Give "compiled"."""
        return "compiled"

    def available(self) -> str | None:
        """Give the reason why this engine cannot run here, or None if it can."""
        if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
            return "the compiled engine needs Numba's compiler, which NUMBA_DISABLE_JIT turns off; unset it"
        try:
            import numba  # noqa: F401  # it may be there and yet refuse: NumPy too new for it, a library of LLVM missing
        except ModuleNotFoundError as problem:
            if problem.name == "numba":
                return "the compiled engine needs Numba, which is not installed; pip install numba"
            return _broken(problem)
        except Exception as problem:
            return _broken(problem)
        return None

    def warm(self) -> Iterator[tuple[str, int]]:
        """Compile all that can ever be needed; before each piece its name and how many there are, "" at the end."""
        from pliant.engines.compiled.warm import warm

        return warm()

    def what_is_kept(self) -> str:
        """Say whether the kernels are compiled and where they are kept, without compiling any."""
        from pliant.engines.compiled.warm import what_is_kept

        return what_is_kept()

    def load(self, problem: Problem, rule: Rule, batch: int | None = None) -> "CompiledProgram":
        """Lay the arrays of a problem as the kernels want them; `batch` rows a step, None for all."""
        return _program(self).CompiledProgram(  # type: ignore[no-any-return]
            problem, rule, batch, self.precision
        )

    def forward(self, network: Network, parameters: Array, X: Array, offset: Array | None = None) -> Array:
        """Give eta (m, q) of a network without a problem."""
        eta: Array = _program(self).forward(network, parameters, X, offset, self.precision)
        return eta


@functools.cache
def _program(engine: CompiledEngine) -> Any:
    """Load what runs, with Numba; say why where it cannot."""
    reason = engine.available()
    if reason is not None:
        raise MissingExtraError(reason)
    return import_module("pliant.engines.compiled.program")


def _broken(problem: Exception) -> str:
    """Say that Numba is there and does not import, in its own words."""
    said = " ".join(str(problem).split())
    return f"the compiled engine needs Numba, which does not import here: {type(problem).__name__}: {said}"
