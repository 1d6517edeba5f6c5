"""Rows of GET /v2/positions as holdings, and what they tell about the instruments."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from tieout.core.instrument import QUOTES, AssetClass, Instrument, told_by_symbol
from tieout.core.numbers import ZERO, is_unreadable, normal
from tieout.core.snapshot import Holding
from tieout.venues.alpaca.wire import PositionRow, Unreadable
from tieout.venues.http.bodies import number

# What Alpaca calls the classes; one it does not name yet is left to the symbol.
ASSET_CLASSES: Mapping[str | None, AssetClass] = {
    "us_equity": "stock",
    "us_option": "option",
    "crypto": "spot",
    "crypto_perp": "perpetual",
}
OPTION_MULTIPLIER = "100"
CURRENCY = "USD"

# A pair of an activity is told by its length: no stock's ticker has six letters without a dot.
PAIR_LETTERS_MIN = 6
_LONGEST_FIRST = tuple(sorted(QUOTES, key=len, reverse=True))

_INSTRUMENTS_REMEMBERED_MAX = 1 << 20
_SIGNS = {"long": "", "short": "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """The holdings of a reply, the instruments they told of, and why rows may be missing."""

    holdings: tuple[Holding, ...]
    instruments: tuple[Instrument, ...]
    problems: tuple[str, ...]


def translated(rows: Sequence[PositionRow | Unreadable], *, pairs: Mapping[str, str]) -> Translated:
    """All rows, each as it came: a doubled one stays double, a bad one carries its problem.

    `pairs` gives the written form of pairs that cannot be split by their letters.
    """
    problems = []
    holdings = []
    instruments: dict[tuple[str, str | None], Instrument] = {}
    for place, row in enumerate(rows, start=1):
        if isinstance(row, Unreadable) or not row.symbol or row.symbol.isspace():
            problem = row if isinstance(row, Unreadable) else "a row has no symbol"
            problems.append(f"row {place} of the positions: {problem}")
            holdings.append(Holding(symbol="", problem=problem))
            continue
        found = instrument(row.symbol, row.asset_class, row.asset_id, pairs.get(row.symbol))
        holdings.append(holding(row, found))
        instruments[found.symbol, row.asset_id] = found
    return Translated(
        holdings=tuple(holdings),
        instruments=tuple(instruments.values()),
        problems=tuple(problems),
    )


def holding(row: PositionRow, listed: Instrument) -> Holding:
    """One row. A short's quantity is negative whether or not Alpaca wrote the sign."""
    kind = ASSET_CLASSES.get(row.asset_class)
    multiplier = OPTION_MULTIPLIER if kind == "option" else None
    quantity, average, price = row.qty, row.avg_entry_price, row.current_price
    problem = None
    if not _is_ordinary(row.side, quantity, average, price):
        problem = contradiction(row)
        quantity = row.qty if problem else signed(row)
        average, price = reported(average), reported(price)
    # A tuple and not by name: this is done for every row of every sync, and thrice as fast.
    return _as_holding(Holding, (
        listed.symbol, quantity, average, price, row.asset_id or None, None, kind,
        listed.currency, multiplier, None, None, None, None, problem,
    ))  # fmt: skip


def _is_ordinary(
    side: str | None, quantity: str | None, average: str | None, price: str | None
) -> bool:
    """Whether a row is as nearly all are: digits, a minus for a short; no Decimal is needed."""
    if not (quantity and average and price) or side not in _SIGNS:
        return False
    if side == "short":
        if quantity[0] != "-":
            return False
        quantity = quantity[1:]
    return (
        quantity.replace(".", "", 1).isdecimal()
        and average.replace(".", "", 1).isdecimal()
        and price.replace(".", "", 1).isdecimal()
    )


_as_holding = tuple.__new__


def contradiction(row: PositionRow) -> str | None:
    """Why the direction of a position is not clear from its row, if so."""
    if row.side not in ("long", "short"):
        return f"the side is {row.side!r}, it must be long or short"
    quantity = number(row.qty)
    if row.side == "long" and quantity is not None and quantity < ZERO:
        return f"the side is long, but the quantity is {row.qty}"
    return None


def signed(row: PositionRow) -> str | None:
    """The quantity with the sign of its side; what is no number stays as it was written.

    >>> signed(PositionRow(symbol="FB", side="short", qty="-100"))
    '-100'
    >>> signed(PositionRow(symbol="FB", side="short", qty="100"))
    '-100'
    """
    if row.qty is None or row.side == "long" or not number(row.qty):
        return row.qty
    return "-" + row.qty.lstrip("+-")


def reported(text: str | None) -> str | None:
    """A price as it is written, unreadable too; null, empty and NaN are not reported."""
    return text if number(text) is not None or is_unreadable(text) else None


@lru_cache(maxsize=_INSTRUMENTS_REMEMBERED_MAX)
def instrument(
    written: str, asset_class: str | None, asset_id: str | None, pair: str | None
) -> Instrument:
    """What a row tells: class, currency, contract size, Alpaca's id, and how it writes the name."""
    written = written.strip()  # Alpaca's own sample says "AAPL "
    kind = ASSET_CLASSES.get(asset_class)
    symbol = (pair or with_slash(written) or written) if kind == "spot" else written
    told = told_by_symbol(symbol, venue="alpaca", currency=CURRENCY)
    is_pair = kind == "spot" and "/" in symbol
    return replace(
        told,
        asset_class=kind or told.asset_class,
        currency=symbol.partition("/")[2] if is_pair else CURRENCY,
        multiplier=Decimal(OPTION_MULTIPLIER) if kind == "option" else told.multiplier,
        venue_ids=(asset_id,) if asset_id else (),
        spellings=(written,) if written != symbol else (),
    )


def pair_or_ticker(symbol: str) -> str:
    """The name in an activity, whose row does not say what it is: a pair by its length and end.

    >>> pair_or_ticker("ETHUSD"), pair_or_ticker("ETH/USD"), pair_or_ticker("CCCXU")
    ('ETH/USD', 'ETH/USD', 'CCCXU')
    """
    name = symbol.strip()
    has_code = any(letter.isdigit() for letter in name[1:])  # an option, or 067RGT019
    if len(name) < PAIR_LETTERS_MIN or has_code or not name.isalnum():
        return name
    return with_slash(name) or name


def with_slash(written: str) -> str | None:
    """BTC/USD for BTCUSD by the known quote currencies; None where none of them is its end."""
    if "/" in written:
        return written
    for quote in _LONGEST_FIRST:
        if written.endswith(quote) and len(written) > len(quote):
            return f"{written[: -len(quote)]}/{quote}"
    return None


def without_quote(rows: Iterable[PositionRow | Unreadable]) -> list[str]:
    """The pairs whose quote only Alpaca's asset list can tell."""
    return [
        row.symbol
        for row in rows
        if isinstance(row, PositionRow)
        and row.symbol
        and ASSET_CLASSES.get(row.asset_class) == "spot"
        and with_slash(row.symbol.strip()) is None
    ]


def quantities(rows: Iterable[PositionRow | Unreadable]) -> list[tuple[str, str]]:
    """What two readings of the positions must have in common to agree; prices may move."""
    return sorted(
        (row.symbol or "", _size(row)) if isinstance(row, PositionRow) else ("", row)
        for row in rows
    )


def _size(row: PositionRow) -> str:
    size = number(row.qty)
    return f"{row.side} {normal(size) if size is not None else row.qty}"
