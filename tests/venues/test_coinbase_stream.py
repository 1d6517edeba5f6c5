"""The user channel: what is heard makes a portfolio be read, and silence is noticed."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest
from websockets.asyncio.server import ServerConnection, serve

from tieout.ports import News
from tieout.venues.coinbase.limits import Limits
from tieout.venues.coinbase.stream import UserChannel
from venues.coinbase import login
from venues.coinbase_keys import certificates, identity, server_tls
from venues.coinbase_rows import KEY

BRIEF = Limits(silent_s=0.2, reconnect_s=0.01, reconnect_s_max=0.02, connect_s=2)
PATIENT = Limits(silent_s=5, reconnect_s=0.01, reconnect_s_max=0.02, connect_s=2)


def message(channel: str, number: int, *events: Any) -> str:
    return json.dumps({"channel": channel, "sequence_num": number, "events": list(events)})


def confirmed(number: int = 0) -> str:
    return message("subscriptions", number, {"subscriptions": {"user": ["x"], "heartbeats": [""]}})


def update(number: int, *orders: Any) -> str:
    return message("user", number, {"type": "update", "orders": list(orders)})


def balance(number: int, realized: str, unrealized: str = "0") -> str:
    summary = {
        "daily_realized_pnl": {"value": realized}, "unrealized_pnl": {"value": unrealized},
    }  # fmt: skip
    return message(
        "futures_balance_summary", number, {"type": "update", "fcm_balance_summary": summary}
    )


FILLED = {"order_id": "o1", "status": "FILLED", "cumulative_quantity": "2", "avg_price": "100.5"}


@dataclass
class Channel:
    """A server of the user channel, which plays a script to each connection, then waits or ends."""

    scripts: list[Callable[[ServerConnection], Any]]
    subscriptions: list[dict[str, Any]] = field(default_factory=list)
    connections: int = 0

    async def handle(self, socket: ServerConnection) -> None:
        self.connections += 1
        for _ in range(3):
            self.subscriptions.append(json.loads(await socket.recv()))
        await self.scripts[min(self.connections, len(self.scripts)) - 1](socket)


def says(*messages: str, stays: bool = True) -> Callable[[ServerConnection], Any]:
    async def script(socket: ServerConnection) -> None:
        for each in messages:
            await socket.send(each)
        if stays:
            await socket.wait_closed()

    return script


@asynccontextmanager
async def served(channel: Channel) -> AsyncIterator[str]:
    async with serve(channel.handle, "127.0.0.1", 0, ssl=server_tls()) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"wss://127.0.0.1:{port}"


def heard(channel: Channel, count: int, *, limits: Limits = PATIENT) -> list[News]:
    """The first so many news of a channel."""

    async def run() -> list[News]:
        found: asyncio.Queue[News] = asyncio.Queue()
        async with served(channel) as address:
            listener = UserChannel(
                address=address, login=login(), limits=limits, ca_file=certificates().ca_file
            )
            listening = asyncio.ensure_future(listener.listen(found.put_nowait))
            try:
                return [await asyncio.wait_for(found.get(), 5) for _ in range(count)]
            finally:
                listening.cancel()

    return asyncio.run(run())


def words(news: list[News]) -> list[tuple[str, str]]:
    return [(each.kind, each.reason) for each in news]


def test_every_channel_is_subscribed_with_a_signature_of_its_own():
    channel = Channel([says(confirmed())])
    assert words(heard(channel, 1)) == [("connected", "")]
    assert [each["channel"] for each in channel.subscriptions] == [
        "heartbeats", "user", "futures_balance_summary",
    ]  # fmt: skip
    tokens = [each["jwt"] for each in channel.subscriptions]
    assert len(set(tokens)) == 3
    for token in tokens:
        found = jwt.decode(token, identity().public, algorithms=["ES256"])
        assert found["sub"] == KEY
        assert "uri" not in found


def test_case_71_what_the_channel_sums_up_is_a_hint_and_never_booked():
    first = {**FILLED, "status": "OPEN", "cumulative_quantity": "1", "avg_price": "100"}
    channel = Channel([says(confirmed(), update(1, first), update(2, FILLED))])
    news = heard(channel, 3)
    assert words(news) == [("connected", ""), ("changed", "OPEN"), ("changed", "FILLED")]
    assert all(each.account is None for each in news)


def test_the_snapshot_of_a_new_connection_is_no_news():
    snapshot = message("user", 1, {"type": "snapshot", "orders": [FILLED]})
    channel = Channel([says(confirmed(), snapshot, update(2, FILLED))])
    assert words(heard(channel, 2)) == [("connected", ""), ("changed", "FILLED")]


def test_heartbeats_are_no_news():
    beat = message("heartbeats", 1, {"heartbeat_counter": 42})
    channel = Channel([says(confirmed(), beat, update(2, FILLED))])
    assert words(heard(channel, 2)) == [("connected", ""), ("changed", "FILLED")]


def test_case_79_a_gap_in_the_numbers_makes_all_be_read():
    channel = Channel([says(confirmed(), message("heartbeats", 4, {}))])
    assert words(heard(channel, 2)) == [("connected", ""), ("changed", "3 messages were missed")]


def test_case_79_an_older_message_is_not_told():
    older = [update(number, {"status": "OLD"}) for number in (1, 0)]
    script = says(confirmed(), update(1, FILLED), *older, update(2, {"status": "NEW"}))
    channel = Channel([script])
    assert words(heard(channel, 3)) == [
        ("connected", ""),
        ("changed", "FILLED"),
        ("changed", "NEW"),
    ]


def test_money_that_moved_in_futures_is_news_and_prices_are_not():
    channel = Channel([
        says(confirmed(), balance(1, "0", "1"), balance(2, "0", "2"), balance(3, "25", "2"))
    ])  # fmt: skip
    assert words(heard(channel, 2)) == [
        ("connected", ""), ("changed", "futures_balance_summary"),
    ]  # fmt: skip


def test_silence_is_noticed_and_a_new_connection_made():
    channel = Channel([says(confirmed())])
    news = heard(channel, 3, limits=BRIEF)
    assert [each.kind for each in news] == ["connected", "lost", "connected"]
    assert "nothing came for 0.2 s, not even a heartbeat" in news[1].reason


def test_an_end_of_the_connection_is_noticed_and_a_new_one_made():
    channel = Channel([says(confirmed(), stays=False), says(confirmed(), update(1, FILLED))])
    news = heard(channel, 4)
    assert [each.kind for each in news] == ["connected", "lost", "connected", "changed"]
    assert channel.connections == 2


def test_a_refused_login_is_told_in_its_words():
    refusal = json.dumps({"type": "error", "message": "authentication failure"})
    news = heard(Channel([says(refusal)]), 2)
    assert words(news) == [("refused", "it was refused: authentication failure")] * 2


@pytest.mark.parametrize("garbage", ["{", "[]", "7", "null"])
def test_a_message_that_cannot_be_read_makes_all_be_read(garbage):
    news = heard(Channel([says(confirmed(), garbage)]), 2)
    assert words(news)[1] == ("changed", "a message that cannot be read")


@pytest.mark.parametrize(
    "odd",
    [
        {"channel": "user", "events": None}, {"channel": "user", "events": [7]},
        {"channel": "futures_balance_summary", "events": [{"fcm_balance_summary": None}]},
        {"channel": "subscriptions", "events": [{"subscriptions": None}]}, {},
    ],
)  # fmt: skip
def test_an_odd_message_does_not_end_the_hearing(odd):
    news = heard(Channel([says(confirmed(), json.dumps(odd), update(1, FILLED))]), 2)
    assert words(news)[1] == ("changed", "FILLED")


def test_nobody_there_is_told_and_tried_again():
    found: asyncio.Queue[News] = asyncio.Queue()

    async def run() -> list[News]:
        listener = UserChannel(
            address="ws://127.0.0.1:1", login=login(), limits=BRIEF, ca_file=None
        )
        listening = asyncio.ensure_future(listener.listen(found.put_nowait))
        try:
            return [await asyncio.wait_for(found.get(), 5) for _ in range(2)]
        finally:
            listening.cancel()

    assert [each.kind for each in asyncio.run(run())] == ["lost", "lost"]
