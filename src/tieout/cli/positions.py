"""`tieout positions`: what we hold, now or at any time in the past."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tieout.cli.frame import AsJson, OfAccount, reading_desk
from tieout.cli.output import NOT_TIED_OUT, TIED_OUT, console, write_json

if TYPE_CHECKING:
    from tieout.cli.tables import Standing
    from tieout.core.book import Account
    from tieout.wiring import Desk
    from tieout.wiring.material import Line

AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="TIME", help="What we held at this time."),
]
KnownAt = Annotated[
    str | None,
    typer.Option("--known-at", metavar="TIME", help="As far as we knew it at this time."),
]
All = Annotated[bool, typer.Option("--all", help="Also positions that have ended.")]


def positions(
    context: typer.Context,
    account: OfAccount = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    is_all: All = False,
    as_json: AsJson = False,
) -> None:
    """Show the book: every open position, what is wrong first.

    A ~ before an average says that it is the broker's own figure. Times are taken in this
    machine's zone unless they carry one; a day alone means its end.

    Examples:

    tieout positions

    tieout positions --account main --json

    tieout positions --as-of 2026-11-20 --known-at 2026-11-20T16:00
    """
    from tieout.cli.moments import end_of
    from tieout.core.errors import SettingsError

    is_past = as_of is not None or known_at is not None
    if is_past and is_all:
        raise SettingsError("--all has no meaning beside --as-of or --known-at; leave it out")
    with reading_desk(context) as opened:
        accounts = (
            [opened.account(account)] if account is not None else list(opened.store.accounts())
        )
        if is_past:
            now = opened.clock.now()
            moment = end_of(as_of, "--as-of") if as_of is not None else now
            known = end_of(known_at, "--known-at") if known_at is not None else now
            _past(opened, accounts, as_of=moment, known_at=known, as_json=as_json)
            raise typer.Exit(TIED_OUT)
        raise typer.Exit(_present(opened, accounts, is_all=is_all, as_json=as_json))


def _present(opened: "Desk", accounts: "Sequence[Account]", *, is_all: bool, as_json: bool) -> int:
    from tieout.cli.standings import is_good, standing_in

    standings = [(each, standing_in(opened, each)) for each in accounts]
    lines = [line for each in accounts for line in _lines(opened, each)]
    if as_json:
        write_json(_json(opened, standings, lines, is_all=is_all))
    else:
        _show(opened, standings, lines, is_all=is_all)
    return TIED_OUT if all(is_good(each) for _, each in standings) else NOT_TIED_OUT


def _lines(opened: "Desk", account: "Account") -> "list[Line]":
    from tieout.wiring.material import lines_of

    book = opened.store.load(account).book
    name = opened.name_of(account.id)
    return lines_of(
        account.id, book.ledgers.values(), book.marks, name=name, synced_at=book.state.as_of
    )


def _json(
    opened: "Desk",
    standings: "Sequence[tuple[Account, Standing]]",
    lines: "Sequence[Line]",
    *,
    is_all: bool,
) -> dict[str, Any]:
    from tieout.cli.standings import is_good, standing_json
    from tieout.wiring.material import ended_of, position_json

    material = {
        "tied_out": all(is_good(each) for _, each in standings),
        "accounts": [standing_json(account, each) for account, each in standings],
        "positions": [position_json(line) for line in lines],
    }
    if is_all:
        material["ended"] = [
            made
            for account, _ in standings
            for made in ended_of(opened.store, account, opened.name_of(account.id))
        ]
    return material


def _show(
    opened: "Desk",
    standings: "Sequence[tuple[Account, Standing]]",
    lines: "Sequence[Line]",
    *,
    is_all: bool,
) -> None:
    from tieout.cli import tables
    from tieout.cli.words import count

    shown, now = console(), opened.clock.now()
    for account, standing in standings:
        book = opened.store.load(account).book
        shown.print(tables.standing_line(standing, now=now), soft_wrap=True)
        is_told = standing.outcome == "failed" or standing.is_retired
        lost = () if is_told else standing.errors
        for line in (
            *tables.break_lines(book.open_breaks.values(), book.ledgers, now=now),
            *tables.error_lines(lost),
        ):
            shown.print(line, soft_wrap=True)
    if not lines:
        shown.print("No open positions.")
    else:
        shown.print(
            tables.positions_table(lines, has_accounts=len(standings) > 1, width=shown.width)
        )
        shown.print(f"{count(len(lines), 'position')}, unrealized {tables.totals_words(lines)}")
    if is_all:
        ended = [
            (opened.name_of(account.id), episode)
            for account, _ in standings
            for _, episode in opened.store.ended(account.id)
        ]
        shown.print(tables.ended_table(ended, now=now, has_accounts=len(standings) > 1))


def _past(
    opened: "Desk",
    accounts: "Sequence[Account]",
    *,
    as_of: datetime,
    known_at: datetime,
    as_json: bool,
) -> None:
    from tieout.cli import tables
    from tieout.cli.moments import in_full
    from tieout.wiring.material import lines_of, position_json

    lines = []
    for account in accounts:
        ledgers = opened.ledgers_as_of(account, as_of=as_of, known_at=known_at)
        name = opened.name_of(account.id)
        lines += lines_of(account.id, ledgers.values(), {}, name=name)
    if as_json:
        found = [{**position_json(line), "reconciliation": None} for line in lines]
        write_json({"as_of": as_of, "known_at": known_at, "positions": found})
        return
    shown = console()
    shown.print(f"What we held at {in_full(as_of)}, as known at {in_full(known_at)}")
    if not lines:
        shown.print("No open positions.")
        return
    shown.print(tables.past_table(lines, has_accounts=len(accounts) > 1))
