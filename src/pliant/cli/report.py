"""`pliant report MODEL [DATA]`: a page about a fitted model, from its file."""

import click


@click.command("report")
@click.argument("model")
@click.argument("data", required=False)
@click.option("--out", required=True, metavar="REPORT.html", help="The page to write.")
def command(model: str, data: str | None, out: str) -> None:
    """Write a page about the model file MODEL, which opens without a network.

    A model file holds no data. With its training table as DATA (.csv or .parquet) the page shows the rows, the checks
    and what is known out of fold; with another table, how the model does on new rows.
    """
    from pliant.report import check_report_path
    from pliant.storage import load

    check_report_path(out, model, *([] if data is None else [data]))
    load(model).report(out, data)
    click.echo(f"report written to {out}", err=True)
