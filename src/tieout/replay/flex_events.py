"""The option events of a Flex statement: expirations, assignments, exercises and their deliveries.

IBKR books them as trades too (`BookTrade` with the notes Ep, A or Ex), where the query has those.
An event counts only where no trade of its contract does: then it ends the option, at the end of
its day, and what it delivers is a fill at the strike. `quantity` is the signed change.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from tieout.core.activity import Activity, ActivityId, ActivityType
from tieout.core.numbers import ZERO, add, magnitude, negate
from tieout.replay.export import Fill
from tieout.replay.fields import Fields
from tieout.replay.flex_fields import filled, moment_of
from tieout.venues.ibkr import flex_words
from tieout.venues.ibkr.flex_words import NEW_YORK

ENDS: Mapping[str, ActivityType] = {
    "Expiration": "expiry", "Assignment": "assignment", "Exercise": "exercise",
}  # fmt: skip
DELIVERIES = {"Buy": 1, "Sell": -1}

Contract = tuple[str | None, str]


class OptionEvents:
    """The events met so far, and which of them the trades tell as well."""

    def __init__(self) -> None:
        self._rows: list[Fields] = []
        self._trades: set[tuple[str | None, str | None]] = set()
        self._booked: set[Contract] = set()
        self._contracts: dict[Contract, str] = {}

    def see_trade(self, fields: Fields, contract: str, *, is_event: bool) -> None:
        """Remember a trade: under its id, and as what ended or delivered the contract."""
        account = fields.text("accountId")
        self._trades.add((account, filled(fields, "tradeID")))
        self._contracts.setdefault((account, fields.needed("symbol")), contract)
        if is_event:
            self._booked.add((account, contract))

    def see(self, fields: Fields) -> None:
        """Remember a row of the events; the section itself has no type."""
        if fields.text("transactionType") is not None:
            self._rows.append(fields)

    def unbooked(self) -> Iterator[tuple[Fields, str]]:
        """The events that no trade tells, each with its contract, in the order of the file."""
        for fields in self._rows:
            account = fields.text("accountId")
            symbol = fields.needed("symbol")
            known = self._contracts.get((account, symbol), symbol)
            contract = filled(fields, "conid") or known
            trade = filled(fields, "tradeID")
            is_told = trade is not None and (account, trade) in self._trades
            if not is_told and (account, contract) not in self._booked:
                yield fields, contract


def event_fill(fields: Fields, contract: str) -> Fill | str:
    """What an event does, or why it cannot be used."""
    kind = fields.needed("transactionType")
    symbol = fields.needed("symbol")
    quantity = fields.number("quantity")
    at = day_end(filled(fields, "date") or filled(fields, "tradeDate") or "")
    if kind not in ENDS and kind not in DELIVERIES:
        return f"option event {kind} {symbol}"
    if not quantity or at is None:
        return f"option event {kind} {symbol}: its quantity or its date is not told"
    if kind in DELIVERIES:
        quantity = magnitude(quantity) if DELIVERIES[kind] > 0 else negate(magnitude(quantity))
    return Fill(
        row=fields.row.number,
        account=fields.text("accountId"),
        instrument=contract,
        activity=Activity(
            id=event_id(fields),
            type=ENDS.get(kind, "fill"),
            symbol=symbol,
            at=at,
            quantity=quantity,
            price=fields.number("tradePrice") or ZERO,
            fee=event_fee(fields),
            # What is assigned or exercised realizes nothing at IBKR, its premium moves on.
            realized_pnl=fields.number("realizedPnl") if kind == "Expiration" else None,
        ),
        closes=kind in ENDS,
    )


def event_id(fields: Fields) -> ActivityId:
    """The id of an event: its trade's, else its place in the file."""
    return ActivityId(f"event {filled(fields, 'tradeID') or f'row {fields.row.number}'}")


def event_fee(fields: Fields) -> Decimal:
    """What an event cost: a commission is negative, under a name that IBKR has misspelt."""
    paid = [fields.number(name) or ZERO for name in ("commisionsAndTax", "commissionsAndTax")]
    total = add(*paid)
    return negate(total) if total else ZERO


def day_end(text: str) -> datetime | None:
    """The end of a day in New York: an event comes after the trades of its day."""
    found = moment_of(text)
    return None if found is None else flex_words.day_end(found.astimezone(NEW_YORK).date())
