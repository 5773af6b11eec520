"""The commands as a user types them: what they print, what they leave, and their exit codes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import polars as pl
import pytest

import pliant
from pliant.cli import run
from pliant.datasets import penguins_path
from pliant.errors import ModelFileError
from pliant.functions import FAMILIES, LINKS
from pliant.modelfile import read_model

FORMULA = "body_mass_g ~ flipper_length_mm + species"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder with the penguins in it."""
    shutil.copy(penguins_path(), tmp_path / "penguins.csv")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(capsys, *arguments):
    code = run([str(a) for a in arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_predictions_of_members_come_with_an_interval_from_a_file(folder, capsys):
    options = ["--hidden", "2", "--members", "3", "--regularisation", "evidence", "--out", "m.pliant"]
    assert call(capsys, "fit", "penguins.csv", FORMULA, *options)[0] == 0
    code, out, _ = call(capsys, "predict", "m.pliant", "penguins.csv", "--interval", "0.95")
    first = out.splitlines()[1].split(",")
    assert (code, out.splitlines()[0]) == (0, "prediction,lower,upper,support")
    assert float(first[1]) < float(first[0]) < float(first[2])
    code, out, _ = call(capsys, "predict", "m.pliant", "penguins.csv", "--interval", "0.95", "--method", "split")
    assert (code, out.splitlines()[0]) == (0, "prediction,lower,upper,support")
    code, out, err = call(capsys, "predict", "m.pliant", "penguins.csv", "--interval", "0.999")
    assert (code, out.splitlines()[1].split(",")[1:3]) == (0, ["-inf", "inf"])
    assert err.startswith("note: 342 rows are too few for an interval of 0.999")
    assert len(err.splitlines()) == 1
    code, _, err = call(capsys, "predict", "m.pliant", "penguins.csv", "--interval", "0.95", "--method", "laplace")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "came from a file, which holds none" in err
    code, out, _ = call(capsys, "fit", "penguins.csv", FORMULA, "--hidden", "2", "--groups", "island", "--members", "3")
    assert code == 0
    assert out.splitlines()[1].startswith("The mean of 3 networks of 2 tanh units")


def test_a_report_is_written_by_fit_and_from_a_model_file(folder, capsys):
    options = ["--hidden", "2", "--members", "3", "--out", "m.pliant", "--report", "r.html", "--quiet"]
    code, out, err = call(capsys, "fit", "penguins.csv", FORMULA, *options)
    assert (code, out, "report written to r.html" in err) == (0, "", True)
    assert call(capsys, "report", "m.pliant", "penguins.csv", "--out", "again.html")[0] == 0
    first, again = ((folder / name).read_text("utf-8") for name in ("r.html", "again.html"))
    assert first.startswith("<!doctype html>")
    assert "pliant fit penguins.csv" in first
    assert first.count("<section") == again.count("<section")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report", "none.pliant", "--out", "r.html"], "cannot read the model"),
        (["report", "m.pliant", "--out", "r.csv"], "ends in .html"),
        (["report", "m.pliant", "--out", "no/r.html"], "no folder"),
        (["report", "m.pliant", "penguins.csv"], "--out"),
        (["fit", "penguins.csv", FORMULA, "--line", "--report", "penguins.csv"], "ends in .html"),
    ],
)
def test_a_report_that_cannot_be_is_said_in_one_line(folder, capsys, arguments, said):
    call(capsys, "fit", "penguins.csv", FORMULA, "--line", "--quiet", "--out", "m.pliant")
    code, out, err = call(capsys, *arguments)
    assert (code, out, err.count("\n"), said in err) == (2, "", 1, True)


def test_help_names_every_family_and_every_link(folder, capsys):
    said = call(capsys, "fit", "--help")[1]
    text = " ".join(said.split())
    assert not [name for name in FAMILIES if name not in text]
    assert not [name for name in LINKS if name not in text and name != "softmax"]


