"""The one way in which pliant writes a file: whole or not at all, whatever happens meanwhile.

The content goes to a temporary file in the same folder, is flushed to the disk, read back and compared, and only
then takes the name; then the folder is flushed, so that a power cut does not take the name back. A process that is
killed leaves its temporary file behind. The next one that writes to the same name removes it: a writer holds a lock
on its temporary file while it lives, and the system drops the lock with the process, so a live one is never taken
for a dead one, be it of another process, thread or machine. A link is followed and the permissions are kept; the
price is that the file is a new one: its owner is whoever writes, and another hard link keeps the old content.

Everything that is asked of the system goes through `SYSTEM`, so that the tests can let any operation fail, and can
say what a disk may hold after a power cut between any two. This module does not know what is inside a file.
"""

import contextlib
import errno
import os
import re
import secrets
import stat
import sys
from typing import TYPE_CHECKING

from pliant.data.columns import shown

if TYPE_CHECKING:
    from pliant.errors import InputError

ENDING = ".pliant-part"
PIECE = 2**24  # bytes: a signal is heard between two
BINARY = getattr(os, "O_BINARY", 0)  # Windows
NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP}
NO_FLUSH = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EBADF}  # of a folder
REMEDIES = {
    errno.ENOSPC: "free some space, or name a file on another disk",
    errno.EDQUOT: "free some space, or name a file on another disk",
    errno.EFBIG: "name a file on another disk, or raise the limit (ulimit -f)",
    errno.EACCES: "name a file in a folder of your own",
    errno.EPERM: "name a file in a folder of your own",
    errno.EROFS: "name a file on another disk",
    errno.ENOENT: "make the folder first",
    errno.ENOTDIR: "a part of the path is a file; name another",
    errno.ENAMETOOLONG: "give it a shorter name",
    errno.EIO: "see to the disk, or name a file on another",
    errno.EMFILE: "close some files, or raise the limit (ulimit -n)",
}


class System:
    """What a writer asks of the operating system, one operation each."""

    def realpath(self, path: str) -> str:
        return os.path.realpath(path)

    def mode(self, path: str) -> int:
        return os.stat(path).st_mode

    def listdir(self, folder: str) -> list[str]:
        return os.listdir(folder)

    def makedirs(self, path: str) -> None:
        os.makedirs(path, exist_ok=True)

    def create(self, path: str) -> int:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | BINARY, 0o666)  # the umask takes its share

    def open(self, path: str, flags: int) -> int:
        return os.open(path, flags)

    def lock(self, descriptor: int) -> bool | None:
        """Take the lock of a file: True if it is ours, False if another has it, None if there are no locks here."""
        if sys.platform == "win32":
            return None
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as problem:
            if problem.errno in NO_LOCKS:
                return None
            raise
        return True

    def chmod(self, path: str, mode: int) -> None:
        os.chmod(path, mode)

    def write(self, descriptor: int, piece: memoryview) -> int:
        return os.write(descriptor, piece)

    def fsync(self, descriptor: int) -> None:
        if sys.platform == "darwin":  # there fsync ends at the cache of the drive
            import fcntl

            with contextlib.suppress(OSError):
                fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        os.fsync(descriptor)

    def rewind(self, descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)

    def read(self, descriptor: int, size: int) -> bytes:
        return os.read(descriptor, size)

    def replace(self, path: str, target: str) -> None:
        os.replace(path, target)

    def unlink(self, path: str) -> None:
        os.unlink(path)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)


SYSTEM = System()


def write_file(path: str | os.PathLike[str], content: bytes | bytearray, error: "type[InputError]") -> None:
    """Write a file whole or not at all, and say in one line why it cannot be.

    Parameters
    ----------
    path : path
        A link is followed. What stands there is replaced once the new content is on the disk.
    content : bytes
    error : type of InputError
        What is raised.

    Raises
    ------
    InputError
        If the file cannot be written; names path, reason and remedy. What stood there is untouched, and nothing
        is left beside it; except where the message says that the new file stands.
    """
    try:
        replace_file(os.fsdecode(path), content)
    except (OSError, ValueError) as problem:  # ValueError: a NUL byte in the path
        raise _as_said(problem, path, error) from problem


def make_folder(path: str | os.PathLike[str], error: "type[InputError]") -> None:
    """Make a folder, and those above it, unless it is there."""
    try:
        SYSTEM.makedirs(os.fsdecode(path))
    except (OSError, ValueError) as problem:
        raise _as_said(problem, path, error) from problem


def _as_said(problem: Exception, path: str | os.PathLike[str], error: "type[InputError]") -> "InputError":
    """Give an error of the system as one line: path, reason, remedy."""
    reason = getattr(problem, "strerror", None) or "it is not a path"
    remedy = REMEDIES.get(getattr(problem, "errno", None) or 0, "name another file")
    return error(f"cannot write {shown(os.fsdecode(path), 200)}: {reason[0].lower()}{reason[1:]}; {remedy}")


