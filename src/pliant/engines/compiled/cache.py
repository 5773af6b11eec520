"""Compiling with a cache on disk that is never stale and never in the way.

Numba's own cache looks only at the file of the kernel itself, and keeps an index beside the code: two processes that
write at once can leave one function's code under another's name, and a damaged file is an error, or runs. Here each
function's code is a file of its own. Its name is a digest of all that decides the code: the text of this folder, the
keys of the plain functions that it calls (plain.py), the processor, the versions. It begins with a digest of what
follows, and is compiled anew where that does not hold. It may lie in any of `folders()`, and is written to the first
that can be written; where none can, nothing is kept.
"""

import hashlib
import os
import pickle
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, wraps
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar, cast

import llvmlite
import numba
import numpy as np
from numba.core import config, sigutils
from numba.core.caching import NullCache
from numba.core.ccallback import CFunc
from numba.core.compiler import CompileResult
from numba.core.registry import cpu_target
from numba.core.serialize import dumps
from numba.misc.appdirs import AppDirs

Function = TypeVar("Function", bound=Callable[..., Any])

HERE = Path(__file__).parent
VERSIONS = (numba.__version__, llvmlite.__version__, np.__version__, platform.python_version(), sys.implementation.name)
DIGEST = hashlib.sha256().digest_size
ENDING = ".code"


def _digest_of_sources() -> str:
    """Give a digest of the text of all files of this folder, whatever their order on disk; "" if there is none."""
    found, paths = hashlib.sha256(), sorted(HERE.glob("*.py"))
    for path in paths:
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:16] if paths else ""


SOURCES = _digest_of_sources()


@dataclass
class Tally:
    """What this process found in the cache, and what it compiled."""

    found: int = 0
    compiled: int = 0
    said: bool = False  # that a kernel is being compiled, which takes seconds


TALLY = Tally()


def once(function: Function) -> Function:
    """Give a function that keeps what it gave for each argument, and computes it in one thread while others wait."""
    lock, kept = RLock(), cache(function)

    @wraps(function)
    def waiting(*arguments: Any) -> Any:
        with lock:
            return kept(*arguments)

    return cast(Function, waiting)


def compiled_kernel(signature: Any, function: Callable[..., Any], **how: Any) -> Callable[..., Any]:
    """Give a function of one signature compiled, to be called from Python; it takes seconds, if it is not kept."""
    kernel = numba.njit(**how)(function)
    kernel._cache = Kept(function, how, takes_long=True)
    kernel.compile(signature)
    kernel.disable_compile()
    return kernel  # type: ignore[no-any-return]


def compiled_block(signature: Any, function: Callable[..., Any], **how: Any) -> Any:
    """Give a function of one signature compiled, to be called by its `address`; it takes tenths of a second."""
    block: Any = CFunc(function, sigutils.normalize_signature(signature), {}, how)
    block._cache = Kept(function, how)
    block.compile()
    return block


class Kept(NullCache):  # type: ignore[misc]  # Numba has no types
    """The code of one function on disk, in place of Numba's own cache: it calls the same methods."""

    def __init__(self, function: Callable[..., Any], how: dict[str, Any], takes_long: bool = False) -> None:
        self.takes_long = takes_long
        self.name = f"{function.__module__}.{function.__qualname__}"
        self.captured = dumps(tuple(cell.cell_contents for cell in function.__closure__ or ()))
        self.how = sorted((name, sorted(value) if isinstance(value, set) else value) for name, value in how.items())

    def load_overload(self, signature: Any, target_context: Any) -> Any:
        """Give the code, or None where there is none that can be trusted."""
        target_context.refresh()
        code = self._read(signature, target_context.codegen())
        if code is not None:
            TALLY.found += 1
            return CompileResult._rebuild(target_context, *pickle.loads(code))  # noqa: S301  # our own, by its digest
        TALLY.compiled += 1
        if self.takes_long and not TALLY.said:
            TALLY.said = True
            _say_so()
        return None

    def holds(self, signature: Any) -> bool:
        """Say whether there is code that can be trusted."""
        return self._read(signature, cpu_target.target_context.codegen()) is not None

    def _read(self, signature: Any, codegen: Any) -> bytes | None:
        """Give what was written under the key, if it is still what it was."""
        key = self._key(signature, codegen)
        for folder in folders() if SOURCES else ():
            try:
                digest, code = _cut((folder / self._file(key)).read_bytes())
            except OSError:
                continue
            if digest == _digest(key, code):
                return code
        return None

    def save_overload(self, signature: Any, data: Any) -> None:
        """Keep the code where that can be."""
        if not SOURCES or data.library.has_dynamic_globals:  # it holds an address of this process
            return
        key = self._key(signature, data.codegen)
        code = dumps(data._reduce())
        for folder in folders():
            try:
                _write(folder / self._file(key), _digest(key, code) + code)
            except OSError:
                continue
            self._drop_older(folder)
            return

    def _key(self, signature: Any, codegen: Any) -> bytes:
        """Give a digest of all that decides the code."""
        parts = (SOURCES, VERSIONS, self.name, str(signature), self.how, codegen.magic_tuple())
        return _digest(repr(parts).encode(), self.captured)

    def _file(self, key: bytes) -> str:
        return f"{self._stem()}.{SOURCES[:8]}.{key.hex()[:24]}{ENDING}"

    def _stem(self) -> str:
        """Give what a reader of the folder knows the function by."""
        return self.name.rpartition("compiled.")[2].replace("<locals>.", "")

    def _drop_older(self, folder: Path) -> None:
        """Remove this function's code of other texts of the engine, which nothing asks for any more."""
        for path in folder.glob(f"{self._stem()}.*{ENDING}"):
            if path.name.split(".")[-3] != SOURCES[:8]:
                try:
                    path.unlink()
                except OSError:  # another process was first, or reads it
                    continue


def folders() -> Iterator[Path]:
    """Give where code may lie: the user's choice, or beside the source and in the user's own folder."""
    place = f"pliant-{hashlib.sha256(str(HERE).encode()).hexdigest()[:8]}"
    if config.CACHE_DIR:
        yield Path(config.CACHE_DIR) / place
        return
    yield HERE / "__pycache__"
    yield Path(AppDirs(appname="pliant", appauthor=False).user_cache_dir) / place


def place_to_keep() -> tuple[Path | None, str]:
    """Give the folder that code is written to, or None and why there is none."""
    if not SOURCES:
        return None, f"the text of {HERE} cannot be read"
    reasons = []
    for folder in folders():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as problem:
            reasons.append(f"{folder}: {problem.strerror}")
        else:
            return folder, ""
    return None, "; ".join(reasons)


def _say_so() -> None:
    """Say on stderr that a kernel is being compiled: nobody likes to wait for seconds without knowing why."""
    folder, why = place_to_keep()
    kept = f"once; kept in {folder}" if folder else f"in every process, since it cannot be kept ({why})"
    if sys.stderr is not None:
        sys.stderr.write(f"pliant: compiling the kernels of the compiled engine, some seconds each, {kept}\n")
        sys.stderr.flush()


def _digest(key: bytes, code: bytes) -> bytes:
    """Give the digest of code that is kept under a key."""
    return hashlib.sha256(key + code).digest()


def _cut(whole: bytes) -> tuple[bytes, bytes]:
    """Cut what a file holds into the digest and the code."""
    return whole[:DIGEST], whole[DIGEST:]


def _write(path: Path, whole: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(whole)
        os.chmod(part, 0o644)  # whoever may read the package may read its code
        os.replace(part, path)
    except OSError:
        os.unlink(part)
        raise
