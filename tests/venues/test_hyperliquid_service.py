"""A service that keeps a simulated Hyperliquid account tied out, by its stream alone."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tieout.settings import Connection
from tieout.simulators.faults import CloseStream, Fault, MuteStream
from tieout.simulators.hyperliquid import HyperliquidSimulator, running
from tieout.venues.hyperliquid import venue as hyperliquid
from tieout.venues.hyperliquid.limits import Limits
from venues.hyperliquid_market import UNLIMITED, quiet_market
from venues.keeping import WAIT_S, Kept

SUBSCRIPTIONS = 3


class House(Kept):
    """A service with one connection to a simulator."""

    def __init__(self, simulator: HyperliquidSimulator) -> None:
        self.simulator = simulator
        self.market = simulator.market
        super().__init__(
            Connection(
                name="hl",
                venue="hyperliquid",
                address=simulator.address,
                account=simulator.address_of("main"),
            )
        )

    def listens(self) -> bool:
        return self.simulator.wait_until_listening(SUBSCRIPTIONS)


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    brief = Limits(ping_s=0.1, silent_s=0.6, reconnect_s=0.05, reconnect_s_max=0.1)
    monkeypatch.setattr(hyperliquid, "with_timeout", lambda *_, **__: brief)
    market = quiet_market(lambda: datetime.now(UTC))
    market.trade("main", "BTC", "1")
    simulator = HyperliquidSimulator(market, dialect=UNLIMITED)
    with running(simulator):
        house = House(simulator)
        number = simulator.faults.add(Fault(CloseStream(), path="/ws*", times=None))
        house.service.start()
        try:
            house.until(lambda: house.held() == {"BTC": "1"})
            simulator.faults.remove(number)  # it listens after the first round, and is read again
            assert house.listens()
            house.until(lambda: "reconnect" in house.triggers())
            yield house
        finally:
            assert house.service.stop(limit_s=WAIT_S)


def test_a_fill_is_in_the_book_within_two_seconds(house):
    house.market.trade("main", "BTC", "-0.25", price="61000")
    assert house.until(lambda: house.held() == {"BTC": "0.75"}) < 2
    house.until(lambda: "stream" in house.triggers())


def test_a_silently_dead_socket_is_noticed_and_what_it_did_not_say_is_found(house):
    """It dies with the message of the fill, which nobody hears."""
    house.simulator.faults.add(Fault(MuteStream(), path="/ws/user*"))
    house.market.trade("main", "ETH", "2")
    house.until(lambda: house.says("nothing came for 0.6 s"))
    house.until(lambda: house.held() == {"BTC": "1", "ETH": "2"})
    assert house.triggers() == {"schedule", "reconnect"}


def test_what_happens_during_a_reconnect_is_not_lost(house):
    """The stream is closed, the fill happens, and only then can anybody listen again."""
    closing = Fault(CloseStream(), path="/ws*", times=None)
    number = house.simulator.faults.add(closing)
    house.market.trade("main", "ETH", "-2")
    house.simulator.faults.remove(number)
    house.until(lambda: house.held() == {"BTC": "1", "ETH": "-2"})
    assert house.triggers() == {"schedule", "reconnect"}
