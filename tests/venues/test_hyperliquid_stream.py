"""What is heard of Hyperliquid's websocket: the module with the real SDK, at the simulator."""

import asyncio
import gc
import socket
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from tieout.ports import News
from tieout.simulators.faults import CloseStream, DropMessages, Fault, MuteStream, Reset, Status
from tieout.venues.hyperliquid.stream import UserStream, stream_address_of
from venues.hearing import Ear
from venues.hyperliquid_market import PATIENT, HyperliquidMarketStage

QUICK = replace(PATIENT, ping_s=0.05, silent_s=0.5, reconnect_s=0.02, reconnect_s_max=0.05)
OF_ONE = 3  # subscriptions: events, fills, transfers


def heard(
    stage: HyperliquidMarketStage, happen: Callable[[Ear], Awaitable[None]], *, limits=QUICK
) -> list[News]:
    """What is told from connecting to leaving."""

    async def listen() -> list[News]:
        ear = Ear()
        venue = stage.venue_with(limits)
        task = asyncio.create_task(venue.listen(ear.tell))
        try:
            await happen(ear)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await venue.aclose()
        return ear.news

    return asyncio.run(listen())


async def _listens(stage: HyperliquidMarketStage, count: int = OF_ONE) -> None:
    assert await asyncio.to_thread(stage.simulator.wait_until_listening, count)


def reasons(news: list[News], kind: str) -> list[str]:
    return [each.reason for each in news if each.kind == kind]


def test_the_address_of_the_stream_is_that_of_the_api():
    assert stream_address_of("http://127.0.0.1:1") == "ws://127.0.0.1:1/ws"
    assert stream_address_of("https://api.hyperliquid.xyz") == "wss://api.hyperliquid.xyz/ws"


def test_a_fill_is_told_once_connected(hl_stage):
    async def happen(ear: Ear) -> None:
        await _listens(hl_stage)
        await ear.until("connected")
        await asyncio.to_thread(hl_stage.market.trade, "main", "BTC", "1")
        await ear.until("connected", "changed")

    news = heard(hl_stage, happen)
    assert news[0] == News(kind="connected")
    assert {each.account for each in news[1:]} == {hl_stage.account}
    assert all(each.kind == "changed" for each in news[1:])


def test_what_was_before_is_no_news(hl_stage):
    """The stream begins with a snapshot of old fills."""
    hl_stage.market.trade("main", "BTC", "1")

    async def happen(ear: Ear) -> None:
        await ear.until("connected")
        await asyncio.to_thread(hl_stage.market.pay_funding, "BTC", "0.0001")
        await ear.until("connected", "changed")

    assert reasons(heard(hl_stage, happen), "changed") == ["funding"]


def test_money_and_tokens_that_move_are_told(hl_stage):
    async def happen(ear: Ear) -> None:
        await ear.until("connected")
        await asyncio.to_thread(hl_stage.market.transfer_spot, "main", "HYPE", "5")
        await ear.until("connected", "changed")

    news = heard(hl_stage, happen)
    assert reasons(news, "changed") == ["userNonFundingLedgerUpdates"]


def test_an_order_that_the_venue_cancels_is_no_news(hl_stage):
    order = hl_stage.market.place_order("main", "BTC", "1", limit_price="50000")

    async def happen(ear: Ear) -> None:
        await ear.until("connected")
        await asyncio.to_thread(
            lambda: hl_stage.market.cancel_order("main", order.id, is_by_venue=True)
        )
        await asyncio.to_thread(hl_stage.market.pay_funding, "ETH", "0.0001")
        await asyncio.to_thread(hl_stage.market.deposit, "main", "5")
        await ear.until("connected", "changed")

    assert reasons(heard(hl_stage, happen), "changed") == ["userNonFundingLedgerUpdates"]


def test_a_sub_account_is_heard_from_the_first_connect(hl_stage):
    hl_stage.market.open_sub_account("part", master="main", cash="5000")

    async def happen(ear: Ear) -> None:
        await _listens(hl_stage, OF_ONE + 2)
        await ear.until("connected")
        await asyncio.to_thread(hl_stage.market.trade, "part", "BTC", "0.01")
        await ear.until("connected", "changed")

    news = heard(hl_stage, happen)
    assert {each.account for each in news[1:]} == {hl_stage.simulator.address_of("part")}


def test_a_stream_that_ends_is_connected_again(hl_stage):
    async def happen(ear: Ear) -> None:
        await _listens(hl_stage)
        await ear.until("connected")
        hl_stage.simulator.faults.add(Fault(CloseStream(), path="/ws"))
        await ear.until("connected", "lost", "connected")

    news = heard(hl_stage, happen)
    assert len(reasons(news, "lost")) == 1
    assert all(reasons(news, "lost"))


@pytest.mark.parametrize("effect", [Status(429), Status(502), Reset()])
def test_a_refused_connection_is_tried_again(hl_stage, effect):
    hl_stage.simulator.faults.add(Fault(effect, path="/ws"))

    async def happen(ear: Ear) -> None:
        await ear.until("lost", "connected")

    news = heard(hl_stage, happen)
    assert [each.kind for each in news] == ["lost", "connected"]
    assert all(reasons(news, "lost"))


