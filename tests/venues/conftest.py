"""A stub of Alpaca, a clock, and the venue module between them."""

from collections.abc import Iterator

import pytest

from tieout.venues.alpaca.venue import AlpacaVenue
from venues.alpaca import FakeClock, venue_at
from venues.hyperliquid import Bench
from venues.hyperliquid_market import (
    HyperliquidDesk,
    HyperliquidMarketStage,
    hyperliquid_market_stage,
)
from venues.market import AlpacaStage, alpaca_stage
from venues.stub import AlpacaStub


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
