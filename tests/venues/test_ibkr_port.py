"""The venue suite with the IBKR module, at a stub of TWS and through the real SDK."""

import asyncio
from collections.abc import Iterator

import pytest

from tieout.core.errors import VenueRefused
from tieout.testing.venue import VenueSuite, assert_clean, failure, read
from venues.ibkr import IbkrStage, ibkr_stage


class TestIbkr(VenueSuite):
    """Every promise of the port; two are worded for HTTP, and are told here in TWS's words."""

    @pytest.fixture
    def stage(self) -> Iterator[IbkrStage]:
        yield from ibkr_stage()

    def test_the_raw_replies_are_kept_without_secrets(self, stage) -> None:
        stage.trade(stage.long, "10")
        found = read(stage)
        assert {each.status for each in found.evidence} == {None}  # a gateway gives none
        assert all(each.body for each in found.evidence if each.call != "commission reports")
        assert_clean(stage, f"{found!r} {stage.venue!r}")

    def test_a_login_that_is_refused_says_so(self, stage) -> None:
        stage.revoke()
        error = failure(stage)
        assert isinstance(error, VenueRefused)
        assert error.status == 326

    def test_it_can_be_used_again_after_it_was_closed(self, stage) -> None:
        read(stage)
        asyncio.run(stage.venue.aclose())
        assert read(stage).snapshot.complete
