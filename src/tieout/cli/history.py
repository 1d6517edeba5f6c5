"""`tieout history SYMBOL`: everything that happened to one position, with its run and entry."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tieout.cli.frame import AsJson, OfAccount, reading_desk
from tieout.cli.output import console, write_json

if TYPE_CHECKING:
    from rich.console import Console

    from tieout.core.book import Account
    from tieout.core.journal import Entry
    from tieout.core.position import Ledger
    from tieout.wiring import Desk


WIDTH_FOR_TABLE = 80


def history(
    context: typer.Context,
    symbol: Annotated[
        str, typer.Argument(metavar="SYMBOL", help="The instrument, in any of its spellings.")
    ],
    account: OfAccount = None,
    as_json: AsJson = False,
) -> None:
    """All that happened to a position, by run and journal entry.

    Examples:

    tieout history AAPL

    tieout history BTC/USD --account main --json
    """
    from tieout.core.errors import SettingsError

    with reading_desk(context) as opened:
        accounts = (
            [opened.account(account)] if account is not None else list(opened.store.accounts())
        )
        found = [(each, ledger) for each in accounts for ledger in _named(opened, each, symbol)]
        if not found:
            raise SettingsError(_unknown(opened, accounts, symbol))
        rows = [
            (
                opened.name_of(each.id),
                ledger,
                tuple(opened.store.entries(each.id, ledger=ledger.id)),
            )
            for each, ledger in found
        ]
        if as_json:
            write_json({"history": [_json(*row) for row in rows]})
        else:
            _show(rows)


def _named(opened: "Desk", account: "Account", symbol: str) -> "list[Ledger]":
    """The ledgers of an account that a name may mean: by symbol, spelling or venue id."""
    from tieout.core.instrument import spelling_key

    key = spelling_key(symbol)
    return [
        ledger
        for ledger in opened.store.load(account).book.ledgers.values()
        if key in {spelling_key(each) for each in _names(ledger)} or symbol == ledger.id
    ]


def _names(ledger: "Ledger") -> "Iterable[str]":
    instrument = ledger.instrument
    return (instrument.symbol, *instrument.spellings, *instrument.venue_ids)


def _unknown(opened: "Desk", accounts: "Sequence[Account]", symbol: str) -> str:
    import difflib

    known = {
        ledger.instrument.symbol
        for account in accounts
        for ledger in opened.store.load(account).book.ledgers.values()
    }
    near = difflib.get_close_matches(symbol.upper(), sorted(known), n=3)
    advice = f"did you mean {' or '.join(near)}?" if near else "`tieout positions --all` lists all"
    return f"the book knows no {symbol!r}; {advice}"


def _json(account: str, ledger: "Ledger", entries: "Sequence[Entry]") -> dict[str, Any]:
    from tieout.wiring.material import entry_json

    return {
        "account": account,
        "symbol": ledger.instrument.symbol,
        "side": ledger.side,
        "ledger": ledger.id,
        "quantity": ledger.quantity,
        "entries": [entry_json(each) for each in entries],
    }


def _show(rows: "Sequence[tuple[str, Ledger, Sequence[Entry]]]") -> None:
    from tieout.cli import tables
    from tieout.cli.words import clean, holding

    shown = console()
    for account, ledger, entries in rows:
        held = holding(ledger.quantity)
        title = tables.text(clean(f"{ledger.instrument.symbol} in {account}: "), "bold")
        shown.print(title.append(f"we hold {held}", style=""))
        if shown.width < WIDTH_FOR_TABLE:
            _show_narrow(shown, entries)
            continue
        made = tables.table("When", "What", ">Entry", "Run", whole=("When", "Run"))
        for entry in entries:
            for at, words in _lines(entry):
                made.add_row(at, tables.text(words), str(entry.sequence), tables.text(entry.run))
        shown.print(made)


def _show_narrow(shown: "Console", entries: "Sequence[Entry]") -> None:
    """Without room for a table: what happened, and under it by which run, whole to be copied."""
    from tieout.cli import tables

    for entry in entries:
        for at, words in _lines(entry):
            shown.print(tables.text(f"{at}  entry {entry.sequence}", "bold"), soft_wrap=True)
            shown.print(tables.text(f"  {words}"))
            shown.print(tables.text(f"  run {entry.run}", tables.QUIET), soft_wrap=True)


def _lines(entry: "Entry") -> list[tuple[str, str]]:
    """What an entry changed, and where nothing changed why it was written."""
    from tieout.cli.moments import in_full
    from tieout.cli.words import change_sentence
    from tieout.core.codec import from_plain
    from tieout.core.plan import Change

    material = json.loads(entry.payload)
    at = in_full(entry.happened_at)
    changes = [from_plain(Change, each) for each in material["changes"]]
    if changes:
        return [(at, change_sentence(each).partition(": ")[2]) for each in changes]
    return [(at, _quiet_words(material))]


def _quiet_words(material: dict[str, Any]) -> str:
    facts = [str(each["is"]).lower() for each in material["facts"]]
    if facts:
        return f"recorded: {', '.join(facts)}"
    before = (material["before"] or {}).get("reconciliation", "SYNCED")
    after = (material["after"] or {}).get("reconciliation", "SYNCED")
    return f"{before} -> {after}" if before != after else "looked at, nothing changed"
