"""`tieout runs`: what was done when, and the held runs that wait for a person."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tieout.cli.frame import AsJson, OfAccount, desk, reading_desk, settings_of
from tieout.cli.output import console, tell, write_json, write_text

if TYPE_CHECKING:
    from tieout.ports import RunRecord
    from tieout.wiring import Desk

app = typer.Typer(invoke_without_command=True)

RunName = Annotated[str, typer.Argument(metavar="RUN", help="Its id, or the end or start of it.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many, newest first.")]
RUNS_SEARCHED = 10_000


@app.callback()
def runs(
    context: typer.Context,
    account: OfAccount = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """The latest runs; show one, approve or reject a held one.

    Examples:

    tieout runs

    tieout runs --limit 100 --json

    tieout runs show 20261120-150000-3f9a21
    """
    if context.invoked_subcommand is not None:
        return
    with reading_desk(context) as opened:
        chosen = opened.account(account).id if account is not None else None
        _show_list(opened, opened.store.runs(chosen, limit=limit), as_json=as_json)


@app.command("list")
def list_runs(
    context: typer.Context, account: OfAccount = None, limit: Limit = 20, as_json: AsJson = False
) -> None:
    """The same as `tieout runs` alone.

    Examples:

    tieout runs list --limit 5
    """
    with reading_desk(context) as opened:
        chosen = opened.account(account).id if account is not None else None
        _show_list(opened, opened.store.runs(chosen, limit=limit), as_json=as_json)


def _show_list(opened: "Desk", records: "Sequence[RunRecord]", *, as_json: bool) -> None:
    from tieout.cli import run_tables
    from tieout.wiring.material import record_json

    if as_json:
        write_json({"runs": [record_json(each) for each in records]})
        return
    if not records:
        console().print("No runs yet; `tieout sync` does one.")
        return
    names = {each.account: opened.name_of(each.account) for each in records}
    shown = console()
    shown.print(run_tables.runs_table(records, names, now=opened.clock.now(), width=shown.width))


@app.command()
def show(context: typer.Context, run: RunName, as_json: AsJson = False) -> None:
    """Show one run: what it read, what it did, what it could not use.

    Examples:

    tieout runs show 20261120-150000-3f9a21
    """
    from tieout.cli import run_tables
    from tieout.wiring.material import record_json

    with reading_desk(context) as opened:
        record = found_run(opened, run)
        if as_json:
            write_json(record_json(record))
            return
        shown = console()
        for line in run_tables.run_lines(record, name=opened.name_of(record.account)):
            shown.print(line, soft_wrap=True)


@app.command(short_help="Believe the broker after all.")
def approve(context: typer.Context, run: RunName, as_json: AsJson = False) -> None:
    """Believe the broker after all: what the held run lists is closed now.

    Examples:

    tieout runs approve 20261120-150000-3f9a21
    """
    import asyncio

    from tieout.cli.sync import show_one

    with desk(settings_of(context), has_book=True) as opened:
        finished = asyncio.run(opened.approve(found_run(opened, run).id))
        raise typer.Exit(show_one(finished, opened, as_json=as_json))


@app.command()
def reject(context: typer.Context, run: RunName, as_json: AsJson = False) -> None:
    """Discard what the held run read; the book stays as it is.

    Examples:

    tieout runs reject 20261120-150000-3f9a21
    """
    from tieout.wiring.material import record_json

    with desk(settings_of(context), has_book=True) as opened:
        finished = opened.reject(found_run(opened, run).id)
        if as_json:
            write_json(record_json(finished.record))
            return
        console().print(f"Rejected: {finished.record.reason}. The next sync reads anew.")


@app.command(short_help="Write a run as a case file, for `tieout case`.")
def evidence(
    context: typer.Context,
    run: RunName,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it here, a new file.")
    ] = None,
    is_whole: Annotated[
        bool, typer.Option("--whole", help="Start with the account's very first run.")
    ] = False,
    is_raw: Annotated[
        bool, typer.Option("--raw", help="The venue's raw replies instead of a case file.")
    ] = False,
) -> None:
    """Write a run as a case file, which `tieout case` runs again without network or database.

    It starts at the last moment before the run at which nothing was open.

    Examples:

    tieout runs evidence 20261120-150000-3f9a21 > monday.json

    tieout runs evidence 20261120-150000-3f9a21 | tieout case -
    """
    from tieout.core.errors import SettingsError

    if is_raw and is_whole:
        raise SettingsError("--whole has no meaning beside --raw; leave one of them out")
    if out is not None:
        _require_new(context, out)
    with reading_desk(context) as opened:
        record = found_run(opened, run)
        if is_raw:
            text = _raw(opened, record)
        else:
            text = opened.case_file(record.id, is_whole=is_whole)
    if out is None:
        write_text(text)
        return
    _write(out, text)
    tell(f"tieout: wrote {out}")


def _raw(opened: "Desk", record: "RunRecord") -> str:
    from tieout.cli.output import json_text

    replies = opened.store.evidence(record.id)
    return json_text(
        {
            "run": record.id,
            "replies": [
                {
                    "call": each.call,
                    "status": each.status,
                    "received_at": each.received_at,
                    "body": each.body.decode("utf-8", errors="replace"),
                }
                for each in replies
            ],
        }
    )


def _require_new(context: typer.Context, out: Path) -> None:
    from tieout.core.errors import SettingsError
    from tieout.wiring.bookfile import refuse_book

    if out.is_file():
        raise SettingsError(f"--out: {out} is there already; name a new file")
    refuse_book(out, "--out: ", settings_of(context))


def _write(out: Path, text: str) -> None:
    from tieout.core.errors import SettingsError

    try:
        # What is there now is no file but a device or a pipe.
        with out.open("w" if out.exists() else "x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise SettingsError(f"--out: cannot write {out}: {error.strerror}") from None


def found_run(opened: "Desk", name: str) -> "RunRecord":
    """The run that a person means: its whole id, or the start or end of it if only one has it."""
    from tieout.core.errors import SettingsError

    name = name.rstrip("…")  # as a table without room shows it
    record = opened.store.run(name)
    if record is not None:
        return record
    near = [
        each
        for each in opened.store.runs(limit=RUNS_SEARCHED)
        if name and (each.id.startswith(name) or each.id.endswith(name))
    ]
    if len(near) == 1:
        return near[0]
    if near:
        raise SettingsError(f"{len(near)} runs are named like {name!r}; `tieout runs` lists them")
    raise SettingsError(f"there is no run {name!r}; `tieout runs` lists them")
