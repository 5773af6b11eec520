"""Systems to write files on: one that fails at the n-th operation, and a disk that loses what was not flushed."""

import errno
import itertools
import os
import stat
from dataclasses import dataclass, field

from pliant.data.writing import System


class Counting(System):
    """The operations of another system, counted and kept by name; `before` may act before each of them."""

    NAMES = tuple(name for name in vars(System) if not name.startswith("_"))

    def __init__(self, below=None):
        self.below = below or System()
        self.done = []

    def before(self, name, arguments):
        """Act before an operation."""

    def after(self, name):
        """Act after it."""


def _through(name):
    def operation(self, *arguments):
        self.done.append(name)
        self.before(name, arguments)
        result = getattr(self.below, name)(*arguments)
        self.after(name)
        return result

    return operation


for each in Counting.NAMES:
    setattr(Counting, each, _through(each))


class Failing(Counting):
    """Fails the n-th operation, counted from 1, as the system would; with `on`, every one from there."""

    def __init__(self, n, problem, on=False, below=None):
        super().__init__(below)
        self.n, self.problem, self.on = n, problem, on

    def before(self, name, arguments):
        if not (len(self.done) == self.n or (self.on and len(self.done) > self.n)):
            return
        if name == "write":  # a disk takes what it can before it is full
            self.below.write(arguments[0], arguments[1][: len(arguments[1]) // 2])
        if name == "close":  # Linux lets go of the file even so
            self.below.close(*arguments)
        if isinstance(self.problem, int):
            raise OSError(self.problem, os.strerror(self.problem))
        raise self.problem


class Short(Counting):
    """Takes at most so many bytes at once."""

    def __init__(self, most, below=None):
        super().__init__(below)
        self.most = most

    def write(self, descriptor, piece):
        self.done.append("write")
        return self.below.write(descriptor, piece[: self.most])


class Without(Counting):
    """Leaves out one kind of operation, and says that it was done."""

    def __init__(self, name, below):
        super().__init__(below)
        setattr(self, name, lambda *arguments: None)


@dataclass
class Node:
    """What a name stands for: the content as processes see it, and the one that is on the disk."""

    content: bytearray = field(default_factory=bytearray)
    flushed: bytes = b""
    mode: int = 0o644

    def contents(self):
        """Give what may be there after a power cut: any part of what was written since the last flush may be lost."""
        new, old = bytes(self.content), self.flushed
        if new == old:
            return {old}
        middle = len(new) // 2
        return {
            old,
            b"",
            new[:1],
            new[:middle],
            new[:-1],
            bytes(len(new)),  # the length is there, the bytes are not
            new[:middle] + bytes(len(new) - middle),
            bytes(middle) + new[middle:],
            new,
        }


class Disk(System):
    """One folder on a disk, in memory.

    What a process sees is at once what was written. What outlives a power cut is less: of a file what was flushed,
    and any part of what was not; of a folder each name that was flushed, and of each name that was changed since,
    on its own, any state it has had.
    """

    def __init__(self, names=(), locks=True):
        self.names = dict(names)
        self.flushed = {name: (node,) for name, node in self.names.items()}  # what each name may stand for
        self.opened = {}
        self.held = set()
        self.locks = locks

    @classmethod
    def of(cls, contents, locks=True):
        """Give a disk that holds files of these contents, by their paths."""
        return cls({name: Node(bytearray(content), content) for name, content in contents.items()}, locks)

    def states(self):
        """Give every content of the folder that may be found after a power cut now."""
        found = []
        for chosen in itertools.product(*self.flushed.values()):
            there = {name: node for name, node in zip(self.flushed, chosen, strict=True) if node is not None}
            for contents in itertools.product(*(node.contents() for node in there.values())):
                found.append(dict(zip(there, contents, strict=True)))
        return found

    def realpath(self, path):
        return path

    def mode(self, path):
        return stat.S_IFREG | self._node(path).mode

    def listdir(self, folder):
        return [os.path.basename(name) for name in self.names if os.path.dirname(name) == folder]

    def makedirs(self, path):
        """Folders are always there."""

    def create(self, path):
        if path in self.names:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        self._point(path, Node())
        return self._open(self.names[path])

    def open(self, path, flags):
        return self._open(None if flags == os.O_RDONLY else self._node(path))

    def lock(self, descriptor):
        if not self.locks:
            return None
        node = self.opened[descriptor][0]
        if any(other is node for other, holder in self.held if holder != descriptor):
            return False
        self.held.add(_Held(node, descriptor))
        return True

    def chmod(self, path, mode):
        self._node(path).mode = mode

    def write(self, descriptor, piece):
        place = self.opened[descriptor]
        place[0].content[place[1] : place[1] + len(piece)] = piece
        place[1] += len(piece)
        return len(piece)

    def fsync(self, descriptor):
        node = self.opened[descriptor][0]
        if node is not None:
            node.flushed = bytes(node.content)
            return
        self.flushed = {name: (found,) for name, found in self.names.items()}

    def rewind(self, descriptor):
        self.opened[descriptor][1] = 0

    def read(self, descriptor, size):
        node, at = self.opened[descriptor]
        self.opened[descriptor][1] = min(at + size, len(node.content))
        return bytes(node.content[at : at + size])

    def replace(self, path, target):
        self._point(target, self._node(path))
        self._point(path, None)

    def unlink(self, path):
        self._node(path)
        self._point(path, None)

    def close(self, descriptor):
        del self.opened[descriptor]
        self.held = {held for held in self.held if held.descriptor != descriptor}

    def _node(self, path):
        if path not in self.names:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return self.names[path]

    def _open(self, node):
        descriptor = next(n for n in itertools.count(3) if n not in self.opened)
        self.opened[descriptor] = [node, 0]
        return descriptor

    def _point(self, path, node):
        """Let a name stand for another file, or for none; the disk hears of it when it likes."""
        self.flushed[path] = (*self.flushed.get(path, (None,)), node)
        self.names[path] = node
        if node is None:
            del self.names[path]


@dataclass(frozen=True, eq=False)
class _Held:
    """A lock: on which file, by which descriptor."""

    node: Node
    descriptor: int

    def __iter__(self):
        return iter((self.node, self.descriptor))
