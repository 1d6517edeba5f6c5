"""`trade_updates`, heard by the real TradingStream and by a plain websocket."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import websockets
from alpaca.trading.stream import TradingStream

from tieout.simulators.alpaca import AlpacaSimulator, Credentials, Dialect, running
from tieout.simulators.faults import (
    CloseStream,
    DropMessages,
    DuplicateMessages,
    Fault,
    MuteStream,
    Reset,
    Status,
)

WAIT_S = 10


class Ear:
    """A websocket that has authenticated and, unless told otherwise, listens."""

    def __init__(self, socket: websockets.WebSocketClientProtocol) -> None:
        self.socket = socket

    async def say(self, action: str, **facts: Any) -> Any:
        await self.socket.send(json.dumps({"action": action, "data": facts}))
        return await self.hear()

    async def hear(self) -> Any:
        return json.loads(await asyncio.wait_for(self.socket.recv(), WAIT_S))

    async def authenticate(self, key: Credentials) -> Any:
        return await self.say("authenticate", key_id=key.key_id, secret_key=key.secret_key)


@asynccontextmanager
async def ear(simulator: AlpacaSimulator, account: str | None = "main") -> AsyncIterator[Ear]:
    async with websockets.connect(simulator.stream_address, ping_interval=None) as socket:
        opened = Ear(socket)
        if account is not None:
            await opened.authenticate(simulator.credentials(account))
            await opened.say("listen", streams=["trade_updates"])
        yield opened


def heard_by_the_sdk(
    simulator: AlpacaSimulator, happen: Callable[[], Any], *, until: str
) -> list[dict[str, Any]]:
    """What a real TradingStream is told, up to the event `until`."""
    messages: list[dict[str, Any]] = []

    async def listen() -> None:
        key, done = simulator.credentials("main"), asyncio.Event()
        stream = TradingStream(
            key.key_id, key.secret_key, raw_data=True, url_override=simulator.stream_address
        )

        async def on_update(message: dict[str, Any]) -> None:
            messages.append(message)
            if message["data"]["event"] == until:
                done.set()

        stream.subscribe_trade_updates(on_update)
        task = asyncio.create_task(stream._run_forever())
        assert await asyncio.to_thread(simulator.wait_until_listening)
        await asyncio.to_thread(happen)
        await asyncio.wait_for(done.wait(), WAIT_S)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await stream.close()

    asyncio.run(listen())
    return messages


def test_the_sdk_is_told_of_an_order_and_its_fills(simulator, market):
    messages = heard_by_the_sdk(
        simulator, lambda: market.trade("main", "AAPL", "10", parts=["4"]), until="fill"
    )
    told = [message["data"] for message in messages]
    assert [each["event"] for each in told] == ["new", "partial_fill", "fill"]
    assert [(each["qty"], each["position_qty"], each["price"]) for each in told[1:]] == [
        ("4", "4", "190"),
        ("6", "10", "190"),
    ]
    assert told[2]["order"]["filled_qty"] == "10"
    assert told[2]["timestamp"] == "2026-03-02T19:51:12.065361Z"
    ids = {row.id for row in market.account("main").records}
    assert {each["execution_id"] for each in told[1:]} == ids


def test_the_sdk_is_told_of_a_cancel(simulator, market):
    def happen() -> None:
        order = market.place_order("main", "AAPL", side="buy", quantity="5")
        market.fill_order("main", order.id, quantity="2")
        market.cancel_order("main", order.id)

    last = heard_by_the_sdk(simulator, happen, until="canceled")[-1]["data"]
    assert (last["order"]["status"], last["order"]["filled_qty"]) == ("canceled", "2")


async def frames_of_a_conversation(simulator: AlpacaSimulator) -> list[bytes | str]:
    key = simulator.credentials("main")
    async with websockets.connect(simulator.stream_address) as socket:
        login = {"key_id": key.key_id, "secret_key": key.secret_key}
        await socket.send(json.dumps({"action": "authenticate", "data": login}))
        first = await socket.recv()
        listen = {"action": "listen", "data": {"streams": ["trade_updates", "quotes"]}}
        await socket.send(json.dumps(listen))
        second = await socket.recv()
        await asyncio.to_thread(simulator.market.trade, "main", "AAPL", "1")
        return [first, second, await socket.recv()]


def test_the_handshake_is_as_documented_and_frames_are_binary(simulator):
    frames = asyncio.run(frames_of_a_conversation(simulator))
    assert {type(frame) for frame in frames} == {bytes}
    assert [json.loads(frame) for frame in frames[:2]] == [
        {
            "stream": "authorization",
            "data": {"status": "authorized", "action": "authenticate"},
        },
        {"stream": "listening", "data": {"streams": ["trade_updates"]}},
    ]
    assert json.loads(frames[2])["stream"] == "trade_updates"


def test_frames_can_be_text(market):
    simulator = AlpacaSimulator(market, dialect=Dialect(has_binary_frames=False))
    with running(simulator):
        frames = asyncio.run(frames_of_a_conversation(simulator))
    assert {type(frame) for frame in frames} == {str}


def test_a_wrong_key_is_not_authorized_and_hears_nothing(simulator):
    async def converse() -> list[Any]:
        async with ear(simulator, account=None) as opened:
            refused = await opened.authenticate(Credentials("nobody", "nothing"))
            return [refused, await opened.say("listen", streams=["trade_updates"])]

    assert [answer["data"] for answer in asyncio.run(converse())] == [
        {"status": "unauthorized", "action": "authenticate"},
        {"status": "unauthorized", "action": "listen"},
    ]


def test_what_can_not_be_read_is_passed_over(simulator):
    async def converse() -> Any:
        async with ear(simulator, account=None) as opened:
            unreadable = ["hello", "[]", "{}", '{"action": "auth", "data": []}', b"\xff"]
            for nonsense in [*unreadable, '{"action": "dance"}']:
                await opened.socket.send(nonsense)
            return await opened.authenticate(simulator.credentials("main"))

    assert asyncio.run(converse())["data"]["status"] == "authorized"


def test_the_key_may_stand_beside_the_action(simulator):
    async def converse() -> Any:
        key = simulator.credentials("main")
        login = {"action": "auth", "key": key.key_id, "secret": key.secret_key}
        async with ear(simulator, account=None) as opened:
            await opened.socket.send(json.dumps(login))
            return await opened.hear()

    assert asyncio.run(converse())["data"]["status"] == "authorized"


def test_an_account_hears_only_of_itself(simulator, market):
    async def converse() -> Any:
        async with ear(simulator, "other") as opened:
            await asyncio.to_thread(market.trade, "main", "AAPL", "1")
            await asyncio.to_thread(market.trade, "other", "MSFT", "1")
            return await opened.hear()

    assert asyncio.run(converse())["data"]["order"]["symbol"] == "MSFT"


def test_a_second_stream_closes_the_first(simulator):
    async def converse() -> int | None:
        async with ear(simulator) as older, ear(simulator):
            await asyncio.wait_for(older.socket.wait_closed(), WAIT_S)
            return older.socket.close_code

    assert asyncio.run(converse()) == 1000


def test_a_second_stream_may_be_refused_instead(market):
    simulator = AlpacaSimulator(market, dialect=Dialect(second_stream="is refused"))

    async def converse() -> None:
        async with ear(simulator), ear(simulator, "other"), ear(simulator):
            pass

    with running(simulator), pytest.raises(websockets.InvalidStatusCode, match="429"):
        asyncio.run(converse())


async def told_after(simulator: AlpacaSimulator, *faults: Fault) -> list[str]:
    """Which of three purchases are heard of; AAPL marks the end of what can be heard."""
    async with ear(simulator) as opened:
        for fault in faults:
            simulator.faults.add(fault)
        for symbol in ("MSFT", "TSLA", "AAPL"):
            await asyncio.to_thread(simulator.market.trade, "main", symbol, "1")
        heard: list[str] = []
        while "AAPL filled" not in heard:
            order = (await opened.hear())["data"]["order"]
            heard.append(f"{order['symbol']} {order['status']}")
        return heard


def test_messages_get_lost(simulator):
    heard = asyncio.run(told_after(simulator, Fault(DropMessages(), skip=1, times=2)))
    assert heard == ["MSFT new", "TSLA filled", "AAPL new", "AAPL filled"]


def test_messages_come_twice(simulator):
    heard = asyncio.run(told_after(simulator, Fault(DuplicateMessages(), times=2)))
    assert heard[:4] == ["MSFT new", "MSFT new", "MSFT filled", "MSFT filled"]
    assert len(heard) == 8


def test_a_socket_goes_mute_but_stays_open(simulator, market):
    async def converse() -> bool:
        async with ear(simulator) as opened:
            simulator.faults.add(MuteStream())
            await asyncio.to_thread(market.trade, "main", "AAPL", "1")
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(opened.socket.recv(), 0.2)
            return opened.socket.open

    assert asyncio.run(converse())


def test_a_socket_is_closed_at_once(simulator):
    async def converse() -> int | None:
        async with ear(simulator) as opened:
            simulator.faults.add(CloseStream(1011))
            await asyncio.wait_for(opened.socket.wait_closed(), WAIT_S)
            return opened.socket.close_code

    assert asyncio.run(converse()) == 1011
    assert simulator.faults.standing() == []


def test_a_connection_can_be_refused_or_reset(simulator):
    async def connect() -> None:
        async with ear(simulator):
            pass

    simulator.faults.add(Fault(Status(429), path="/stream"))
    with pytest.raises(websockets.InvalidStatusCode, match="429"):
        asyncio.run(connect())
    simulator.faults.add(Fault(Reset(), path="/stream"))
    with pytest.raises((ConnectionError, websockets.InvalidMessage)):
        asyncio.run(connect())
    asyncio.run(connect())


def test_the_market_goes_on_when_nobody_serves_it(market):
    simulator = AlpacaSimulator(market)
    with running(simulator):
        pass
    market.trade("main", "AAPL", "1")
    with running(simulator):
        assert asyncio.run(told_after(simulator))[-1] == "AAPL filled"


def test_it_starts_and_stops_within_a_running_loop(market):
    async def serve() -> str:
        simulator = AlpacaSimulator(market)
        await simulator.start()
        async with ear(simulator) as opened:
            await asyncio.to_thread(market.trade, "main", "AAPL", "1")
            event = (await opened.hear())["data"]["event"]
        await simulator.stop()
        return event

    assert asyncio.run(serve()) == "new"


def test_threads_may_trade_at_once(market):
    def trade() -> None:
        for _ in range(50):
            market.trade("main", "AAPL", "1")

    threads = [threading.Thread(target=trade) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert market.account("main").holdings["AAPL"].quantity == 200
