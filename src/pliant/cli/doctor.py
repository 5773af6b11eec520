"""`pliant doctor`: what is installed, which engines run, why not, and what is compiled."""

from collections.abc import Iterator

import click

PACKAGES = {
    "numpy": "arrays",
    "scipy": "special functions",
    "narwhals": "frames of any kind",
    "polars": "reading files",
    "safetensors": "model files",
    "click": "the command line",
    "rich": "progress",
    "numba": "the compiled engine",
    "torch": "the torch engine; pip install 'pliant[torch]'",
    "matplotlib": "pictures; pip install 'pliant[plots]'",
    "scikit-learn": "pliant.sklearn; pip install 'pliant[sklearn]'",
    "onnx": "export; pip install 'pliant[onnx]'",
    "onnxruntime": "checks what was exported; pip install 'pliant[onnx]'",
    "pandas": "pandas frames",
    "pyarrow": "arrow tables",
}


@click.command("doctor")
@click.option("--warm", is_flag=True, help="Compile all that the compiled engine may need, once: some minutes.")
def command(warm: bool) -> None:
    """Say what is installed, which engines run and why not, what is compiled, and how many threads there are."""
    import os
    import platform
    from importlib.metadata import PackageNotFoundError, version

    from pliant._version import __version__
    from pliant.engines import ENGINES, engine

    click.echo(f"pliant {__version__} on Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    click.echo("\npackages")
    for name, purpose in PACKAGES.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "absent"
        click.echo(f"  {name:<14}{found:<14}{purpose}")
    click.echo("\nengines")
    for name in ENGINES:
        here = engine(name)
        reason = here.available()
        click.echo(f"  {name:<14}{'runs' if reason is None else 'does not run: ' + reason}")
        compiles = getattr(here, "what_is_kept", None)
        if reason is None and compiles is not None:
            if warm:
                _warm(here.warm())  # type: ignore[attr-defined]
            click.echo(f"  {'':<14}{compiles()}")
    click.echo(f"\nthreads: {len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()}")


def _warm(pieces: Iterator[tuple[str, int]]) -> None:
    """Compile piece by piece: a bar on a terminal, and a line at the end."""
    import sys
    from time import perf_counter

    begun, total = perf_counter(), 0
    if not sys.stderr.isatty():
        for name, total in pieces:  # noqa: B007  # the last is the one that is said
            if name.startswith("kernel"):
                click.echo(f"pliant: {name}", err=True)
    else:
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=None)
            for done, (name, total) in enumerate(pieces):
                bar.update(task, description=name, completed=done, total=total)
    click.echo(f"  {'':<14}{total} kernels and blocks made ready in {perf_counter() - begun:.1f} s")
