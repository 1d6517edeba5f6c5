"""Kraken's futures exchange as far as ccxt asks it, and the venue module in front of it."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tieout.core.book import AccountId
from tieout.ports import Read
from tieout.testing.venue import Stage, Trouble
from tieout.venues.ccxt.limits import Limits
from tieout.venues.ccxt.options import Options
from tieout.venues.ccxt.venue import CcxtVenue
from venues.alpaca import FakeClock
from venues.ccxt_stub import ExchangeStub

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
LIMITS = Limits(read_s=5)
LOGIN = {"apiKey": "planted-key-0123456789", "secret": "cGxhbnRlZC1zZWNyZXQtMDEyMzQ1Njc4OQ=="}
PRIVATE = "/derivatives/api/v3"
LOG = "/api/history/v3/account-log"
IDS = {"BTC/USD:USD": "PF_XBTUSD", "ETH/USD:USD": "PF_ETHUSD", "BTC/USD:BTC": "PI_XBTUSD"}


def instrument(symbol: str, kind: str, **fields: Any) -> dict[str, Any]:
    """A row of the list of instruments, with what ccxt reads of it."""
    return {
        "symbol": symbol, "type": kind, "tickSize": 0.5, "contractSize": 1, "tradeable": True,
        "contractValueTradePrecision": 4, "impactMidSize": 1, "maxPositionSize": 1000000,
        "marginLevels": [], **fields,
    }  # fmt: skip


INSTRUMENTS = [
    instrument("PF_XBTUSD", "flexible_futures"),
    instrument("PF_ETHUSD", "flexible_futures", tickSize=0.01),
    instrument("PI_XBTUSD", "futures_inverse", contractValueTradePrecision=0),
    instrument("PI_ETHUSD", "futures_inverse", contractValueTradePrecision=0),
]


def stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


class KrakenFutures:
    """Positions and fills of one account, on the wire as Kraken has them."""

    def __init__(self, stub: ExchangeStub) -> None:
        self.stub = stub
        self.owner = "uid-0001"
        self.positions: dict[str, Decimal] = {}
        self.fills: list[dict[str, Any]] = []
        stub.say(f"{PRIVATE}/instruments", {"result": "success", "instruments": INSTRUMENTS})
        stub.say(f"{PRIVATE}/openpositions", lambda _: self._open())
        stub.say(f"{PRIVATE}/fills", self._fills)
        stub.say(LOG, lambda _: {"accountUid": self.owner, "logs": []})

    def trade(self, symbol: str, quantity: str, *, at: datetime) -> None:
        held = self.positions.get(symbol, Decimal(0)) + Decimal(quantity)
        self.positions[symbol] = held
        self.fills.append({
            "fill_id": f"fill-{len(self.fills)}",
            "symbol": IDS[symbol],
            "side": "sell" if quantity.startswith("-") else "buy",
            "fillTime": stamp(at),
            "size": float(quantity.lstrip("-")),
            "price": 27937.5,
            "fillType": "taker",
            "fee_paid": 0.5,
            "fee_currency": "USD",
        })  # fmt: skip

    def _open(self) -> dict[str, Any]:
        rows = [
            {"side": "short" if held < 0 else "long", "symbol": IDS[symbol], "price": 27937.5,
             "fillTime": stamp(NOW), "size": float(abs(held)), "unrealizedFunding": 0.1}
            for symbol, held in self.positions.items()
            if held
        ]  # fmt: skip
        return {"result": "success", "openPositions": rows, "serverTime": stamp(NOW)}

    def _fills(self, query) -> dict[str, Any]:
        """The hundred before a time, the newest first."""
        before = query.get("lastFillTime", "9999")
        rows = sorted(self.fills, key=lambda row: row["fillTime"], reverse=True)
        found = [row for row in rows if row["fillTime"] < before][:100]
        return {"result": "success", "fills": found, "serverTime": stamp(NOW)}


def venue_at(stub: ExchangeStub, exchange: str = "krakenfutures", **fields: Any) -> CcxtVenue:
    """The real module with ccxt's real class, at a stub."""
    clock = fields.pop("clock", None) or FakeClock(NOW)
    limits = fields.pop("limits", LIMITS)
    options = {"login": LOGIN, "address": stub.address, **fields}
    return CcxtVenue(
        name=exchange,
        options=Options(exchange=exchange, **options),
        clock=clock,
        limits=limits,
        is_paced=False,
        sleep=clock.sleep,
        chance=lambda: 0.0,
    )


def read(venue: CcxtVenue, *, account: str = "main", cursor: str | None = None) -> Read:
    return asyncio.run(venue.read(AccountId(account), cursor=cursor))


class CcxtStage(Stage):
    """An account at Kraken's futures exchange, reached by ccxt."""

    account = AccountId("uid-0001")
    secrets = tuple(LOGIN.values())
    long = "BTC/USD:USD"
    short = "ETH/USD:USD"

    def __init__(self, stub: ExchangeStub) -> None:
        self.stub = stub
        self.clock = FakeClock(NOW)
        self.market = KrakenFutures(stub)
        self.venue = venue_at(stub, clock=self.clock, limits=Limits(read_s=0.25))

    def trade(self, symbol: str, quantity: str) -> None:
        self.market.trade(symbol, quantity, at=self.clock.at)
        self.clock.at += timedelta(seconds=10)

    def trouble(self, kind: Trouble, *, times: int | None = None) -> None:
        self.stub.trouble, self.stub.times = kind, times

    def heal(self) -> None:
        self.stub.trouble = None

    def revoke(self) -> None:
        self.stub.is_revoked = True

    def swap_account(self) -> None:
        self.market.owner = "uid-0002"


def ccxt_stage() -> Iterator[CcxtStage]:
    stub = ExchangeStub()
    yield CcxtStage(stub)
    stub.close()
