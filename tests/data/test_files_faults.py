"""Every operation of every writer fails in turn: the old file or the new one, complete, one line that says why."""

import errno
import os
import re
import stat
import threading

import pytest
from tests.data.systems import Counting, Disk, Failing, Short
from tests.data.writers import WRITERS

from pliant.data import writing
from pliant.data.writing import ENDING, System, write_file
from pliant.errors import ArgumentError

ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES)
LITTER = f".a.csv.0123456789ab{ENDING}"
WHOLE = "the new file stands, but a power cut may bring the old one back"


@pytest.fixture(params=WRITERS, ids=lambda writer: writer.name)
def writer(request, tmp_path):
    """One writer, the path it writes to, and its two contents; the first one is there."""
    path = str(tmp_path / request.param.file)
    contents = []
    for which in (1, 0):
        request.param.write(path, which)
        with open(path, "rb") as file:
            contents.append(file.read())
    assert contents[0] != contents[1]
    return request.param, path, (contents[1], contents[0])


def content_of(path):
    with open(path, "rb") as file:
        return file.read()


def files_of(path):
    """Name what lies beside a path; the folder that a tour makes for its figures apart."""
    return set(os.listdir(os.path.dirname(path))) - {"figures"}


def on(monkeypatch, system):
    monkeypatch.setattr(writing, "SYSTEM", system)
    return system


def count(monkeypatch, write, path):
    """Count the operations of a write."""
    with monkeypatch.context() as patch:
        system = on(patch, Counting())
        write(path, 1)
    return system.done


@pytest.mark.parametrize("number", ERRORS, ids=errno.errorcode.get)
def test_whichever_operation_fails_the_file_is_whole(writer, number, monkeypatch):
    door, path, (old, new) = writer
    litter = os.path.join(os.path.dirname(path), f".{door.file}.0123456789ab{ENDING}")  # of a writer that was killed
    open(litter, "wb").close()
    n_operations = len(count(monkeypatch, door.write, path))
    assert n_operations >= 19
    raised = 0
    for n in range(1, n_operations + 1):
        door.write(path, 0)
        assert content_of(path) == old
        open(litter, "wb").close()
        with monkeypatch.context() as patch:
            system = on(patch, Failing(n, number))
            try:
                door.write(path, 1)
                said = ""
            except door.error as problem:
                said = str(problem)
        failed = system.done[n - 1]
        assert content_of(path) == (old if said and WHOLE not in said else new), failed
        door.read(path)
        if said:
            raised += 1
            reason = os.strerror(number).lower()
            assert re.fullmatch(rf"cannot write '.*({re.escape(door.file)}|figures)': .*{reason}\)?; .+", said.lower())
            assert "\n" not in said
        before_litter_is_removed = failed in ("listdir", "open", "lock", "unlink", "realpath", "mode", "makedirs")
        assert before_litter_is_removed or files_of(path) == {door.file}, failed
    assert raised >= 10
    door.write(path, 0)
    assert files_of(path) == {door.file}


def test_whichever_operation_is_interrupted_nothing_is_left(writer, monkeypatch):
    door, path, (old, new) = writer
    n_operations = len(count(monkeypatch, door.write, path))
    for n in range(1, n_operations + 1):
        door.write(path, 0)
        with monkeypatch.context() as patch:
            system = on(patch, Failing(n, KeyboardInterrupt()))
            with pytest.raises(KeyboardInterrupt):
                door.write(path, 1)
        moved = "replace" in system.done[: n - 1]
        assert content_of(path) == (new if moved else old)
        assert files_of(path) == {door.file}


def test_a_disk_that_fails_for_good_leaves_the_old_file_and_the_next_save_clears_up(writer, monkeypatch):
    """From the n-th operation on nothing works, the removal of the temporary file neither."""
    door, path, (old, new) = writer
    left = 0
    for n in range(1, len(count(monkeypatch, door.write, path)) + 1):
        door.write(path, 0)
        assert files_of(path) == {door.file}
        with monkeypatch.context() as patch:
            on(patch, Failing(n, errno.EIO, on=True))
            with pytest.raises(door.error):
                door.write(path, 1)
        assert content_of(path) in (old, new)
        left += files_of(path) != {door.file}
    assert left >= 5


