"""`pliant tour`: the whole story as one page, with its losses on the terminal while it runs."""

import os

import click


@click.command("tour")
@click.option("--out", default="pliant-tour", show_default=True, metavar="DIR", help="Folder for page and figures.")
@click.option("--seed", type=int, default=2021, show_default=True, help="Of everything that is drawn.")
@click.option("--activation", default="tanh", show_default=True, help="Of the network's hidden units.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def command(out: str, seed: int, activation: str, quiet: bool) -> None:
    """Tell the story of a line and a curve: one page that opens without a network, and its figures as files.

    Line, loss, gradient, training, sine, network: everything is computed while it is told.
    """
    from pliant.cli.ends import Printing
    from pliant.errors import ArgumentError
    from pliant.tour import make_tour

    if os.path.lexists(out) and not os.path.isdir(out):
        raise ArgumentError(f"{out} is not a folder; name another with --out")
    with Printing() as say:

        def report(text: str) -> None:
            if text.endswith("\n"):
                say("    " + text.rstrip().replace("\n", "\n    "))
            else:
                say(f"\n{text}")

        tour = make_tour(seed, activation, None if quiet else report)
        path = tour.save(out)
        if not quiet:
            size = f"{len(tour.page.encode()) / 1000:,.0f} kB"
            say(f"\npage written to {path} ({size}), {len(tour.figures)} figures beside it")
