"""The normal equations of damped Gauss-Newton, summed over rows in one go; see `contract.Normal`.

Rows are walked through in chunks: forward, back for each line of a row's information root, and A'A added up by BLAS.
A itself, rows by parameters, is never in memory. BLAS and LAPACK are SciPy's, called by address: Numba's own
`np.dot` makes both halves of A'A, in twice the time, and SciPy's wrappers copy every matrix. Kernels hold no lock of
Python's, so that members on threads do not wait for one another.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.extending import get_cython_function_address, register_jitable

from pliant.engines.compiled.cache import Kept, compiled_kernel, once
from pliant.engines.compiled.kernels import DATA, HOW, LAYERS, LONG, PLAN, copy_eta, forward, slopes
from pliant.engines.compiled.layout import Data, Layout, address, empty, shaped
from pliant.engines.compiled.pointers import call_at, in_wide_registers, numbers
from pliant.optimisers.gauss_newton import Damped, Fall, System
from pliant.types import Array

MOST_INVERTED = 512  # parameters, beyond which LAPACK inverts a triangle faster than a loop does
CHUNK_NUMBERS, FEWEST_ROWS = 2**15, 64  # of A in one chunk, a quarter of a megabyte


class Algebra(NamedTuple):
    """Addresses of BLAS and LAPACK, and of constants, which they take by address too.

    Counts are int64: where a library wants int32 it reads the lower half, which comes first on every processor that
    Numba knows.
    """

    syrk: int
    gemv: int
    potrf: int
    potrs: int
    trtri: int
    upper: int  # of a matrix as Fortran lays it, which is the lower half here
    as_is: int  # not transposed, and no unit diagonal
    single: int  # int64 1
    one: int


ALGEBRA = types.NamedUniTuple(LONG, len(Algebra._fields), Algebra)


@once
def algebra() -> Algebra:
    """Give the addresses; the constants stay for good."""
    texts, counts, values = np.frombuffer(b"UN", np.uint8).copy(), np.array([1]), np.array([1.0])
    _KEPT.extend((texts, counts, values))
    letters = address(texts)
    return Algebra(
        syrk=get_cython_function_address("scipy.linalg.cython_blas", "dsyrk"),
        gemv=get_cython_function_address("scipy.linalg.cython_blas", "dgemv"),
        potrf=get_cython_function_address("scipy.linalg.cython_lapack", "dpotrf"),
        potrs=get_cython_function_address("scipy.linalg.cython_lapack", "dpotrs"),
        trtri=get_cython_function_address("scipy.linalg.cython_lapack", "dtrtri"),
        upper=letters,
        as_is=letters + 1,
        single=address(counts),
        one=address(values),
    )


_KEPT: list[Any] = []


@register_jitable
def total_loss(parameters, plan, layers, data, eta):  # type: ignore[no-untyped-def]
    """Write eta (n, q) of the problem's rows and give the sum of their losses, each times its weight."""
    in_wide_registers()
    like, total, size, last = 0.0, 0.0, 8, layers[len(layers) - 1]
    for at in range(0, data.n_rows, plan.chunk):
        rows = min(plan.chunk, data.n_rows - at)
        X, offset = data.X + at * plan.inputs * size, data.offset + at * size
        y, weights = data.y + at * data.columns * size, data.weights + at * size
        forward(like, plan, layers, parameters, X, offset, rows)
        places = (y, plan.eta, weights, data.parameter, rows, plan.outputs, data.columns, last.delta, data.loss)
        call_at(data.response, places)
        total += numbers("float64", data.loss, 1)[0]
        copy_eta(like, plan, at, rows, eta)
    return total