def test_a_family_takes_its_parameter_in_brackets(folder, capsys):
    fit = ("fit", "penguins.csv", "year ~ flipper_length_mm", "--line", "--family")
    code, out, _ = call(capsys, *fit, "negative_binomial(theta=2)")
    assert (code, "theta: 2.00000, as given" in out) == (0, True)
    code, _, err = call(capsys, *fit, "negative_binomial(theta=-2)")
    assert code == 2
    assert "the theta of negative_binomial lies above 0; it was given as -2" in err


def test_fit_predict_and_picture(folder, capsys):
    code, out, err = call(capsys, "fit", "penguins.csv", FORMULA, "--line", "--out", "m.pliant", "--plot", "fit.svg")
    assert (code, "flipper_length_mm" in out, "species[T.Gentoo]" in out) == (0, True, True)
    assert "2 rows" in out
    assert "m.pliant" in err
    assert (folder / "fit.svg").read_text().startswith("<?xml")
    assert call(capsys, "predict", "m.pliant", "penguins.csv", "--out", "p.csv")[0] == 0
    predictions = pl.read_csv("p.csv", null_values="NA")
    assert predictions.height == 344
    assert predictions["prediction"].null_count() == 2
    code, out, _ = call(capsys, "predict", "m.pliant", "penguins.csv")
    assert out.splitlines()[0] == "prediction"
    assert pl.read_csv(out.encode()).height == 344


def test_predictions_come_with_an_interval(folder, capsys):
    call(capsys, "fit", "penguins.csv", FORMULA, "--line", "--quiet", "--out", "m.pliant")
    code, out, _ = call(capsys, "predict", "m.pliant", "penguins.csv", "--interval", "0.95")
    frame = pl.read_csv(out.encode()).drop_nulls()
    assert (code, frame.columns) == (0, ["prediction", "lower", "upper"])
    weight = pliant.datasets.penguins()["body_mass_g"].drop_nulls()
    assert 0.93 < ((frame["lower"] <= weight) & (weight <= frame["upper"])).mean() < 0.97
    assert "between 0 and 1" in call(capsys, "predict", "m.pliant", "penguins.csv", "--interval", "95")[2]


def test_rows_outside_the_training_rows_are_said_on_the_terminal(folder, capsys):
    call(capsys, "fit", "penguins.csv", FORMULA, "--line", "--quiet", "--out", "m.pliant")
    new = pl.DataFrame({"flipper_length_mm": [200, 300, 310], "species": ["Gentoo"] * 3})
    new.write_csv("new.csv")
    code, out, err = call(capsys, "predict", "m.pliant", "new.csv")
    assert (code, len(out.splitlines())) == (0, 4)
    assert "2 of 3 rows lie outside the training rows: flipper_length_mm = 300 is above 231" in err
    new.head(1).write_csv("one.csv")
    assert "outside" not in call(capsys, "predict", "m.pliant", "one.csv")[2]


def test_r_names(folder, capsys):
    out = call(capsys, "fit", "penguins.csv", FORMULA, "--line", "--names", "r")[1]
    assert "(Intercept)" in out
    assert "speciesGentoo" in out


def test_columns_beside_the_formula_are_named(folder, capsys):
    pl.DataFrame(
        {"y": [1.0, 3, 2, 5], "x": [1.0, 2, 3, 5], "n": [2, 1, 3, 0], "w": [1.0, 2, 1, 1], "e": [0.1] * 4}
    ).write_csv("t.csv")
    options = ("--frequencies", "n", "--weights", "w", "--offset", "e")
    code, out, _ = call(capsys, "fit", "t.csv", "y ~ x", "--line", *options)
    assert code == 0
    assert 'weights="w", offset="e", frequencies="n")' in out
    assert "3 rows of the table are 6 rows" in out


def test_the_check_is_printed_below_the_summary(folder, capsys):
    code, out, _ = call(capsys, "fit", "penguins.csv", FORMULA, "--line", "--check")
    summary, check = out.split("Could the model have given this table?")
    assert (code, "AIC" in summary, "residuals bend along flipper_length_mm" in check) == (0, True, True)


