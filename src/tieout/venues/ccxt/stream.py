"""ccxt's own stream as news: that something happened, never what. A reading tells the rest.

Every market type is watched by every method that ccxt has for it. What cannot be watched is told
once and left; what fails is told, while the others go on. ccxt gives a socket up that misses two
answers to its pings, which it sends as often as we say; then, as after every other end of a socket,
all is connected anew, and a reading is due.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tieout.ports import News, Tell
from tieout.venues.ccxt.limits import Limits
from tieout.venues.ccxt.watcher import (
    KIND,
    Ears,
    Kind,
    cause_of,
    is_no_such_watch,
    is_refusal,
    may_pass,
    words_of,
)
from tieout.venues.http.scrub import Scrub
from tieout.venues.http.waiting import Sleep

METHODS = (
    ("watchMyTrades", "watch_my_trades"),
    ("watchOrders", "watch_orders"),
    ("watchPositions", "watch_positions"),
    ("watchBalance", "watch_balance"),
)
COINS = ("spot", "margin")

# Makes ccxt's streaming class, which calls back when it has connected, and when that ended.
Make = Callable[[Ears], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One of ccxt's methods for one market type; an empty `kind` is all of them at once."""

    name: str
    method: str
    kind: tuple[tuple[str, str], ...] = ()

    @property
    def words(self) -> str:
        of = " ".join(value for _, value in self.kind)
        return f"{self.name} ({of})" if of else self.name


def watches_of(kinds: Sequence[Kind]) -> tuple[Watch, ...]:
    """Every method for every market type, trades first. Coins are no positions."""
    return tuple(
        Watch(name=name, method=method, kind=tuple(kind.items()))
        for name, method in METHODS
        for kind in kinds
        if not (name == "watchPositions" and kind.get("type") in COINS)
    )


class Updates:
    """The stream of one login."""

    def __init__(self, make: Make, *, scrub: Scrub, limits: Limits, sleep: Sleep) -> None:
        self._make = make
        self._scrub = scrub
        self._limits = limits
        self._sleep = sleep

    async def listen(self, tell: Tell, *, markets_of: Any, kinds: Sequence[Kind]) -> None:
        """Tell of news until cancelled; return where ccxt has no stream of an account."""
        limits = self._limits
        delay_s = again_s = limits.reconnect_s
        left = watches_of(kinds)
        while True:
            life = _Life(tell, again_s=again_s, scrub=self._scrub, limits=limits, sleep=self._sleep)
            watcher = self._make(Ears(connected=life.connected, ended=life.ended))
            if watcher is None:
                return
            try:
                watcher.set_markets_from_exchange(markets_of)
                able = [each for each in left if watcher.has.get(each.name)]
                error = await life.last(watcher, able)
            except Exception as wrong:  # whatever ends a stream, the next one is tried
                error = wrong
            finally:
                await self._close(watcher)
            if error is None:
                return
            left = tuple(each for each in left if each not in life.unable)
            reason = self._scrub.text(words_of(error))
            tell(News(kind="refused" if is_refusal(error) else "lost", reason=reason))
            again_s = min(again_s * 2, limits.rewatch_s_max) if life.failed else limits.reconnect_s
            delay_s = limits.reconnect_s if life.is_proven else delay_s
            await self._sleep(delay_s)
            delay_s = min(delay_s * 2, limits.reconnect_s_max)

    async def _close(self, watcher: Any) -> None:
        """Let go of the sockets, and of those that do not close in time all the same."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limits.close_s):
                await watcher.close()


class _Life:
    """All watches, from a connect until a socket ends or none of them goes on.

    A watch that fails while the others go on is given up until the next connect. Where it may do
    better then, that comes after `again_s`: what ccxt keeps of a failed login may hold up a second
    one on the same socket for good.
    """

    def __init__(
        self, tell: Tell, *, again_s: float, scrub: Scrub, limits: Limits, sleep: Sleep
    ) -> None:
        self.unable: set[Watch] = set()
        self.failed: set[Watch] = set()
        self._all: set[Watch] = set()
        self._left: set[Watch] = set()
        self._tell = tell
        self._again_s = again_s
        self._scrub = scrub
        self._limits = limits
        self._sleep = sleep
        self._told: set[str] = set()
        self._has_heard = False
        loop = asyncio.get_running_loop()
        self._now_s = loop.time
        self._began_s = loop.time()
        self._end: asyncio.Future[Exception | None] = loop.create_future()

    @property
    def is_proven(self) -> bool:
        """Whether it worked: a socket that only takes our login down is no reason for haste."""
        return self._has_heard or self._now_s() - self._began_s > self._limits.reconnect_s_max

    def connected(self) -> None:
        self._tell(News(kind="connected"))

    def ended(self, why: Exception | None) -> None:
        if not self._end.done():
            self._end.set_result(why)

    async def last(self, watcher: Any, watches: Sequence[Watch]) -> Exception | None:
        """What ended it; None where there is nothing that could be watched."""
        self._all, self._left = set(watches), set(watches)
        if not watches:
            return None
        tasks = [asyncio.create_task(self._watch(watcher, each)) for each in watches]
        try:
            return await self._end
        finally:
            for task in tasks:
                task.cancel()
            done, _ = await asyncio.wait(tasks, timeout=self._limits.close_s)
            await asyncio.gather(*done, return_exceptions=True)

    async def _watch(self, watcher: Any, watch: Watch) -> None:
        KIND.set(dict(watch.kind))
        error = await self._hear(watcher, watch)
        if self._end.done():
            return
        self._left.discard(watch)
        if is_no_such_watch(error):
            self.unable.add(watch)
        if not self._left:
            self.ended(None if self.unable == self._all else error)
            return
        self._note(watch, error)
        if watch not in self.unable and may_pass(error):
            self.failed.add(watch)
            await self._sleep(self._again_s)
            self.ended(error)

    async def _hear(self, watcher: Any, watch: Watch) -> Exception:
        """Tell of every message, and return what they ended with."""
        try:
            # A cancellation may get lost within ccxt: then the end of the stream says it, too.
            while not self._end.done():
                await getattr(watcher, watch.method)()
                if not self._end.done():
                    self._has_heard = True
                    self._tell(News(kind="changed"))
            return ConnectionError("the stream has ended")
        except Exception as error:  # whatever ends a watch, the others go on
            return cause_of(error)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            return ConnectionError("ccxt let go of the socket")

    def _note(self, watch: Watch, error: Exception) -> None:
        reason = self._scrub.text(words_of(error))
        if reason not in self._told:
            self._told.add(reason)
            self._tell(News(kind="unheard", reason=f"{watch.words}: {reason}"))
