"""Fills of spot, of US futures and of international derivatives as activities."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from tieout.core.activity import Activity, ActivityId
from tieout.core.instrument import DOLLARS, Instrument
from tieout.core.numbers import ZERO, add, divide, multiply, negate, normal, subtract
from tieout.venues.coinbase.international import derivative
from tieout.venues.coinbase.products import (
    DOLLAR,
    Products,
    coin,
    is_retired,
    is_us_future,
    pair_of,
)
from tieout.venues.coinbase.rows import FillRow, TradeRow
from tieout.venues.http.bodies import number
from tieout.venues.moments import moment, moment_of

SIDES = {"BUY": 1, "SELL": -1}
DIRECTIONS = {"buy": 1, "sell": -1}
AMOUNT_DIGIT = Decimal("1E-16")  # an account's amounts have 16 decimals
FILL = "FILL"


@dataclass(slots=True)
class Translated:
    """The activities of some fills, the instruments they are of, and what was noticed."""

    activities: list[Activity] = field(default_factory=list)
    instruments: dict[str, Instrument] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    def add(self, activity: Activity, instrument: Instrument) -> None:
        self.activities.append(activity)
        self.instruments[instrument.symbol] = instrument

    @property
    def moved(self) -> dict[str, Decimal]:
        """What the activities move in all, by symbol."""
        totals: dict[str, Decimal] = {}
        for each in self.activities:
            if each.quantity is not None:
                totals[each.symbol] = add(totals.get(each.symbol, ZERO), each.quantity)
        return totals


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fill:
    """A fill whose numbers are read; quantity signed."""

    id: str
    at: datetime
    quantity: Decimal
    price: Decimal
    fee: Decimal | None


def translated(rows: Iterable[FillRow], *, products: Products, money: frozenset[str]) -> Translated:
    """Each fill as an activity of what it moves. One that cannot be read is a problem.

    `money` are the currencies that are no positions.
    """
    found = Translated()
    for row in rows:
        if row.kind not in (None, "", FILL):
            found.ignored.append(
                f"a fill of {row.product} with trade_type {row.kind}: what it moves is not "
                "documented, so a difference that it makes is reported as one"
            )
            continue
        if is_retired(row.product):
            found.ignored.append(f"a fill of {row.product}, which was settled on 2026-10-01")
            continue
        fill = _read(row)
        if fill is None:
            found.problems.append(
                f"a fill of {row.product} at {row.trade_time} cannot be read: side {row.side!r}, "
                f"size {row.size!r}, price {row.price!r}, commission {row.commission!r}"
            )
        elif is_us_future(row.product):
            instrument = products.future(row.product).instrument
            found.add(_trade(fill, instrument, fee_currency=instrument.currency), instrument)
        else:
            _spot(fill, row, money, found)
    return found


def _read(row: FillRow) -> _Fill | None:
    size, price, at = number(row.size), number(row.price), moment(row.trade_time)
    sign, fee = SIDES.get((row.side or "").upper()), number(row.commission)
    if size is None or price is None or at is None or sign is None or size < ZERO:
        return None
    if row.commission and fee is None:
        return None
    if row.is_in_quote:
        if price <= ZERO:
            return None
        # The API gives what was paid; amounts of coins have 16 decimals there.
        size = normal(divide(size, price).quantize(AMOUNT_DIGIT, ROUND_HALF_EVEN))
    quantity = size if sign > 0 else negate(size)
    return _Fill(id=row.entry_id, at=at, quantity=quantity, price=price, fee=fee)


def _trade(fill: _Fill, instrument: Instrument, *, fee_currency: str) -> Activity:
    return Activity(
        id=ActivityId(fill.id),
        type="fill",
        symbol=instrument.symbol,
        at=fill.at,
        quantity=fill.quantity,
        price=fill.price,
        fee=fill.fee,
        fee_currency=fee_currency if fill.fee is not None else None,
        currency=instrument.currency,
    )


def _spot(fill: _Fill, row: FillRow, money: frozenset[str], found: Translated) -> None:
    """A fill of a pair: the wallet of its coin, and the other wallet where that is a coin too."""
    pair = pair_of(row.product)
    if pair is None:
        found.problems.append(f"a fill of {row.product}, which is no product that is known")
        return
    base, quote = pair
    if base in money:
        found.ignored.append(f"a fill of {row.product}: {base} is money, not a position")
    elif quote in DOLLARS:
        instrument = coin(base)
        found.add(_trade(fill, instrument, fee_currency=DOLLAR), instrument)
    else:
        found.ignored.append(
            f"the price of a fill of {base} in {quote}, and its fee: {base} is kept in {DOLLAR}, "
            "so its cost is not known until somebody enters it"
        )
        _leg(fill, base, fill.quantity, found)
    if quote not in money:
        paid = negate(multiply(fill.quantity, fill.price))
        _leg(fill, quote, subtract(paid, fill.fee or ZERO), found)


def _leg(fill: _Fill, currency: str, quantity: Decimal, found: Translated) -> None:
    """What a fill moves of one coin, without a price in dollars."""
    instrument = coin(currency)
    found.add(
        Activity(
            id=ActivityId(f"{fill.id}/{currency}"),
            type="transfer",
            symbol=instrument.symbol,
            at=fill.at,
            quantity=quantity,
        ),
        instrument,
    )


def traded(rows: Iterable[TradeRow]) -> Translated:
    """Trades at the gateway, each with the venue's own profit beside it."""
    found = Translated()
    for row in rows:
        instrument = derivative(row.symbol)
        if instrument is None:
            found.ignored.append(f"a trade of {row.symbol}, which is not understood yet")
            continue
        fee, quantity = number(row.fee), _quantity_of(row)
        if quantity is None:
            found.problems.append(
                f"a trade of {row.symbol} at {moment_of(row.time).isoformat()} cannot be read: "
                f"direction {row.direction!r}, amount {row.amount!r}, price {row.price!r}"
            )
            continue
        # "M", "T" or "MT" say whose side was liquidated; `liquidity` which side is ours.
        is_forced = bool(row.liquidation) and (row.liquidity or "?") in (row.liquidation or "")
        activity = Activity(
            id=ActivityId(row.key),
            type="liquidation" if is_forced else "fill",
            symbol=instrument.symbol,
            at=moment_of(row.time),
            quantity=quantity,
            price=number(row.price),
            fee=fee,
            fee_currency=row.fee_currency if fee is not None else None,
            currency=instrument.currency,
            realized_pnl=number(row.profit_loss),
        )
        found.add(activity, instrument)
    return found


def is_readable(row: TradeRow) -> bool:
    """Whether a trade can be booked, as far as its instrument is understood."""
    return derivative(row.name) is None or _quantity_of(row) is not None


def _quantity_of(row: TradeRow) -> Decimal | None:
    """The signed size of a trade; None where that, its price or its fee cannot be read."""
    amount, sign = number(row.amount), DIRECTIONS.get(row.direction or "")
    is_bad_fee = bool(row.fee) and number(row.fee) is None
    if amount is None or amount < ZERO or sign is None or is_bad_fee or number(row.price) is None:
        return None
    return amount if sign > 0 else negate(amount)
