"""The venue suite with the Hyperliquid module, at a stub and at the simulator, by the real SDK."""

from collections.abc import Iterator

import pytest

from tieout.testing.venue import Stage, VenueSuite
from venues.hyperliquid import hyperliquid_stage
from venues.hyperliquid_market import hyperliquid_market_stage


class TestHyperliquid(VenueSuite):
    """Every promise of the port."""

    @pytest.fixture(params=[hyperliquid_stage, hyperliquid_market_stage], ids=["stub", "market"])
    def stage(self, request: pytest.FixtureRequest) -> Iterator[Stage]:
        yield from request.param()
