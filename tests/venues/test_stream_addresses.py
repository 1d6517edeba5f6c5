"""Where a venue streams: checked like its address, whichever venue it is."""

from datetime import UTC, datetime

import pytest

from tieout.core.errors import SettingsError
from tieout.venues.registry import connect
from venues.alpaca import FakeClock
from venues.coinbase_keys import identity
from venues.coinbase_rows import KEY

HYPERLIQUID = "0x5e9ee1089755c3435139848e47e6635505d5a13a"
LOGINS = {
    "alpaca": {"key": "PK1", "secret": "planted"},
    "ccxt:kraken": {"key": "k", "secret": "cGxhbnRlZA=="},
    "coinbase": {"key": KEY, "secret": identity().secret},
    "hyperliquid": {"account": HYPERLIQUID},
}


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("ws://stream.example", "ws:// is only for this machine; use wss://stream.example"),
        ("wss://me:planted@stream.example", "it has a login in it"),
        ("https://stream.example", "it must begin with wss:// and a host"),
        ("wss://", "it must begin with wss:// and a host"),
        ("wss://stream.example?token=planted", "it has something behind a ? or #"),
    ],
)
@pytest.mark.parametrize("venue", LOGINS)
def test_a_stream_address_that_is_not_safe_is_refused(venue, address, why):
    settings = {**LOGINS[venue], "stream_address": address}
    clock = FakeClock(datetime(2026, 11, 20, tzinfo=UTC))
    with pytest.raises(SettingsError, match="stream_address: ") as caught:
        connect(venue, name="mine", settings=settings, clock=clock)
    assert why in str(caught.value)
    assert "planted" not in str(caught.value)
