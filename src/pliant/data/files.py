"""Opening local files so that nothing hangs, and seeing that one can be written; `writing.py` writes them.

A path is only ever a local regular file. It is looked at before it is opened, because opening a pipe
waits for a writer and opening a device can act on it; it is opened without blocking and looked at again,
in case it was exchanged in between. It is read to the length it had when opened, and no further.
This module does not know what is inside a file.
"""

import difflib
import errno
import os
import re
import stat

from pliant.data.columns import shown
from pliant.errors import ArgumentError, TableError

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+://")
KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
REASONS = {
    errno.EACCES: "no permission to read it",
    errno.EPERM: "no permission to read it",
    errno.ENAMETOOLONG: "the name is too long for a file",
    errno.ELOOP: "it is a link that points to itself; name another file",
    errno.ENOTDIR: "a part of the path is not a folder",
}


def memory_limit() -> int:
    """Give the number of bytes that one table may take: half of the machine's memory."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return 8 * 2**30


def read_file(path: str) -> bytes:
    """Give the content of a local regular file, or raise a TableError of one line."""
    if URL.match(path):
        raise TableError(f"{shown(path, 80)} is a URL; download the file and give its local path")
    try:
        _check_regular(os.stat(path), path)
        # O_NONBLOCK and O_BINARY are not there on every system
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(path, flags), "rb") as file:
            size = _check_regular(os.fstat(file.fileno()), path)
            start = file.read(min(size, 4096))
            if len(start) == 4096 and not start.strip(b"\0"):
                raise TableError(f"{shown(path, 80)} starts with 4096 NUL bytes; it is not a table")
            return start + file.read(size - len(start))
    except FileNotFoundError:
        raise TableError(f"no file {shown(path, 80)}{nearest_file(path)}") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the path
        if isinstance(error, TableError):
            raise
        reason = REASONS.get(getattr(error, "errno", None) or 0, "the system refuses to read it")
        raise TableError(f"cannot open {shown(path, 80)}: {reason}") from None


def _check_regular(status: os.stat_result, path: str) -> int:
    """Give the size of a regular file; refuse anything else by name."""
    for is_kind, kind in KINDS:
        if is_kind(status.st_mode):
            raise TableError(f"{shown(path, 80)} is {kind}, not a file; give the path of a CSV or Parquet file")
    if not stat.S_ISREG(status.st_mode):
        raise TableError(f"{shown(path, 80)} is not a regular file; give the path of a CSV or Parquet file")
    if status.st_size == 0:
        raise TableError(f"{shown(path, 80)} is empty; give one with a line of names and rows below")
    if status.st_size > memory_limit():
        gigabytes = status.st_size / 1e9
        raise TableError(
            f"{shown(path, 80)} has {gigabytes:.0f} GB, over half of this machine's memory; give a part of it, or take "
            "a machine with more"
        )
    return status.st_size


def nearest_file(path: str) -> str:
    """Give '; did you mean ...?' if the folder has a file of nearly that name, or say that a link leads nowhere."""
    folder, name = os.path.split(path)
    if os.path.islink(path):
        return ": it is a link to one that is not there; name another"
    try:
        found = difflib.get_close_matches(name, os.listdir(folder or "."), n=1, cutoff=0.7)
    except OSError:
        return ""
    return f"; did you mean {shown(os.path.join(folder, found[0]), 80)}?" if found else ""


def check_target(path: str | os.PathLike[str], *reads: str) -> None:
    """See that a file can be written, before the work that fills it.

    Parameters
    ----------
    path : path
    *reads : str
        Files that are read: writing would destroy them.

    Raises
    ------
    ArgumentError
        If the folder is missing or not writable, if something other than a file is there, or one that is read.
    """
    target = os.fsdecode(path)
    if URL.match(target):
        raise ArgumentError(f"{shown(target, 80)} is a URL; give a local path to write to")
    try:
        real = os.path.realpath(target)
        folder = os.path.dirname(real)
        same = [read for read in reads if os.path.exists(read) and os.path.realpath(read) == real]
        kinds = [] if not os.path.lexists(real) else [os.stat(real).st_mode]
    except (OSError, ValueError):
        raise ArgumentError(f"{shown(target, 80)} is not a path that can be written to") from None
    if same:
        raise ArgumentError(f"writing {shown(target, 80)} would destroy what is read from it; name another file")
    if kinds and not stat.S_ISREG(kinds[0]):
        raise ArgumentError(f"cannot write {shown(target, 80)}: it exists and is not a regular file; name another file")
    if kinds and not kinds[0] & 0o222:
        raise ArgumentError(f"cannot write {shown(target, 80)}: it is marked read-only; name another file")
    if not os.path.isdir(folder):
        raise ArgumentError(f"cannot write {shown(target, 80)}: there is no folder {shown(folder, 80)}; make it first")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ArgumentError(
            f"cannot write {shown(target, 80)}: no permission to write in {shown(folder, 80)}; "
            "name a file in a folder of your own"
        )
