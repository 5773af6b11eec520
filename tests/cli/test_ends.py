"""Full disks, closed pipes, folders without permission and signals, as the shell sees them."""

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

import pytest
from tests.data.systems import Counting, Failing

import pliant
from pliant.cli import ends, run
from pliant.data import writing
from pliant.data.writing import ENDING
from pliant.datasets import penguins_path
from pliant.errors import ModelFileError

FORMULA = "body_mass_g ~ flipper_length_mm + species"
LINE = ["fit", "penguins.csv", FORMULA, "--line"]
PLIANT = f"{sys.executable} -m pliant"
NOBODY = 65534
WRITES = [
    ("m.pliant", [*LINE, "--quiet", "--out", "m.pliant"]),
    ("p.csv", ["predict", "model.pliant", "penguins.csv", "--out", "p.csv"]),
    ("p.parquet", ["predict", "model.pliant", "penguins.csv", "--out", "p.parquet"]),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with the penguins and a model of them."""
    folder = tmp_path_factory.mktemp("made")
    shutil.copy(penguins_path(), folder / "penguins.csv")
    pliant.fit(FORMULA, str(folder / "penguins.csv"), hidden=()).save(folder / "model.pliant")
    return folder


@pytest.fixture
def folder(made, tmp_path, monkeypatch):
    for name in ("penguins.csv", "model.pliant"):
        shutil.copy(made / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shell(command, **options):
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120, **options)


def call(capsys, arguments):
    code = run(arguments)
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES], ids=errno.errorcode.get)
@pytest.mark.parametrize(("name", "arguments"), WRITES, ids=["model", "CSV", "Parquet"])
def test_whichever_operation_fails_the_shell_has_one_line_and_2(name, arguments, number, folder, capsys, monkeypatch):
    counting = Counting()
    with monkeypatch.context() as patch:
        patch.setattr(writing, "SYSTEM", counting)
        assert run(arguments) == 0
    whole = (folder / name).read_bytes()
    capsys.readouterr()
    monkeypatch.setattr(tempfile, "mkdtemp", lambda **_: (_ for _ in ()).throw(OSError(number, "")))
    refused = 0
    for n in range(1, len(counting.done) + 1):
        (folder / name).write_bytes(b"old")
        with monkeypatch.context() as patch:
            patch.setattr(writing, "SYSTEM", Failing(n, number))
            code, out, err = call(capsys, arguments)
        assert out == ""
        if code == 0:
            assert (folder / name).read_bytes() == whole
            continue
        refused += 1
        assert (code, err.count("\n")) == (2, 1)
        assert err.startswith(f"pliant: cannot write '{name}': ")
        assert os.strerror(number).lower() in err.lower()
        stands = "the new file stands" in err
        assert (folder / name).read_bytes() == (whole if stands else b"old")
        assert set(os.listdir(folder)) == {"penguins.csv", "model.pliant", name}
    assert refused >= 10


def test_a_model_that_cannot_be_written_where_it_should_is_kept_elsewhere(folder, capsys, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)

    class Full(Counting):
        def before(self, name, arguments):
            if name == "create" and arguments[0].startswith(f"{folder}/.m.pliant"):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(writing, "SYSTEM", Full())
    code, out, err = call(capsys, [*LINE, "--quiet", "--out", "m.pliant"])
    assert (code, out, err.count("\n")) == (2, "", 1)
    said = "cannot write 'm.pliant': no space left on device; free some space, or name a file on another disk; "
    assert err.startswith(f"pliant: {said}the model is kept in {folder}/pliant-")
    assert pliant.load(err.split(" is kept in ")[1].strip()).is_line


@pytest.mark.parametrize(("name", "arguments"), WRITES[:2], ids=["model", "CSV"])
def test_a_file_beyond_the_limit_of_the_system(name, arguments, folder, monkeypatch):
    (folder / name).write_bytes(b"old")
    command = [sys.executable, "-m", "pliant", *arguments]
    done = subprocess.run(
        command,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        f"pliant: cannot write '{name}': file too large; name a file on another disk, or raise the limit (ulimit -f)\n",
    )
    assert (folder / name).read_bytes() == b"old"
    assert set(os.listdir(folder)) == {"penguins.csv", "model.pliant", name}


def can_mount():
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return shutil.which("unshare") and not subprocess.run(command, capture_output=True).returncode


@pytest.mark.parametrize("size", ["16k", "4k"] if can_mount() else [])
def test_a_disk_that_is_full(size, folder):
    """A real one, of a few pages: the old file stands, litter of a killed writer is removed, there is room again."""
    script = f"""
        mount -t tmpfs -o size={size} none full && cd full && printf old > p.csv
        head -c 1M /dev/zero > .p.csv.0123456789ab{ENDING}
        {PLIANT} predict ../model.pliant ../penguins.csv --out p.csv; echo "code $?"; ls -A; head -c 10 p.csv
    """
    (folder / "full").mkdir()
    done = subprocess.run(["unshare", "--mount", "bash", "-c", script], capture_output=True, text=True, timeout=120)
    if size == "16k":
        assert done.stdout == "code 0\np.csv\nprediction"
        assert "344 predictions written to p.csv" in done.stderr
    else:
        assert done.stdout == "code 2\np.csv\nold"
        assert done.stderr.splitlines()[-1] == (
            "pliant: cannot write 'p.csv': no space left on device; free some space, or name a file on another disk"
        )


@pytest.fixture
def without_permission(folder):
    """A folder that may be read and not written, also where the tests run as root."""
    place = tempfile.mkdtemp()
    shutil.copy(folder / "model.pliant", place)
    shutil.copy(folder / "penguins.csv", place)
    os.chmod(place, 0o555)
    is_root = os.geteuid() == 0
    for command, name in (("predict", "warm.csv"), ("report", "warm.html")):  # nobody may not load what is not loaded
        run([command, "model.pliant" if command == "predict" else "none.pliant", "penguins.csv", "--out", name])
    if is_root:
        os.setresuid(NOBODY, NOBODY, 0)
    yield place
    if is_root:
        os.setresuid(0, 0, 0)
    os.chmod(place, 0o755)
    shutil.rmtree(place)


def test_a_folder_without_permission(without_permission, capsys):
    capsys.readouterr()
    place = without_permission
    for command, name in (("predict", "p.csv"), ("report", "r.html")):
        path = f"{place}/{name}"
        code, out, err = call(capsys, [command, f"{place}/model.pliant", f"{place}/penguins.csv", "--out", path])
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert f"cannot write '{path}': no permission to write in '{place}'; name a file in a folder of your own" in err
    with pytest.raises(ModelFileError, match="permission denied; name a file in a folder of your own"):
        pliant.load(f"{place}/model.pliant").save(f"{place}/m.pliant")
    assert set(os.listdir(place)) == {"model.pliant", "penguins.csv"}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/proc/p.csv", "cannot write '/proc/p.csv': "),
        ("/dev/full", "it exists and is not a regular file; name another file"),
        ("penguins.csv/p.csv", "there is no folder"),
        ("no/p.csv", "there is no folder"),
        ("pipe.csv", "it exists and is not a regular file; name another file"),
        ("locked.csv", "it is marked read-only; name another file"),
    ],
)
def test_places_where_nothing_can_be_written(path, said, folder, capsys):
    os.mkfifo("pipe.csv")
    (folder / "locked.csv").write_text("old")
    (folder / "locked.csv").chmod(0o444)
    code, out, err = call(capsys, ["predict", "model.pliant", "penguins.csv", "--out", path])
    assert (code, out, err.count("\n"), said in err) == (2, "", 1, True)
    assert "old" in (folder / "locked.csv").read_text()


@pytest.mark.parametrize(
    ("line", "code", "out", "said"),
    [
        ("--help | true", 0, "", ""),
        ("predict model.pliant penguins.csv | true", 0, "", ""),  # it has ended long before anything is printed
        ("predict model.pliant penguins.csv >&-", 2, "", "cannot write what is to be printed: Bad file descriptor"),
        ("predict model.pliant penguins.csv > /dev/full", 2, "", "cannot write what is to be printed: No space left"),
        ("predict model.pliant penguins.csv --out p.csv >&- 2>&-", 0, "", ""),
        ("predict model.pliant penguins.csv --out p.csv 2> /dev/full", 2, "", ""),
        ("predict no.pliant penguins.csv 2> /dev/full", 2, "", ""),
        ("predict model.pliant penguins.csv <&- >&- 2>&-", 2, "", ""),
    ],
)
def test_what_is_printed_goes_nowhere(line, code, out, said, folder):
    done = shell(f"set -o pipefail; {PLIANT} {line}")
    assert (done.returncode, done.stdout) == (code, out)
    assert (said in done.stderr) if said else done.stderr == ""
    assert "Traceback" not in done.stderr
    if "p.csv" in line:
        assert (folder / "p.csv").read_text().count("\n") == 345


@pytest.mark.parametrize(("to", "code"), [("| true", 0), ("> /dev/full 2> /dev/full", 2), (">&- 2>&-", 2)])
def test_a_reader_that_goes_away_does_not_cost_the_files(to, code, folder):
    done = shell(f"set -o pipefail; {PLIANT} fit penguins.csv '{FORMULA}' --line --out m.pliant --plot f.svg {to}")
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert pliant.load("m.pliant").is_line
    assert (folder / "f.svg").read_text().rstrip().endswith("</svg>")


SIGNALLED = """
import os, signal, sys
from tests.data.systems import Counting
from pliant.data import writing
from pliant.cli import main

class Signalled(Counting):
    def before(self, name, arguments):
        if name == sys.argv[2]:
            os.kill(os.getpid(), int(sys.argv[1]))

writing.SYSTEM = Signalled()
main(sys.argv[3:])
"""


@pytest.mark.parametrize(
    ("number", "operation"),
    [(signal.SIGINT, "write"), (signal.SIGTERM, "replace"), (signal.SIGHUP, "fsync"), (signal.SIGTERM, "create")],
)
def test_a_signal_during_a_save(number, operation, folder):
    (folder / "m.pliant").write_bytes(b"old")
    arguments = [sys.executable, "-c", SIGNALLED, str(int(number)), operation, *LINE, "--quiet", "--out", "m.pliant"]
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 128 + number
    said = "interrupted" if number == signal.SIGINT else f"stopped by {number.name}"
    assert done.stderr.strip() == f"pliant: {said}"
    assert (folder / "m.pliant").read_bytes() == b"old"
    assert set(os.listdir(folder)) == {"penguins.csv", "model.pliant", "m.pliant"}


def test_sigterm_ends_a_training_as_ctrl_c_does_and_keeps_the_model(folder, capsys, monkeypatch):
    """As when the machine shuts down. The signal comes from a timer, so that it comes while the training runs."""
    monkeypatch.setattr(ends.HEARD, "number", signal.SIGINT)
    options = ["--engine", "reference", "--hidden", "4", "--epochs", "10000000", "--out", "m.pliant", "--quiet"]
    old = {number: signal.getsignal(number) for number in (*ends.SIGNALS, signal.SIGALRM)}
    try:
        ends.heed_signals()
        signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        for wait in (1.5, 6.0, 24.0):  # on a busy machine the first may come before the training
            signal.setitimer(signal.ITIMER_REAL, wait)
            code, _, err = call(capsys, ["fit", "penguins.csv", FORMULA, *options])
            assert code == 143
            if os.path.exists("m.pliant"):
                break
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
    assert err.splitlines()[-1] == "pliant: stopped by SIGTERM; the best state is in m.pliant"
    assert pliant.load("m.pliant").interrupted


def test_what_is_printed_is_what_is_written(folder, capsys):
    """A row that cannot be predicted has NA: a blank line would be taken for no row."""
    _, out, _ = call(capsys, ["predict", "model.pliant", "penguins.csv"])
    call(capsys, ["predict", "model.pliant", "penguins.csv", "--out", "p.csv"])
    assert out == (folder / "p.csv").read_text()
    assert out.splitlines().count("NA") == 2


def test_a_signal_that_is_turned_off_stays_off():
    old = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    before = signal.getsignal(signal.SIGTERM)
    try:
        ends.heed_signals()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, old)
        signal.signal(signal.SIGTERM, before)
