"""`pliant tour` at the shell: where things lie, and what it refuses in one line."""

import pytest

from pliant.cli import run


def test_the_tour_says_where_the_page_lies(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["tour", "--out", "story", "--seed", "3", "--activation", "logistic"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "9. A network" in out
    assert "    epoch  90   loss" in out
    assert out.splitlines()[-1].startswith("page written to story/tour.html (")
    assert (tmp_path / "story" / "figures" / "surface.svg").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--activation", "tahn"], "tanh"),
        (["--seed", "-1"], "seed is -1"),
        (["--seed", "x"], "--seed"),
        (["--aktivation", "tanh"], "--activation"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(arguments, said, capsys):
    assert run(["tour", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert len(err.splitlines()) == 1
