"""Engines by name. All keep `contract.py`; the torch engine imports torch only when it is asked to run."""

from collections.abc import Callable

from pliant.engines.compiled import CompiledEngine
from pliant.engines.contract import Engine
from pliant.engines.reference import ReferenceEngine
from pliant.engines.torch import TorchEngine
from pliant.errors import ArgumentError, MissingExtraError

__all__ = ["ENGINES", "choose_engine", "engine"]


def _reference(precision: str, device: str | None) -> Engine:
    if precision != "float64":
        raise ArgumentError(f"the reference engine has no precision {precision!r}; choose engine='torch'")
    if device not in (None, "cpu"):
        raise ArgumentError(f"the reference engine runs on the cpu, not on {device}; choose engine='torch'")
    return ReferenceEngine()


ENGINES: dict[str, Callable[[str, str | None], Engine]] = {
    "reference": _reference,
    "compiled": CompiledEngine,
    "torch": TorchEngine,
}


def engine(name: str, precision: str = "float64", device: str | None = None) -> Engine:
    """Give an engine by its name.

    Parameters
    ----------
    name : str
        A name of `ENGINES`.
    precision : str
        "float64", or "float32" where the engine can.
    device : str, optional
        For torch: "cpu", "cuda", "cuda:1"; by default "cuda" if there is one.

    Raises
    ------
    ArgumentError
        If there is no such engine, or it cannot do what is asked; names the choices.
    """
    if name not in ENGINES:
        raise ArgumentError(f"there is no engine {name!r}; choose one of {', '.join(ENGINES)}")
    return ENGINES[name](precision, device)


def choose_engine(name: str = "auto", precision: str = "float64") -> str:
    """Give the name of the engine to use: the one asked for, if it runs here.

    "auto" takes the reference engine in float64 and torch in float32, which only torch has.

    Raises
    ------
    ArgumentError
        If there is no such engine, or it has no such precision.
    MissingExtraError
        If it needs a package that is not installed; says how to install it.
    """
    if name == "auto":
        name = "reference" if precision == "float64" else "torch"
    reason = engine(name, precision).available()
    if reason is not None:
        raise MissingExtraError(reason)
    return name
