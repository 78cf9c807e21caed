"""The command's frame: finding subcommands, telling errors, exit codes."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import click

from shapespec.cli.output import error_json, error_text
from shapespec.errors import SpecError
from shapespec.version import __version__

#: What the exit codes say.
FINE, WRONG_INPUT, USAGE, BUG, INTERRUPTED, CLOSED_PIPE = 0, 1, 2, 3, 130, 141

#: What a full or broken disk answers.
_STUCK = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG}

#: Subcommands in the order in which the help shows them; each is the function of its name in the module of its name.
COMMANDS = ("list", "show", "explain", "build", "contract", "validate", "fmt", "schema", "check", "new")


class Commands(click.Group):
    """Imports a subcommand's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        found = import_module(f"shapespec.cli.{name}").command
        assert isinstance(found, click.Command)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from shapespec.errors import nearest

            close = nearest(args[0], COMMANDS)
            raise click.UsageError(f"{error.message}{f' Did you mean `{close}`?' if close else ''}", ctx) from None


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Examples:
  shapespec list
  shapespec show bert --set batch_size=4
  shapespec explain speecht5 batch_size
  shapespec build llama -o inputs.npz
  shapespec validate shapes/

\b
Exit codes: 0 fine, 1 the input is wrong (or a check failed), 2 wrong usage, 3 a bug in shapespec.""",
)
@click.version_option(__version__, "-V", "--version", prog_name="shapespec", message="%(prog)s %(version)s")
@click.option("--traceback", is_flag=True, help="Show Python's traceback of an error (also: SHAPESPEC_TRACEBACK=1).")
def cli(traceback: bool) -> None:
    """What does this model take? Shapes, types and values of every input, from one short YAML file."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code. Never raises for what a user may do."""
    args = list(sys.argv[1:] if argv is None else argv)
    _lenient_streams()
    try:
        found = cli.main(args=args, prog_name="shapespec", standalone_mode=False)
        sys.stdout.flush()
        return found if isinstance(found, int) else FINE
    except SpecError as error:
        _show_traceback(args)
        _to_stderr(error_json(error) if "--json" in args else error_text(error))
        return WRONG_INPUT
    except click.ClickException as error:
        return _usage(error, args)
    except click.Abort:
        _to_stderr("interrupted")
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Whoever read our output has gone (click turns that into an exit): nothing is wrong with the input.
        _silence_stdout()
        return CLOSED_PIPE
    except Exception as error:
        return _bug(error, args)


def _usage(error: click.ClickException, args: list[str]) -> int:
    if "--json" in args:
        _to_stderr(error_json(error))
    else:
        error.show()
    return error.exit_code


def _bug(error: Exception, args: list[str]) -> int:
    """Tells of an error that nobody meant to raise."""
    if isinstance(error, OSError) and error.errno in _STUCK:
        # Files are written by `writing`, which tells of its own errors: this is standard output.
        _silence_stdout()
        _to_stderr(f"can't write the output: {error.strerror or error}")
        return WRONG_INPUT
    if "--json" in args:
        _to_stderr(error_json(error))
        return BUG
    shown = _show_traceback(args)
    hint = "" if shown else " (`SHAPESPEC_TRACEBACK=1 shapespec …` shows it)"
    said = " ".join(str(error).split())[:400]
    _to_stderr(
        f"shapespec {__version__} hit a bug: {type(error).__name__}{f': {said}' if said else ''}\n"
        f"Please report it to the project with the command that you ran and the traceback{hint}."
    )
    return BUG


def _show_traceback(args: list[str]) -> bool:
    wanted = "--traceback" in args or os.environ.get("SHAPESPEC_TRACEBACK", "") not in ("", "0")
    if wanted:
        traceback.print_exc()
    return wanted


def _to_stderr(text: str) -> None:
    with suppress(OSError):
        print(text, file=sys.stderr)


def _lenient_streams() -> None:
    """A stream whose encoding lacks a character shows it escaped, rather than ending the command; a closed one is none
    of our business."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  # open to the end
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _silence_stdout() -> None:
    """Python flushes standard output once more at its end: into nothing, so that it does not complain."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
