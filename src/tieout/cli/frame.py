"""What every command has in common: its options, the settings, the desk, the exit status."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tieout.cli.output import tell

if TYPE_CHECKING:
    from tieout.ports import Clock
    from tieout.settings import Settings
    from tieout.wiring import Desk

AsJson = Annotated[bool, typer.Option("--json", help="Write JSON, and nothing else, to stdout.")]
OfAccount = Annotated[
    str | None,
    typer.Option("--account", "-a", metavar="NAME", help="Only this account."),
]
OfAccounts = Annotated[
    list[str] | None,
    typer.Option("--account", "-a", metavar="NAME", help="Only this account; may be repeated."),
]


def settings_of(context: typer.Context) -> "Settings":
    """The settings: those of --config, TIEOUT_CONFIG or this folder, the environment first."""
    from tieout.settings import read_settings

    given: Path | None = context.find_root().obj
    return read_settings(given, environment=os.environ, folder=Path.cwd())


@contextmanager
def reading_desk(context: typer.Context) -> Iterator["Desk"]:
    """A desk for commands that only look; a book that is not there yet is an error."""
    with desk(settings_of(context), has_book=True, is_reading=True) as opened:
        yield opened


@contextmanager
def desk(
    settings: "Settings",
    *,
    clock: "Clock | None" = None,
    has_book: bool = False,
    is_reading: bool = False,
    is_plan: bool = False,
) -> Iterator["Desk"]:
    """A desk, closed when the command is through. A plan alone makes no book."""
    import asyncio

    from tieout.wiring import open_desk

    opened = open_desk(
        settings, clock=clock, has_book=has_book, is_reading=is_reading, is_plan=is_plan
    )
    for warning in opened.take_up().warnings():
        tell(f"tieout: {warning}")
    try:
        yield opened
    finally:
        asyncio.run(opened.aclose())