def test_a_connection_that_is_silently_dead_is_noticed_and_replaced(hl_stage):
    """It stays open, takes pings, and says nothing any more."""

    async def happen(ear: Ear) -> None:
        await ear.until("connected")
        hl_stage.simulator.faults.add(Fault(MuteStream(), path="/ws/pong"))
        await ear.until("connected", "lost", "connected")

    news = heard(hl_stage, happen)
    assert reasons(news, "lost") == ["nothing came for 0.5 s, not even an answer to a ping"]


def test_a_quiet_connection_that_answers_pings_stays(hl_stage):
    async def happen(ear: Ear) -> None:
        await ear.until("connected")
        loop = asyncio.get_running_loop()
        until = loop.time() + 3 * QUICK.silent_s
        while loop.time() < until:
            await asyncio.to_thread(hl_stage.simulator.wait_until_listening, 99, timeout_s=0.1)

    assert [each.kind for each in heard(hl_stage, happen)] == ["connected"]


def test_a_subscription_that_is_never_confirmed_is_no_connection(hl_stage):
    lost = Fault(DropMessages(), path="/ws/subscriptionResponse", times=OF_ONE)
    hl_stage.simulator.faults.add(lost)

    async def happen(ear: Ear) -> None:
        await ear.until("lost", "connected")

    news = heard(hl_stage, happen)
    assert reasons(news, "lost") == ["the subscriptions were not confirmed within 0.5 s"]


def test_accounts_that_cannot_be_asked_for_are_asked_for_again(hl_stage):
    hl_stage.simulator.faults.add(Fault(Status(403), path="/info/userRole"))

    async def happen(ear: Ear) -> None:
        await ear.until("refused", "connected")

    (refused,) = reasons(heard(hl_stage, happen), "refused")
    assert refused.startswith("the accounts to listen for are not known: hyperliquid-simulator: ")


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_is_said_to_be_one_with_what_to_do_and_is_tried_again(hl_stage, status):
    hl_stage.simulator.faults.add(Fault(Status(status), path="/ws"))

    async def happen(ear: Ear) -> None:
        await ear.until("refused", "connected")

    news = heard(hl_stage, happen)
    assert [each.kind for each in news] == ["refused", "connected"]
    (refused,) = reasons(news, "refused")
    assert f"{status}" in refused
    assert "check address and stream_address of this connection" in refused


def test_a_refused_subscription_says_so_and_why(hl_stage):
    other = hl_stage.venue_with(QUICK)._stream

    async def listen() -> News:
        async def users() -> list[str]:
            return ["no address"]

        ear = Ear()
        task = asyncio.create_task(other.listen(ear.tell, users=users))
        await ear.until("refused")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return ear.news[0]

    news = asyncio.run(listen())
    assert news.kind == "refused"
    assert news.reason.startswith("a subscription was refused: ")
    assert "check the account of this connection" in news.reason


def test_more_users_than_may_be_heard_are_left_to_the_schedule(hl_stage):
    for number in range(12):
        hl_stage.market.open_sub_account(f"part {number}", master="main")

    async def happen(ear: Ear) -> None:
        await ear.until("connected")
        await _listens(hl_stage, 1 + 2 * 10)

    assert [each.kind for each in heard(hl_stage, happen)] == ["connected"]


def test_leaving_is_no_loss(hl_stage):
    async def happen(ear: Ear) -> None:
        await ear.until("connected")

    assert [each.kind for each in heard(hl_stage, happen)] == ["connected"]


def test_a_connection_that_the_venue_ends_is_closed_on_this_side_too(hl_stage, recwarn):
    async def happen(ear: Ear) -> None:
        await ear.until("connected")
        hl_stage.simulator.faults.add(Fault(CloseStream(), path="/ws"))
        await ear.until("connected", "lost", "connected")

    gc.collect()
    recwarn.clear()
    heard(hl_stage, happen)
    gc.collect()
    assert [str(each.message) for each in recwarn if each.category is ResourceWarning] == []


def test_who_leaves_while_it_connects_leaves_no_connection_behind():
    """The venue has taken the connection and not yet said that it will talk."""

    async def leave_once(taken: threading.Event, address: str) -> None:
        async def users() -> list[str]:
            return ["0x1"]

        listening = UserStream(address=address, limits=QUICK).listen(Ear().tell, users=users)
        task = asyncio.create_task(listening)
        assert await asyncio.to_thread(taken.wait, 5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    taken, said = threading.Event(), []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def take() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.settimeout(5)
                connection.recv(65_536)
                taken.set()
                said.append(connection.recv(1))

        thread = threading.Thread(target=take)
        thread.start()
        asyncio.run(leave_once(taken, f"ws://127.0.0.1:{listening.getsockname()[1]}/ws"))
        thread.join()
    assert said == [b""]
