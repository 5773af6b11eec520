"""`pliant export MODEL [DATA]`: the model as a file for onnxruntime or torch."""

import click


@click.command("export")
@click.argument("model")
@click.argument("data", required=False)
@click.option("--onnx", "onnx_file", metavar="FILE.onnx", help="Write a file for onnxruntime.")
@click.option("--torch", "torch_file", metavar="FILE.pt2", help="Write a file for torch.export.load.")
@click.option(
    "--precision",
    type=click.Choice(["float32", "float64"]),
    default="float32",
    show_default=True,
    help="Of the numbers that go in and come out.",
)
def command(model: str, data: str | None, onnx_file: str | None, torch_file: str | None, precision: str) -> None:
    """Write the model file MODEL as a file that predicts without pliant.

    Transforms, levels, fills of missing values, scaling, network and inverse link are inside. The file is checked
    against the model before it takes its name: with the rows of DATA (.csv or .parquet), or with rows drawn from what
    the model knows of its columns.
    """
    from pliant.cli.ends import Printing
    from pliant.data.files import check_target
    from pliant.errors import ArgumentError
    from pliant.storage import load

    targets = [("to_onnx", onnx_file), ("to_torch_file", torch_file)]
    wanted = [(door, path) for door, path in targets if path is not None]
    if not wanted:
        raise ArgumentError("there is nothing to write; name a file with --onnx or --torch")
    for _, path in wanted:
        check_target(path, model, *([] if data is None else [data]))
    fitted = load(model)
    with Printing() as say:
        for door, path in wanted:
            checked = getattr(fitted, door)(path, precision, data)
            say(f"{path} written; {checked}", err=True)
