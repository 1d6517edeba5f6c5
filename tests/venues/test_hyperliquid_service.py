"""A service that keeps a simulated Hyperliquid account tied out, by its stream alone."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tieout.core.numbers import normal, plain
from tieout.settings import Connection, Settings
from tieout.settings import Service as ServiceSettings
from tieout.simulators.faults import CloseStream, Fault, MuteStream
from tieout.simulators.hyperliquid import HyperliquidSimulator, running
from tieout.store.memory import MemoryStore
from tieout.venues.hyperliquid import venue as hyperliquid
from tieout.venues.hyperliquid.limits import Limits
from tieout.wiring.service import Service
from venues.hyperliquid_market import UNLIMITED, quiet_market
from wiring.scripted import Lines

WAIT_S = 20
SUBSCRIPTIONS = 3
NEVER = "0 0 1 1 *"  # the schedule: once a year


class House:
    """A service with one connection, and waiting for what its book says."""

    def __init__(self, simulator: HyperliquidSimulator) -> None:
        self.simulator = simulator
        self.market = simulator.market
        self.log = Lines()
        self._changed = threading.Condition()
        connection = Connection(
            name="hl",
            venue="hyperliquid",
            address=simulator.address,
            account=simulator.address_of("main"),
        )
        service = ServiceSettings(schedule=NEVER, first_run_s=Decimal(0), quiet_s=Decimal("0.1"))
        settings = Settings(connections=(connection,), service=service)
        self.service = Service(settings, store=MemoryStore(), logger=self.log)
        self.service.on_published(self._note)

    def _note(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def held(self) -> dict[str, str]:
        store = self.service.store
        return {
            row.instrument.symbol: plain(normal(row.quantity))
            for account in store.accounts()
            for row in store.load(account).book.ledgers.values()
            if row.position
        }

    def until(self, condition: Callable[[], bool]) -> float:
        """Wait for the book; how long it took."""
        started = time.monotonic()
        with self._changed:
            assert self._changed.wait_for(condition, WAIT_S), self.log.texts()
        return time.monotonic() - started

    def triggers(self) -> set[str]:
        return {each.trigger for each in self.service.store.runs()}

    def has_said(self, words: str) -> bool:
        return any(words in str(each.facts) + each.text for each in self.log.said)

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
    house.until(lambda: house.has_said("nothing came for 0.6 s"))
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
