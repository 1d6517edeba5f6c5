"""How far a target is behind, and that a locked book holds up nobody but who writes it."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from handturned import HandTurned
from notify.test_webhooks import Lines
from runs.test_run_apart import LIMIT_S, TURNS, locked, until
from tieout.core.book import AccountId
from tieout.notify import Deliveries
from tieout.notify.target import Undelivered
from tieout.ports import Delivery, Event, StoredEvent
from tieout.runs.apart import apart
from tieout.settings import Settings
from tieout.store.memory import MemoryStore
from tieout.store.sqlite import SqliteStore
from tieout.web.events import EventHub
from tieout.web.metrics import metrics_text
from tieout.wiring.service import Service
from web.house import PACE, KeptLog
from web.timer import HandTimer

SECOND = timedelta(seconds=1)


class Reading:
    """A target that reads of runs, or is away."""

    name = "webhook/ops"

    def __init__(self) -> None:
        self.read: list[int] = []
        self.is_away = False

    def wants(self, event: StoredEvent) -> bool:
        return event.event.type.startswith("run:")

    async def send(self, event: StoredEvent) -> None:
        if self.is_away:
            raise Undelivered("it is away")
        self.read.append(event.id)

    async def aclose(self) -> None:
        pass


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "book.db"


@pytest.fixture
def store(book: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(book, busy_timeout_s=LIMIT_S)
    yield made
    made.close()


def test_the_lag_has_what_waits_since_when_and_the_last_success(store):
    timer, target = HandTurned(), Reading()
    deliveries = Deliveries([target], store=store, timer=timer, log=Lines(), apart=apart)

    async def publish(kind: str) -> None:
        store.add_event(Event(type=kind, at=timer.now(), payload="{}"), account=AccountId("a/1"))
        deliveries.wake()
        await timer.turn(SECOND)

    async def living() -> None:
        running = asyncio.create_task(deliveries.run())
        await timer.turn(SECOND)
        (lag,) = deliveries.lags()
        assert (lag.target, lag.waiting, lag.oldest_at) == ("webhook/ops", 0, None)
        assert lag.last_success_at is None
        told_at = timer.now()
        await publish("run:finished")
        target.is_away = True
        away_at = timer.now()
        for kind in ("run:started", "break:opened", "run:finished"):
            await publish(kind)
        (lag,) = deliveries.lags()
        assert (lag.waiting, lag.oldest_at, lag.last_success_at) == (2, away_at, told_at)
        target.is_away = False
        await timer.turn(timedelta(minutes=1))
        (lag,) = deliveries.lags()
        assert (lag.waiting, lag.oldest_at) == (0, None)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    timer.run(living())
    assert len(target.read) == 3


def test_others_go_on_while_the_progress_waits_for_the_lock(store, book, monkeypatch):
    target, begun, writing = Reading(), threading.Event(), store.connections.writing
    deliveries = Deliveries([target], store=store, timer=HandTurned(), log=Lines(), apart=apart)

    def noticing() -> object:
        begun.set()
        return writing()

    monkeypatch.setattr(store.connections, "writing", noticing)

    async def scenario() -> None:
        with locked(book):
            running = asyncio.create_task(deliveries.run())
            await until(begun.is_set)
            for _ in range(TURNS):
                await asyncio.sleep(0)
            assert store.deliveries() == {}
        await until(lambda: "webhook/ops" in store.deliveries())
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(scenario())


def test_the_metrics_say_how_far_each_target_is_behind():
    store, timer, target = MemoryStore(), HandTimer(), Reading()
    service = Service(
        Settings(store_url="memory://"),
        store=store,
        logger=KeptLog(),
        timer=timer,
        targets=lambda: [target],
    )
    store.put_delivery(Delivery(target=target.name, event=store.last_event()))
    store.add_event(Event(type="run:finished", at=timer.now(), payload="{}"), account=None)
    timer.skip(seconds=90)
    text, _ = metrics_text(service, EventHub(store, pace=PACE))
    found = {
        each.name: (sample.labels, sample.value)
        for each in text_string_to_metric_families(text)
        for sample in each.samples
        if each.name.startswith("tieout_delivery")
    }
    labels = {"target": "webhook/ops"}
    assert found == {
        "tieout_delivery_waiting_events": (labels, 1.0),
        "tieout_delivery_oldest_waiting_seconds": (labels, 90.0),
    }
