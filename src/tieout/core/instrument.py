"""What is traded, and when two spellings mean the same thing."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NewType

from tieout.core.numbers import ONE

LedgerId = NewType("LedgerId", str)
AssetClass = Literal[
    "stock", "option", "future", "perpetual", "spot", "forex", "bond", "fund", "other"
]
ASSET_CLASSES: tuple[AssetClass, ...] = (
    "stock", "option", "future", "perpetual", "spot", "forex", "bond", "fund", "other",
)  # fmt: skip

QUOTES = ("USDC", "USDT", "USDG", "USD", "EUR", "GBP", "BTC", "ETH", "JPY", "CHF", "CAD", "AUD")
_PAIR = re.compile(rf"([A-Z0-9.]+)[/-]({'|'.join(QUOTES)})")
_OCC = re.compile(r"([A-Z.]{1,6}[0-9]?)(\d{2})(\d{2})(\d{2})([CP])(\d{8})")
SPELLINGS_KEPT = 1 << 17  # the same symbols come again in every run
_FIAT = ("USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD")


@lru_cache(maxsize=SPELLINGS_KEPT)
def spelling_key(symbol: str) -> str:
    """The form under which spellings are compared: BTC/USD, BTC-USD and BTCUSD are one.

    >>> spelling_key("BTC/USD") == spelling_key("BTCUSD") == spelling_key("btc-usd ")
    True
    >>> spelling_key("SPXW  251209C06935000")
    'SPXW251209C06935000'
    """
    text = "".join(symbol.split()).upper()
    pair = _PAIR.fullmatch(text)
    return pair[1] + pair[2] if pair else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One tradable thing. `symbol` is the name people see; the venue's ids decide identity.

    `multiplier` is None for a future or option whose contract size nobody stated: it is never
    taken to be 1, so no money can be computed until it is known.
    """

    symbol: str
    asset_class: AssetClass = "stock"
    currency: str = "USD"
    multiplier: Decimal | None = ONE
    venue_ids: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()
    expires: date | None = None
    price_decimals: int | None = None
    inverse: bool = False

    @property
    def settled_in(self) -> str:
        """The currency of its P&L: for an inverse contract the base asset, else its currency."""
        if self.inverse and self.symbol.strip().upper().endswith(self.currency):
            return self.base
        return self.currency

    def is_own_coin(self, currency: str) -> bool:
        """Whether a currency is the coin that this spot instrument is, under any of its names."""
        names = (self.symbol, *self.spellings)
        return self.asset_class == "spot" and currency.upper() in map(coin_of, names)

    @property
    def base(self) -> str:
        """The coin of a spot pair: ETH for ETH/USD, and the symbol itself for a plain coin."""
        return coin_of(self.symbol)


def coin_of(symbol: str) -> str:
    """The coin that a symbol is about.

    >>> coin_of("ETH/USD"), coin_of("BTCUSD"), coin_of("PURR")
    ('ETH', 'BTC', 'PURR')
    """
    text = symbol.strip().upper()
    for mark in "/-":
        if mark in text:
            return text.split(mark)[0]
    for quote in QUOTES:
        if text.endswith(quote) and len(text) > len(quote):
            return text[: -len(quote)]
    return text


def told_by_symbol(symbol: str, *, venue: str, currency: str) -> Instrument:
    """What the symbol alone tells: OCC options, crypto pairs, perpetuals; otherwise a stock.

    >>> told_by_symbol("AAPL230721C00150000", venue="alpaca", currency="USD").expires
    datetime.date(2023, 7, 21)
    """
    name = symbol.strip()
    text = "".join(name.split()).upper()
    option = _OCC.fullmatch(text)
    if option:
        try:
            expires = date(2000 + int(option[2]), int(option[3]), int(option[4]))
        except ValueError:
            expires = None
        if expires is not None:
            return Instrument(
                symbol=name, asset_class="option", currency=currency, multiplier=Decimal(100),
                expires=expires,
            )  # fmt: skip
    if text.endswith(("-PERP", "-PERP-INTX")) or venue == "hyperliquid":
        spot = venue == "hyperliquid" and ("/" in text or text.startswith("@"))
        kind: AssetClass = "spot" if spot else "perpetual"
        return Instrument(symbol=name, asset_class=kind, currency=currency)
    pair = _PAIR.fullmatch(text)
    if pair and pair[1] in _FIAT and pair[2] in _FIAT:
        return Instrument(symbol=name, asset_class="forex", currency=pair[2])
    if pair:
        return Instrument(symbol=name, asset_class="spot", currency=pair[2])
    if venue in ("alpaca", "coinbase") and len(text) > 5 and text.endswith(("USD", "USDT", "USDC")):
        return Instrument(symbol=name, asset_class="spot", currency=currency)
    if venue == "coinbase":
        return Instrument(symbol=name, asset_class="spot", currency=currency)
    return Instrument(symbol=name, currency=currency)
