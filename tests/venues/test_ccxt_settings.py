"""The settings of a connection by ccxt, and what `doctor` says about it."""

import asyncio
from collections.abc import Iterator

import pytest

from tieout.core.errors import SettingsError
from tieout.venues import registry
from venues import ccxt_recordings as lists
from venues.alpaca import FakeClock
from venues.ccxt_market import NOW, KrakenFutures, venue_at
from venues.ccxt_stub import ExchangeStub


@pytest.fixture
def stub() -> Iterator[ExchangeStub]:
    stub = ExchangeStub()
    yield stub
    stub.close()


class TestSettings:
    def connect(self, venue="ccxt:krakenfutures", **settings):
        given = {"key": "planted-key-0123456789", "secret": "cGxhbnRlZA==", **settings}
        return registry.connect(
            venue, name="main", settings=given, clock=FakeClock(NOW)
        )  # fmt: skip

    def test_an_exchange_is_named_behind_the_colon(self):
        assert repr(self.connect()) == "CcxtVenue('main', 'krakenfutures')"

    @pytest.mark.parametrize(("venue", "settings", "said"), [
        ("ccxt", {}, 'write venue = "ccxt:<id>"'),
        ("ccxt:krakn", {}, "near it: kraken"),
        ("ccxt:krakenfutures", {"secret": ""}, "needs secret, which is not set"),
        ("ccxt:okx", {}, "needs password, which is not set"),
        ("ccxt:kraken", {"client_id": "7"}, "has no setting client_id"),
        ("ccxt:kraken", {"types": "perps"}, "types must be of spot, margin"),
        ("ccxt:kraken", {"address": "http://10.0.0.7"}, "address must be https://HOST"),
        ("ccxt:kraken", {"history_days": "-1"}, "history_days must be a number"),
    ])  # fmt: skip
    def test_a_wrong_setting_is_named(self, venue, settings, said):
        with pytest.raises(SettingsError) as caught:
            self.connect(venue, **settings)
        assert said in str(caught.value)
        assert "cGxhbnRlZA" not in str(caught.value)


@pytest.mark.parametrize(("headers", "subject", "level", "said"), [
    ({"Date": "Fri, 20 Nov 2026 15:00:00 GMT"}, "clock", "ok", "agrees"),
    ({"Date": "Fri, 20 Nov 2026 14:58:00 GMT"}, "clock", "warning", "ahead of"),
    ({"X-RateLimit-Remaining": "9", "X-RateLimit-Limit": "100"}, "rate limit", "warning", "9 of"),
    ({"X-RateLimit-Remaining": "90", "X-RateLimit-Limit": "100"}, "rate limit", "ok", "90 of"),
    ({}, "trading", "warning", "is not told"),
])  # fmt: skip
def test_the_checkup_tells_of_the_clock_the_limit_and_the_key(stub, headers, subject, level, said):
    KrakenFutures(stub)
    stub.headers = headers
    found = {each.subject: each for each in asyncio.run(venue_at(stub).check())}
    assert found[subject].level == level
    assert said in found[subject].message


def test_a_key_that_can_only_read_is_praised(stub):
    lists.bybit(stub)
    found = {each.subject: each for each in asyncio.run(venue_at(stub, "bybit").check())}
    assert (found["trading"].level, found["account"].message) == ("ok", "7")


def test_who_cannot_be_told_apart_is_said(stub):
    lists.kraken(stub)
    found = {each.subject: each for each in asyncio.run(venue_at(stub, "kraken").check())}
    assert "does not tell whose keys these are" in found["account"].message
