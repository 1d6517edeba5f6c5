"""The book that an account starts with, from rows that somebody else kept."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tieout.core.book import Account, Book, BookRow
from tieout.core.calendar import time_text
from tieout.core.facts import Fact, Opening
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.lots import Lot, pooled
from tieout.core.matching import Names
from tieout.core.numbers import NOTHING, Amount, money
from tieout.core.plan import AccountState
from tieout.core.pnl import Figures, Totals, value_at
from tieout.core.policy import Policy
from tieout.core.position import Ledger, Position
from tieout.core.quiet import is_restless


def open_book(
    account: Account,
    rows: Sequence[BookRow],
    *,
    instruments: Sequence[Instrument],
    policy: Policy,
    at: datetime,
) -> Book:
    """A book that holds these rows before anything we know of happened.

    `at` is when rows without a time of their own were opened. A row with lots has basis `actual`.
    """
    names = Names({}, instruments, venue=account.venue, currency=account.currency)
    ledgers: dict[LedgerId, Ledger] = {}
    facts: dict[LedgerId, tuple[Fact, ...]] = {}
    order = 1
    for row in rows:
        instrument = _instrument(names, row)
        key = names.new_id(instrument.symbol, side=row.side, venue_id=row.venue_id)
        position = _position(row, instrument, policy=policy, at=at)
        ledger = Ledger(
            id=key,
            instrument=instrument,
            side=row.side,
            position=position if position.quantity else None,
        )
        if position.quantity:
            facts[key] = (
                Opening(
                    ledger=key,
                    order=order,
                    at=position.opened_at,
                    position=position,
                    multiplier=instrument.multiplier,
                ),
            )
        ledgers[key] = ledger
        names.add(ledger)
        order += 1
    return Book(
        account=account,
        ledgers=ledgers,
        facts=facts,
        instruments=tuple(instruments),
        state=AccountState(
            has_history=bool(rows),
            next_order=order,
            open_positions=sum(not ledger.is_flat for ledger in ledgers.values()),
            restless=tuple(key for key, ledger in ledgers.items() if is_restless(ledger, None)),
        ),
    )


def _instrument(names: Names, row: BookRow) -> Instrument:
    known = names.instrument(row.symbol, venue_id=row.venue_id)
    if row.multiplier is not None:
        known = replace(known, multiplier=row.multiplier)
    if row.currency is not None:
        known = replace(known, currency=row.currency)
    if row.expires is not None:
        known = replace(known, expires=row.expires)
    if row.venue_id is not None and row.venue_id not in known.venue_ids:
        known = replace(known, venue_ids=(*known.venue_ids, row.venue_id))
    return known


def _position(row: BookRow, instrument: Instrument, *, policy: Policy, at: datetime) -> Position:
    opened_at = row.opened_at if row.opened_at is not None else at
    if row.lots and row.opened_at is None:
        opened_at = min(lot.at for lot in row.lots)
    lots = tuple(
        Lot(
            id=time_text(lot.at),
            quantity=lot.quantity,
            cost=value_at(
                lot.quantity, price=lot.price, multiplier=instrument.multiplier,
                inverse=instrument.inverse,
            )
            if instrument.multiplier is not None
            else None,
            fees=money(lot.fees),
            at=lot.at,
        )
        for lot in row.lots
    )  # fmt: skip
    if policy.cost_basis == "average":
        lots = pooled(lots)
    if not lots:
        lots = (_single_lot(row, instrument, at=opened_at),)
    totals = Totals()
    if row.realized is not None:
        totals = Totals({instrument.currency: Figures(gross=money(row.realized), closings=1)})
    return Position(
        quantity=row.quantity,
        lots=lots,
        basis="actual" if row.lots else row.basis,
        status=row.status,
        opened_at=opened_at,
        opened_by=f"book:{time_text(opened_at)}",
        totals=totals,
    )


def _single_lot(row: BookRow, instrument: Instrument, *, at: datetime) -> Lot:
    cost: Amount | None = None
    if row.average_price is not None and instrument.multiplier is not None:
        cost = value_at(
            row.quantity, price=row.average_price, multiplier=instrument.multiplier,
            inverse=instrument.inverse,
        )  # fmt: skip
    return Lot(id=time_text(at), quantity=row.quantity, cost=cost, fees=NOTHING, at=at)
