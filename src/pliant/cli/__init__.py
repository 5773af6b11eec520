"""The command line: parse, call, print.

A command is one file with a click command called `command`, listed in `COMMANDS`. Its module is loaded when it
is asked for, and the list of commands needs none of them, so that `pliant --help` answers at once.
"""

import errno
import sys
from importlib import import_module
from typing import Any

import click

from pliant.cli.ends import HEARD, Closed, closed_pipe, heed_signals, leave, open_standard

COMMANDS = {
    "tour": "Tell the story of a line and a curve, in one page with every number and figure.",
    "fit": "Fit a model to a table: a line, or a network that contains it.",
    "predict": "Predict the rows of a table with a model file.",
    "compare": "Say which of line and curve the data support, on rows that neither saw.",
    "report": "Write a page about a model: verdict, pictures, checks, how to have it again.",
    "export": "Write a model as a file for onnxruntime or torch, checked against the model.",
    "check-gradient": "Compare the gradient by hand, by differences and by automatic differentiation.",
    "doctor": "Say what is installed, which engines run, and why not.",
}


class Lazy(click.Group):
    """A group whose commands are loaded when they are called, and which leaves a closed pipe to `run`."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        with closed_pipe():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        with closed_pipe():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"pliant.cli.{name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Lazy,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="pliant", message="pliant %(version)s")
@click.pass_context
def pliant(context: click.Context) -> None:
    """Neural networks for tables, from a straight line to any curve.

    A table and a formula go in; a model, its summary, pictures and predictions come out:

        pliant fit penguins.csv "body_mass_g ~ flipper_length_mm + species" --line --out m.pliant
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code: 0 done, 2 the user's input, 130 interrupted.

    A process that SIGTERM or SIGHUP ends has 128 and the number of the signal, as the shell gives it.
    """
    open_standard()
    heed_signals()
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run one command; give its exit code. What is wrong with the input is said in one line."""
    try:
        pliant.main(arguments, prog_name="pliant", standalone_mode=False)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.Abort:
        return _say(HEARD.said, 128 + HEARD.number)
    except click.ClickException as problem:
        where = "" if not isinstance(problem, click.UsageError) or problem.ctx is None else problem.ctx.command_path
        hint = f"; see '{where} --help'" if where else ""
        return _say(" ".join(problem.format_message().split()).rstrip(".") + hint, 2)
    except KeyboardInterrupt:
        return _say(HEARD.said, 128 + HEARD.number)
    except Closed:
        leave(sys.stdout)
        return 0
    except OSError as problem:  # a file that cannot be written has its own error, so this is standard output
        if problem.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF, errno.EFBIG):
            raise
        leave(sys.stdout)
        return _say(f"cannot write what is to be printed: {problem.strerror}", 2)
    except MemoryError:
        return _say("there is not enough memory for this; give fewer rows, columns or hidden units", 2)
    except Exception as problem:
        from pliant.errors import Interrupted, PliantError

        if isinstance(problem, Interrupted):
            return _say(str(problem), 128 + HEARD.number)
        if isinstance(problem, PliantError):
            return _say(str(problem), 2)
        raise
    return 0


def _say(text: str, code: int) -> int:
    """Say on standard error why the command ends, if anybody listens; give the exit code."""
    from pliant.harmless import visible

    try:
        click.echo(f"pliant: {visible(text)}", err=True)
    except OSError:
        leave(sys.stderr)
    return code
