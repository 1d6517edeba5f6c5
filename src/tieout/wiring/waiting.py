"""Who waits for an answer of the service, and what they are told when it ends before that."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from tieout.ports import ServiceStopping

Result = TypeVar("Result")


class Waiting:
    """What was asked for and is not answered. One event loop, which is running, uses it.

    The stop has one limit, which counts from its first word.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._given_up: asyncio.Future[None] = loop.create_future()
        self._asking: set[asyncio.Task[Any]] = set()
        self._stop_by: float | None = None

    @property
    def is_stopping(self) -> bool:
        """Whether the time to stop has begun."""
        return self._stop_by is not None

    def begin_stop(self, limit_s: float) -> None:
        """Give up waiting after this time."""
        self._stop_by = self._loop.time() + limit_s
        self._loop.call_later(limit_s, self.give_up)

    def left_s(self) -> float:
        """What is left of the time to stop."""
        assert self._stop_by is not None
        return max(0.0, self._stop_by - self._loop.time())

    def give_up(self) -> None:
        """Tell everybody who still waits that there will be no answer."""
        if not self._given_up.done():
            self._given_up.set_result(None)

    async def answered(self) -> None:
        """Let those who wait have their answers within the time that is left, then none."""
        if self._asking:
            await asyncio.wait(self._asking, timeout=self.left_s())
        self.give_up()
        await asyncio.gather(*self._asking, return_exceptions=True)

    async def in_time(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do something, which goes on when nobody waits for it any more."""
        doing = asyncio.ensure_future(work)
        doing.add_done_callback(_seen)
        waiting = asyncio.current_task()
        assert waiting is not None
        self._asking.add(waiting)
        try:
            either: set[asyncio.Future[Any]] = {doing, self._given_up}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._asking.discard(waiting)
        if doing.done():
            return doing.result()
        raise ServiceStopping("what was asked for is left; see how it stands after the restart")


def _seen(task: "asyncio.Future[Any]") -> None:
    """Perhaps nobody waits for this any more."""
    if not task.cancelled():
        task.exception()
