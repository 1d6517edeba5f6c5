"""The venue suite with the Coinbase module, at a stub with TLS and through the real SDK."""

from collections.abc import Iterator

import pytest

from tieout.testing.venue import VenueSuite
from venues.coinbase import CoinbaseStage, coinbase_stage


class TestCoinbase(VenueSuite):
    """Every promise of the port."""

    @pytest.fixture
    def stage(self) -> Iterator[CoinbaseStage]:
        yield from coinbase_stage()
