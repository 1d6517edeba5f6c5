"""`tieout`: the commands, their common options, and how an error looks.

Commands import what they need inside themselves, so that `tieout --help` is there at once.
"""

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer

from tieout.cli import output
from tieout.cli.accounts import accounts
from tieout.cli.breaks import app as breaks
from tieout.cli.case import case
from tieout.cli.db import app as db
from tieout.cli.demo import demo
from tieout.cli.diff import diff
from tieout.cli.doctor import doctor
from tieout.cli.history import history
from tieout.cli.keys import app as keys
from tieout.cli.openapi import openapi
from tieout.cli.pnl import pnl
from tieout.cli.positions import positions
from tieout.cli.replay import replay
from tieout.cli.runs import app as runs
from tieout.cli.serve import serve
from tieout.cli.sim import app as sim
from tieout.cli.sync import plan, sync
from tieout.cli.users import app as users
from tieout.cli.verify import verify

# Wrong arguments are errors of the library that parses them; it does not name their class.
UsageError: type[Exception] = typer.BadParameter.__mro__[2]
STOPPED = 130

app = typer.Typer(
    name="tieout",
    help="Keeps your own position book true to what your brokers say you hold. "
    "It reads from brokers and never places an order.",
    epilog="Exit status: 0 tied out, 1 breaks or a held run, 2 error.",
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.command()(demo)
app.command(short_help="Keep every account tied out; REST, events, alerts.")(serve)
app.command()(sync)
app.command()(plan)
app.command()(positions)
app.command()(history)
app.add_typer(breaks, name="breaks", short_help="Where the broker disagrees, and why.")
app.add_typer(runs, name="runs")
app.command()(pnl)
app.command()(verify)
app.command(short_help="Tie out two position files.")(diff)
app.command(short_help="Positions and realized P&L from a file of fills.")(replay)
app.command(short_help="Tie out a case file: a tie-out as data.")(case)
app.command()(accounts)
app.add_typer(users, name="users")
app.add_typer(keys, name="keys")
app.command()(openapi)
app.command()(doctor)
app.add_typer(sim, name="sim")
app.add_typer(db, name="db")


def _version(is_asked: bool) -> None:
    if is_asked:
        import tieout

        typer.echo(f"tieout {tieout.__version__}")
        raise typer.Exit()


@app.callback(invoke_without_command=True)
def everything(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The settings; else TIEOUT_CONFIG, else ./tieout.toml."),
    ] = None,
    decimals: Annotated[
        Literal["numbers", "strings"],
        typer.Option(help="How --json writes quantities, prices and money: exact either way."),
    ] = "numbers",
    traceback: Annotated[
        bool,
        typer.Option("--traceback", help="Show where a fault of Tieout comes from, on stderr."),
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Common to all commands."""
    del version  # its callback has answered
    context.obj = config
    output.DECIMALS_AS_STRINGS.set(decimals == "strings")
    output.TRACEBACKS.set(traceback)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status. Whatever is wrong is one message on stderr."""
    from tieout.core.errors import TieoutError

    name = output.program() if arguments is None else "tieout"
    try:
        status = app(args=arguments, prog_name=name, standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except UsageError as error:
        output.tell(_usage_text(error))
    except TieoutError as error:
        output.tell(f"tieout: {error}")
    except BrokenPipeError:
        _forget_output()  # whoever read it has seen enough
    except OSError as error:
        _tell_of_file(error)
    except (typer.Abort, KeyboardInterrupt):
        return STOPPED
    except Exception as error:
        _tell_fault(error)
    return output.WRONG


def _tell_of_file(error: OSError) -> None:
    if error.filename is not None:
        _tell_fault(error)
        return
    _forget_output()
    output.tell(f"tieout: the output cannot be written: {error.strerror}")


def _tell_fault(error: Exception) -> None:
    from tieout.core.errors import fault_of

    fault = fault_of(error, written="a run is written whole or not at all")
    output.tell(f"tieout: {fault}")
    output.tell_traceback(fault)


def _forget_output() -> None:
    """What is left to be written goes nowhere; Python must not complain again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _usage_text(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else output.program()
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    sentence = " ".join(message.split())
    end = "" if sentence.endswith((".", "?", "!")) else "."
    return f"{command}: {sentence}{end} See `{command} --help`."


def main() -> NoReturn:
    """The program. A letter that the terminal does not have must not end it."""
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    status = run()
    if status == STOPPED:
        output.tell("tieout: stopped")
        _leave_at_once()
    sys.exit(status)


def _open_closed_streams() -> None:
    """What is told to a closed stream goes nowhere, and no file of ours may take its number."""
    if None not in (sys.stdin, sys.stdout, sys.stderr):
        return
    opened = os.open(os.devnull, os.O_RDWR)
    while opened <= 2:
        opened = os.open(os.devnull, os.O_RDWR)
    os.close(opened)
    nowhere = open(os.devnull, "r+", encoding="utf-8")  # noqa: SIM115 - for as long as we run
    sys.stdin, sys.stdout, sys.stderr = (
        stream or nowhere for stream in (sys.stdin, sys.stdout, sys.stderr)
    )


def _leave_at_once() -> NoReturn:
    """Python would wait for the calls that still are in threads, up to their timeouts."""
    try:
        sys.stdout.flush()
    finally:
        os._exit(STOPPED)
