"""What is not installed, in a sentence."""

import importlib.util


def missing(module: str, package: str) -> str | None:
    """Give how to install a package if there is no such module, else None."""
    if importlib.util.find_spec(module) is not None:
        return None
    return f"{package} is not installed and is left out; pip install {package}"
