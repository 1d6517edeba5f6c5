"""ccxt's balances as holdings of coins: what is free and what is used, less what is borrowed."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from tieout.core.instrument import Instrument
from tieout.core.numbers import ZERO, add, plain, subtract
from tieout.core.snapshot import Holding
from tieout.venues.ccxt.quirks import Quirks
from tieout.venues.ccxt.values import Row, number

# What prices are counted in. It moves with every trade, and is no position.
CASH = frozenset(
    ("USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "USDT", "USDC", "USDG", "DAI", "FDUSD",
     "TUSD", "BUSD", "PYUSD", "RLUSD")
)  # fmt: skip
STRUCTURE = ("info", "timestamp", "datetime", "free", "used", "total", "debt")


def coins_of(balances: Iterable[Row], quirks: Quirks) -> tuple[dict[str, str], list[str]]:
    """The amount of every coin over all wallets, and what is wrong with rows."""
    amounts: dict[str, Decimal] = {}
    problems: list[str] = []
    for balance in balances:
        told = _borrowed(balance, quirks)
        for code, row in balance.items():
            if code in STRUCTURE or not isinstance(row, Mapping):
                continue
            total, debt = number(row.get("total")), told.get(code, number(row.get("debt")))
            if total is None:
                problems.append(f"the balance of {code} is not reported, which is not 0")
                continue
            amounts[code] = add(amounts.get(code, ZERO), subtract(total, debt or ZERO))
    return {code: plain(amount) for code, amount in amounts.items() if amount}, problems


def _borrowed(balance: Row, quirks: Quirks) -> dict[str, Decimal]:
    """What is owed of each coin, as the exchange itself says it."""
    place = quirks.borrowed
    value: object = balance.get("info")
    for step in place.rows if place else ():
        is_there = isinstance(value, Mapping) and step in value
        is_in_list = isinstance(value, list) and isinstance(step, int) and step < len(value)
        value = value[step] if is_there or is_in_list else None  # type: ignore[index]
    if place is None or not isinstance(value, list):
        return {}
    rows = [(row.get(place.code), number(row.get(place.amount))) for row in value]
    return {str(code): amount for code, amount in rows if amount is not None}


def holdings_of(coins: Mapping[str, str], *, currency: str) -> list[Holding]:
    """The coins that are no cash."""
    return [
        Holding(symbol=code, quantity=amount, venue_id=code, asset_class="spot", currency=currency)
        for code, amount in coins.items()
        if not is_cash(code, currency)
    ]


def is_cash(code: str, currency: str) -> bool:
    return code in CASH or code == currency


def instrument_of(code: str, *, currency: str) -> Instrument:
    return Instrument(symbol=code, asset_class="spot", currency=currency, venue_ids=(code,))
