"""`pliant check-gradient [MODEL]`: the gradient three ways, side by side."""

import click


@click.command("check-gradient")
@click.argument("model", required=False)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the simulated rows, and of the weights.")
def command(model: str | None, seed: int) -> None:
    """Compare the gradient by hand, by differences and by automatic differentiation.

    With MODEL, at its own parameters on simulated rows (a model file holds no data). Without, on a small
    network at random weights.
    """
    from pliant.inference.gradient import check_gradient_example, check_gradient_of
    from pliant.storage import load

    check = check_gradient_example(seed=seed) if model is None else check_gradient_of(load(model), seed=seed)
    click.echo(str(check))
