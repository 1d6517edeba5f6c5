"""Stubs of Alpaca and of TWS, a clock, and the venue modules between them."""

import asyncio
from collections.abc import Iterator

import pytest

from tieout.venues.alpaca.venue import AlpacaVenue
from tieout.venues.ibkr.venue import IbkrVenue
from venues.alpaca import FakeClock, venue_at
from venues.hyperliquid import Bench
from venues.hyperliquid_market import (
    HyperliquidDesk,
    HyperliquidMarketStage,
    hyperliquid_market_stage,
)
from venues.ibkr import NOW as IBKR_NOW
from venues.ibkr import venue_at as gateway_at
from venues.market import AlpacaStage, alpaca_stage
from venues.stub import AlpacaStub
from venues.tws import TwsStub


@pytest.fixture
def stub() -> Iterator[AlpacaStub]:
    stub = AlpacaStub()
    yield stub
    stub.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def venue(stub, clock) -> AlpacaVenue:
    return venue_at(stub, clock)


@pytest.fixture
def stage() -> Iterator[AlpacaStage]:
    yield from alpaca_stage()


@pytest.fixture
def hl() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()


@pytest.fixture
def hl_stage() -> Iterator[HyperliquidMarketStage]:
    yield from hyperliquid_market_stage()


@pytest.fixture
def hl_desk(hl_stage) -> HyperliquidDesk:
    return HyperliquidDesk(hl_stage)


@pytest.fixture
def tws() -> Iterator[TwsStub]:
    tws = TwsStub("U1")
    yield tws
    tws.close()


@pytest.fixture
def gateway(tws) -> Iterator[IbkrVenue]:
    """The IBKR module at a stub of TWS."""
    venue = gateway_at(tws, FakeClock(IBKR_NOW))
    yield venue
    asyncio.run(venue.aclose())
