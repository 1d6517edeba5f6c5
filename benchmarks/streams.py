"""Two applications that stream: the product's, and the barest that tells clients the same."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.product import ACCOUNT
from benchmarks.serving import BOOK, Facts, Served, Silent
from tieout.ports import Event, StoredEvent
from tieout.settings import read_settings
from tieout.store import statements
from tieout.store.rows import lone_event_row
from tieout.store.sqlite import SqliteStore
from tieout.web.app import create_app
from tieout.web.events import Pace
from tieout.web.frames import frame_of, greeting
from tieout.web.streaming import HEADERS
from tieout.wiring.opening import open_service
from tieout.wiring.service import Service

TYPE = "position:updated"
MANY = "1000000"
NEVER_S = "3600"
# Old events that more than fill all buffers on the way to a client that does not read them.
BACKLOG_EVENTS, BACKLOG_BYTES = 2_000, 8_000


def event(number: int) -> Event:
    """What the product says when a position changed, about as long."""
    at = datetime.now(UTC)
    payload = {
        "type": "reconciliation",
        "account": ACCOUNT.id,
        "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z",
        "data": {
            "created": [],
            "updated": [f"SYM{number:08d}"],
            "removed": [],
            "errors": [],
            "summary": {"totalChanges": 1, "createdCount": 0, "updatedCount": 1},
        },
    }
    return Event(type=TYPE, at=at, payload=json.dumps(payload))


def fill_backlog(folder: Path) -> None:
    """Put old events into the book, for a client that asks for all of them."""
    store = SqliteStore(folder / BOOK)
    old = Event(type=TYPE, at=datetime.now(UTC), payload=json.dumps("x" * BACKLOG_BYTES))
    row = lone_event_row(old, account=ACCOUNT.id)
    with store.connections.writing() as connection:
        connection.executemany(statements.PUT_EVENT, [row] * BACKLOG_EVENTS)
    store.close()


def beats(rate: float, count: int) -> Iterator[int]:
    """The numbers from 0, each when it is due."""
    began = time.monotonic()
    for number in range(count):
        wait_s = began + number / rate - time.monotonic()
        if wait_s > 0:
            time.sleep(wait_s)
        yield number


# The product


def service_of(folder: Path) -> Service:
    """The product's service on the book of a folder, with nothing to sync."""
    environment = {
        "TIEOUT_SERVICE_FIRST_RUN_S": NEVER_S,
        "TIEOUT_SERVICE_SCHEDULE": NEVER_S,
        "TIEOUT_SERVICE_REQUESTS_PER_MINUTE": MANY,
        "TIEOUT_STORE_URL": f"sqlite:///{folder / BOOK}",
    }
    settings = read_settings(environment=environment, folder=folder)
    return open_service(settings, logger=Silent())


def product(folder: Path, options: Facts, cut: Callable[[Any], None]) -> Served:
    """The whole application on a real book. Events are committed by a thread of the process."""
    service = service_of(folder)
    service.start()
    app = create_app(service, logger=Silent(), pace=Pace(**options.get("pace", {})), cut=cut)
    hub = app.state.hub

    def publish(asked: Facts) -> Facts:
        """As the service does after a run: commit, then wake the stream."""
        committed: dict[int, float] = {}
        for number in beats(asked["rate"], asked["count"]):
            key = service.store.add_event(event(number), account=ACCOUNT.id)
            committed[key] = time.monotonic()
            hub.wake()
        return _published(folder, committed) | {"writer_cpu_s": time.thread_time()}

    def counts(_: Facts) -> Facts:
        return {"clients": hub.counts.clients, "dropped": hub.counts.dropped}

    return Served(app, hub.close, {"publish": publish, "counts": counts})


def _published(folder: Path, committed: dict[int, float]) -> Facts:
    path = folder / "committed.json"
    path.write_text(json.dumps(committed), encoding="utf-8")
    return {"last": max(committed), "committed": str(path)}


# The bound


class BareStream:
    """Frames that were made before, written to every client in pieces as large as the product's.

    No store, no hub, no framework, no sign-in. It pauses between pieces as the hub does: else it
    would write more of them, each smaller.
    """

    def __init__(self, pause_s: float) -> None:
        self._pause_s = pause_s
        self._frames: list[bytes] = []
        self._told = 0
        self._joined: dict[int, bytes] = {}
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            self._loop = asyncio.get_running_loop()
            await receive()
            await send({"type": "lifespan.startup.complete"})
            return
        headers = dict(scope["headers"])
        position = int(headers.get(b"last-event-id", self._told))
        await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS]})
        await _write(send, greeting(position, retry_ms=2000))
        leaving = asyncio.create_task(_until_gone(receive))
        while not leaving.done():
            news = self._news
            if position < self._told:
                body, position = self._after(position), self._told
                await _write(send, body)
            else:
                await news.wait()

    def _after(self, position: int) -> bytes:
        body = self._joined.get(position)
        if body is None:
            body = self._joined[position] = b"".join(self._frames[position : self._told])
        return body

    def publish(self, rate: float, count: int) -> dict[int, float]:
        """Let so many events come to pass; when each did."""
        assert self._loop is not None
        self._frames = [
            frame_of(StoredEvent(id=number + 1, account=None, run=None, event=event(number))).body
            for number in range(count)
        ]
        done = asyncio.run_coroutine_threadsafe(self._publish(rate, count), self._loop)
        began = done.result()
        return {number + 1: began + number / rate for number in range(count)}

    async def _publish(self, rate: float, count: int) -> float:
        began = time.monotonic()
        while self._told < count:
            now = time.monotonic()
            self._told = min(count, int((now - began) * rate) + 1)
            self._joined.clear()
            news, self._news = self._news, asyncio.Event()
            news.set()
            await asyncio.sleep(0)  # they write now
            spent_s = time.monotonic() - now
            next_s = began + self._told / rate - time.monotonic()
            await asyncio.sleep(max(self._pause_s, spent_s / 2, next_s))
        return began


async def _write(send: Any, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def bare(folder: Path, options: Facts, _: Callable[[Any], None]) -> Served:
    """The same bytes to the same clients by the same server."""
    stream = BareStream(Pace(**options.get("pace", {})).pause_s)

    def publish(asked: Facts) -> Facts:
        told = stream.publish(asked["rate"], asked["count"])
        return _published(folder, told) | {"writer_cpu_s": 0.0}

    return Served(stream, lambda: None, {"publish": publish})
