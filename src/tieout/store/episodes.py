"""Rows of the positions table: one for each episode, open or ended.

What an open one says follows from its ledger, whose text the journal has; `verify` makes the row
again and compares. An ended one is no longer in any ledger, so its row carries a seal, the hash
of its own content, and the account carries the sum of the seals: a row that was edited does not
match its seal, and one that was added or removed changes the sum.
"""

import json
from collections.abc import Iterable
from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple

from tieout.core.codec import canonical, from_plain, to_text
from tieout.core.instrument import LedgerId
from tieout.core.numbers import Amount, printed
from tieout.core.pnl import BaseFigure, Totals
from tieout.core.position import Episode, Ledger, Position
from tieout.store.codec import number_text, time_of, time_text

NO_SEALS = "0" * 64
SEAL_SPACE = 1 << 256
NO_MONEY = {
    "gross": "0",
    "fees": "0",
    "net": "0",
    "funding": "0",
    "income": "0",
    "incomplete": 0,
    "realized": "{}",
}


class PositionRow(NamedTuple):
    """One episode. `gross` and `net` are None where a closing is incomplete, `base` where a rate
    is not known."""

    account: str
    ledger: str
    episode: str
    symbol: str
    side: str | None
    asset_class: str
    currency: str
    multiplier: str | None
    quantity: str
    average_price: str | None
    basis: str | None
    status: str
    reconciliation: str
    opened_at: str
    closed_at: str | None
    closed_by: str | None
    reason: str | None
    gross: str | None
    fees: str
    net: str | None
    funding: str
    income: str
    incomplete: int
    estimated: int | None
    realized: str
    seal: str | None = None
    base: str | None = None


def open_row(account: str, ledger: Ledger, position: Position) -> PositionRow:
    """The row of the episode that a ledger holds."""
    instrument = ledger.instrument
    average = position.average_price(instrument)
    currency = instrument.base if instrument.inverse else instrument.currency
    return PositionRow(
        account=account,
        ledger=ledger.id,
        episode=position.opened_by,
        symbol=instrument.symbol,
        side=ledger.side,
        asset_class=instrument.asset_class,
        currency=currency,
        multiplier=_text_or_none(instrument.multiplier),
        quantity=number_text(position.quantity),
        average_price=None if average is None else number_text(Decimal(printed(average))),
        basis=position.basis,
        status=position.status,
        reconciliation=ledger.reconciliation,
        opened_at=time_text(position.opened_at),
        closed_at=None,
        closed_by=None,
        reason=None,
        estimated=None,
        base=_base_text(position.base),
        **_money(position.totals, currency),
    )


def ended_row(account: str, ledger: Ledger, episode: Episode) -> PositionRow:
    """The sealed row of an episode that is over."""
    row = PositionRow(
        account=account,
        ledger=ledger.id,
        episode=episode.opened_by,
        symbol=episode.symbol,
        side=episode.side,
        asset_class=ledger.instrument.asset_class,
        currency=episode.currency,
        multiplier=_text_or_none(ledger.instrument.multiplier),
        quantity="0",
        average_price=None,
        basis=None,
        status=episode.status,
        reconciliation=ledger.reconciliation,
        opened_at=time_text(episode.opened_at),
        closed_at=time_text(episode.closed_at),
        closed_by=episode.closed_by,
        reason=episode.reason,
        estimated=int(episode.is_estimated),
        base=_base_text(episode.base),
        **_money(episode.totals, episode.currency),
    )
    return row._replace(seal=seal_of(row))


def _text_or_none(number: Decimal | None) -> str | None:
    return None if number is None else number_text(number)


def _base_text(base: BaseFigure | None) -> str | None:
    return None if base is None else to_text(base)


def _amount_text(amount: Amount) -> str:
    """An amount as it is shown, written in the one way that its value has."""
    return number_text(Decimal(amount.text()) if amount.quotient else amount.exact)


def _money(totals: Totals, currency: str) -> dict[str, Any]:
    """The readable figures in the episode's own currency, and all of them exactly."""
    if not totals.by_currency:
        return NO_MONEY
    figures = totals.of(currency)
    return {
        "gross": None if figures.unknown else _amount_text(figures.gross),
        "fees": _amount_text(figures.fees),
        "net": None if figures.unknown else _amount_text(figures.net),
        "funding": number_text(figures.funding),
        "income": number_text(figures.income),
        "incomplete": figures.unknown,
        "realized": to_text(totals),
    }


def episode_of(row: PositionRow) -> tuple[LedgerId, Episode]:
    """The episode an ended row stands for."""
    assert row.closed_at is not None, row.episode
    return LedgerId(row.ledger), Episode(
        symbol=row.symbol,
        side=row.side,  # type: ignore[arg-type]
        opened_at=time_of(row.opened_at),
        opened_by=row.episode,
        closed_at=time_of(row.closed_at),
        closed_by=row.closed_by or "",
        reason=row.reason,  # type: ignore[arg-type]
        status=row.status,  # type: ignore[arg-type]
        totals=from_plain(Totals, json.loads(row.realized)),
        currency=row.currency,
        is_estimated=bool(row.estimated),
        base=None if row.base is None else from_plain(BaseFigure, json.loads(row.base)),
    )


def seal_of(row: PositionRow) -> str:
    """The hash of all that a row says; without a base figure as it was before there were any."""
    said = row._replace(seal=None)
    return sha256(canonical(said if row.base is not None else said[:-1]).encode()).hexdigest()


def sealed(total: str, *, added: Iterable[PositionRow], removed: Iterable[PositionRow]) -> str:
    """The sum of the seals after rows came and went, in any order.

    >>> sealed(NO_SEALS, added=(), removed=()) == NO_SEALS
    True
    """
    value = int(total, 16)
    value += sum(int(row.seal or NO_SEALS, 16) for row in added)
    value -= sum(int(row.seal or NO_SEALS, 16) for row in removed)
    return f"{value % SEAL_SPACE:064x}"
