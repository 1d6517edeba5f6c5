"""`tieout accounts`: the accounts in the book, and how each of them stands."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from tieout.cli.frame import AsJson, reading_desk
from tieout.cli.output import NOT_TIED_OUT, TIED_OUT, console, write_json

if TYPE_CHECKING:
    from tieout.cli.tables import Standing
    from tieout.core.book import Account
    from tieout.wiring import Desk

WIDTH_FOR_VENUES = 80


def accounts(context: typer.Context, as_json: AsJson = False) -> None:
    """The accounts: tied out or not, how many positions and breaks.

    Examples:

    tieout accounts

    tieout accounts --json
    """
    from tieout.cli.standings import is_good, standing_in

    with reading_desk(context) as opened:
        rows = [(each, standing_in(opened, each)) for each in opened.store.accounts()]
        rows.sort(key=lambda row: (is_good(row[1]), row[1].name))
        if as_json:
            write_json({"accounts": [_json(opened, account) for account, _ in rows]})
        else:
            _show(opened, rows)
        raise typer.Exit(TIED_OUT if all(is_good(each) for _, each in rows) else NOT_TIED_OUT)


def _show(opened: "Desk", rows: Sequence[tuple["Account", "Standing"]]) -> None:
    from tieout.cli import tables
    from tieout.cli.words import clean, time_of_day

    shown = console()
    if not rows:
        shown.print("No accounts yet; `tieout sync` finds them.")
        return
    venue = ["Venue"] if shown.width >= WIDTH_FOR_VENUES else []
    head = ("Account", *venue, "Tied out", "Last run", ">Positions", ">Breaks")
    made = tables.table(*head, whole=("Tied out", "Last run"))
    for account, each in rows:
        made.add_row(
            tables.text(clean(each.name), "bold"),
            *([tables.text(each.venue)] if venue else []),
            _answer(each),
            tables.text(time_of_day(each.at, now=opened.clock.now())),
            str(_positions(opened, account)),
            str(each.breaks),
        )
    shown.print(made)
    for account, each in rows:
        if _is_left(opened, account) and not each.is_retired:
            words = f"{each.name}: no connection reads it any more; this is what was last known"
            shown.print(tables.text(clean(words), tables.QUIET), soft_wrap=True)
            advice = f'  to lay it to rest, set under [accounts."{account.id}"]: retired = true'
            shown.print(tables.text(clean(advice), tables.QUIET), soft_wrap=True)


def _is_left(opened: "Desk", account: "Account") -> bool:
    """Whether the connection of an account has gone from the settings."""
    connections = {each.name for each in opened.settings.connections}
    return bool(connections) and account.id.partition("/")[0] not in connections


def _answer(standing: "Standing") -> Any:
    from tieout.cli import tables

    if standing.is_retired:
        return tables.text("retired", tables.QUIET)
    return tables.text("yes", tables.GOOD) if standing.tied_out else tables.text("NO", tables.BAD)


def _positions(opened: "Desk", account: "Account") -> int:
    ledgers = opened.store.load(account).book.ledgers.values()
    return sum(each.position is not None for each in ledgers)


def _json(opened: "Desk", account: "Account") -> dict[str, Any]:
    from tieout.cli.standings import standing_in, standing_json

    state = opened.store.load(account).book.state
    return {
        **standing_json(account, standing_in(opened, account)),
        "history": account.history,
        "positions": _positions(opened, account),
        "as_of": state.as_of,
        "adopted_at": state.adopted_at,
        "is_held": state.held is not None,
    }
