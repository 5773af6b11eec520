"""A power cut between any two operations of any writer: every disk that may be found has the old file or the new."""

import errno

import pytest
from tests.data.systems import Counting, Disk, Failing, Short, Without
from tests.data.writers import WRITERS

from pliant.data import writing
from pliant.data.writing import write_file
from pliant.errors import ArgumentError

PATH = "/folder/a.csv"
OLD, NEW, THIRD = b"the old file", b"the new one, which is longer", b"a third"


class Cut(Counting):
    """Notes, after every operation, all that the disk may hold if the power goes now."""

    def __init__(self, disk):
        super().__init__(disk)
        self.disk, self.found = disk, []
        self.after("start")

    def after(self, name):
        self.found += [(len(self.done), name, state) for state in self.disk.states()]


def on(monkeypatch, system):
    monkeypatch.setattr(writing, "SYSTEM", system)
    return system


def contents_of(writer, folder):
    """Give the two contents that a writer writes, each complete."""
    made = []
    for which in (0, 1):
        path = folder / writer.file
        path.unlink(missing_ok=True)
        writer.write(path, which)
        writer.read(str(path))
        made.append(path.read_bytes())
        path.unlink()
    return made


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.name)
@pytest.mark.parametrize("is_there", [False, True], ids=["first", "again"])
def test_a_power_cut_after_any_operation_leaves_a_whole_file(writer, is_there, tmp_path, monkeypatch):
    old, new = contents_of(writer, tmp_path)
    path = str(tmp_path / writer.file)
    system = Cut(Disk.of({path: old} if is_there else {}))
    on(monkeypatch, Short(len(new) // 3 + 1, below=system))
    writer.write(path, 1)
    allowed = {old if is_there else None, new}
    assert {state.get(path) for *_, state in system.found} == allowed  # and nothing in between
    assert {state.get(path) for state in system.disk.states()} == {new}  # it stays, once the call is back
    assert len(system.found) >= 50
    assert system.disk.opened == {}
    for state in {tuple(sorted(state.items())): state for *_, state in system.found}.values():
        disk = on(monkeypatch, Disk.of(state))
        write_file(path, THIRD, ArgumentError)
        assert disk.states() == [{path: THIRD}]  # no litter


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, None], ids=["EIO", "ENOSPC", "Ctrl-C"])
def test_a_power_cut_after_any_failure_leaves_a_whole_file(number, monkeypatch):
    whole = Counting(Disk.of({PATH: OLD}))
    on(monkeypatch, whole)
    writing.replace_file(PATH, NEW)
    for n in range(1, len(whole.done) + 1):
        disk = Disk.of({PATH: OLD})
        system = on(monkeypatch, Failing(n, KeyboardInterrupt() if number is None else number, below=Cut(disk)))
        try:
            writing.replace_file(PATH, NEW)
        except (OSError, KeyboardInterrupt):
            assert "replace" in system.done[: n - 1] or {state[PATH] for state in disk.states()} == {OLD}
        assert {state[PATH] for *_, state in system.below.found} <= {OLD, NEW}
        assert disk.opened == {}


def test_the_disk_of_these_tests_notices_a_writer_that_flushes_nothing(monkeypatch):
    """Else they would pass for nothing."""
    disk = Disk.of({PATH: OLD})
    on(monkeypatch, Without("fsync", disk))
    writing.replace_file(PATH, NEW)
    found = {state[PATH] for state in disk.states()}
    assert OLD in found
    assert b"" in found
    assert any(content not in (OLD, NEW) for content in found)


def test_the_disk_of_these_tests_notices_a_writer_that_does_not_flush_the_folder(monkeypatch):
    disk = Disk.of({PATH: OLD})
    on(monkeypatch, disk)
    monkeypatch.setattr(writing, "_flush_folder", lambda folder: None)
    writing.replace_file(PATH, NEW)
    assert {state[PATH] for state in disk.states()} == {OLD, NEW}


def test_the_disk_of_these_tests_notices_a_writer_that_writes_in_place(monkeypatch):
    disk = Disk.of({PATH: OLD})
    descriptor = disk.open(PATH, 2)
    disk.write(descriptor, NEW)
    disk.fsync(descriptor)
    assert {state[PATH] for state in disk.states()} == {NEW}
    disk = Disk.of({PATH: OLD})
    disk.write(disk.open(PATH, 2), NEW)
    assert {OLD, NEW} < {state[PATH] for state in disk.states()}
