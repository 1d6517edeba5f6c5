"""`tieout verify`: is the book still what its journal says."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tieout.cli.frame import AsJson, OfAccount, reading_desk
from tieout.cli.output import TIED_OUT, WRONG, console, progress, write_json

if TYPE_CHECKING:
    from tieout.store.verify import VerifyReport
    from tieout.wiring import Desk


def verify(
    context: typer.Context,
    account: OfAccount = None,
    head: Annotated[
        str | None,
        typer.Option("--head", metavar="ENTRY:HASH", help="The end of the journal as noted once."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that the book is still what its journal says.

    The chain is followed, every position is rebuilt from it and compared. The first entry that
    is wrong is named, and the status is 2. The end of each journal is printed: noted down
    somewhere else and given as --head later, it shows that nothing before it was rewritten.
    The raw replies kept as evidence and the events of runs are compared with what their runs
    noted. Not looked at: replies and events that are gone, which their age explains, events of no
    run, and anything of runs by a Tieout that noted none.

    Examples:

    tieout verify

    tieout verify --account main --head 57:9f86d081...
    """
    from tieout.core.errors import SettingsError

    with reading_desk(context) as opened:
        accounts = opened.inspected(account)
        if head is not None and len(accounts) != 1:
            raise SettingsError("--head is the journal of one account: name it with --account")
        with progress("following the journal"):
            reports = [opened.verify(each, head=head) for each in accounts]
        if as_json:
            write_json({"accounts": [_json(each) for each in reports]})
        else:
            _show(opened, reports)
    raise typer.Exit(TIED_OUT if all(each.is_sound for each in reports) else WRONG)


def _json(report: "VerifyReport") -> dict[str, Any]:
    return {
        "account": report.account,
        "sound": report.is_sound,
        "entries": report.anchor.sequence,
        "head": report.anchor.text(),
        "first_bad_entry": report.first_bad_entry,
        "problems": [
            {
                "place": each.place,
                "message": each.message,
                "entry": each.sequence,
                "key": each.key,
            }
            for each in report.problems
        ],
    }


def _show(opened: "Desk", reports: "Sequence[VerifyReport]") -> None:
    from tieout.cli import tables
    from tieout.cli.words import clean, count

    shown = console()
    if not reports:
        shown.print("There is no account in this book yet.")
    for report in sorted(reports, key=lambda each: each.is_sound):
        line = tables.text(f"{opened.name_of(report.account)}: ", "bold")
        if report.is_sound:
            length = (
                "1 entry" if report.anchor.sequence == 1 else f"{report.anchor.sequence} entries"
            )
            line.append(f"sound, {length}", style=tables.GOOD)
            shown.print(line)
            shown.print(tables.text(f"  head {report.anchor.text()}", tables.QUIET), soft_wrap=True)
            continue
        line.append(f"WRONG: {count(len(report.problems), 'problem')}", style=tables.BAD)
        if report.first_bad_entry is not None:
            line.append(f", the first bad entry is {report.first_bad_entry}", style=tables.BAD)
        shown.print(line)
        for each in report.problems:
            problem = tables.text(clean(f"  {each.place}: {each.message}"), "red")
            shown.print(problem, soft_wrap=True)
