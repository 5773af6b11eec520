"""Fits on threads give what they give alone; `benchmarks/soak.py` does the same for half an hour."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from threadpoolctl import threadpool_info

from pliant.ensemble.jobs import run_all

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak.py"
JOBS = "line, g;line, m;line, poisson;network, reference;network, torch;members;saved"


def test_ten_seconds_of_mixed_fits_on_threads_equal_the_serial_ones(tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "HOME": str(tmp_path)}
    command = [sys.executable, str(SOAK), "--smoke", "--only", JOBS]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 gave another result than serially" in done.stdout


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_fits_that_overlap_hold_blas_to_one_thread_and_leave_it_as_it_was():
    before, both, first_done = blas_threads(), Barrier(2), Barrier(2)
    seen = []

    def first():
        list(run_all(lambda k: both.wait(60), 1, 1))
        first_done.wait(60)

    def second():
        def job(k):
            both.wait(60)
            first_done.wait(60)
            seen.extend(blas_threads())

        list(run_all(job, 1, 1))

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(first), pool.submit(second)]:
            each.result()
    assert set(seen) == {1}
    assert blas_threads() == before
