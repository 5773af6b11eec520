"""`pliant fit DATA FORMULA`: a table and a formula in; a summary, a model file and a picture out."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pliant.model import Fitted


class Widths(click.ParamType[tuple[int, ...]]):
    """Widths of hidden layers: 8, or 64,64."""

    name = "widths"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        try:
            return tuple(int(width) for width in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of widths; write 8, or 64,64", param, ctx)


class Penalty(click.ParamType[float | str]):
    """A penalty on the weights: a number, firth, evidence or cv."""

    name = "number|firth"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | str:
        if value in ("firth", "evidence", "cv"):
            return str(value)
        try:
            return float(value)
        except ValueError:
            self.fail(f"{value!r} is neither a number nor 'firth', 'evidence' or 'cv'", param, ctx)


@click.command("fit")
@click.argument("data")
@click.argument("formula")
@click.option(
    "--family",
    default="gaussian",
    show_default=True,
    help="gaussian, binomial, poisson, multinomial, gamma, inverse_gaussian, negative_binomial, tweedie, quasipoisson "
    "or quasibinomial; 'negative_binomial(theta=2)' and 'tweedie(power=1.5)' hold the parameter.",
)
@click.option(
    "--link",
    help="identity, log, logit, probit, cauchit, cloglog, inverse, inverse_squared or sqrt; default: the family's.",
)
@click.option("--line", is_flag=True, help="The generalised linear model alone, exactly.")
@click.option("--hidden", type=Widths(), help="Widths of the hidden layers: 8, or 64,64.")
@click.option("--activation", help="Of the hidden units: tanh, and silu where the recipe chooses deep networks.")
@click.option("--no-skip", is_flag=True, help="Leave out the line that runs beside the hidden layers.")
@click.option("--engine", default="auto", show_default=True, help="reference, compiled or torch.")
@click.option("--optimiser", help="lm, lbfgs, gd, sgd, adam or adamw.")
@click.option("--learning-rate", type=float)
@click.option("--schedule", help="constant, cosine, exponential, step or wave.")
@click.option("--epochs", type=int)
@click.option("--batch", type=int, help="Rows a step; by default the recipe decides.")
@click.option(
    "--regularisation",
    type=Penalty(),
    help="Penalty on the weights; 0 for none; evidence or cv for lm; firth for a line.",
)
@click.option("--validation", type=float, help="Share of the rows held out to choose when to stop.")
@click.option("--patience", type=int, help="Epochs without improvement before the run stops.")
@click.option("--members", type=int, help="Fits that each leave out a fold; 1 for one fit to all rows.")
@click.option("--groups", metavar="COLUMN", help="Rows of one group are left out together.")
@click.option("--in-order", is_flag=True, help="The rows are in the order of time: leave out consecutive ones.")
@click.option("--weights", metavar="COLUMN", help="Prior weight of each row.")
@click.option("--frequencies", metavar="COLUMN", help="How many equal rows each row stands for.")
@click.option("--offset", metavar="COLUMN", help="Added to the linear predictor of each row.")
@click.option("--missing", type=click.Choice(["drop", "impute", "error"]), default="drop", show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--names",
    type=click.Choice(["pliant", "r"]),
    default="pliant",
    show_default=True,
    help="How coefficients are called.",
)
@click.option("--out", metavar="MODEL.pliant", help="Write the model to a file.")
@click.option("--check", is_flag=True, help="Say what speaks against the model.")
@click.option("--plot", metavar="FIGURE", help="Draw the fit to a .svg, .png or .pdf file.")
@click.option("--report", metavar="REPORT.html", help="Write a page about the model, which opens without a network.")
@click.option("--checkpoint", metavar="FILE", help="Keep the fit here while it is trained, and go on from it.")
@click.option(
    "--checkpoint-every",
    metavar="TIME",
    default="30 s",
    show_default=True,
    help="How often: '30 s', '5 min', '1 h' or '10 epochs'.",
)
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def command(
    data: str,
    formula: str,
    line: bool,
    hidden: tuple[int, ...] | None,
    no_skip: bool,
    names: str,
    out: str | None,
    check: bool,
    plot: str | None,
    report: str | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Fit FORMULA ("y ~ x + g") to DATA (.csv or .parquet).

    Without --line or --hidden the recipe decides, and the summary says what it chose and why.
    """
    from pliant.cli.ends import HEARD, Printing
    from pliant.cli.look import say_findings
    from pliant.data.entry import formula_and_table
    from pliant.data.files import check_target
    from pliant.errors import ArgumentError, Interrupted
    from pliant.fitting import fit
    from pliant.training import read_every

    if line and hidden is not None:
        raise ArgumentError("--line has no hidden layers; give either --line or --hidden")
    for path in (out, plot, options["checkpoint"]):
        if path is not None:  # said now, and not after an hour of training
            check_target(path, data)
    read_every(options["checkpoint_every"])
    if plot is not None:
        from pliant.plots.look import picture_ending

        picture_ending(plot)
    if report is not None:
        from pliant.report import check_report_path

        check_report_path(report, data)
    widths = () if line else hidden
    parsed, table = formula_and_table(formula, data)
    if not quiet:
        say_findings(parsed.text, table, options)
    with _going_on(options["checkpoint"]):
        model = fit(parsed.text, table, hidden=widths, skip=not no_skip, progress=False if quiet else None, **options)
    with Printing() as say:
        if out is not None:
            _save(model, out)
        if not quiet:
            say(str(model.summary(names)))
            if check:
                say(f"\n{model.check()}")
        if out is not None:
            say(f"model written to {out}", err=True)
        if plot is not None:
            from pliant.plots import save_figure

            save_figure(model.plot(), plot)
            say(f"picture written to {plot}", err=True)
        if report is not None:
            model.report(report)
            say(f"report written to {report}", err=True)
    if model.interrupted:
        kept = out or _written(options["checkpoint"])
        raise Interrupted(f"{HEARD.said}; the best state is in {kept}" if kept else f"{HEARD.said}; nothing was kept")


def _save(model: "Fitted", path: str) -> None:
    """Write a model; where it cannot be written, to the folder for temporary files, lest hours of training are lost."""
    from pliant.errors import ModelFileError

    try:
        model.save(path)
    except ModelFileError as problem:
        import tempfile

        try:
            folder = tempfile.mkdtemp(prefix="pliant-")
        except OSError:
            raise problem from None
        other = os.path.join(folder, "model.pliant")
        try:
            model.save(other)
        except ModelFileError:
            os.rmdir(folder)
            raise problem from None
        raise ModelFileError(f"{problem}; the model is kept in {other}") from problem


@contextmanager
def _going_on(checkpoint: str | None) -> Iterator[None]:
    """Say after a fit what stood in the way of its checkpoint, and how it goes on if it was interrupted as a whole."""
    from pliant.cli.ends import HEARD
    from pliant.errors import Interrupted, PliantWarning

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", PliantWarning)
        try:
            yield
        except KeyboardInterrupt:
            kept = _written(checkpoint)
            if kept is None:
                raise
            raise Interrupted(f"{HEARD.said}; what is done is in {kept}: the same command goes on from there") from None
        finally:
            for each in said:
                click.echo(f"note: {each.message}", err=True)


def _written(checkpoint: str | None) -> str | None:
    """Give the file of the checkpoint, if there is one by now."""
    return checkpoint if checkpoint is not None and os.path.exists(checkpoint) else None
