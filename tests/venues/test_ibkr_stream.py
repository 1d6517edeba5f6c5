"""What a gateway tells by itself: hints of positions, portfolios and fills, and its own state."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

from tieout.venues.ibkr.limits import Limits
from venues.alpaca import FakeClock
from venues.ibkr import AAPL, CLIENT, venue_at
from venues.tws import commission, contract, execution

LIMITS = Limits(
    connect_s=0.3, request_s=2, marks_s=0.05, heartbeat_s=0.05, answer_s=0.05, reports_s=0.05
)
WAIT_S = 5


class Ear:
    """Hears news, and waits for them."""

    def __init__(self):
        self.news = asyncio.Queue()

    def __call__(self, news):
        self.news.put_nowait(news)

    async def next(self):
        return await asyncio.wait_for(self.news.get(), WAIT_S)

    async def until(self, kind):
        while (found := await self.next()).kind != kind:
            pass
        return found


@asynccontextmanager
async def listening(tws, *, limits=LIMITS, clock=None):
    venue = venue_at(tws, clock or FakeClock(), limits=limits)
    ear = Ear()
    task = asyncio.create_task(venue.listen(ear))
    try:
        yield venue, ear
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await venue.aclose()


def position(quantity, cost="190.5", account="U1"):
    return ["61", "3", account, *AAPL, quantity, cost]


def heard(tws, *rows, limits=LIMITS):
    """The news that these messages make, until one of a known kind."""

    async def hear():
        async with listening(tws, limits=limits) as (venue, ear):
            await ear.until("connected")
            await venue.read("U1", cursor=None)
            for row in rows:
                tws.push(*row)
            tws.push("4", "2", "-1", 1100, "the end of the test", "")
            found = []
            while (news := await ear.next()).kind != "lost":
                found.append((news.kind, news.account))
            return found

    return asyncio.run(hear())


def test_a_position_that_changes_is_a_hint_for_its_account(tws):
    assert heard(tws, position("10", account="U2")) == [("changed", "U2")]


def test_a_position_pushed_as_it_was_is_no_hint(tws):
    tws.hold(AAPL, "10", "190.5")
    assert heard(tws, position("10")) == []
    assert heard(tws, position("0", "0.0")) == [("changed", "U1")]


def test_what_is_held_at_a_connect_is_no_hint(tws):
    tws.hold(AAPL, "10", "190.5")

    async def hear():
        async with listening(tws) as (_, ear):
            assert (await ear.next()).kind == "connected"

    asyncio.run(hear())


def test_a_fill_is_a_hint_once(tws):
    fill = ["11", "-1", *execution("x.01", AAPL, "1", "190")]
    assert heard(tws, fill, fill, commission("x.01")) == [("changed", "U1")]


def test_a_portfolio_row_is_a_hint_where_its_quantity_changes_and_not_its_price(tws):
    tws.hold(AAPL, "10", "190.5")
    numbers = ["191", "1910", "190.5", "5", "0"]
    tws.portfolio["U1"] = [[*AAPL, "10", *numbers]]
    dearer = ["7", "8", *AAPL, "10", "195", "1950", "190.5", "45", "0", "U1"]
    fewer = ["7", "8", *AAPL, "4", *numbers, "U1"]
    assert heard(tws, dearer) == []
    assert heard(tws, fewer) == [("changed", "U1")]


def test_hints_still_come_while_ibkr_is_away(tws):
    async def hear():
        async with listening(tws) as (_, ear):
            await ear.until("connected")
            tws.push("4", "2", "-1", 1100, "lost", "")
            assert (await ear.next()).reason == "1100: lost"
            tws.push("11", "-1", *execution("x.01", contract("ES", kind="FUT"), "60", "75"))
            assert (await ear.next()).kind == "changed"
            tws.push("4", "2", "-1", 1102, "back", "")
            assert await ear.next() is not None

    asyncio.run(hear())


def test_both_ways_of_being_back_ask_for_a_reading(tws):
    async def hear():
        async with listening(tws) as (venue, ear):
            await ear.until("connected")
            for code in (1101, 1102):
                tws.push("4", "2", "-1", 1100, "lost", "")
                assert (await ear.next()).kind == "lost"
                tws.push("4", "2", "-1", code, "back", "")
                found = await ear.next()
                assert (found.kind, found.reason) == ("connected", f"{code}: back")
            await venue.read("U1", cursor=None)  # what ib_async asks by itself comes before

    asyncio.run(hear())
    assert tws.calls("62") == 0


def test_the_state_of_data_farms_is_no_news(tws):
    assert heard(tws, ["4", "2", "-1", 2104, "Market data farm connection is OK", ""]) == []


def test_a_connection_that_ends_is_made_again_and_said_so(tws):
    async def hear():
        async with listening(tws) as (_, ear):
            await ear.until("connected")
            tws.drop()
            assert "504" in (await ear.until("lost")).reason
            await ear.until("connected")

    asyncio.run(hear())


def test_a_gateway_that_has_died_silently_is_noticed_and_healed(tws):
    async def hear():
        async with listening(tws) as (_, ear):
            await ear.until("connected")
            tws.silent = {"49"}
            assert "reqCurrentTime was not answered" in (await ear.until("lost")).reason
            tws.silent = set()
            await ear.until("connected")

    asyncio.run(hear())


def test_a_gateway_that_answers_for_the_time_is_alive(tws):
    async def hear():
        async with listening(tws) as (_, ear):
            await ear.until("connected")
            asked = tws.arrival_of("49", count=3)
            await asyncio.to_thread(asked.wait, WAIT_S)
            assert ear.news.empty()

    asyncio.run(hear())
    assert tws.calls("71") == 1


def test_a_client_id_in_use_is_a_refusal_that_says_what_to_do_and_is_tried_again(tws):
    tws.taken = {str(CLIENT)}

    async def hear():
        async with listening(tws) as (_, ear):
            first = await ear.next()
            assert first.kind == "refused"
            assert f"326: client id {CLIENT} is in use" in first.reason
            assert "set client_id (IBKR_CLIENT_ID) to a number" in first.reason
            tws.taken = set()
            await ear.until("connected")

    asyncio.run(hear())


def test_after_refusals_the_next_try_comes_after_minutes(tws):
    tws.taken = {str(CLIENT)}
    clock = FakeClock()

    async def hear():
        async with listening(tws, clock=clock) as (_, ear):
            while max(clock.slept, default=0) < LIMITS.refused_s_max:
                assert (await ear.next()).kind == "refused"

    asyncio.run(hear())
    assert max(clock.slept) == LIMITS.refused_s_max


class StuckClock(FakeClock):
    """A sleep of minutes does not end."""

    async def sleep(self, seconds):
        await super().sleep(seconds)
        if seconds >= 60:
            await asyncio.Event().wait()


def test_a_connection_that_a_reading_makes_after_a_refusal_is_watched_at_once(tws):
    tws.taken = {str(CLIENT)}
    limits = replace(LIMITS, reconnect_s=600)

    async def hear():
        async with listening(tws, limits=limits, clock=StuckClock()) as (venue, ear):
            await ear.until("refused")
            tws.taken = set()
            await venue.read("U1", cursor=None)
            await ear.until("connected")
            tws.silent = {"49"}
            assert "reqCurrentTime was not answered" in (await ear.until("lost")).reason

    asyncio.run(hear())


def test_a_gateway_that_is_not_there_is_no_refusal(tws):
    tws.close()

    async def hear():
        async with listening(tws) as (_, ear):
            news = await ear.next()
            assert (news.kind, "502" in news.reason) == ("lost", True)

    asyncio.run(hear())


def test_who_listens_later_is_told_that_there_is_a_connection(tws):
    async def hear():
        venue = venue_at(tws, FakeClock(), limits=LIMITS)
        await venue.read("U1", cursor=None)
        ear = Ear()
        task = asyncio.create_task(venue.listen(ear))
        assert (await ear.next()).kind == "connected"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await venue.aclose()

    asyncio.run(hear())
