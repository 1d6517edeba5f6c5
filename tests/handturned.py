"""Time that is turned by hand, for the parts that wait: nothing sleeps, everything due happens.

`HandTurned` is a Timer. Its event loop goes by the same hand, so that a timeout of asyncio, a
back-off of a venue and a tick of the schedule all come when a test turns time, in their order,
and work in threads is waited for before time goes on.
"""

import asyncio
import math
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from contextvars import Context
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

Result = TypeVar("Result")
START = datetime(2026, 11, 20, 15, 0, 30, tzinfo=UTC)
QUIET_ROUNDS = 4
ANSWER_S_MAX = 60.0  # of real time, for what happens in a thread
ABANDONED_S = 1.0  # of real time, for a thread whose answer nobody wants any more


class TurnedLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is that of a hand."""

    def __init__(self, timer: "HandTurned") -> None:
        self._timer = timer
        self.alarms: list[asyncio.TimerHandle] = []
        self.outside: set[asyncio.Future[Any]] = set()
        self.abandoned: list[threading.Event] = []
        self.begun = 0
        self.mishaps: list[dict[str, Any]] = []
        super().__init__()

    def time(self) -> float:
        return self._timer.elapsed.total_seconds()

    def call_soon(  # type: ignore[override]  # the stub asks for variadic types
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        self.begun += 1
        return super().call_soon(callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        handle = super().call_at(when, callback, *args, context=context)
        self.alarms.append(handle)
        return handle

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Result], *args: Any
    ) -> "asyncio.Future[Result]":
        ended = threading.Event()

        def work() -> Result:
            try:
                return func(*args)
            finally:
                ended.set()

        def done(found: "asyncio.Future[Result]") -> None:
            if found.cancelled():
                self.abandoned.append(ended)

        running = super().run_in_executor(executor, work)
        running.add_done_callback(done)
        return self.waits_for(running)

    def waits_for(self, work: "asyncio.Future[Result]") -> "asyncio.Future[Result]":
        """Let no time go by before this is done: it happens outside, in real time."""
        self.outside.add(work)
        work.add_done_callback(self.outside.discard)
        return work

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep what nobody caught, for the test to find; a turn of time may be cut off."""
        if "exception" in context:
            self.mishaps.append(context)

    async def settle(self) -> None:
        """Return when nothing more happens without time going on."""
        quiet = 0
        while quiet < QUIET_ROUNDS:
            if self.outside:
                await asyncio.wait(set(self.outside))
            while self.abandoned:  # nobody waits for its answer, but it is on its way now
                self.abandoned.pop().wait(ABANDONED_S)
            before = self.begun
            await asyncio.sleep(0)
            is_only_us = self.begun == before + 1
            quiet = quiet + 1 if is_only_us and not self.outside else 0


class HandTurned:
    """A Timer whose time stands still until a test turns it."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at
        self.elapsed = timedelta()
        self.loop: TurnedLoop | None = None
        self._one_at_a_time = asyncio.Lock()
        self._waiting: list[tuple[datetime, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self.at

    async def until(self, moment: datetime) -> None:
        if moment <= self.at:
            return
        waiting = (moment, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        try:
            await waiting[1]
        finally:
            self._waiting.remove(waiting)

    # Turning

    async def turn(self, by: timedelta) -> None:
        """Let time go by, stopping at every moment at which something is due."""
        async with self._one_at_a_time:
            await self._turn(by, self._own_loop())

    async def _turn(self, by: timedelta, loop: TurnedLoop) -> None:
        end = self.elapsed + by
        await loop.settle()
        while (step := self._next_step()) is not None and self.elapsed + step <= end:
            self._move(step)
            await loop.settle()
        self._move(end - self.elapsed)
        await loop.settle()

    async def jump(self, by: timedelta) -> None:
        """Set the clock, forwards or back, as a person or a time server does."""
        self.at += by
        for moment, future in self._waiting:
            is_noticed = by < timedelta() or moment <= self.at
            if is_noticed and not future.done():
                future.set_result(None)
        await self._own_loop().settle()

    def turned(self, by: timedelta = timedelta()) -> None:
        """Turn time for a loop that runs in another thread."""
        self.ask(self.turn(by))

    def ask(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Have something done in the loop that runs in another thread."""
        loop = self._own_loop()
        return asyncio.run_coroutine_threadsafe(work, loop).result(ANSWER_S_MAX)

    def begin(self, work: Coroutine[Any, Any, Result]) -> "Future[Result]":
        """Have something begun in the loop that runs in another thread; what comes of it."""
        return asyncio.run_coroutine_threadsafe(work, self._own_loop())

    # Loops

    def new_loop(self) -> TurnedLoop:
        """A loop that goes by this hand."""
        self.loop = TurnedLoop(self)
        self._one_at_a_time = asyncio.Lock()  # a loop that ended may have left it locked
        return self.loop

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a test in a loop that goes by this hand."""
        with asyncio.Runner(loop_factory=self.new_loop) as runner:
            return runner.run(work)

    def _own_loop(self) -> TurnedLoop:
        assert self.loop is not None, "nothing runs by this hand yet"
        return self.loop

    def _move(self, by: timedelta) -> None:
        self.elapsed += by
        self.at += by
        for moment, future in self._waiting:
            if moment <= self.at and not future.done():
                future.set_result(None)

    def _next_step(self) -> timedelta | None:
        """How long until something is due; None where nothing is waited for."""
        loop, now_s = self._own_loop(), self.elapsed.total_seconds()
        loop.alarms = [each for each in loop.alarms if not each.cancelled() and each.when() > now_s]
        steps = [moment - self.at for moment, future in self._waiting if not future.done()]
        steps += [_span(each.when()) - self.elapsed for each in loop.alarms]
        return min(steps, default=None)


def _span(seconds: float) -> timedelta:
    """Rounded up, so that what is due then really is."""
    return timedelta(microseconds=math.ceil(round(seconds * 1e6, 3)))
