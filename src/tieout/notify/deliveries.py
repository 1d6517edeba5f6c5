"""The outbox, told to every target in order, each at its own pace, over restarts."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from tieout.core.errors import StoreError
from tieout.notify.target import Target, Undelivered
from tieout.ports import Delivery, Store, StoredEvent, Timer

PAGE = 500
WAITING_MAX = 5_000  # a scrape must not read everything there ever was
POLL_S = 5.0  # other processes write events too
FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 3600.0
ATTEMPTS_MAX = 100  # about four days


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How far a target is behind: events that wait for it (no more than WAITING_MAX are counted),
    the oldest of them, and when it last took one since the start; None for not yet.
    """

    target: str
    waiting: int
    oldest_at: datetime | None
    last_success_at: datetime | None


class Logger(Protocol):
    """The part of a logger that is used."""

    def warning(self, event: str, **facts: Any) -> Any: ...
    def error(self, event: str, **facts: Any) -> Any: ...


class Deliveries:
    """Tells the targets. `run` is its loop; `wake` says that there is something new.

    `apart` writes in a thread, as a book that another program has locked must hold up nobody.

    A target that fails is tried again with growing waits, and holds up no other. Nothing is
    skipped before it has failed for about four days.
    """

    def __init__(
        self,
        targets: Iterable[Target],
        *,
        store: Store,
        timer: Timer,
        log: Logger,
        apart: Callable[[Callable[[], None]], Awaitable[None]],
    ) -> None:
        self._targets = tuple(targets)
        self._store = store
        self._timer = timer
        self._log = log
        self._apart = apart
        self._reached: dict[str, Delivery] = {}
        self._told_at: dict[str, datetime] = {}
        self._news = {each.name: asyncio.Event() for each in self._targets}

    def wake(self) -> None:
        """Something was published. Called in the loop that `run` is in."""
        for each in self._news.values():
            each.set()

    def lags(self) -> list[Lag]:
        """How far each target is behind, by the book; for any thread."""
        known = self._store.deliveries()
        return [self._lag(each, known[each.name]) for each in self._targets if each.name in known]

    def _lag(self, target: Target, delivery: Delivery) -> Lag:
        waiting, last, looked_at = 0, delivery.event, 0
        oldest_at: datetime | None = None
        while looked_at < WAITING_MAX and (events := self._store.events(after=last, limit=PAGE)):
            wanted = [each for each in events if target.wants(each)]
            if oldest_at is None and wanted:
                oldest_at = wanted[0].event.at
            waiting, last, looked_at = waiting + len(wanted), events[-1].id, looked_at + PAGE
        return Lag(
            target=target.name,
            waiting=waiting,
            oldest_at=oldest_at,
            last_success_at=self._told_at.get(target.name),
        )

    async def run(self) -> None:
        """Tell until cancelled."""
        try:
            await asyncio.gather(*(self._tell(each) for each in self._targets))
        finally:
            await asyncio.gather(*(each.aclose() for each in self._targets))

    async def _tell(self, target: Target) -> None:
        while True:
            self._news[target.name].clear()
            try:
                is_more = await self._tell_page(target)
            except StoreError as error:
                self._log.error("[Notify] The book cannot be used", problem=str(error))
                is_more = False
            if not is_more:
                await self._rest(target)

    async def _tell_page(self, target: Target) -> bool:
        """Tell the next events; whether there may be more."""
        delivery = await self._delivery(target.name)
        events = self._store.events(after=delivery.event, limit=PAGE)
        for event in events:
            if target.wants(event):
                delivery = await self._deliver(target, event, delivery)
            else:
                delivery = replace(delivery, event=event.id)
        if events:
            await self._keep(delivery)
        return len(events) == PAGE

    async def _delivery(self, name: str) -> Delivery:
        """How far a target was told; a new one is told what happens from now on."""
        known, reached = self._store.deliveries().get(name), self._reached.get(name)
        if reached is not None and (known is None or known.event <= reached.event):
            if known != reached:  # it could not be stored then
                await self._apart(partial(self._store.put_delivery, reached))
            return reached
        if known is not None:
            return known
        begun = Delivery(target=name, event=self._store.last_event())
        await self._keep(begun)
        return begun

    async def _keep(self, delivery: Delivery) -> None:
        """Keep how far a target was told, in memory too: nothing is told again for a full disk."""
        self._reached[delivery.target] = delivery
        await self._apart(partial(self._store.put_delivery, delivery))

    async def _deliver(self, target: Target, event: StoredEvent, delivery: Delivery) -> Delivery:
        """Send one event until it is taken, or given up; the progress, which is kept each time."""
        while True:
            if delivery.next_at is not None:
                # No wait is longer than this, unless the clock was set back since it was kept.
                at_latest = self._timer.now() + timedelta(seconds=LONGEST_WAIT_S)
                await self._timer.until(min(delivery.next_at, at_latest))
            error = await self._send(target, event)
            if error is not None:
                delivery = self._failed(delivery, error)
                if delivery.attempts < ATTEMPTS_MAX:
                    await self._keep(delivery)
                    continue
                self._log.error(
                    f"[Notify] {target.name} was not told of event {event.id}: gave up",
                    target=target.name,
                    event_id=event.id,
                )
            done = Delivery(target=delivery.target, event=event.id)
            await self._keep(done)
            return done

    async def _send(self, target: Target, event: StoredEvent) -> Undelivered | None:
        """Send one event; why it was not taken. A mistake in one target must not end the others."""
        try:
            await target.send(event)
            self._told_at[target.name] = self._timer.now()
        except Undelivered as error:
            return error
        except Exception as error:  # its text may carry the address, which may carry a token
            return Undelivered(f"it could not be sent ({type(error).__name__})")
        return None

    def _failed(self, delivery: Delivery, error: Undelivered) -> Delivery:
        attempts = delivery.attempts + 1
        wait_s = min(FIRST_WAIT_S * 2 ** min(attempts - 1, 20), LONGEST_WAIT_S)
        wait_s = max(wait_s, error.retry_after_s or 0)
        self._log.warning(
            f"[Notify] {delivery.target} could not be told: {error}; trying again",
            target=delivery.target,
            attempts=attempts,
            wait_s=wait_s,
        )
        return replace(
            delivery,
            attempts=attempts,
            next_at=self._timer.now() + timedelta(seconds=wait_s),
            last_error=str(error),
        )

    async def _rest(self, target: Target) -> None:
        """Until there is news, or it is time to look whether another process wrote some."""
        news = asyncio.create_task(self._news[target.name].wait())
        alarm = asyncio.create_task(
            self._timer.until(self._timer.now() + timedelta(seconds=POLL_S))
        )
        try:
            await asyncio.wait({news, alarm}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (news, alarm):
                task.cancel()
            await asyncio.gather(news, alarm, return_exceptions=True)
