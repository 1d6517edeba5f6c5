"""What the tests of the Alpaca module have in common: a clock, a venue on a stub, and rows."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from tieout.core.activity import Activity
from tieout.core.book import AccountId
from tieout.core.snapshot import Holding
from tieout.ports import Read
from tieout.venues.alpaca.limits import Limits
from tieout.venues.alpaca.venue import AlpacaVenue
from venues.stub import NUMBER, AlpacaStub

KEY = "PKPLANTED7KEY0123456"
SECRET = "sEcReT/planted0123456789abcdefghijklmnop"
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
PATIENT = Limits(read_s=5, call_s=5, connect_s=5)


class FakeClock:
    """Time that passes only when somebody sleeps on it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.at = now
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)


def venue_at(
    stub: AlpacaStub, clock: FakeClock, *, limits: Limits = PATIENT, account: str | None = None
) -> AlpacaVenue:
    """The real module with the real SDK, at a stub."""
    return AlpacaVenue(
        name="alpaca-paper",
        address=stub.address,
        key=KEY,
        secret=SECRET,
        account=account,
        clock=clock,
        limits=limits,
        sleep=clock.sleep,
        chance=lambda: 0.0,
    )


def read(venue: AlpacaVenue, *, account: str = NUMBER, cursor: str | None = None) -> Read:
    """One reading, from a program without an event loop."""
    return asyncio.run(venue.read(AccountId(account), cursor=cursor))


def position(symbol: str = "AAPL", **fields: Any) -> dict[str, Any]:
    """A row as recorded in June 2020, with changes; a field set to ... is left out."""
    row = {
        "asset_id": "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415",
        "symbol": symbol,
        "exchange": "NASDAQ",
        "asset_class": "us_equity",
        "qty": "2",
        "avg_entry_price": "321.33",
        "side": "long",
        "market_value": "646.7",
        "cost_basis": "642.66",
        "unrealized_pl": "4.04",
        "current_price": "323.35",
        "lastday_price": "321.85",
    }
    return {name: value for name, value in {**row, **fields}.items() if value is not ...}


def fill(
    number: int = 1, *, at: str = "2026-11-20T14:30:00Z", symbol: str = "AAPL", **fields: Any
) -> dict[str, Any]:
    """A trade as recorded."""
    row = {
        "id": f"20261120093000000::{number:08d}-0000-4000-8000-000000000000",
        "activity_type": "FILL",
        "transaction_time": at,
        "type": "fill",
        "price": "190",
        "qty": "10",
        "side": "buy",
        "symbol": symbol,
        "leaves_qty": "0",
        "order_id": "61e69015-8549-4bfd-b9c3-01e75843f47d",
        "cum_qty": "10",
    }
    return {**row, **fields}


def booked(kind: str, number: int = 1, **fields: Any) -> dict[str, Any]:
    """An activity that is no trade, as the API gives it."""
    row = {
        "id": f"20261119000000000::{kind.lower()}-{number}",
        "activity_type": kind,
        "date": "2026-11-19",
        "net_amount": "0",
        "status": "executed",
    }
    return {**row, **fields}


def one(found: Read) -> Activity:
    """The only activity of a reading."""
    (activity,) = found.activities
    return activity


def only(found: Read) -> Holding:
    """The only holding of a reading."""
    (holding,) = found.snapshot.holdings
    return holding
