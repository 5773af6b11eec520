"""A fused loop in C, for the seed job alone: what the machine can do at best."""

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from problems import Job, Train

from pliant.types import Array

NAME = "fused C"
SOURCE = Path(__file__).with_name("fused.c")
ROWS_AT_MOST = 1024  # as in fused.c


def available() -> str | None:
    """Give the reason why it cannot run here."""
    return None if shutil.which("gcc") else "gcc is not installed, and the fused C loop is left out"


def suits(job: Job) -> bool:
    """Say whether the loop is written for this job."""
    return job.inputs == 1 and len(job.hidden) == 1 and job.batch is None and job.rows <= ROWS_AT_MOST


def prepare(job: Job, threads: int) -> Train:
    """Build the loop for the job's width; it runs on one thread."""
    with tempfile.TemporaryDirectory() as folder:
        built = str(Path(folder) / "fused.so")
        flags = ("-O3", "-march=native", "-ffast-math", "-shared", "-fPIC", f"-DUNITS={job.hidden[0]}")
        subprocess.run(("gcc", *flags, str(SOURCE), "-o", built, "-lm"), check=True)
        loop = ctypes.CDLL(built).train
    numbers = np.ctypeslib.ndpointer(np.float32, flags="C_CONTIGUOUS")
    loop.argtypes = (ctypes.c_int, ctypes.c_int, numbers, numbers, numbers, ctypes.c_float)
    loop.restype = None

    def train(epochs: int) -> Array:
        parameters = job.start.copy()
        loop(job.rows, epochs, job.X, job.y, parameters, job.rate)
        return parameters

    return train