def test_quiet_prints_nothing(folder, capsys):
    assert call(capsys, "fit", "penguins.csv", FORMULA, "--line", "--quiet")[:2] == (0, "")


def test_a_network_of_two_layers(folder, capsys):
    code, out, _ = call(
        capsys, "fit", "penguins.csv", FORMULA, "--hidden", "6,3", "--epochs", 30, "--optimiser", "adamw"
    )
    assert code == 0
    assert "6, 3" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["fit", "absent.csv", FORMULA], "absent.csv"),
        (["fit", ".", FORMULA], "folder"),
        (["fit", "https://example.org/x.csv", FORMULA], "URL"),
        (["fit", "penguins.csv", "body_mass_g ~ fliper_length_mm"], "flipper_length_mm"),
        (["fit", "penguins.csv", "body_mass_g ~ (species"], "^"),
        (["fit", "penguins.csv", "species ~ body_mass_g"], "species"),
        (["fit", "penguins.csv", FORMULA, "--family", "gausian"], "gaussian"),
        (["fit", "penguins.csv", FORMULA, "--hidden", "a,b"], "64,64"),
        (["fit", "penguins.csv", FORMULA, "--hidden", "0,4"], "whole number above 0"),
        (["fit", "penguins.csv", FORMULA, "--line", "--hidden", "4"], "either"),
        (["fit", "penguins.csv", FORMULA, "--engine", "abacus"], "reference"),
        (["fit", "penguins.csv", FORMULA, "--optimiser", "adm", "--hidden", "2"], "adam"),
        (["fit", "penguins.csv", FORMULA, "--learning-rate", "-1", "--hidden", "2"], "learning"),
        (["fit", "penguins.csv", FORMULA, "--epochs", "x"], "epochs"),
        (["fit", "penguins.csv", FORMULA, "--line", "--out", "no/such/folder/m.pliant"], "m.pliant"),
        (["fit", "penguins.csv", FORMULA, "--line", "--plot", "x.doc"], ".svg"),
        (["fit", "penguins.csv", FORMULA, "--lin"], "--line"),
        (["fit", "penguins.csv"], "FORMULA"),
        (["fitt"], "fit"),
        (["predict", "penguins.csv", "penguins.csv"], "not a pliant model"),
        (["predict", "absent.pliant", "penguins.csv"], "absent.pliant"),
        (["check-gradient", "penguins.csv"], "not a pliant model"),
        (["fit", "penguins.csv", "body_mass_g"], "neither 'body_mass_g' nor 'penguins.csv' is a formula"),
        (["fit", "penguins.csv", FORMULA, "--line", "--patience", "3"], "an exact line is not trained"),
        (["fit", "penguins.csv", FORMULA, "--checkpoint", "c", "--checkpoint-every", "0 s"], "the time is above 0"),
        (["fit", "penguins.csv", FORMULA, "--checkpoint-every", "half an epoch"], "write '30 s', '5 min'"),
        (["fit", "penguins.csv", FORMULA, "--line", "--activation", "tan"], "did you mean 'tanh'"),
        (["fit", "penguins.csv", FORMULA, "--line", "--engine", "abacus"], "reference"),
        (["tour", "--out", "penguins.csv"], "not a folder"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(arguments, says, folder, capsys):
    code, out, err = call(capsys, *arguments)
    assert code == 2
    assert says in err
    assert "Traceback" not in err + out
    assert len(err.rstrip("\n").splitlines()) == (3 if "^" in err else 1)


@pytest.mark.parametrize("option", ["--out", "--plot", "--checkpoint"])
@pytest.mark.parametrize(
    ("path", "says"),
    [("penguins.csv", "would destroy what is read"), ("no/folder/x.svg", "there is no folder"), (".", "not a regular")],
)
def test_a_path_that_cannot_be_written_is_said_before_the_training(option, path, says, folder, capsys):
    before = (folder / "penguins.csv").read_bytes()
    began = time.perf_counter()
    code, _, err = call(capsys, "fit", "penguins.csv", FORMULA, "--hidden", 4, "--epochs", 10**7, option, path)
    assert (code, len(err.splitlines())) == (2, 1)
    assert says in err
    assert time.perf_counter() - began < 10.0
    assert (folder / "penguins.csv").read_bytes() == before


@pytest.mark.parametrize("path", ["m.pliant", "penguins.csv", "./penguins.csv", "link.csv"])
def test_predictions_do_not_destroy_what_they_are_made_from(path, folder, capsys):
    call(capsys, "fit", "penguins.csv", FORMULA, "--line", "--out", "m.pliant")
    os.symlink("penguins.csv", "link.csv")
    code, _, err = call(capsys, "predict", "m.pliant", "penguins.csv", "--out", path)
    assert (code, "would destroy" in err) == (2, True)
    assert pliant.load("m.pliant").is_line
    assert (folder / "penguins.csv").read_bytes() == penguins_path().read_bytes()


def test_without_a_command_the_help_is_shown(capsys):
    code, out, err = call(capsys)
    assert (code, err) == (0, "")
    assert out == call(capsys, "--help")[1]
    assert len(out.splitlines()) > 10


@pytest.mark.parametrize("arguments", [["--help"], ["doctor"]])
def test_a_full_disk_is_one_line(arguments):
    command = [sys.executable, "-m", "pliant", *arguments]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (
        2,
        "pliant: cannot write what is to be printed: No space left on device\n",
    )


def test_an_unseen_level_is_named(folder, capsys):
    call(capsys, "fit", "penguins.csv", FORMULA, "--line", "--out", "m.pliant")
    (folder / "new.csv").write_text("flipper_length_mm,species\n200,Emperor\n")
    code, _, err = call(capsys, "predict", "m.pliant", "new.csv")
    assert code == 2
    assert "Emperor" in err
    assert "species" in err


def test_doctor_and_gradient(folder, capsys):
    code, out, _ = call(capsys, "doctor")
    assert (code, "reference" in out, "runs" in out) == (0, True, True)
    code, out, _ = call(capsys, "check-gradient")
    assert (code, "by hand" in out, "autograd" in out) == (0, True, True)
    call(capsys, "fit", "penguins.csv", FORMULA, "--hidden", "3", "--epochs", "5", "--out", "m.pliant")
    code, out, _ = call(capsys, "check-gradient", "m.pliant")
    assert code == 0
    assert float(out.split("autograd:")[-1]) < 1e-11


def test_doctor_compiles_ahead_and_says_where_it_is_kept(capsys, monkeypatch):
    from pliant.engines.compiled import warm

    few = [piece for piece in warm.pieces() if piece[0] in ("activation relu, float64", "optimiser sgd, float32")]
    monkeypatch.setattr(warm, "pieces", lambda: few)
    code, out, err = call(capsys, "doctor", "--warm")
    assert (code, err) == (0, "")
    assert f"{len(few)} kernels and blocks made ready in" in out
    assert "of its 13 kernels are compiled" in out or "all its 13 kernels are compiled" in out


def test_doctor_says_that_nothing_can_be_kept_and_why(capsys, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("pliant.engines.compiled.cache.config.CACHE_DIR", str(tmp_path / "file"))
    code, out, _ = call(capsys, "doctor")
    assert code == 0
    assert "its code can be kept nowhere, so that every process compiles it" in out
    assert "Not a directory" in out


def test_doctor_says_why_the_compiled_engine_does_not_run(capsys, monkeypatch):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    code, out, _ = call(capsys, "doctor")
    assert code == 0
    assert "NUMBA_DISABLE_JIT turns off" in out


def test_ctrl_c_ends_with_130_and_keeps_the_model(folder):
    program = [sys.executable, "-m", "pliant", "fit", "penguins.csv", FORMULA, "--hidden", "4", "--engine", "reference"]
    for wait in (4.0, 12.0, 36.0):  # on a busy machine the first may come while Python still loads: nothing to keep
        process = subprocess.Popen(
            [*program, "--epochs", "10000000", "--out", "m.pliant", "--quiet"], stderr=subprocess.PIPE, text=True
        )
        time.sleep(wait)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "Traceback" not in err
        if os.path.exists("m.pliant"):
            break
    assert "m.pliant" in err
    assert pliant.load("m.pliant").interrupted


def test_ctrl_c_keeps_a_checkpoint_that_is_the_unbroken_run(folder, capsys):
    """The signal comes from a timer of this process, so that it comes while the training runs."""
    command = [
        "fit",
        "penguins.csv",
        FORMULA,
        "--engine",
        "reference",
        "--hidden",
        "4",
        "--checkpoint",
        "c.checkpoint",
        "--seed",
        "7",
    ]
    old = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 1.5)
        code, _, err = call(capsys, *command, "--epochs", 10**7)
    finally:
        signal.signal(signal.SIGALRM, old)
    assert (code, "the best state is in c.checkpoint" in err) == (130, True)
    done = read_model("c.checkpoint")[0]["parts"]["first"][1]
    epochs = json.loads(done)["epoch"] + 5
    assert call(capsys, *command, "--epochs", epochs, "--out", "m.pliant")[0] == 0
    unbroken = pliant.fit(FORMULA, "penguins.csv", hidden=4, epochs=epochs, seed=7, engine="reference")
    assert np.array_equal(pliant.load("m.pliant").parameters, unbroken.parameters)


def test_ctrl_c_says_that_members_go_on_from_the_checkpoint(folder, capsys):
    command = ["fit", "penguins.csv", FORMULA, "--hidden", "4", "--optimiser", "adam", "--members", "3"]
    old = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 1.5)
        code, _, err = call(capsys, *command, "--epochs", 10**7, "--checkpoint", "c", "--engine", "reference")
    finally:
        signal.signal(signal.SIGALRM, old)
    assert (code, len(err.splitlines())) == (130, 1)
    assert "what is done is in c: the same command goes on from there" in err