@pytest.mark.parametrize("most", [1, 7, 1000])
def test_a_system_that_takes_little_at_once_gets_all_of_it(most, tmp_path, monkeypatch):
    content = os.urandom(5000)
    system = on(monkeypatch, Short(most))
    write_file(tmp_path / "a.csv", content, ArgumentError)
    assert (tmp_path / "a.csv").read_bytes() == content
    assert system.done.count("write") == -(-5000 // most)


def test_a_system_that_takes_nothing_is_not_asked_for_ever(tmp_path, monkeypatch):
    on(monkeypatch, Short(0))
    with pytest.raises(ArgumentError, match=r"cannot write '.*a.csv': the system takes no more of it; see to the disk"):
        write_file(tmp_path / "a.csv", b"new", ArgumentError)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("spoil", [lambda read: read[:-1] + b"?", lambda read: b"", lambda read: read + b"?"])
def test_a_disk_that_gives_back_something_else_is_noticed(spoil, tmp_path, monkeypatch):
    class Lying(System):
        def read(self, descriptor, size):
            read = super().read(descriptor, size)
            return spoil(read) if read else read

    (tmp_path / "a.csv").write_bytes(b"old")
    on(monkeypatch, Lying())
    with pytest.raises(ArgumentError, match="what was read back differs from what was written; see to the disk"):
        write_file(tmp_path / "a.csv", b"new", ArgumentError)
    assert (tmp_path / "a.csv").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.csv"]


def test_the_file_of_a_live_writer_is_not_litter(tmp_path, monkeypatch):
    """A second save of the same name begins while the first one stands before each of its operations in turn."""

    class Interrupted(Counting):
        inside = False

        def before(self, name, arguments):
            if not self.inside and len(self.done) == self.n:
                self.inside = True
                write_file(path, b"second", ArgumentError)

    path = tmp_path / "a.csv"
    path.write_bytes(b"old")
    operations = count(monkeypatch, lambda path, _: write_file(path, b"first", ArgumentError), path)
    for n in range(1, len(operations) + 1):
        with monkeypatch.context() as patch:
            system = on(patch, Interrupted())
            system.n = n
            path.write_bytes(b"old")
            write_file(path, b"first", ArgumentError)
        assert system.inside
        assert path.read_bytes() == (b"second" if "replace" in system.done[: n - 1] else b"first")
        assert os.listdir(tmp_path) == ["a.csv"]


def test_many_threads_may_write_one_file(tmp_path):
    contents = [bytes([each]) * 100_000 for each in range(8)]
    problems = []

    def write(content):
        try:
            for _ in range(20):
                write_file(tmp_path / "a.csv", content, ArgumentError)
                assert (tmp_path / "a.csv").read_bytes() in contents
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert os.listdir(tmp_path) == ["a.csv"]


def test_litter_of_other_names_and_what_only_looks_like_it_stays(tmp_path):
    kept = {f".b.csv.0123456789ab{ENDING}", f".a.csv.0123{ENDING}", ".a.csv.tmp", f"a.csv.0123456789ab{ENDING}"}
    for name in (*kept, LITTER):
        (tmp_path / name).write_text("x")
    os.mkfifo(tmp_path / f".a.csv.ffffffffffff{ENDING}")
    (tmp_path / f".a.csv.eeeeeeeeeeee{ENDING}").mkdir()
    (tmp_path / f".a.csv.dddddddddddd{ENDING}").symlink_to(tmp_path / ".a.csv.tmp")
    write_file(tmp_path / "a.csv", b"new", ArgumentError)
    assert kept <= set(os.listdir(tmp_path))
    assert LITTER not in os.listdir(tmp_path)
    assert (tmp_path / f".a.csv.eeeeeeeeeeee{ENDING}").is_dir()


@pytest.mark.parametrize("name", ["a" * 255, "ä" * 127, "漢" * 85, "😀" * 63])
def test_a_name_may_be_as_long_as_the_system_allows(name, tmp_path):
    write_file(tmp_path / name, b"new", ArgumentError)
    (tmp_path / f"{writing._stem(name)}.0123456789ab{ENDING}").write_text("of a writer that was killed")
    write_file(tmp_path / name, b"newer", ArgumentError)
    assert os.listdir(tmp_path) == [name]


def test_a_file_that_is_marked_read_only_is_kept(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(ArgumentError, match=r"cannot write '.*a.csv': it is marked read-only; name another file"):
        write_file(path, b"new", ArgumentError)
    assert path.read_bytes() == b"old"


def test_a_new_file_is_never_readable_by_more_than_the_old_one(tmp_path, monkeypatch):
    class Looking(Counting):
        def before(self, name, arguments):
            if name == "write":
                (part,) = (each for each in os.listdir(tmp_path) if each.endswith(ENDING))
                assert stat.S_IMODE(os.stat(tmp_path / part).st_mode) == 0o600

    path = tmp_path / "a.csv"
    path.write_bytes(b"old")
    path.chmod(0o600)
    on(monkeypatch, Looking())
    write_file(path, b"new", ArgumentError)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_to_nowhere_makes_the_file_it_names(tmp_path):
    (tmp_path / "link.csv").symlink_to("a.csv")
    write_file(tmp_path / "link.csv", b"new", ArgumentError)
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "a.csv").read_bytes() == b"new"


def test_where_there_are_no_locks_a_file_is_written_and_litter_stays(monkeypatch):
    """Nobody can say there whether its writer lives."""
    disk = on(monkeypatch, Disk.of({f"/d/{LITTER}": b"half", "/d/a.csv": b"old"}, locks=False))
    write_file("/d/a.csv", b"new", ArgumentError)
    assert disk.names["/d/a.csv"].content == b"new"
    assert set(disk.names) == {"/d/a.csv", f"/d/{LITTER}"}
    assert disk.opened == {}
