"""The stream of a simulated gateway: hints within moments, and a silence that is noticed."""

import asyncio
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tieout.core.book import AccountId
from tieout.ports import News
from tieout.simulators.faults import CloseStream, Fault, MuteStream
from tieout.venues.ibkr.address import Address
from tieout.venues.ibkr.link import Link
from venues.alpaca import FakeClock
from venues.ibkr_market import LIMITS, GatewayStage, gateway_stage, venue_at

LISTENING = replace(LIMITS, heartbeat_s=0.1, answer_s=0.1)
WAIT_S = 5


@pytest.fixture
def stage() -> Iterator[GatewayStage]:
    yield from gateway_stage()


@asynccontextmanager
async def listening(stage):
    """A venue that listens, and what it tells."""
    venue = venue_at(stage.gateway, stage.clock, limits=LISTENING, client_id=8)
    news: asyncio.Queue[News] = asyncio.Queue()
    task = asyncio.create_task(venue.listen(news.put_nowait))

    async def until(kind: str) -> News:
        while (found := await asyncio.wait_for(news.get(), WAIT_S)).kind != kind:
            pass
        return found

    try:
        await until("connected")
        yield venue, until
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await venue.aclose()


async def quantities(venue, account):
    found = await venue.read(AccountId(account), cursor=None)
    assert found.snapshot.complete
    return {each.symbol: each.quantity for each in found.snapshot.holdings}


def test_a_fill_of_whatever_client_is_a_hint_for_its_account(stage):
    async def hear():
        async with listening(stage) as (_, until):
            for account in ("U1", "U2"):
                stage.market.trade(account, "AAPL", "10")
                while (await until("changed")).account != stage.market.account(account).number:
                    pass  # one fill is told by its execution and by its position

    asyncio.run(hear())


@pytest.mark.parametrize("effect", [MuteStream(), CloseStream()])
def test_a_dead_socket_is_noticed_and_healed_and_what_was_missed_is_read(stage, effect):
    async def hear():
        async with listening(stage) as (venue, until):
            stage.gateway.faults.add(Fault(effect))
            stage.market.trade("U1", "AAPL", "10")  # nobody is told of it
            assert (await until("lost")).reason
            await until("connected")
            assert await quantities(venue, stage.account) == {"AAPL": "10"}

    asyncio.run(hear())


class QuietSession:
    """It said something half a minute ago, all but an instant, and then died."""

    def __init__(self) -> None:
        self.broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ages_s = [29.999]

    @property
    def quiet_s(self) -> float:
        return self.ages_s.pop() if self.ages_s else 30.001

    async def current_time(self, *_: object, **__: object) -> None:
        self.broken.set_result(None)


def test_the_silence_of_a_gateway_counts_from_what_it_said_last():
    """Not from when it was looked at last: then it would be noticed up to twice as late."""

    async def watch():
        limits = replace(LIMITS, heartbeat_s=30)
        link = Link(
            venue="gw", address=Address(host="127.0.0.1", port=1), client_id=8, limits=limits,
            clock=FakeClock(), sleep=asyncio.sleep,
        )  # fmt: skip
        await asyncio.wait_for(link._watch(QuietSession()), WAIT_S)

    asyncio.run(watch())


def test_a_gateway_that_lost_ibkr_says_so_and_that_it_is_back(stage):
    async def hear():
        async with listening(stage) as (venue, until):
            for keeps_data in (True, False):
                stage.market.lose_link()
                assert "1100" in (await until("lost")).reason
                stage.market.trade("U1", "AAPL", "5")
                stage.market.restore_link(keeps_data=keeps_data)
                assert ("1102" if keeps_data else "1101") in (await until("connected")).reason
            assert await quantities(venue, stage.account) == {"AAPL": "10"}

    asyncio.run(hear())


def test_positions_are_told_again_after_1101_has_lost_the_subscription(stage):
    async def hear():
        async with listening(stage) as (venue, until):
            stage.market.lose_link()
            await until("lost")
            stage.market.restore_link(keeps_data=False)
            await until("connected")
            await quantities(venue, stage.account)  # the reading that every "connected" brings
            stage.market.transfer("U1", "AAPL", "3", price="190")
            assert (await until("changed")).account == stage.account

    asyncio.run(hear())
