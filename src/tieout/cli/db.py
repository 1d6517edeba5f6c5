"""`tieout db`: the file that the book is in."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tieout.cli.db_settings import changed_settings
from tieout.cli.frame import AsJson, desk, settings_of
from tieout.cli.output import console, progress, write_json

if TYPE_CHECKING:
    from tieout.store.maintenance import Database

DAYS_MAX = 36_500  # a hundred years, as in tieout.toml

app = typer.Typer()


@app.callback(invoke_without_command=True)
def db(context: typer.Context) -> None:
    """The file that the book is in: upgrade, copy or tidy it.

    Examples:

    tieout db path

    tieout db backup monday.db
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def path(context: typer.Context, as_json: AsJson = False) -> None:
    """Say where the book is.

    Examples:

    sqlite3 "$(tieout db path)" .tables
    """
    found = _file(context)
    if as_json:
        write_json({"path": str(found), "exists": found.exists()})
    else:
        typer.echo(found)


@app.command()
def version(context: typer.Context, as_json: AsJson = False) -> None:
    """Say which revision the book has, and how much is in it.

    Examples:

    tieout db version --json
    """
    from tieout.store.maintenance import describe

    _show(describe(_file(context)), as_json=as_json)


@app.command(short_help="Make the book, or bring it to this version's revision.")
def upgrade(context: typer.Context, as_json: AsJson = False) -> None:
    """Bring the book to this version's revision; one that is not there yet is made.

    Examples:

    tieout db upgrade
    """
    from tieout.store.maintenance import upgrade as bring_up

    with progress("upgrading the book"):
        found = bring_up(_file(context))
    _show(found, as_json=as_json)


@app.command()
def backup(
    context: typer.Context,
    target: Annotated[Path, typer.Argument(metavar="FILE", help="The copy, a new file.")],
    as_json: AsJson = False,
) -> None:
    """Copy the book into a new file, also while it is in use.

    Examples:

    tieout db backup monday.db
    """
    from tieout.store.maintenance import backup as copy
    from tieout.wiring.bookfile import refuse_book

    source = _file(context)
    if not target.is_file():
        refuse_book(target, "", settings_of(context))
    with progress("copying the book"):
        copy(source, target)
    if as_json:
        write_json({"path": str(source), "backup": str(target.absolute())})
    else:
        console().print(f"Copied {source} to {target}.", soft_wrap=True)


@app.command(short_help="Forget old evidence; the journal is always kept.")
def prune(
    context: typer.Context,
    evidence_days: Annotated[
        int | None,
        typer.Option(
            "--evidence-days",
            min=0,
            max=DAYS_MAX,
            help="Keep raw replies so long; else as set in tieout.toml.",
        ),
    ] = None,
    ended_days: Annotated[
        int | None,
        typer.Option(
            "--ended-days", min=0, max=DAYS_MAX, help="Also forget positions that ended before."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Forget old evidence, and old ended positions if asked; the journal is always kept.

    Examples:

    tieout db prune

    tieout db prune --evidence-days 30 --ended-days 365
    """
    from dataclasses import replace
    from datetime import timedelta

    from tieout.store.maintenance import vacuum

    settings = settings_of(context)
    if evidence_days is not None:
        settings = replace(settings, evidence_days=evidence_days)
    with desk(settings, has_book=True) as opened, progress("tidying the book"):
        replies, ended = opened.forget(), 0
        if ended_days is not None:
            before = opened.clock.now() - timedelta(days=ended_days)
            ended = opened.store.clear_ended(before)
    vacuum(_file(context))
    if as_json:
        write_json({"replies": replies, "ended_positions": ended})
    else:
        console().print(f"Forgot {replies} raw replies and {ended} ended positions.")


app.command("settings", short_help="What was changed at run time; take it back.")(changed_settings)


def _file(context: typer.Context) -> Path:
    from tieout.core.errors import SettingsError
    from tieout.wiring import file_of

    url = settings_of(context).store_url
    found = file_of(url)
    if found is None:
        raise SettingsError("store.url: the book is in no file; this command is for SQLite files")
    return found


def _show(found: "Database", *, as_json: bool) -> None:
    from tieout.cli import tables

    if as_json:
        write_json(_json(found))
        return
    shown = console()
    state = "up to date" if found.is_up_to_date else f"this version uses {found.newest}"
    shown.print(f"{found.path}: revision {found.revision or 'none'}, {state}", soft_wrap=True)
    shown.print(f"{found.file_bytes:,} bytes, of which {found.free_bytes:,} are free")
    made = tables.table("Table", ">Rows")
    for name, rows in found.rows.items():
        made.add_row(name, f"{rows:,}")
    shown.print(made)


def _json(found: "Database") -> dict[str, Any]:
    return {
        "path": str(found.path),
        "revision": found.revision,
        "newest": found.newest,
        "up_to_date": found.is_up_to_date,
        "file_bytes": found.file_bytes,
        "log_bytes": found.log_bytes,
        "free_bytes": found.free_bytes,
        "rows": found.rows,
    }
