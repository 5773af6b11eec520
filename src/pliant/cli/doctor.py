"""`pliant doctor`: what is installed, which engines run, and why not."""

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
    "scikit-learn": "estimators; pip install 'pliant[sklearn]'",
    "pandas": "pandas frames",
    "pyarrow": "arrow tables",
}


@click.command("doctor")
def command() -> None:
    """Say what is installed, which engines run and why not, and how many threads there are."""
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
        reason = engine(name).available()
        click.echo(f"  {name:<14}{'runs' if reason is None else 'does not run: ' + reason}")
    click.echo(f"\nthreads: {len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()}")
