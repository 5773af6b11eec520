"""All that pliant does, once and small: every command, and what has no command. To be run below a guard.

python everything.py DIR commands|library
"""

import sys
from pathlib import Path

import numpy as np

import pliant
from pliant.cli import COMMANDS, run

SMALL = {"epochs": 3, "seed": 1}


def commands(folder: Path) -> None:
    """Run every command."""
    table = str(Path(pliant.datasets.__file__).parent / "penguins.csv")
    model, curve = str(folder / "line.pliant"), str(folder / "curve.pliant")
    line, bent = "body_mass_g ~ flipper_length_mm + species", "body_mass_g ~ flipper_length_mm + bill_depth_mm"
    asked = [
        ["fit", table, line, "--line", "--out", model, "--plot", str(folder / "line.svg")],
        ["fit", table, bent, "--hidden", "2", "--members", "3", "--out", curve],
        ["fit", table, bent, "--hidden", "3", "--optimiser", "adam", "--epochs", "3", "--engine", "torch"],
        ["fit", table, bent, "--hidden", "3", "--optimiser", "adam", "--epochs", "3", "--engine", "compiled"],
        ["predict", model, table, "--out", str(folder / "predicted.csv")],
        ["predict", curve, table, "--interval", "0.9", "--out", str(folder / "predicted.csv")],
        ["compare", table, bent],
        ["report", model, table, "--out", str(folder / "report.html")],
        ["export", model, table, "--onnx", str(folder / "line.onnx")],
        ["export", curve, table, "--torch", str(folder / "curve.pt2")],
        ["check-gradient", curve],
        ["doctor"],
        ["tour", "--quiet", "--out", str(folder / "tour")],
    ]
    assert {words[0] for words in asked} == set(COMMANDS)
    for words in asked:
        assert run(words) == 0, words


def library(folder: Path) -> None:
    """Call what has no command, and the widest settings of what has one."""
    from sklearn.model_selection import cross_val_score

    from pliant.sklearn import PliantClassifier, PliantRegressor

    rng = np.random.default_rng(0)
    table = {"x": rng.normal(size=60), "z": rng.normal(size=60), "g": np.array(["a", "b", "c"] * 20)}
    table["y"] = np.sin(table["x"]) + 0.1 * rng.normal(size=60)
    for engine in ("reference", "compiled", "torch"):
        for optimiser in ("adamw", "sgd"):
            chosen = {"hidden": (4, 3), "engine": engine, "optimiser": optimiser, "batch": 16, "validation": 0.2}
            pliant.fit("y ~ x + z + g", table, **chosen, **SMALL).continue_training(epochs=2)
    many = {name: np.resize(values, 5100) for name, values in table.items()}
    pliant.fit("y ~ x + z + g", many, epochs=1).predict(table)  # the recipe's deep settings
    pliant.fit("y ~ x + z + g", many, epochs=1, engine="torch").predict(table)
    model = pliant.fit("y ~ x + z + g", table, hidden=2, members=3, optimiser="lm", regularisation="evidence")
    model.save(folder / "m.pliant")
    pliant.load(folder / "m.pliant").predict(table, interval=0.9)
    for asked in (model.summary, model.look, model.compare, model.importance, model.plot_effects):
        str(asked())
    str(model.effects("x"))
    str(pliant.fit("y ~ x", table, hidden=()).check(199))
    str(pliant.search("y ~ x + z", table, candidates=2, seed=1))
    X = np.column_stack([table["x"], table["z"]])
    cross_val_score(PliantRegressor(hidden=2, epochs=3), X, table["y"], cv=2)
    PliantClassifier(hidden=2, epochs=3).fit(X, table["g"]).predict_proba(X)
    pliant.datasets.sine(n=20, seed=1)


if __name__ == "__main__":
    {"commands": commands, "library": library}[sys.argv[2]](Path(sys.argv[1]))
