"""The venue suite with the Alpaca module, at the simulator of Alpaca and through the real SDK."""

from tieout.testing.venue import VenueSuite


class TestAlpaca(VenueSuite):
    """Every promise of the port; `stage` is in conftest.py."""