def normal(parameters, plan, layers, data, algebra, F, b, chunk, gram, pull):  # type: ignore[no-untyped-def]
    """Add A'A, the half below its diagonal, to `gram` (k, k) and A'b to `pull` (k,).

    A row's lines of A are its F (r, q) times d eta / d parameters; F is (n, r, q), b (n, r), and `chunk` has room for
    as many rows of A as are worked on at once.
    """
    in_wide_registers()
    like, size, last, k, lines = 0.0, 8, layers[len(layers) - 1], plan.n_parameters, F.shape[1]
    most = min(len(chunk) // (k * lines), plan.chunk)
    counts = np.array([k, 0])
    order, count, target = counts.ctypes.data, counts.ctypes.data + 8, chunk.ctypes.data
    for at in range(0, data.n_rows, most):
        rows = min(most, data.n_rows - at)
        X = data.X + at * plan.inputs * size
        forward(like, plan, layers, parameters, X, 0, rows)
        for t in range(lines):
            delta = numbers(like, last.delta, (rows, plan.outputs))
            for i in range(rows):
                for j in range(plan.outputs):
                    delta[i, j] = F[at + i, t, j]
            slopes(like, plan, layers, parameters, X, rows, target + t * k * size, lines * k)
        counts[1] = rows * lines
        once, given, into = algebra.single, b.ctypes.data + at * lines * size, pull.ctypes.data
        added = (algebra.upper, algebra.as_is, order, count, algebra.one, target, order, algebra.one)
        call_at(algebra.syrk, (*added, gram.ctypes.data, order))
        moved = (algebra.as_is, order, count, algebra.one, target, order, given, once, algebra.one)
        call_at(algebra.gemv, (*moved, into, once))


@register_jitable
def root(algebra: Any, gram: Any, phi: float, decay: Any, work: Any, counts: Any) -> bool:
    """Write the lower root of gram / phi + diag(decay) into `work`; say whether there is one."""
    k, whole, share = len(decay), 0.0, 1.0 / phi
    for j in range(k):
        for i in range(j + 1):
            work[j, i] = gram[j, i] * share
            whole += work[j, i]
        work[j, j] += decay[j]
        whole += decay[j]
    if not np.isfinite(whole):
        return False
    order, failed = counts.ctypes.data, counts.ctypes.data + 8
    counts[0], counts[1] = k, 0
    call_at(algebra.potrf, (algebra.upper, order, work.ctypes.data, order, failed))
    done: bool = counts[1] == 0
    return done


@register_jitable
def solve(algebra, gram, phi, decay, work, move):  # type: ignore[no-untyped-def]
    """Solve (gram / phi + diag(decay)) d = move in place; say whether it could be done."""
    in_wide_registers()
    counts = np.zeros(2, np.int64)
    if not root(algebra, gram, phi, decay, work, counts):
        return False
    order, failed = counts.ctypes.data, counts.ctypes.data + 8
    places = (algebra.upper, order, algebra.single, work.ctypes.data, order, move.ctypes.data, order, failed)
    call_at(algebra.potrs, places)
    return True


def fall(plan, layers, data, algebra, gram, phi, decay, pull, start, damping, value, tries, work, moved, eta):  # type: ignore[no-untyped-def]
    """Damp a step from `start` until the value falls; see `gauss_newton.fall`.

    Where it does, `moved` (k,) and `eta` (n, q) are those of the new place. Give the damping, the value and the loss;
    the value is infinite where it does not fall.
    """
    damped = np.empty(len(decay))
    for _ in range(tries):
        for c in range(len(decay)):
            damped[c] = decay[c] + damping
            moved[c] = pull[c]
        if solve(algebra, gram, phi, damped, work, moved):
            held = 0.0
            for c in range(len(decay)):
                moved[c] += start[c]
                held += decay[c] * moved[c] * moved[c]
            loss = total_loss(moved.ctypes.data, plan, layers, data, eta)
            reached = loss / phi + 0.5 * held
            if np.isfinite(reached) and reached < value:
                return damping, reached, loss
        damping *= 4.0
    return damping, np.inf, np.inf


def inverse_diagonal(algebra, gram, phi, decay, work, diagonal):  # type: ignore[no-untyped-def]
    """Write the diagonal (k,) of (gram / phi + diag(decay))^-1; say whether it could be done."""
    in_wide_registers()
    counts = np.zeros(2, np.int64)
    if not root(algebra, gram, phi, decay, work, counts):
        return False
    if len(diagonal) > MOST_INVERTED:
        counts[1] = 0
        order, failed = counts.ctypes.data, counts.ctypes.data + 8
        call_at(algebra.trtri, (algebra.upper, algebra.as_is, order, work.ctypes.data, order, failed))
    else:
        invert(work)
    for i in range(len(diagonal)):
        diagonal[i] = 0.0
        for j in range(i + 1):
            diagonal[j] += work[i, j] * work[i, j]
    return True


@register_jitable
def invert(lower: Any) -> None:
    """Put the inverse of a lower triangle in its place, row by row, four rows of the inverse at a time.

    LAPACK's dtrtri takes 3.6 times as long with 89 parameters, 2.6 times with 169, 1.4 times with 329.
    """
    row = np.empty(len(lower))
    for i in range(len(lower)):
        scale = -1.0 / lower[i, i]
        for c in range(i):
            row[c] = 0.0
        j = 0
        while j + 4 <= i:
            first, second, third, fourth = lower[j], lower[j + 1], lower[j + 2], lower[j + 3]
            p, q, r, s = scale * lower[i, j], scale * lower[i, j + 1], scale * lower[i, j + 2], scale * lower[i, j + 3]
            for c in range(j + 1):
                row[c] += p * first[c] + q * second[c] + r * third[c] + s * fourth[c]
            row[j + 1] += q * second[j + 1] + r * third[j + 1] + s * fourth[j + 1]
            row[j + 2] += r * third[j + 2] + s * fourth[j + 2]
            row[j + 3] += s * fourth[j + 3]
            j += 4
        while j < i:
            for c in range(j + 1):
                row[c] += scale * lower[i, j] * lower[j, c]
            j += 1
        for c in range(i):
            lower[i, c] = row[c]
        lower[i, i] = -scale


KERNELS = (total_loss, normal, fall, solve, inverse_diagonal)  # infinity stays what it is under HOW: `root` asks for it


def _signature(function: Callable[..., Any]) -> Any:
    """Give what one of `KERNELS` takes and gives."""
    line, table, cube = types.float64[::1], types.float64[:, ::1], types.float64[:, :, ::1]
    half = (ALGEBRA, table, types.float64, line, table, line)
    kinds = {
        total_loss: types.float64(LONG, PLAN, LAYERS, DATA, table),
        normal: types.void(LONG, PLAN, LAYERS, DATA, ALGEBRA, cube, table, line, table, line),
        fall: types.UniTuple(types.float64, 3)(
            *(PLAN, LAYERS, DATA, ALGEBRA, table, types.float64, line, line, line),
            *(types.float64, types.float64, LONG, table, line, table),
        ),
        solve: types.boolean(*half),
        inverse_diagonal: types.boolean(*half),
    }
    return kinds[function]


@once
def kernel(function: Callable[..., Any]) -> Any:
    """Give one of `KERNELS` compiled, in float64; from the cache, if it is there."""
    return compiled_kernel(_signature(function), function, **HOW)


def is_kept(function: Callable[..., Any]) -> bool:
    """Say whether the cache has one of `KERNELS`."""
    return Kept(function, HOW).holds(_signature(function))


class CompiledSystem:
    """A'A and A'b at some parameters; see `optimisers.gauss_newton.System`."""

    def __init__(self, gram: Array, pull: Array, squares: float, work: Array) -> None:
        """Keep A'A, A'b and b'b; `work` (k, k) is room that all systems of one fit share."""
        self.gram, self.pull, self.squares, self.work = gram, pull, squares, work

    def solve(self, phi: float, decay: Array, right: Array) -> Array | None:
        """Solve (A'A / phi + diag(decay)) d = right (k,); None if it cannot be factored."""
        move = np.array(right)
        return move if kernel(solve)(algebra(), self.gram, float(phi), decay, self.work, move) else None

    def inverse_diagonal(self, phi: float, decay: Array) -> Array | None:
        """Give the diagonal (k,) of (A'A / phi + diag(decay))^-1; None if it cannot be factored."""
        diagonal = np.empty(len(decay))
        done = kernel(inverse_diagonal)(algebra(), self.gram, float(phi), decay, self.work, diagonal)
        return diagonal if done else None


class CompiledNormal:
    """Sums over all rows; see `contract.Normal`. One thread's own: the buffers are shared by all calls."""

    def __init__(self, layout: Layout, data: Data, outputs: int, held: tuple[Any, ...]) -> None:
        """Take the places of the problem's arrays, and `held`, which keeps them alive."""
        self.layout, self.data, self.outputs, self.held = layout, data, outputs, held
        self.work, self.chunk = np.zeros((0, 0)), np.zeros(0)

    def loss(self, parameters: Array) -> tuple[float, Array]:
        """Give sum_i w_i l_i and eta (n, q)."""
        eta, layout, own = np.empty((self.data.n_rows, self.outputs)), self.layout, self._own(parameters)
        return kernel(total_loss)(address(own), layout.plan, layout.layers, self.data, eta), eta

    def system(self, parameters: Array, F: Array, b: Array) -> CompiledSystem:
        """Give the system of rows whose A is F (n, r, q) times d eta / d parameters; b is (n, r)."""
        layout, n, lines, k = self.layout, self.data.n_rows, F.shape[1], self.layout.plan.n_parameters
        F, b = np.array(shaped(F, (n, lines, self.outputs)), order="C"), np.array(shaped(b, (n, lines)), order="C")
        rows = min(n, max(FEWEST_ROWS, CHUNK_NUMBERS // (k * lines)))
        if len(self.chunk) != rows * lines * k:
            self.work, self.chunk = empty((k, k), np.float64), empty((rows * lines * k,), np.float64)
        gram, pull = np.zeros((k, k)), np.zeros(k)
        own, places = self._own(parameters), (layout.plan, layout.layers, self.data, algebra())
        kernel(normal)(address(own), *places, F, b, self.chunk, gram, pull)
        return CompiledSystem(gram, pull, float(np.vdot(b, b)), self.work)

    def fall(
        self, system: System, at: Damped, decay: Array, pull: Array, tries: int
    ) -> tuple[Fall, float, Array] | None:
        """Give what `gauss_newton.fall` gives, with the loss and eta (n, q) there."""
        assert isinstance(system, CompiledSystem)
        layout, eta, moved = self.layout, np.empty((self.data.n_rows, self.outputs)), np.empty(len(decay))
        places, start = (layout.plan, layout.layers, self.data, algebra()), np.array(self._own(at.parameters))
        how = (start, at.damping, at.value, tries, system.work, moved, eta)
        damping, value, loss = kernel(fall)(*places, system.gram, float(at.phi), decay, pull, *how)
        return ((moved, value, damping), loss, eta) if value < np.inf else None

    def _own(self, parameters: Array) -> Array:
        """Give the parameters (k,) as one stretch of memory."""
        return np.ascontiguousarray(shaped(parameters, (self.layout.plan.n_parameters,)), np.float64)
