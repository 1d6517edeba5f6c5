"""`tieout breaks`: where the broker disagrees, and what to do about it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from tieout.cli.frame import AsJson, OfAccount, desk, reading_desk, settings_of
from tieout.cli.output import NOT_TIED_OUT, TIED_OUT, console, write_json

if TYPE_CHECKING:
    from tieout.core.book import Account
    from tieout.core.breaks import Break
    from tieout.core.instrument import Instrument
    from tieout.core.position import Ledger
    from tieout.core.snapshot import LocalAction
    from tieout.wiring import Desk

app = typer.Typer(invoke_without_command=True)

DECIDED = {
    "accept_broker": "decided, the book follows the broker",
    "keep_book": "decided, ours is kept while theirs stays the same",
}
BreakName = Annotated[str, typer.Argument(metavar="BREAK", help="Its id, or a symbol.")]
Every = Annotated[bool, typer.Option("--all", help="Also those that are resolved.")]


@app.callback()
def breaks(
    context: typer.Context,
    account: OfAccount = None,
    is_all: Every = False,
    as_json: AsJson = False,
) -> None:
    """Where the broker disagrees, what explains a part of it, what is left.

    Examples:

    tieout breaks

    tieout breaks --all --json

    tieout breaks accept-broker AAPL
    """
    if context.invoked_subcommand is not None:
        return
    with reading_desk(context) as opened:
        accounts = (
            [opened.account(account)] if account is not None else list(opened.store.accounts())
        )
        rows = [row for each in accounts for row in _rows(opened, each, is_all=is_all)]
        _show(opened, rows, as_json=as_json, has_accounts=len(accounts) > 1)
        names = {
            opened.name_of(each.id) for each in accounts if opened.settings.is_retired(each.id)
        }
        is_bad = any(found.prevents_tie_out for name, found, _ in rows if name not in names)
        raise typer.Exit(NOT_TIED_OUT if is_bad else TIED_OUT)


def _rows(
    opened: "Desk", account: "Account", *, is_all: bool
) -> "list[tuple[str, Break, Ledger | None]]":
    ledgers = opened.store.load(account).book.ledgers
    return [
        (
            opened.name_of(account.id),
            found,
            ledgers.get(found.ledger) if found.ledger is not None else None,
        )
        for found in opened.store.breaks(account.id, every=is_all)
    ]


def _show(
    opened: "Desk",
    rows: "list[tuple[str, Break, Ledger | None]]",
    *,
    as_json: bool,
    has_accounts: bool,
) -> None:
    from tieout.cli import tables
    from tieout.cli.words import break_sentence
    from tieout.wiring.material import break_json

    now = opened.clock.now()
    if as_json:
        listed = [
            break_json(name, found)
            | {"summary": break_sentence(found, _instrument(ledger), now=now)}
            for name, found, ledger in rows
        ]
        write_json({"breaks": listed})
        return
    if not rows:
        console().print(tables.text("No breaks.", tables.GOOD))
        return
    console().print(tables.breaks_table(rows, now=now, has_accounts=has_accounts))


def _instrument(ledger: "Ledger | None") -> "Instrument | None":
    return ledger.instrument if ledger is not None else None


@app.command("accept-broker")
def accept_broker(
    context: typer.Context, name: BreakName, account: OfAccount = None, as_json: AsJson = False
) -> None:
    """Take the broker's word: the book follows.

    Examples:

    tieout breaks accept-broker AAPL
    """
    _settle(context, name, account, "accept_broker", as_json=as_json)


@app.command("keep-book", short_help="Keep ours, until the broker's figure changes.")
def keep_book(
    context: typer.Context, name: BreakName, account: OfAccount = None, as_json: AsJson = False
) -> None:
    """Keep ours: the difference stays until the broker's figure changes.

    Examples:

    tieout breaks keep-book AAPL
    """
    _settle(context, name, account, "keep_book", as_json=as_json)


@app.command("ignore", short_help="Live with the difference: it is no obstacle any more.")
def ignore(
    context: typer.Context, name: BreakName, account: OfAccount = None, as_json: AsJson = False
) -> None:
    """Live with the difference: it no longer keeps the account from being tied out.

    Examples:

    tieout breaks ignore AAPL
    """
    _settle(context, name, account, "ignore_break", as_json=as_json)


def _settle(
    context: typer.Context, name: str, of: str | None, action: "LocalAction", *, as_json: bool
) -> None:
    import asyncio

    from tieout.cli.sync import show_one

    with desk(settings_of(context), has_book=True) as opened:
        account, found = _found(opened, name, of)
        finished = asyncio.run(opened.settle(account, found, action))
        status = show_one(finished, opened, as_json=as_json, decided=DECIDED.get(action))
        raise typer.Exit(status)


def _found(opened: "Desk", name: str, of: str | None) -> "tuple[Account, Break]":
    """The one open break that a name means."""
    from tieout.core.errors import SettingsError

    accounts = [opened.account(of)] if of is not None else list(opened.store.accounts())
    every = [(each, found) for each in accounts for found in opened.store.breaks(each.id)]
    chosen = [(account, found) for account, found in every if _is_called(found, name)]
    if len(chosen) == 1:
        return chosen[0]
    if not chosen:
        why = _why_none(opened, accounts, name)
        raise SettingsError(f"there is no open break {name!r}{why}")
    ids = ", ".join(f"{found.id} in {opened.name_of(account.id)}" for account, found in chosen)
    raise SettingsError(f"{name!r} may mean {ids}; name one, or its --account")


def _is_called(found: "Break", name: str) -> bool:
    from tieout.core.instrument import spelling_key

    symbol = found.symbol
    return found.id == name or (bool(symbol) and spelling_key(symbol or "") == spelling_key(name))


def _why_none(opened: "Desk", accounts: Sequence["Account"], name: str) -> str:
    """Why a break is not open: only a snapshot showed it that a person rejected; or whatever."""
    from tieout.runs.approvals import is_of_rejected

    for account in accounts:
        state = opened.store.load(account).book.state
        ended = (each for each in opened.store.breaks(account.id, every=True))
        if any(_is_called(each, name) and is_of_rejected(each, state) for each in ended):
            return ": only a snapshot that was rejected showed it; `tieout sync` reads anew"
    return "; `tieout breaks` lists them"
