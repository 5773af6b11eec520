"""R's nnet, by BFGS, in a process that times itself.

Its units are logistic, 1/2 + 1/2 tanh(z/2): a quarter of the decay then means the same. Its biases are penalised too.
"""

import math
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from problems import Job

NAME = "R, nnet (BFGS)"
MOST = 1_024
SCRIPT = Path(__file__).with_name("nnet.R")


def available() -> str | None:
    """Give the reason why it cannot run here."""
    if shutil.which("Rscript") is None:
        return "R is not installed, and its nnet is left out"
    asked = ("Rscript", "-e", "library(nnet)")
    found = subprocess.run(asked, capture_output=True, check=False).returncode == 0
    return None if found else "R has no package nnet, which is left out; install.packages('nnet')"


def seconds(job: Job, mark: float, seeds: int) -> list[float]:
    """Give the seconds to the mark of every seed, infinite where it is not reached."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.csv"
        names = ",".join([*(f"x{k}" for k in range(job.inputs)), "y"])
        np.savetxt(table, np.hstack([job.X, job.y]), fmt="%.17g", delimiter=",", header=names, comments="")
        given = (str(table), job.hidden[0], job.penalty * job.rows / 4, repr(mark), seeds, MOST)
        command = ("Rscript", str(SCRIPT), *(str(each) for each in given))
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [math.inf if line.strip() == "NA" else float(line) for line in done.stdout.splitlines()]
