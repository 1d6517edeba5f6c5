"""A stream by ccxt that does not let go: it holds nobody up for ever."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from tieout.ports import News
from tieout.venues.ccxt.stream import Updates
from tieout.venues.ccxt.watcher import Ears
from tieout.venues.http.scrub import Scrub
from venues.ccxt_market import LIMITS

QUICK = replace(LIMITS, reconnect_s=0.01, close_s=0.05)


class Stubborn:
    """Stands for ccxt's class: hears orders only, and does not let go as it should."""

    has = {"watchOrders": True}  # noqa: RUF012

    def __init__(self, ears: Ears, *, swallows: int = 0, closes: bool = True) -> None:
        self.ears = ears
        self.swallows = swallows
        self.closes = closes
        self.closings = 0

    def set_markets_from_exchange(self, _: object) -> None:
        self.ears.connected()

    async def watch_orders(self) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.swallows -= 1
            if self.swallows < 0:
                raise

    async def close(self) -> None:
        self.closings += 1
        if not self.closes:
            await asyncio.Event().wait()


def listening(scene: Callable[[asyncio.Queue[News], list[Stubborn]], Awaitable[None]], **fields):
    """Listen for as long as a scene goes on; say whether listening ended when it was told to."""

    async def run() -> tuple[bool, list[Stubborn]]:
        made: list[Stubborn] = []
        news: asyncio.Queue[News] = asyncio.Queue()

        def make(ears: Ears) -> Stubborn:
            made.append(Stubborn(ears, **fields))
            return made[-1]

        updates = Updates(make, scrub=Scrub(), limits=QUICK, sleep=asyncio.sleep)
        task = asyncio.create_task(
            updates.listen(news.put_nowait, markets_of=None, kinds=[{"type": "swap"}])
        )
        async with asyncio.timeout(30):
            await scene(news, made)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=30)
        for each in asyncio.all_tasks() - {asyncio.current_task()}:
            each.cancel()
        return bool(done), made

    return asyncio.run(run())


async def connects(news: asyncio.Queue[News], _: list[Stubborn]) -> None:
    assert (await news.get()).kind == "connected"


@pytest.mark.parametrize("swallows", [0, 1, 3])
def test_a_watch_that_swallows_its_cancellation_ends_with_the_stream(swallows):
    has_ended, made = listening(connects, swallows=swallows)
    assert has_ended
    assert [each.closings for each in made] == [1]


def test_sockets_that_do_not_close_are_left_when_listening_ends():
    has_ended, _ = listening(connects, closes=False)
    assert has_ended


def test_sockets_that_do_not_close_do_not_hold_up_the_next_connect():
    async def scene(news: asyncio.Queue[News], made: list[Stubborn]) -> None:
        await connects(news, made)
        made[0].ears.ended(ConnectionError("the socket was closed"))
        assert (await news.get()).kind == "lost"
        await connects(news, made)

    has_ended, made = listening(scene, closes=False)
    assert has_ended
    assert len(made) == 2
