"""The command line: each command is a thin module that is imported when it is called."""

from __future__ import annotations

import importlib
import sys

import click

from daira import __version__
from daira.errors import DairaError

# command -> module of this package that holds a click command of that name
COMMANDS = {
    "lint": "lint",
    "check": "check",
    "validate": "validate",
    "rules": "rules",
    "explain": "rules",
    "values": "values",
    "render": "render",
    "generate": "generate",
    "new": "new",
    "up": "up",
    "down": "up",
    "tools": "tools",
    "images": "images",
    "cluster": "cluster",
}


class Lazy(click.Group):
    """A group whose commands are imported when they are needed, so that the program starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module and return the command, or None."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"daira.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return command


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="daira")
def cli() -> None:
    """A production-grade Helm chart for DAIRA, and the toolkit that proves it."""


def main(argv: list[str] | None = None) -> None:
    """Run the command line and leave with the contract's exit code: 0 clean, 1 findings, 2 usage, 3 failure."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        sys.exit(cli.main(args=arguments, prog_name="daira", standalone_mode=False) or 0)
    except click.exceptions.Abort:
        click.echo("interrupted: run the same command again, what was done is kept", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except DairaError as error:
        _explain(error, arguments)
        sys.exit(error.exit_code)
    except Exception as error:
        _explain(DairaError(f"internal failure: {type(error).__name__}: {error}; please report it"), arguments, error)
        sys.exit(DairaError.exit_code)


def _explain(error: DairaError, arguments: list[str], cause: Exception | None = None) -> None:
    """One sentence; with the last lines of the program's output, and a traceback only with -vv."""
    click.echo(f"error: {error}", err=True)
    output = getattr(error, "output", "")
    if output:
        click.echo("\n".join(f"  | {line}" for line in output.splitlines()), err=True)
    if "-vv" in arguments:
        import traceback

        traceback.print_exception(cause or error)
