"""The venue suite with the module for ccxt, at a stub of Kraken's futures exchange."""

from collections.abc import Iterator

import pytest

from tieout.testing.venue import VenueSuite
from venues.ccxt_market import CcxtStage, ccxt_stage


class TestCcxt(VenueSuite):
    """Every promise of the port, through ccxt's real class."""

    @pytest.fixture
    def stage(self) -> Iterator[CcxtStage]:
        yield from ccxt_stage()
