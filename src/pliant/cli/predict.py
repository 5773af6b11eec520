"""`pliant predict MODEL DATA`: rows in, predictions out."""

import warnings

import click


@click.command("predict")
@click.argument("model")
@click.argument("data")
@click.option(
    "--type",
    "kind",
    type=click.Choice(["response", "link"]),
    default="response",
    show_default=True,
    help="The mean in the units of the response, or eta on the scale of the link.",
)
@click.option(
    "--interval",
    type=float,
    metavar="LEVEL",
    help="Add lower and upper bound of a new row's response, such as 0.95; of classes the set.",
)
@click.option(
    "--method",
    type=click.Choice(["cv+", "scaled", "split", "laplace"]),
    help="Of the interval of a curve: cv+ is usual; a model file has scaled if it was asked for before it was saved.",
)
@click.option("--out", metavar="FILE", help="Write a .csv or .parquet file; by default, CSV goes to the terminal.")
def command(model: str, data: str, kind: str, interval: float | None, method: str | None, out: str | None) -> None:
    """Predict each row of DATA (.csv or .parquet) with the model file MODEL."""
    from pliant.cli.ends import Printing
    from pliant.data.files import check_target
    from pliant.data.table import csv_text, write_frame
    from pliant.errors import PliantWarning
    from pliant.inference.support import outside_sentence
    from pliant.storage import load

    if out is not None:
        check_target(out, model, data)
    fitted = load(model)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", PliantWarning)
        frame = fitted.predict(data, type=kind, interval=interval, method=method)
    with Printing() as say:
        for each in said:
            say(f"note: {each.message}", err=True)
        beyond = outside_sentence(fitted, data)
        if beyond is not None:
            say(beyond, err=True)
        if out is None:
            say(csv_text(frame), nl=False)
            return
        write_frame(frame, out)
        say(f"{len(frame):,} predictions written to {out}", err=True)
