"""Engines by name. All keep `contract.py`; Numba and torch are imported only when an engine is asked to run."""

from collections.abc import Callable

from pliant.engines.compiled import CompiledEngine
from pliant.engines.contract import Engine
from pliant.engines.reference import ReferenceEngine
from pliant.engines.torch import TorchEngine
from pliant.errors import ArgumentError, MissingExtraError, near, said

__all__ = ["ENGINES", "choose_engine", "engine"]

# Numbers that a training works through, from which on "auto" takes the compiled engine: half a second of NumPy and
# more. As long takes the start of the compiled engine in a new process, its kernels kept.
ENOUGH_WORK = 1.5e8


def _reference(precision: str, device: str | None) -> Engine:
    if precision != "float64":
        raise ArgumentError(f"the reference engine has no precision {precision!r}; choose engine='compiled' or 'torch'")
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
        raise ArgumentError(f"there is no engine {said(name)};{near(name, ENGINES)} choose one of {', '.join(ENGINES)}")
    return ENGINES[name](precision, device)


def choose_engine(name: str = "auto", precision: str = "float64", work: float = 0.0) -> str:
    """Give the name of the engine to use: the one asked for, if it runs here.

    "auto" takes the compiled engine in float32, and in float64 from `ENOUGH_WORK` on; below, and where the compiled
    engine does not run, the reference engine. In float32, which the reference engine lacks, torch stands in.

    Parameters
    ----------
    name, precision : str
    work : float
        About how many numbers the training works through.

    Raises
    ------
    ArgumentError
        If there is no such engine, or it has no such precision.
    MissingExtraError
        If it needs a package that is not installed; says how to install it.
    """
    if name == "auto":
        long = precision != "float64" or work >= ENOUGH_WORK
        if long and engine("compiled", precision).available() is None:
            return "compiled"
        name = "reference" if precision == "float64" else "torch"
    reason = engine(name, precision).available()
    if reason is not None:
        raise MissingExtraError(reason)
    return name
