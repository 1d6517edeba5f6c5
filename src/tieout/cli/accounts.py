"""`tieout accounts`: the accounts in the book, and how each of them stands."""

from typing import TYPE_CHECKING, Any

import typer

from tieout.cli.frame import AsJson, reading_desk
from tieout.cli.output import NOT_TIED_OUT, TIED_OUT, console, write_json

if TYPE_CHECKING:
    from tieout.cli.tables import Standing
    from tieout.core.book import Account
    from tieout.wiring import Desk


def accounts(context: typer.Context, as_json: AsJson = False) -> None:
    """The accounts: tied out or not, how many positions and breaks.

    Examples:

    tieout accounts

    tieout accounts --json
    """
    from tieout.cli import tables
    from tieout.cli.standings import is_good, standing_in
    from tieout.cli.words import clean, time_of_day

    with reading_desk(context) as opened:
        rows = [(each, standing_in(opened, each)) for each in opened.store.accounts()]
        rows.sort(key=lambda row: (is_good(row[1]), row[1].name))
        if as_json:
            write_json({"accounts": [_json(opened, account) for account, _ in rows]})
        else:
            made = tables.table("Account", "Venue", "Tied out", "Last run", ">Positions", ">Breaks")
            for account, each in rows:
                open_ = _positions(opened, account)
                made.add_row(
                    tables.text(clean(each.name), "bold"),
                    tables.text(each.venue),
                    _answer(each),
                    tables.text(time_of_day(each.at, now=opened.clock.now())),
                    str(open_),
                    str(each.breaks),
                )
            console().print(made if rows else "No accounts yet; `tieout sync` finds them.")
        raise typer.Exit(TIED_OUT if all(is_good(each) for _, each in rows) else NOT_TIED_OUT)


def _answer(standing: "Standing") -> Any:
    from tieout.cli import tables

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
