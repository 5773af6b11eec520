"""Progress: drawn on a terminal, silent in a pipe."""

import io
import os
import pty
import subprocess
import sys
import threading

import pytest

from pliant.training import Progress, progress_bar
from pliant.training.progress import _duration, _short

SHOWN = """
import sys, time
from pliant.training import Progress, progress_bar
with progress_bar() as report:
    if report is not None:
        report(Progress(12, 200, 0.123456, 0.25, 1234567.0, 65.0))
        time.sleep(0.2)
print("rich" in sys.modules)
"""


def environment() -> dict[str, str]:
    return {**os.environ, "TERM": "xterm", "COLUMNS": "120"}


def test_nothing_is_written_in_a_pipe_and_rich_is_not_loaded() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SHOWN],
        capture_output=True,
        text=True,
        check=True,
        env=environment() | {"FORCE_COLOR": "1"},
    )
    assert done.stderr == ""
    assert done.stdout == "False\n"


def test_a_terminal_shows_epoch_loss_speed_and_time_left_on_standard_error() -> None:
    master, slave = pty.openpty()
    seen = bytearray()

    def read() -> None:
        try:
            while part := os.read(master, 4096):
                seen.extend(part)
        except OSError:  # the other end is closed
            return

    reader = threading.Thread(target=read)
    reader.start()
    done = subprocess.run(
        [sys.executable, "-c", SHOWN],
        stdout=subprocess.PIPE,
        stderr=slave,
        text=True,
        check=True,
        env=environment(),
    )
    os.close(slave)
    reader.join(10.0)
    os.close(master)
    assert done.stdout == "True\n"
    text = seen.decode()
    assert "epoch 12 of 200 · loss 0.12346 · validation 0.25" in text
    assert "1.23M rows/s · 1 min 05 s left" in text


def test_standard_error_that_is_no_file_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (None, io.StringIO()):
        monkeypatch.setattr(sys, "stderr", stream)
        with progress_bar() as report:
            assert report is None


def test_a_bar_can_be_asked_for_and_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar(show=False) as report:
        assert report is None
    with progress_bar(show=True) as report:
        assert report is not None
        report(Progress(1, 2, 0.5, None, 10.0, 1.0))
    assert capsys.readouterr().out == ""


def test_progress_reads_as_a_line() -> None:
    assert str(Progress(1200, 5000, 0.5, None, 1.0, 1.0)) == "epoch 1,200 of 5,000 · loss 0.5"


def test_members_are_counted_as_members() -> None:
    assert str(Progress(3, 10, None, None, 1000.0, 2.0, "member")) == "member 3 of 10"


@pytest.mark.parametrize(
    ("number", "text"), [(0.0, "0"), (999.4, "999"), (999.6, "1k"), (12345.0, "12.3k"), (2.5e10, "25G")]
)
def test_speeds_are_short(number: float, text: str) -> None:
    assert _short(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (59.6, "1 min 00 s"), (125, "2 min 05 s"), (7260, "2 h 01 min")]
)
def test_times_are_short(seconds: float, text: str) -> None:
    assert _duration(seconds) == text
