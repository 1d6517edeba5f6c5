"""What a contract of IBKR's is: its name for people, class, currency, contract size and end."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from tieout.core.instrument import AssetClass, Instrument
from tieout.core.numbers import ONE, ZERO
from tieout.venues.ibkr.wire import Contract, number

CLASSES: Mapping[str, AssetClass] = {
    "STK": "stock", "OPT": "option", "FOP": "option", "WAR": "option", "IOPT": "option",
    "FUT": "future", "CONTFUT": "future", "CASH": "forex", "BOND": "bond", "BILL": "bond",
    "FUND": "fund", "CRYPTO": "spot", "CFD": "other", "CMDTY": "other", "FIXED": "bond",
}  # fmt: skip

# Contracts of so many units; without their size no money of theirs can be told.
SIZED = ("option", "future", "bond")
# Those whose ticker is that of what is behind them.
DERIVED = ("option", "future")

# "Virtual" rows of currency trades (CASH) are told by the cash balances; a spread (BAG) by its
# legs, each of which has rows of its own.
LEFT_OUT = {"CASH": "a currency trade", "BAG": "a spread, whose legs count"}


def why_left_out(contract: Contract) -> str | None:
    """Why a contract does not count, if so."""
    return LEFT_OUT.get(contract.kind)


def problem_of(contract: Contract) -> str | None:
    """What keeps a contract from being booked, if anything."""
    if contract.kind not in CLASSES:
        return f"{contract.kind or 'nothing'} is no kind of contract that is known"
    if not contract.currency:
        return "its currency is not told"
    return None


def multiplier_of(contract: Contract) -> Decimal | None:
    """Units in a contract. IBKR leaves it empty for what is traded by the piece.

    Where the size of what has one is not told it is never taken as 1.
    """
    found = number(contract.multiplier)
    if found is not None and found > ZERO:
        return found
    is_piece = CLASSES.get(contract.kind) not in SIZED
    return ONE if is_piece and not found else None


def symbol_of(contract: Contract) -> str:
    """The name people know: the ticker, but of options and futures the contract's own.

    All futures of a root share a symbol; ESZ6 and ESH7 are the contracts.
    """
    ticker = contract.symbol.strip()
    if CLASSES.get(contract.kind) not in DERIVED:
        return ticker or contract.local_symbol.strip()
    parts = (ticker, contract.expires, contract.right, contract.strike)
    return contract.local_symbol.strip() or " ".join(part for part in parts if part)


def instrument_of(contract: Contract) -> Instrument:
    """The instrument; two with one symbol are told apart by the contract id."""
    return Instrument(
        symbol=symbol_of(contract),
        asset_class=CLASSES.get(contract.kind, "other"),
        currency=contract.currency,
        multiplier=multiplier_of(contract),
        venue_ids=(contract.con_id,),
        expires=_day(contract.expires),
    )


def _day(text: str) -> date | None:
    """The last trading day; a month alone is no day."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None
