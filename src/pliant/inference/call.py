"""How to have the model again: the call in Python, and the command at the shell.

Both are written from what the model file keeps, so that a model without its data still tells.
"""

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pliant.model import Fitted

NOT_AT_THE_SHELL = ("optimiser_settings", "standardise", "precision")


def python_call(model: "Fitted", table: str = "table", width: int | None = None) -> str:
    """Write the call that gives this model again; `...` stands for numbers that came a row each.

    Parameters
    ----------
    model : Fitted
    table : str
        How the call names the table: Python, not text.
    width : int, optional
        Beyond which each argument has a line of its own.
    """
    said = [repr_of(model.formula), table]
    said += [f"{name}={_python(value)}" for name, value in asked(model).items()]
    said += [
        f"{what}=" + ("..." if column is None else repr_of(column)) for what, column in model.settings.given.items()
    ]
    more = continued(model)
    last = f".continue_training({more})" if more else ""
    line = f"pliant.fit({', '.join(said)}){last}"
    if width is None or len(line) <= width:
        return line
    return "pliant.fit(\n" + "".join(f"    {each},\n" for each in said) + f"){last}"


def shell_command(model: "Fitted", table: str, *last: str) -> tuple[str, str]:
    """Write the command that gives this model again; or why the shell cannot, the command being empty.

    Parameters
    ----------
    model : Fitted
    table : str
        Path of the table.
    *last : str
        More words of the command.
    """
    wanted, given = asked(model), model.settings.given
    numbers = [name for name, value in (*wanted.items(), *given.items()) if value is None]
    if numbers:
        return "", f"{' and '.join(numbers)} came as numbers, one a row, and not as a column of the table"
    absent = [name for name in wanted if name in NOT_AT_THE_SHELL]
    if absent:
        return "", f"the command has no option for {' and '.join(absent)}"
    if continued(model):
        return "", "the command does not continue a training"
    words = ["pliant", "fit", table, model.formula]
    for name, value in {**wanted, **given}.items():
        words += _option(name, value)
    return shlex.join([*words, *last]), ""


def broken(command: str, width: int) -> str:
    """Break a command before its options where it is longer than `width`, as a shell reads it on."""
    if len(command) <= width:
        return command
    lines = [""]
    for word in shlex.split(command):
        quoted = shlex.quote(word)
        fits = len(lines[-1]) + len(quoted) + 1 <= width and not (word.startswith("--") and len(lines[-1]) > width - 20)
        if lines[-1] and not fits:
            lines.append("   ")
        lines[-1] += f" {quoted}" if lines[-1] else quoted
    return " \\\n".join(lines)


def asked(model: "Fitted") -> dict[str, Any]:
    """Give the arguments of `fit` that are not its defaults; of a model from an older file, what its settings tell."""
    settings = model.settings
    if settings.asked is not None:
        return dict(settings.asked)
    family = model.likelihood.family
    found: dict[str, Any] = {}
    if family.name != "gaussian":
        held = "" if family.parameter is None or family.estimated else f"({family.parameter_name}={family.parameter:g})"
        found["family"] = f"{family.name}{held}"
    if model.link != family.links[0]:
        found["link"] = model.link
    network = model.network if model.members is None else model.members.network
    found |= {"hidden": list(network.hidden)}
    if not model.is_line:
        found |= {"activation": network.activation, "skip": network.skip, "engine": settings.engine}
        found |= {"optimiser": settings.optimiser, "epochs": settings.epochs}
        found["regularisation"] = "evidence" if settings.evidence else settings.regularisation
        if settings.learning_rate:
            found |= {"learning_rate": settings.learning_rate, "schedule": settings.schedule, "batch": settings.batch}
        found |= {"members": 1 if model.members is None else len(model.members), "seed": settings.seed}
        found |= {name: value for name in ("validation", "patience") if (value := getattr(settings, name)) is not None}
    elif settings.firth:
        found["regularisation"] = "firth"
    elif settings.regularisation:
        found["regularisation"] = settings.regularisation
    return {name: value for name, value in found.items() if value is not None}


def continued(model: "Fitted") -> int:
    """Give the epochs that were trained beyond the first training's."""
    return 0 if model.training is None else max(0, model.training.epoch - model.settings.epochs)


def repr_of(text: str) -> str:
    """Write text as Python in double quotes, where that needs no more escaping."""
    return repr(text) if '"' in text or "\\" in text or not text.isprintable() else f'"{text}"'


def _python(value: Any) -> str:
    """Write an argument as Python, sequences as tuples."""
    if value is None:
        return "..."
    if isinstance(value, str):
        return repr_of(value)
    if isinstance(value, list):
        return f"({', '.join(map(_python, value))})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{repr_of(name)}: {_python(each)}" for name, each in value.items()) + "}"
    return repr(value)


def _option(name: str, value: Any) -> list[str]:
    """Write an argument as an option of `pliant fit`."""
    if name == "hidden":
        widths = value if isinstance(value, list) else [value]
        if not widths or widths == [0]:
            return ["--line"]
        return ["--hidden", ",".join(map(str, widths))]
    if name == "skip":
        return [] if value else ["--no-skip"]
    if isinstance(value, bool):
        return [f"--{name.replace('_', '-')}"] if value else []
    return [f"--{name.replace('_', '-')}", str(value)]
