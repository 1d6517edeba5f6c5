"""The outbox as a live stream: read once, kept for a moment, written to every client.

Clients pull. Each knows the id up to which it has been told and takes what came after it from the
latest frames, which all share; one that is further behind reads the outbox itself. So nothing is
kept for a single client, and one that stops reading costs nothing but its connection.
"""

import asyncio
import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from tieout.core.errors import StoreError
from tieout.ports import BookStore
from tieout.web.frames import EVERYTHING, HEARTBEAT, Frame, Wanted, frame_of, gap, greeting

LOOKED_AFTER_AT_ONCE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often and how much.

    New events are looked for every `poll_s` (other processes write them too), at once when this
    one has published some, and never more often than `pause_s`. A client that takes nothing for
    `stuck_s` is cut off. `recent_max` frames are shared; `page` is read for one that is behind.
    """

    poll_s: float = 0.25
    pause_s: float = 0.02
    heartbeat_s: float = 15.0
    stuck_s: float = 20.0
    retry_ms: int = 2000
    recent_max: int = 20_000
    page: int = 500


@dataclass(slots=True, eq=False)
class Client:
    """One listener. `cut` ends its connection at once, `may_listen` says whether it still may."""

    position: int
    wanted: Wanted = EVERYTHING
    may_listen: Callable[[], bool] = lambda: True
    cut: Callable[[], None] = lambda: None
    is_gone: bool = False
    writing_since: float | None = None
    beats: int = 0


@dataclass(slots=True)
class Counts:
    """What `/metrics` says of the stream."""

    clients: int = 0
    dropped: int = 0
    position: int = 0


class EventHub:
    """Reads the outbox for all clients of this process. `run` is its loop."""

    def __init__(self, store: BookStore, *, pace: Pace = Pace()) -> None:
        self.pace = pace
        self.counts = Counts()
        self._store = store
        self._frames: list[Frame] = []
        self._ids: list[int] = []
        self._position = store.last_event()
        self._floor = self._position  # everything after this is in _frames
        self._joined: dict[tuple[int, Wanted], tuple[bytes, int]] = {}
        self._beats = 0
        self._clients: set[Client] = set()
        self._news = asyncio.Event()
        self._asked = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_closed = False
        self._must_look = False
        self._looking: asyncio.Task[None] | None = None

    # Reading

    async def run(self) -> None:
        """Look for events until cancelled. A store that cannot be read is asked again."""
        self._loop = asyncio.get_running_loop()
        beat_at = time.monotonic() + self.pace.heartbeat_s
        while True:
            began = time.monotonic()
            is_beat = began >= beat_at or self._must_look
            if is_beat:
                self._must_look = False
                beat_at = began + self.pace.heartbeat_s
                self._beats += 1
                self._looking = asyncio.create_task(self._look_after_clients(began))
            if self._read() or is_beat:
                self._wake_clients()
                await asyncio.sleep(0)  # they write now
            spent_s = time.monotonic() - began
            await asyncio.sleep(max(self.pace.pause_s, spent_s / 2))  # leave others a third
            await self._rest()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self.pace.poll_s):
                await self._asked.wait()
        except TimeoutError:
            pass
        self._asked.clear()

    def wake(self) -> None:
        """Something was published: look now. Any thread may say so."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._asked.set)

    def look_after_all(self) -> None:
        """Somebody may not listen any more: ask all of them now. Any thread may say so."""
        self._must_look = True
        self.wake()

    def _read(self) -> bool:
        """Take in what is new; whether there was any."""
        try:
            found = self._store.events(after=self._position, limit=self.pace.page)
        except StoreError:
            return False  # /readyz says so; clients wait
        if not found:
            return False
        frames = [frame_of(each) for each in found]
        self._frames += frames
        self._ids += [frame.id for frame in frames]
        self._position = self.counts.position = frames[-1].id
        self._joined.clear()
        if len(self._frames) > 2 * self.pace.recent_max:
            extra = len(self._frames) - self.pace.recent_max
            self._floor = self._ids[extra - 1]
            del self._frames[:extra], self._ids[:extra]
        if len(found) == self.pace.page:
            self._asked.set()
        return True

    def _wake_clients(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def _look_after_clients(self, now: float) -> None:
        """Drop who is stuck or may not listen any more; a few at a time, as others wait."""
        for place, client in enumerate(list(self._clients)):
            if place % LOOKED_AFTER_AT_ONCE == 0:
                await asyncio.sleep(0)
            since = client.writing_since
            if since is not None and now - since > self.pace.stuck_s:
                self.counts.dropped += 1
                self._drop(client)
            elif not _may_listen(client):
                self._drop(client)

    def _drop(self, client: Client) -> None:
        client.is_gone = True
        client.cut()

    def close(self) -> None:
        """End every stream in good order; what was not told yet is told after the next connect."""
        self._is_closed = True
        for client in list(self._clients):
            client.is_gone = True
        self._wake_clients()

    def lag(self) -> int:
        """How many events are written and were not taken in yet."""
        try:
            return max(0, self._store.last_event() - self._position)
        except StoreError:
            return 0

    # Clients

    def first_position(self, last_id: int | None) -> int:
        """Where a client begins: after the event it had last, or with news only.

        An id that was never given belongs to another book, so the client gets news only.
        """
        if last_id is not None and last_id <= self._position:
            return last_id
        try:
            newest = max(self._position, self._store.last_event())
        except StoreError:
            return self._position  # /readyz says so
        return newest if last_id is None or last_id > newest else last_id

    def join(self, client: Client) -> bytes:
        """Add a client; what it is told first."""
        client.beats = self._beats
        client.is_gone = self._is_closed
        self._clients.add(client)
        self.counts.clients = len(self._clients)
        return greeting(client.position, retry_ms=self.pace.retry_ms)

    def leave(self, client: Client) -> None:
        """The client is gone."""
        self._clients.discard(client)
        self.counts.clients = len(self._clients)

    async def next(self, client: Client) -> bytes:
        """What a client is to be told next; empty once it is gone."""
        while not client.is_gone:
            news = self._news
            if client.position < self._floor:
                body = await self._older(client)
            else:
                body = self._newer(client)
            if body:
                client.beats = self._beats
                return body
            if client.beats != self._beats:
                client.beats = self._beats
                return HEARTBEAT
            if client.position >= self._position:
                await news.wait()
        return b""

    def _newer(self, client: Client) -> bytes:
        """The next page of the latest frames; most clients stand at the same place."""
        key = (client.position, client.wanted)
        found = self._joined.get(key)
        if found is None:
            first = bisect_right(self._ids, client.position)
            page = self._frames[first : first + self.pace.page]
            found = (_joined(page, client.wanted), page[-1].id if page else client.position)
            self._joined[key] = found
        body, client.position = found
        return body

    async def _older(self, client: Client) -> bytes:
        """A page of what is no longer among the latest frames."""
        after = client.position
        found = await asyncio.to_thread(self._store.events, after=after, limit=self.pace.page)
        frames = [frame_of(each) for each in found]
        client.position = frames[-1].id if frames else self._floor
        is_gap = (frames[0].id if frames else self._floor + 1) > after + 1
        body = _joined(frames, client.wanted)
        return gap(after) + body if is_gap else body


def _may_listen(client: Client) -> bool:
    """Whether it still may; it goes on as long as that cannot be found out."""
    try:
        return client.may_listen()
    except StoreError:
        return True  # /readyz says so; there is nothing to hear meanwhile either


def _joined(frames: list[Frame], wanted: Wanted) -> bytes:
    return b"".join(each.body for each in frames if wanted.has(each))
