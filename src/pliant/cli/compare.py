"""`pliant compare DATA FORMULA`: the verdict between line and curve."""

from typing import Any

import click


@click.command("compare")
@click.argument("data")
@click.argument("formula")
@click.option("--family", default="gaussian", show_default=True, help="Of the response.")
@click.option("--link", help="By default the family's own.")
@click.option("--weights", metavar="COLUMN", help="Prior weight of each row.")
@click.option("--offset", metavar="COLUMN", help="Added to the linear predictor of each row.")
@click.option("--groups", metavar="COLUMN", help="Rows of one group are left out together.")
@click.option("--in-order", is_flag=True, help="The rows are in the order of time: leave out consecutive ones.")
@click.option("--missing", type=click.Choice(["drop", "impute", "error"]), default="drop", show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
def command(data: str, formula: str, **options: Any) -> None:
    """Say whether a curve predicts better than the line of FORMULA ("y ~ x + g") in DATA (.csv or .parquet)."""
    from pliant.cli.look import say_findings
    from pliant.data.entry import formula_and_table
    from pliant.study import compare

    parsed, table = formula_and_table(formula, data)
    say_findings(parsed.text, table, options)
    click.echo(str(compare(parsed.text, table, **options)))
