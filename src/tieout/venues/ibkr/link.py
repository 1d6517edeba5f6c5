"""The link to a gateway: one socket for all accounts, opened again when it ends, one user a time.

Everything here happens in the link's own event loop.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from tieout.core.errors import VenueError, VenueRefused, VenueUnavailable
from tieout.ports import Clock, News, Tell
from tieout.venues.connection import ADVICE_AGAIN
from tieout.venues.ibkr import failures
from tieout.venues.ibkr.address import Address
from tieout.venues.ibkr.evidence import Trace, with_evidence
from tieout.venues.ibkr.limits import Limits
from tieout.venues.ibkr.session import Session
from tieout.venues.ibkr.sweep import Sleep, Sweep, Sweeper

Result = TypeVar("Result")
Work = Callable[[Session, Trace], Awaitable[Result]]


class Link:
    """Asks one gateway, and listens to it."""

    def __init__(
        self,
        *,
        venue: str,
        address: Address,
        client_id: int,
        limits: Limits,
        clock: Clock,
        sleep: Sleep,
    ) -> None:
        self._venue = venue
        self._address = address
        self._client_id = client_id
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._lock = asyncio.Lock()
        self._session: Session | None = None
        self._next: asyncio.Task[Sweep] | None = None
        self._ears: list[Tell] = []

    async def sweep(self) -> Sweep:
        """A reading of all accounts that begins after this call.

        Readers of several accounts that wait at the same time share one.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._sweep())
            self._next.add_done_callback(_is_seen)
        return await asyncio.shield(self._next)

    async def _sweep(self) -> Sweep:
        trace = Trace()
        async with self._lock:
            self._next = None  # it begins now, and who comes later needs another
            return await self.tried(self._sweep_over, trace)

    async def _sweep_over(self, session: Session, trace: Trace) -> Sweep:
        if session.heard.is_down:
            session.keep("what the gateway says by itself", trace)
            raise failures.link_lost(self._venue)
        sweeper = Sweeper(session, limits=self._limits, clock=self._clock, sleep=self._sleep)
        return await sweeper.sweep(trace)

    async def ask(self, work: Work[Result], trace: Trace) -> Result:
        """Do something with the gateway while nobody else does."""
        async with self._lock:
            return await self.tried(work, trace)

    @asynccontextmanager
    async def open_session(self) -> AsyncIterator[Session | None]:
        """The session to oneself, if there is one; no connection is made for it."""
        async with self._lock:
            session = self._session
            yield session if session is not None and session.is_open else None

    async def tried(self, work: Work[Result], trace: Trace) -> Result:
        """Work that is begun anew, over a new connection, where that may help."""
        limits = self._limits
        try:
            async with asyncio.timeout(limits.deadline_s):
                return await self._tried(work, trace)
        except TimeoutError:
            late = VenueUnavailable(
                f"{self._address} did not answer everything within {limits.deadline_s:g} s",
                venue=self._venue,
                advice=ADVICE_AGAIN,
            )
            raise with_evidence(late, trace, bytes_max=limits.evidence_bytes_max) from None
        except VenueError as error:
            raise with_evidence(error, trace, bytes_max=limits.evidence_bytes_max) from None

    async def _tried(self, work: Work[Result], trace: Trace) -> Result:
        limits = self._limits
        for tries in range(1, limits.tries_max + 1):
            try:
                return await work(await self._opened(trace), trace)
            except VenueError as error:
                if not failures.is_worth_retrying(error) or tries == limits.tries_max:
                    raise
                self._end(error)
            await self._sleep(min(limits.backoff_s * 2 ** (tries - 1), limits.backoff_s_max))
        raise AssertionError(limits.tries_max)

    async def _opened(self, trace: Trace) -> Session:
        """The session there is, or a new one."""
        if self._session is not None and self._session.is_open:
            return self._session
        session = Session(
            venue=self._venue,
            address=self._address,
            client_id=self._client_id,
            limits=self._limits,
            clock=self._clock,
            tell=self._tell,
        )
        await session.open(trace)
        self._session = session
        session.broken.add_done_callback(partial(self._lost, session))
        self._tell(News(kind="connected"))
        return session

    def _end(self, error: VenueError) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.break_off(error)

    def _lost(self, session: Session, why: "asyncio.Future[VenueError]") -> None:
        del session
        self._tell(_news_of(why.result()))

    def _tell(self, news: News) -> None:
        for ear in self._ears:
            ear(news)

    # Listening

    async def listen(self, tell: Tell) -> None:
        """Tell of what comes, for ever; keep connected, and notice a gateway that has died."""
        if self._session is not None and self._session.is_open:
            tell(News(kind="connected"))
        self._ears.append(tell)
        try:
            await self._stay_connected(tell)
        finally:
            self._ears.remove(tell)

    async def _stay_connected(self, tell: Tell) -> None:
        """Connect again and again, after a pause that grows as long as it does not work."""
        limits = self._limits
        wait_s, longest_s = limits.reconnect_s, limits.reconnect_s_max
        while True:
            try:
                async with self._lock:
                    session = await self._opened(Trace())
                wait_s, longest_s = limits.reconnect_s, limits.reconnect_s_max
                await self._watch(session)
            except VenueError as error:
                news = _news_of(error)
                tell(news)
                is_refused = news.kind == "refused"
                longest_s = limits.refused_s_max if is_refused else limits.reconnect_s_max
            await self._pause(min(wait_s, longest_s))
            wait_s = min(2 * wait_s, longest_s)

    async def _pause(self, wait_s: float) -> None:
        """Until the next try, or until somebody who reads has connected: that is to be watched."""
        connected = asyncio.Event()

        def hear(news: News) -> None:
            if news.kind == "connected":
                connected.set()

        self._ears.append(hear)
        both = [asyncio.ensure_future(each) for each in (self._sleep(wait_s), connected.wait())]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._ears = [each for each in self._ears if each is not hear]
            for each in both:
                each.cancel()

    async def _watch(self, session: Session) -> None:
        """Until the session ends. One that says nothing is asked for the time."""
        limits = self._limits
        while not session.broken.done():
            left_s = max(limits.heartbeat_s - session.quiet_s, 0.0)
            await asyncio.wait({session.broken}, timeout=left_s)
            if session.broken.done() or session.quiet_s < limits.heartbeat_s:
                continue
            async with self._lock:
                await self._beat(session)

    async def _beat(self, session: Session) -> None:
        try:
            await session.current_time(Trace(), timeout_s=self._limits.answer_s)
        except VenueError:
            return  # the session is over, and has told

    async def close(self) -> None:
        """Let go of the socket."""
        self._ears.clear()
        self._end(failures.not_connected(self._venue, str(self._address), "it was closed here"))


def _news_of(error: VenueError) -> News:
    """Why there is no connection; a refusal does not pass by itself."""
    return News(kind="refused" if isinstance(error, VenueRefused) else "lost", reason=str(error))


def _is_seen(task: "asyncio.Task[Sweep]") -> None:
    """An error is that of the readers; where they all gave up, nobody need see it."""
    if not task.cancelled():
        task.exception()
