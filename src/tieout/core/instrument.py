"""What is traded, and when two spellings mean the same thing."""

import re
from dataclasses import dataclass, replace
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
_JOINED_PAIR = re.compile(r"(?=.{6})(.+?)(USDC|USDT|USD)")  # a shorter one may be a ticker
_ANY_PAIR = re.compile(r"([^/:]+)/([^/:]+)")
_OCC = re.compile(r"([A-Z.]{1,6}[0-9]?)(\d{6})([CP])(\d{8})")
_CONTRACT = re.compile(r"([^/:]+)/([^/:]+):([^/:-]+)(?:-(\d{6})(?:-[\d.]+-([CP]))?)?")
CCXT = "ccxt:"
DOLLARS = ("USD", "USDC")  # one for one at Coinbase and Hyperliquid
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


def unknown_size(instrument: Instrument) -> str:
    """What to do about an instrument whose contract size nobody stated.

    >>> unknown_size(Instrument(symbol="ESZ6", asset_class="future", multiplier=None))[:46]
    'the multiplier of the future ESZ6 is not known'
    """
    name = instrument.symbol
    return (
        f"the multiplier of the {instrument.asset_class} {name} is not known; give it in "
        f'instruments: in tieout.toml, [instruments."{name}"] with multiplier = a number'
    )


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
    """What the symbol alone tells: options, contracts, coins and pairs; otherwise a stock.

    `currency` is that of the account, for what the symbol names no currency of.

    >>> told_by_symbol("AAPL230721C00150000", venue="alpaca", currency="USD").expires
    datetime.date(2023, 7, 21)
    >>> told_by_symbol("BTC/USDT:USDT", venue="ccxt:bybit", currency="USD").currency
    'USDT'
    """
    name = symbol.strip()
    text = "".join(name.split()).upper()
    told = _told_option(text, currency) or _told_contract(text)
    if told is None and text.endswith(("-PERP", "-PERP-INTX")):
        told = Instrument(symbol=name, asset_class="perpetual", currency=currency)
    if told is None and venue == "hyperliquid":
        told = _told_at_hyperliquid(text, currency)
    if told is None:
        told = _told_pair(text, venue) or _told_plain(text, venue, currency)
    if venue == "coinbase":
        told = _with_wallet(told, text, currency)
    return replace(told, symbol=name)


def _told_option(text: str, currency: str) -> Instrument | None:
    """An option by its OCC symbol, of 100 shares; no option where there is no such day."""
    option = _OCC.fullmatch(text)
    expires = _day(option[2]) if option else None
    if expires is None:
        return None
    return Instrument(
        symbol=text, asset_class="option", currency=currency, multiplier=Decimal(100),
        expires=expires,
    )  # fmt: skip


def _told_contract(text: str) -> Instrument | None:
    """A contract by its ccxt symbol: BASE/QUOTE:SETTLE, then its day, then strike and C or P.

    Its money is what it settles in. One that settles in its own coin is inverse, but an option
    has its price in coins already. What expires has a size that somebody has to state.
    """
    contract = _CONTRACT.fullmatch(text)
    if contract is None:
        return None
    base, quote, settled_in, day, right = contract.groups()
    is_inverse = settled_in == base != quote and right is None
    kind: AssetClass = "option" if right else "future" if day else "perpetual"
    return Instrument(
        symbol=text,
        asset_class=kind,
        currency=settled_in,
        multiplier=None if day else ONE,
        expires=_day(day) if day else None,
        inverse=is_inverse,
    )


def _told_at_hyperliquid(text: str, currency: str) -> Instrument:
    """A pair or an index such as @107 is spot, all else a perpetual; USDC counts as the dollar."""
    pair = _ANY_PAIR.fullmatch(text) or _PAIR.fullmatch(text)
    quote = pair[2] if pair else "USD"
    return Instrument(
        symbol=text,
        asset_class="spot" if pair or text.startswith("@") else "perpetual",
        currency=currency if quote in DOLLARS else quote,
    )


def _with_wallet(told: Instrument, text: str, currency: str) -> Instrument:
    """Coinbase has one wallet for a coin: what it trades in USD and in USDC is the same coin.

    The plain coin is its wallet too, where the account counts in dollars.
    """
    pair = _PAIR.fullmatch(text) or _JOINED_PAIR.fullmatch(text)
    coin, quote = (pair[1], pair[2]) if pair else (text, currency)
    is_coin = coin.isalnum() and coin not in (*_FIAT, "USDC")
    if not is_coin or told.asset_class != "spot" or quote not in DOLLARS:
        return told
    plain = (coin,) if currency in DOLLARS else ()
    names = (*plain, *(f"{coin}-{dollar}" for dollar in DOLLARS))
    own = spelling_key(text)
    return replace(told, spellings=tuple(name for name in names if spelling_key(name) != own))


def identity_key(instrument: Instrument) -> str:
    """One key for all names of an instrument, whichever of them is its symbol.

    >>> bought, sold = (told_by_symbol(name, venue="coinbase", currency="USD")
    ...                 for name in ("BTC-USDC", "BTC-USD"))
    >>> identity_key(bought) == identity_key(sold)
    True
    """
    return min(map(spelling_key, (instrument.symbol, *instrument.spellings)))


def _told_pair(text: str, venue: str) -> Instrument | None:
    """A pair is in its second currency; at ccxt's venues that may be any."""
    pair = _PAIR.fullmatch(text)
    if pair is None and venue.startswith(CCXT):
        pair = _ANY_PAIR.fullmatch(text)
    if pair is None:
        return None
    is_forex = pair[1] in _FIAT and pair[2] in _FIAT
    return Instrument(symbol=text, asset_class="forex" if is_forex else "spot", currency=pair[2])


def _told_plain(text: str, venue: str, currency: str) -> Instrument:
    """One word is a coin where only coins are traded, or where it ends like a pair."""
    is_joined_pair = _JOINED_PAIR.fullmatch(text) is not None
    is_coin = (
        venue == "coinbase" or venue.startswith(CCXT) or (venue == "alpaca" and is_joined_pair)
    )
    return Instrument(symbol=text, asset_class="spot" if is_coin else "stock", currency=currency)


def _day(text: str) -> date | None:
    """A day of this century written YYMMDD; None where there is no such day."""
    try:
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:]))
    except ValueError:
        return None
