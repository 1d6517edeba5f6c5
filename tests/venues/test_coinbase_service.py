"""A service that keeps a simulated Coinbase portfolio tied out, by its streams alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from tieout.settings import Connection, Secret
from tieout.simulators.coinbase import CoinbaseSimulator, running
from tieout.simulators.faults import CloseStream, Fault, MuteStream
from tieout.venues.coinbase import venue as coinbase
from tieout.venues.coinbase.limits import Limits
from venues.coinbase_market import INVERSE, NANO, PERPETUAL, listed_market
from venues.keeping import WAIT_S, Kept

BRIEF = Limits(silent_s=1.2, reconnect_s=0.05, reconnect_s_max=0.1)
GATEWAY = "/ws/api/v2"


class House(Kept):
    """A service with one connection to a simulator."""

    def __init__(self, simulator: CoinbaseSimulator, *, perpetuals: str = "auto") -> None:
        self.simulator = simulator
        self.market = simulator.market
        key = simulator.credentials("main")
        super().__init__(
            Connection(
                name="cb",
                venue="coinbase",
                address=simulator.address,
                key=Secret(key.name),
                secret=Secret(key.secret),
                options={"ca_file": str(simulator.ca_file), "perpetuals": perpetuals},
            )
        )


@contextmanager
def kept(*, perpetuals: str = "auto") -> Iterator[House]:
    """A service that has read a portfolio of one coin, and listens.

    The gateway is listened to once it was read, so a read follows its first connect too.
    """
    market = listed_market(lambda: datetime.now(UTC))
    market.trade("main", "BTC-USD", "1.5")
    market.move_to_perps("main", "50000", currency="USD")
    simulator = CoinbaseSimulator(market)
    with running(simulator):
        house = House(simulator, perpetuals=perpetuals)
        house.service.start()
        try:
            house.until(lambda: house.held() == {"BTC-USD": "1.5"})
            assert simulator.wait_until_listening(3)
            if perpetuals != "no":
                assert simulator.gateway_stream.wait_until_listening(3)
                house.until(lambda: house.runs("reconnect") >= 1)
            yield house
        finally:
            assert house.service.stop(limit_s=WAIT_S)


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(coinbase, "with_timeout", lambda *_, **__: BRIEF)
    with kept() as house:
        yield house


def test_what_is_traded_is_in_the_book_within_two_seconds(house):
    for product, quantity, held in [
        ("BTC-USD", "-0.5", "1"), (NANO, "-3", "-3"), (PERPETUAL, "0.25", "0.25"),
        (PERPETUAL, "-0.5", "-0.25"), (INVERSE, "600", "600"), (INVERSE, "-900", "-300"),
    ]:  # fmt: skip
        house.market.trade("main", product, quantity)
        took_s = house.until(lambda p=product, h=held: house.held().get(p) == h)
        assert took_s < 2, product
    assert house.runs("schedule") == 1


def test_what_is_traded_in_isolated_margin_is_in_the_book_within_two_seconds(house):
    for quantity, held in [("0.25", "0.25"), ("-0.1", "0.15"), ("-0.15", None), ("1", "1")]:
        slot = house.market.trade_isolated("main", PERPETUAL, quantity)
        symbol = f"{PERPETUAL}@{slot}"
        took_s = house.until(lambda s=symbol, h=held: house.held().get(s) == h)
        assert took_s < 2, quantity
    assert house.runs("schedule") == 1


def test_a_dead_socket_of_the_gateway_is_noticed_and_what_it_did_not_say_is_found(house):
    """It dies with the message of the trade, which nobody hears."""
    house.simulator.faults.add(Fault(MuteStream(), path=f"{GATEWAY}/subscription"))
    house.market.trade("main", PERPETUAL, "-0.25")
    house.until(lambda: house.held() == {"BTC-USD": "1.5", PERPETUAL: "-0.25"})
    silence = "the gateway for international derivatives: nothing came for 1.2 s"
    house.until(lambda: house.says(silence) and house.runs("reconnect") >= 2)
    assert house.runs("schedule") == 1


def test_what_happens_while_the_gateway_cannot_be_heard_is_not_lost(house):
    """The socket is closed, the trade happens, and only then can anybody listen again."""
    number = house.simulator.faults.add(Fault(CloseStream(), path=f"{GATEWAY}*", times=None))
    house.market.trade("main", PERPETUAL, "0.5")
    house.simulator.faults.remove(number)
    house.until(lambda: house.held() == {"BTC-USD": "1.5", PERPETUAL: "0.5"})
    house.until(lambda: house.says("cb lost") and house.runs("reconnect") >= 2)
    assert house.runs("schedule") == 1


def test_nobody_listens_to_a_gateway_that_is_not_wanted(monkeypatch):
    monkeypatch.setattr(coinbase, "with_timeout", lambda *_, **__: BRIEF)
    with kept(perpetuals="no") as house:
        house.market.trade("main", "ETH-USD", "2")
        house.until(lambda: "ETH-USD" in house.held())
        assert not house.simulator.gateway_stream.wait_until_listening(1, timeout_s=0)
        assert not house.says("gateway")
