"""Venues that do what a test says, behind a whole service in time that is turned by hand."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from handturned import HandTurned
from tieout.core.book import Account, AccountId
from tieout.core.snapshot import Holding, Snapshot
from tieout.notify import Target
from tieout.ports import Clock, Finding, RawReply, Read, Store, Tell, Venue
from tieout.settings import Connection, Settings
from tieout.settings import Service as ServiceSettings
from tieout.store.memory import MemoryStore
from tieout.venues import registry
from tieout.wiring.service import Service

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
POLL_S = 0.002


def holding(symbol: str, quantity: str, average: str = "100") -> Holding:
    return Holding(symbol=symbol, quantity=quantity, average_price=average, price=average)


@dataclass
class ScriptedVenue:
    """One login with one account (its `numbers`), which holds `holdings`.

    `error` is raised by every reading, `is_gone` even by asking for the accounts; `hangs` never
    answers; `takes` is how long a reading takes, `greets_after` how long it takes to say which
    accounts there are. `deaf` are raised by listening, one after the other, until none is left.
    `asked_at` is when it was read, `listened_at` when it was listened to.
    """

    timer: HandTurned
    name: str
    numbers: tuple[str, ...] = ("1",)
    holdings: tuple[Holding, ...] = (holding("AAPL", "10"), holding("MSFT", "5"))
    error: Exception | None = None
    gone: Exception | None = None
    hangs: bool = False
    is_silent: bool = False
    takes: timedelta = timedelta()
    greets_after: timedelta = timedelta()
    is_complete: bool = True
    asked_at: list[datetime] = field(default_factory=list)
    deaf: list[Exception] = field(default_factory=list)
    listened_at: list[datetime] = field(default_factory=list)
    tell: Tell | None = None

    async def accounts(self) -> Sequence[Account]:
        if self.is_silent:
            await asyncio.Event().wait()
        await self.timer.until(self.timer.now() + self.greets_after)
        if self.gone is not None:
            raise self.gone
        return [Account(id=AccountId(each), venue="scripted") for each in self.numbers]

    async def read(self, account: AccountId, *, cursor: str | None) -> Read:
        self.asked_at.append(self.timer.now())
        if self.hangs:
            await asyncio.Event().wait()
        await self.timer.until(self.timer.now() + self.takes)
        if self.error is not None:
            raise self.error
        now = self.timer.now()
        problems = () if self.is_complete else ("page 2 of the positions failed",)
        return Read(
            snapshot=Snapshot(
                as_of=now, holdings=self.holdings, complete=self.is_complete, problems=problems
            ),
            activities=(),
            evidence=(RawReply(call="GET /positions", status=200, received_at=now, body=b"[]"),),
        )

    async def listen(self, tell: Tell) -> None:
        self.listened_at.append(self.timer.now())
        if self.deaf:
            raise self.deaf.pop(0)
        self.tell = tell
        await asyncio.Event().wait()

    async def check(self) -> Sequence[Finding]:
        return []

    async def aclose(self) -> None:
        """There is nothing to let go of."""


@dataclass
class Line:
    """One line of the log."""

    level: str
    text: str
    facts: dict[str, Any]


@dataclass
class Lines:
    """A logger that keeps what it is told."""

    said: list[Line] = field(default_factory=list)

    def info(self, event: str, **facts: Any) -> None:
        self.said.append(Line("info", event, facts))

    def warning(self, event: str, **facts: Any) -> None:
        self.said.append(Line("warning", event, facts))

    def error(self, event: str, **facts: Any) -> None:
        self.said.append(Line("error", event, facts))

    def texts(self, level: str | None = None) -> list[str]:
        return [each.text for each in self.said if level in (None, each.level)]


class Stage:
    """A service with scripted venues. `turn` moves its time; the test is another thread."""

    def __init__(self) -> None:
        self.timer = HandTurned()
        self.log = Lines()
        self.venues: dict[str, Venue] = {}
        self.service: Service | None = None
        self._stores: list[Store] = []

    def venue(self, name: str, **how: Any) -> ScriptedVenue:
        """A connection of this name, with one account."""
        made = ScriptedVenue(self.timer, name, **how)
        self.venues[name] = made
        return made

    def connect(self, *, venue: str, name: str, settings: object, clock: Clock) -> Venue:
        return self.venues[name]

    def settings(self, **service: Any) -> Settings:
        connections = tuple(Connection(name=each, venue="scripted") for each in self.venues)
        return Settings(connections=connections, service=ServiceSettings(**service))

    def start(
        self,
        store: Store | None = None,
        *,
        settings: Settings | None = None,
        targets: Sequence[Target] = (),
    ) -> Service:
        """Start a service, the first or the one after it."""
        self.service = Service(
            settings or self.settings(),
            store=store or self._own(MemoryStore()),
            logger=self.log,
            timer=self.timer,
            targets=lambda: targets,
        )
        self.service.start()
        self.turn()
        return self.service

    def start_again(self, service: Service) -> None:
        """Start a service that was stopped."""
        self.service = service
        service.start()
        self.turn()

    def _own(self, store: Store) -> Store:
        self._stores.append(store)
        return store

    def turn(self, by: timedelta = timedelta()) -> None:
        self.timer.turned(by)

    def stop(self, *, limit: timedelta = timedelta()) -> bool:
        """Stop the service, second by second of its time until it has stopped."""
        assert self.service is not None
        with ThreadPoolExecutor(1) as threads:
            stopping = threads.submit(self.service.stop, limit_s=limit.total_seconds())
            while not wait([stopping], POLL_S).done:
                self._go_on(SECOND)
        self.service = None
        assert self.timer.loop is not None
        assert not self.timer.loop.mishaps, self.timer.loop.mishaps
        return stopping.result()

    def _go_on(self, by: timedelta) -> None:
        """Turn time of a loop that may have ended by now."""
        loop = self.timer.loop
        assert loop is not None
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(lambda: loop.create_task(self.timer.turn(by)))

    def end(self) -> None:
        if self.service is not None:
            self.stop()
        for each in self._stores:
            each.close()


class _Package:
    """The entry point of another package, which brings the scripted venue."""

    dist = None
    module = "scripted"

    def __init__(self, factory: registry.Factory) -> None:
        self._factory = factory

    def load(self) -> registry.Factory:
        return self._factory


def staged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A stage whose service finds its venues there, and whose loop goes by its hand."""
    stage = Stage()
    packages = {"scripted": _Package(stage.connect)}
    monkeypatch.setattr(registry, "_from_others", lambda: packages)
    monkeypatch.setattr("asyncio.new_event_loop", stage.timer.new_loop)
    try:
        yield stage
    finally:
        stage.end()


def events(store: Store, *kinds: str) -> list[dict[str, Any]]:
    """The data of all events of these kinds, oldest first."""
    return [
        json.loads(each.event.payload)
        for each in store.events(limit=1_000_000)
        if each.event.type in kinds
    ]
