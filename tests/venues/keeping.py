"""A service that keeps one connection tied out by its streams, and waiting for what it says."""

import threading
import time
from collections.abc import Callable
from decimal import Decimal

from tieout.core.numbers import normal, plain
from tieout.settings import Connection, Settings
from tieout.settings import Service as ServiceSettings
from tieout.store.memory import MemoryStore
from tieout.wiring.service import Service
from wiring.scripted import Lines

WAIT_S = 20
NEVER = "0 0 1 1 *"  # the schedule: once a year


class Kept:
    """The service, its log, and its book."""

    def __init__(self, connection: Connection) -> None:
        self.log = Lines()
        self._changed = threading.Condition()
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
            assert self._changed.wait_for(condition, WAIT_S), (self.held(), self.log.texts())
        return time.monotonic() - started

    def runs(self, trigger: str) -> int:
        return sum(each.trigger == trigger for each in self.service.store.runs())

    def triggers(self) -> set[str]:
        return {each.trigger for each in self.service.store.runs()}

    def says(self, words: str) -> bool:
        return any(words in str(each.facts) + each.text for each in self.log.said)