def test_a_line_with_a_checkpoint_is_fitted_and_says_that_nothing_is_kept(folder, capsys):
    code, out, _ = call(capsys, "fit", "penguins.csv", FORMULA, "--line", "--checkpoint", "c")
    assert (code, os.path.exists("c")) == (0, False)
    assert "checkpoint= kept nothing" in out


def test_a_checkpoint_that_cannot_be_written_on_the_way_is_a_note(folder, capsys, monkeypatch):
    def full(*_):
        raise ModelFileError("cannot write c: No space left on device")

    monkeypatch.setattr("pliant.training.checkpoint.write_model", full)
    command = [
        "fit",
        "penguins.csv",
        FORMULA,
        "--hidden",
        "4",
        "--epochs",
        "5",
        "--checkpoint",
        "c",
        "--out",
        "m.pliant",
    ]
    code, _, err = call(capsys, *command)
    assert code == 0
    assert "note: cannot write c: No space left on device; the fit goes on without a checkpoint" in err
    assert pliant.load("m.pliant").network.hidden == (4,)


def test_a_pipe_that_closes_early_is_no_error(folder, capsys):
    call(capsys, "fit", "penguins.csv", FORMULA, "--line", "--out", "m.pliant")
    command = f"{sys.executable} -m pliant predict m.pliant penguins.csv | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("prediction\n", "")


def test_nothing_is_drawn_in_a_pipe(folder):
    done = subprocess.run(
        [sys.executable, "-m", "pliant", "fit", "penguins.csv", FORMULA, "--hidden", "2", "--epochs", "50"],
        capture_output=True,
        text=True,
        timeout=60,
        env=dict(os.environ, COLUMNS="80"),
    )
    assert (done.returncode, done.stderr) == (0, "")
