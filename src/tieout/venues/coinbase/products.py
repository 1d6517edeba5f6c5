"""What is traded: coins (each with one wallet) and US futures."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from tieout.core.errors import VenueError
from tieout.core.instrument import DOLLARS, Instrument, told_by_symbol
from tieout.core.numbers import ZERO
from tieout.venues.coinbase.address import REST_PATH
from tieout.venues.coinbase.exchange import Calls, Question
from tieout.venues.coinbase.international import day_of
from tieout.venues.coinbase.moments import day
from tieout.venues.coinbase.rows import FutureRow, Product
from tieout.venues.coinbase.wire import product_in
from tieout.venues.http.bodies import number
from tieout.venues.http.together import together
from tieout.venues.http.trace import Trace

VENUE = "coinbase"
DOLLAR = "USD"
FIAT = "FIAT"

# Not positions but what positions are paid with. Other fiat wallets are told by their type.
MONEY = frozenset({
    "USD", "USDC", "EUR", "GBP", "CAD", "AUD", "SGD", "BRL", "TRY", "CHF", "JPY", "MXN", "AED",
})  # fmt: skip

_US_FUTURE = re.compile(r"[A-Z0-9]+-[0-9]{1,2}[A-Z]{3}[0-9]{2}-CDE")
_RETIRED = re.compile(r"[A-Z0-9]+-PERP-INTX")
_PAIR = re.compile(r"([A-Z0-9.]+)-([A-Z0-9]+)")


def is_us_future(product: str) -> bool:
    """Whether a product is a future of Coinbase Derivatives: BIT-26APR24-CDE."""
    return _US_FUTURE.fullmatch(product) is not None


def is_retired(product: str) -> bool:
    """Whether a product was traded at INTX, which ended on 2026-10-01."""
    return _RETIRED.fullmatch(product) is not None


def pair_of(product: str) -> tuple[str, str] | None:
    """The coin and what it is paid with; None for what is no spot pair."""
    found = _PAIR.fullmatch(product)
    return (found[1], found[2]) if found else None


def coin(currency: str) -> Instrument:
    """The coin of a wallet, whichever dollar it is traded in.

    >>> coin("BTC").symbol, coin("BTC").spellings
    ('BTC-USD', ('BTC', 'BTC-USDC'))
    """
    return told_by_symbol(f"{currency}-{DOLLAR}", venue=VENUE, currency=DOLLAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A US future and, where it could not be asked for, why."""

    instrument: Instrument
    problem: str = ""


class Products:
    """What is known of US futures: a contract keeps its size, so each is asked for once."""

    def __init__(self) -> None:
        self._known: dict[str, Product] = {}

    async def learn(self, names: Iterable[str], calls: Calls, *, trace: Trace) -> None:
        """Ask for those that are not known yet. What cannot be told stays unknown."""

        async def ask(name: str) -> None:
            question = Question(path=f"{REST_PATH}/products/{name}")
            try:
                found, _ = await calls.ask(question, product_in, trace=trace)
            except VenueError:
                return
            if found.id == name:
                self._known[name] = found

        wanted = dict.fromkeys(name for name in names if name not in self._known)
        await together(*map(ask, wanted))

    def future(self, name: str, row: FutureRow | None = None) -> Contract:
        """A contract by its product and its row. Without a size no money can be computed.

        A perpetual of the US has a far expiry in its name, or an empty one in its row (seen in
        fixtures of 2026), and never expires.
        """
        product = self._known.get(name, Product(id=name))
        sizes = {
            size
            for text in (product.contract_size, row.contract_size if row else None)
            if (size := number(text)) is not None and size > ZERO
        }
        expires = product.expires or (row.expires if row else None)
        is_perpetual = product.is_perpetual or (row is not None and row.expires == "")
        instrument = Instrument(
            symbol=name,
            asset_class="perpetual" if is_perpetual else "future",
            currency=DOLLAR if product.currency in DOLLARS else product.currency,
            multiplier=sizes.pop() if len(sizes) == 1 else None,
            expires=None if is_perpetual else day(expires) or _day_in(name),
        )
        if sizes:
            return Contract(
                instrument=replace(instrument, multiplier=None),
                problem=f"two contract sizes of {name} are told, so none is used",
            )
        return Contract(instrument=instrument)


def _day_in(name: str) -> date | None:
    """The day in the name of a future: BIT-26APR24-CDE."""
    middle = name.split("-")[1] if name.count("-") == 2 else ""
    return day_of(middle[:-5], middle[-5:-2], middle[-2:])