def replace_file(path: str, content: bytes | bytearray) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    OSError
        If the folder is missing or not writable, the disk is full, or what was read back differs.
    """
    target = SYSTEM.realpath(path)
    folder, name = os.path.split(target)
    mode = _mode_of(target)
    _clear(folder, name)
    part, replaced = _Part(folder, name), False
    try:
        part.begin()
        if mode is not None:
            SYSTEM.chmod(part.path, mode)
        _fill(part.descriptor, memoryview(content))
        if not part.locked:  # nothing is held by it then, and Windows does not rename an open file
            part.close()
        SYSTEM.replace(part.path, target)
        replaced = True
        _flush_folder(folder)
        part.close()
    except BaseException as problem:
        part.drop()
        if replaced and isinstance(problem, OSError):
            why = f"the new file stands, but a power cut may bring the old one back ({problem.strerror})"
            raise OSError(problem.errno, why) from problem
        raise


def _mode_of(target: str) -> int | None:
    """Give the permissions of what stands at a path, if it may be replaced; None if nothing does."""
    try:
        mode = SYSTEM.mode(target)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it exists and is not a regular file")
    if not mode & 0o222:
        raise OSError(errno.EINVAL, "it is marked read-only")  # a rename would not ask
    return stat.S_IMODE(mode)


def _stem(name: str) -> str:
    """Give the start of the names of temporary files: at most 100 bytes of the name, since 255 are the limit."""
    return "." + name.encode("utf-8", "ignore")[:100].decode("utf-8", "ignore")


class _Part:
    """A temporary file: its path, its descriptor (-1: not open), and whether the system has a lock on it."""

    def __init__(self, folder: str, name: str) -> None:
        self.start = os.path.join(folder, _stem(name))
        self.path, self.descriptor, self.locked = "", -1, False

    def begin(self) -> None:
        """Make the file and lock it; its name is kept first, so that an interrupt in between leaves no litter."""
        while True:
            self.path = f"{self.start}.{secrets.token_hex(6)}{ENDING}"
            try:
                self.descriptor = SYSTEM.create(self.path)
            except FileExistsError:
                self.path = ""  # of another
                raise
            held = SYSTEM.lock(self.descriptor)
            self.locked = bool(held)
            if held is None or (held and self._is_there()):
                return
            self.drop()  # another took it for litter before it was locked

    def _is_there(self) -> bool:
        """Say whether the file still has its name."""
        try:
            SYSTEM.mode(self.path)
        except FileNotFoundError:
            return False
        return True

    def close(self) -> None:
        """Close the file; the lock goes with it."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            SYSTEM.close(descriptor)

    def drop(self) -> None:
        """Remove the file, if it still has its name; the next save removes what cannot be removed now."""
        if self.path:
            with contextlib.suppress(OSError):
                SYSTEM.unlink(self.path)
        with contextlib.suppress(OSError):
            self.close()


def _fill(descriptor: int, content: memoryview) -> None:
    """Write all of the content, have it on the disk, and read it back."""
    done = 0
    while done < len(content):
        written = SYSTEM.write(descriptor, content[done : done + PIECE])
        if written <= 0:
            raise OSError(errno.EIO, "the system takes no more of it")
        done += written
    SYSTEM.fsync(descriptor)
    SYSTEM.rewind(descriptor)
    done = 0
    while piece := SYSTEM.read(descriptor, PIECE):
        if piece != content[done : done + len(piece)]:
            raise OSError(errno.EIO, "what was read back differs from what was written")
        done += len(piece)
    if done != len(content):
        raise OSError(errno.EIO, "what was read back differs from what was written")


def _clear(folder: str, name: str) -> None:
    """Remove the temporary files of writers to this name that were killed.

    Before anything is written, since they may be what fills the disk. What cannot be removed is no reason not
    to write.
    """
    litter = re.compile(re.escape(_stem(name)) + r"\.[0-9a-f]{12}" + re.escape(ENDING))
    try:
        found = [each for each in SYSTEM.listdir(folder) if litter.fullmatch(each)]
    except OSError:
        return
    for each in found:
        with contextlib.suppress(OSError):
            _remove_dead(os.path.join(folder, each))


def _remove_dead(temporary: str) -> None:
    """Remove a temporary file if no writer holds it."""
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = SYSTEM.open(temporary, flags)
    try:
        if SYSTEM.lock(descriptor):
            SYSTEM.unlink(temporary)
    finally:
        SYSTEM.close(descriptor)


def _flush_folder(folder: str) -> None:
    """Make the new name outlive a power cut, where the system can flush a folder."""
    try:
        descriptor = SYSTEM.open(folder, os.O_RDONLY)
    except PermissionError:  # a folder that may be written and not read; Windows
        return
    try:
        SYSTEM.fsync(descriptor)
    except OSError as problem:
        if problem.errno not in NO_FLUSH:
            raise
    finally:
        SYSTEM.close(descriptor)
