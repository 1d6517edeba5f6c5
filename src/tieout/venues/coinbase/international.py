"""International derivatives by their names, which are Deribit's.

`BTC_USDC-PERPETUAL` is linear: its quantity is in coins, its money in what it is paid in.
`BTC-PERPETUAL` names no money and is inverse: its quantity is in dollars, its money in the coin.
Names with more in them are options and combinations.
"""

import re
from datetime import date

from tieout.core.instrument import Instrument
from tieout.core.numbers import ONE
from tieout.venues.coinbase.rows import slot_of

_NAME = re.compile(
    r"([A-Z0-9.]+)(?:_(USDC|USDT|USD))?-(PERPETUAL|(\d{1,2})([A-Z]{3})(\d{2}))", re.ASCII
)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def is_inverse(name: str) -> bool:
    """Whether a name is of a contract that is settled in its coin.

    >>> [is_inverse(name) for name in ("BTC-PERPETUAL", "BTC_USDC-PERPETUAL", "BTC-26DEC25-9-C")]
    [True, False, False]
    """
    found = _NAME.fullmatch(name.partition("@")[0])
    return found is not None and found[2] is None


def derivative(name: str) -> Instrument | None:
    """A perpetual or future of the gateway; None for anything else.

    Before 2026-10-01 the perpetuals were called otherwise, and a book may still do so. One in
    isolated margin is an instrument of its own, by the subaccount that it is in.

    >>> [derivative(f"BTC_USDC-PERPETUAL{slot}").spellings for slot in ("", "@123456")]
    [('BTC-PERP-INTX',), ()]
    >>> derivative("BTC-PERPETUAL").currency, derivative("BTC-PERPETUAL").inverse
    ('BTC', True)
    """
    slot = slot_of(name)
    found = _NAME.fullmatch(name if slot is None else name.partition("@")[0])
    if found is None:
        return None
    base, quote, last = found[1], found[2], found[3]
    is_perpetual = last == "PERPETUAL"
    expires = None if is_perpetual else day_of(found[4], found[5], found[6])
    if not is_perpetual and expires is None:
        return None
    is_former = is_perpetual and quote == "USDC" and slot is None
    return Instrument(
        symbol=name,
        asset_class="perpetual" if is_perpetual else "future",
        currency=quote or base,
        multiplier=ONE,
        spellings=(f"{base}-PERP-INTX",) if is_former else (),
        expires=expires,
        inverse=quote is None,
    )


def day_of(number_of: str, month: str, year: str) -> date | None:
    """The day 26, DEC, 25; None where there is no such day."""
    try:
        return date(2000 + int(year), _MONTHS.index(month) + 1, int(number_of))
    except ValueError:
        return None
