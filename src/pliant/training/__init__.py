"""Training: the loop, its schedules, its history, its progress and the state it can go on from."""

from pliant.training.checkpoint import Checkpoint, Identity, Part
from pliant.training.ending import kept_to_the_end
from pliant.training.every import read_every
from pliant.training.history import History
from pliant.training.loop import Result, Validation, train
from pliant.training.path import Point, solve_path
from pliant.training.progress import Progress, Report, progress_bar
from pliant.training.schedule import SCHEDULES, rates
from pliant.training.solve import Solved, solve_lbfgs, solve_lm
from pliant.training.state import TrainingState

__all__ = [
    "SCHEDULES",
    "Checkpoint",
    "History",
    "Identity",
    "Part",
    "Point",
    "Progress",
    "Report",
    "Result",
    "Solved",
    "TrainingState",
    "Validation",
    "kept_to_the_end",
    "progress_bar",
    "rates",
    "read_every",
    "solve_lbfgs",
    "solve_lm",
    "solve_path",
    "train",
]
