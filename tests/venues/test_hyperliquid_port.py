"""The venue suite with the Hyperliquid module, at a stub and through the real SDK."""

from collections.abc import Iterator

import pytest

from ports.venue import VenueSuite
from venues.hyperliquid import HyperliquidStage, hyperliquid_stage


class TestHyperliquid(VenueSuite):
    """Every promise of the port."""

    @pytest.fixture
    def stage(self) -> Iterator[HyperliquidStage]:
        yield from hyperliquid_stage()
