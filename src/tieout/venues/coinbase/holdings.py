"""Balances and positions as holdings: what a venue says is held, in the trader's signs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal

from tieout.core.instrument import DOLLARS, Instrument
from tieout.core.numbers import ZERO, add, divide, is_unreadable, plain, printed
from tieout.core.snapshot import Holding
from tieout.venues.coinbase.international import derivative
from tieout.venues.coinbase.products import FIAT, MONEY, Products, coin
from tieout.venues.coinbase.rows import (
    Breakdown,
    FutureRow,
    PerpetualRow,
    SpotRow,
    Unreadable,
    WalletRow,
)
from tieout.venues.http.bodies import number

# A breakdown's balances are floats of their maker: no more digits than that of a price are true.
_PRICE = Context(prec=9)
FUTURE_SIDES = {"LONG": 1, "SHORT": -1}
DIRECTIONS = {"buy": 1, "sell": -1, "zero": 0}


@dataclass(slots=True)
class Held:
    """Holdings with the instruments they told of, and why rows may be missing."""

    holdings: list[Holding] = field(default_factory=list)
    instruments: dict[str, Instrument] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """The wallets of an account by currency; None where a wallet cannot be read."""

    totals: Mapping[str, Decimal | None]
    money: frozenset[str]
    problems: tuple[str, ...] = ()

    @property
    def coins(self) -> dict[str, Decimal | None]:
        """The totals of what is no money, by symbol."""
        kept = (each for each in self.totals if each not in self.money)
        return {coin(each).symbol: self.totals[each] for each in kept}


def balances(rows: Sequence[WalletRow | Unreadable]) -> Balances:
    """All wallets, those of one currency added up: available and on hold are both held."""
    totals: dict[str, Decimal | None] = {}
    money, problems = set(MONEY), []
    for row in rows:
        if isinstance(row, Unreadable):
            problems.append(row)
            continue
        available, hold = number(row.available), number(row.hold)
        known = totals.get(row.currency, ZERO)
        if row.kind == FIAT:
            money.add(row.currency)
        if available is None or hold is None or known is None:
            totals[row.currency] = None
        else:
            totals[row.currency] = add(known, add(available, hold))
    return Balances(totals=totals, money=frozenset(money), problems=tuple(problems))


def coins(found: Balances, breakdown: Breakdown | None, *, moved: Collection[str]) -> Held:
    """A holding for each coin that is held. `moved` are the symbols whose zero is told."""
    held = Held(problems=list(found.problems))
    listed = {row.asset: row for row in breakdown.spot} if breakdown else {}
    for currency, total in found.totals.items():
        instrument = coin(currency)
        is_nothing = total is not None and not total and instrument.symbol not in moved
        if currency in found.money or is_nothing:
            continue
        held.instruments[instrument.symbol] = instrument
        held.holdings.append(_coin(instrument, total, listed.get(currency)))
    for asset, row in listed.items():
        is_held = bool(number(row.crypto)) and not row.is_cash and asset not in found.money
        if is_held and asset not in found.totals:
            held.problems.append(
                f"the breakdown of the portfolio has {asset}, but the accounts do not: they are "
                "not all there"
            )
    return held


def _coin(instrument: Instrument, total: Decimal | None, row: SpotRow | None) -> Holding:
    if total is None or total < ZERO:
        problem = "available or hold is no number" if total is None else f"the balance is {total}"
        return Holding(symbol=instrument.symbol, problem=problem)
    return Holding(
        symbol=instrument.symbol,
        quantity=plain(total),
        average_price=_average(total, row),
        price=_price(row),
        asset_class=instrument.asset_class,
        currency=instrument.currency,
    )


def _average(total: Decimal, row: SpotRow | None) -> str | None:
    """The cost of one unit; None where no cost is reported, or not in dollars.

    What coins that were sent there did cost Coinbase cannot know: 0 is no cost of anything.
    """
    told = row.cost if row and row.cost_currency in DOLLARS else None
    cost = number(told)
    if is_unreadable(told):
        return told
    if not cost or not total:
        return None
    return printed(divide(cost, total))


def _price(row: SpotRow | None) -> str | None:
    """What one unit is worth: Coinbase gives the worth of all of it, in the currency of the cost.

    >>> _price(SpotRow(asset="UNI", cost_currency="USD", fiat="620.5684", crypto="92.88555"))
    '6.68100044'
    """
    if row is None or row.cost_currency not in DOLLARS:
        return None
    fiat, crypto = number(row.fiat), number(row.crypto)
    if not fiat or not crypto or fiat < ZERO or crypto < ZERO:
        return None
    return plain(_PRICE.divide(fiat, crypto))


def futures(rows: Sequence[FutureRow | Unreadable], products: Products) -> Held:
    """Positions in US futures: contracts, negative where short."""
    held = Held()
    for row in rows:
        if isinstance(row, Unreadable):
            held.problems.append(row)
            continue
        contract = products.future(row.product, row)
        held.instruments[row.product] = contract.instrument
        held.holdings.append(_future(row, contract.instrument, contract.problem))
    return held


def _future(row: FutureRow, instrument: Instrument, problem: str) -> Holding:
    contracts = number(row.contracts)
    sign = FUTURE_SIDES.get(row.side or "")
    if contracts is None:
        problem = f"the number of contracts is {row.contracts!r}"
    elif contracts < ZERO:
        problem = f"the number of contracts is {row.contracts}, and the side {row.side}"
    elif sign is None and contracts:
        problem = f"the side is {row.side!r}, it must be LONG or SHORT"
    if problem or contracts is None:
        return Holding(symbol=row.product, problem=problem)
    return Holding(
        symbol=row.product,
        quantity=plain(contracts if sign != -1 else contracts.copy_negate()),
        average_price=_reported(row.average),
        price=_reported(row.price),
        asset_class=instrument.asset_class,
        currency=instrument.currency,
        multiplier=None if instrument.multiplier is None else plain(instrument.multiplier),
        leverage=_reported(row.leverage),
        liquidation_price=_reported(row.liquidation_price),
    )


def perpetuals(rows: Sequence[PerpetualRow | Unreadable]) -> Held:
    """Positions in international derivatives, negative where short: coins, or dollars of an inverse
    contract."""
    held = Held()
    for row in rows:
        if isinstance(row, Unreadable):
            held.problems.append(row)
            continue
        instrument = derivative(row.symbol)
        if instrument is None:
            problem = "it is neither a perpetual nor a future, which is not understood yet"
            held.holdings.append(Holding(symbol=row.symbol, problem=problem))
            continue
        held.instruments[row.symbol] = instrument
        held.holdings.append(_perpetual(row, instrument))
    return held


def _perpetual(row: PerpetualRow, instrument: Instrument) -> Holding:
    size = number(row.size)
    sign = DIRECTIONS.get(row.direction or "")
    problem = None
    if size is None:
        problem = f"the size is {row.size!r}"
    elif sign is None or (sign == 0 and size) or (sign == 1 and size < ZERO):
        problem = f"the direction is {row.direction!r}, but the size is {row.size}"
    if problem or size is None:
        return Holding(symbol=row.symbol, problem=problem)
    return Holding(
        symbol=row.symbol,
        quantity=plain(size.copy_abs().copy_negate() if sign == -1 else size),
        average_price=_reported(row.average) if size else None,
        price=_reported(row.price),
        asset_class=instrument.asset_class,
        currency=instrument.currency,
        leverage=_reported(row.leverage),
        liquidation_price=_reported(row.liquidation_price),
        margin_mode=None if row.slot is None else "isolated",
    )


def _reported(text: str | None) -> str | None:
    """A figure as it is written, unreadable too; null, empty and NaN are not reported."""
    return text if number(text) is not None or is_unreadable(text) else None
