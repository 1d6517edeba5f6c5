"""The stream of an exchange with several market types: each is heard, and none stops the others."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from tieout.ports import News
from tieout.venues.ccxt.stream import watches_of
from tieout.venues.ccxt.watcher import Ears, watcher_of
from tieout.venues.http.waiting import Sleep
from venues import ccxt_recordings as lists
from venues.alpaca import FakeClock
from venues.ccxt_market import LIMITS, NOW, venue_at
from venues.ccxt_stub import ExchangeStub, joined
from venues.test_ccxt_stream import NEWS_S, Tunnel, let_go, started

SPOT, LINEAR, INVERSE = "/ws-api/v3", "/private/ws?listenKey=linear-key", "/ws/inverse-key"
TOKEN = "/sapi/v1/userListenToken"
QUICK = replace(LIMITS, reconnect_s=0.05, rewatch_s_max=0.05)
TRADE = {
    "e": "ORDER_TRADE_UPDATE", "E": 1795186800000, "T": 1795186800000,
    "o": {"s": "BTCUSDT", "c": "x", "S": "BUY", "o": "LIMIT", "f": "GTC", "q": "1", "p": "9",
          "ap": "9", "sp": "0", "x": "TRADE", "X": "FILLED", "i": 1, "l": "1", "z": "1", "L": "9",
          "T": 1795186800000, "t": 7, "b": "0", "a": "0", "m": False, "rp": "0"},
}  # fmt: skip
FILL = {
    "e": "executionReport", "E": 1795186800000, "s": "BTCUSDT", "c": "x", "S": "BUY", "o": "LIMIT",
    "f": "GTC", "q": "1", "p": "9", "x": "TRADE", "X": "FILLED", "i": 1, "l": "1", "z": "1",
    "L": "9", "n": "0", "N": None, "T": 1795186800000, "t": 7, "m": False, "O": 1795186800000,
    "Z": "9", "Y": "9", "Q": "0",
}  # fmt: skip


class Sockets:
    """Binance's streams: one socket for each kind of market, told apart by its path."""

    def __init__(self) -> None:
        self.open: dict[str, ServerConnection] = {}
        self.paths: list[str] = []
        self.is_refusing = False
        self._moved = threading.Condition()
        self.server = serve(self._talk, "127.0.0.1", 0, close_timeout=0.1)
        self.thread = started(self.server.serve_forever)

    @property
    def address(self) -> str:
        return f"ws://127.0.0.1:{self.server.socket.getsockname()[1]}"

    def say(self, path: str, message: dict[str, Any]) -> None:
        self.open[path].send(json.dumps(message))

    async def until(self, is_so: Callable[[], object]) -> None:
        """Wait for what happens to sockets."""

        def wait() -> bool:
            with self._moved:
                return self._moved.wait_for(lambda: bool(is_so()), timeout=NEWS_S)

        assert await asyncio.to_thread(wait), self.open

    def _talk(self, connection: ServerConnection) -> None:
        path = connection.request.path
        with self._moved:
            self.open[path] = connection
            self.paths.append(path)
            self._moved.notify_all()
        try:
            for text in connection:
                connection.send(json.dumps(self._answer(json.loads(text)["id"])))
        except ConnectionClosed:
            pass
        finally:
            with self._moved:
                if self.open.get(path) is connection:
                    del self.open[path]
                self._moved.notify_all()

    def _answer(self, id_: str) -> dict[str, Any]:
        if self.is_refusing:
            return {"id": id_, "status": 401, "error": {"code": -2015, "msg": "Invalid API-key"}}
        return {"id": id_, "status": 200, "result": {"subscriptionId": 0}}

    def close(self) -> None:
        self.server.shutdown()
        joined(self.thread)


class Hearing:
    """What a venue tells while a scene goes on."""

    def __init__(self) -> None:
        self.all: list[News] = []
        self._news: asyncio.Queue[News] = asyncio.Queue()
        self.tell = self._news.put_nowait

    async def until(self, is_it: Callable[[News], object]) -> News:
        async with asyncio.timeout(NEWS_S):
            while True:
                self.all.append(await self._news.get())
                if is_it(self.all[-1]):
                    return self.all[-1]

    async def until_kind(self, kind: str) -> News:
        return await self.until(lambda news: news.kind == kind)


Scene = Callable[[Hearing], Awaitable[None]]


@pytest.fixture
def stub() -> Iterator[ExchangeStub]:
    stub = ExchangeStub()
    lists.binance(stub)
    stub.say("/fapi/v1/listenKey", {"listenKey": "linear-key"})
    stub.say("/dapi/v1/listenKey", {"listenKey": "inverse-key"})
    yield stub
    stub.close()


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    sockets = Sockets()
    yield sockets
    sockets.close()


def listening(
    stub: ExchangeStub, address: str, scene: Scene, *, sleep: Sleep = asyncio.sleep, **fields: Any
) -> Hearing:
    """Listen to Binance for as long as a scene goes on, and let go of it then."""
    fields = {"limits": QUICK, "clock": FakeClock(NOW), **fields}

    async def run() -> Hearing:
        hearing = Hearing()
        venue = venue_at(stub, "binance", stream_address=address, **fields)
        venue._updates._sleep = sleep
        task = asyncio.create_task(venue.listen(hearing.tell))
        try:
            await scene(hearing)
        finally:
            await let_go(task)
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return hearing

    return asyncio.run(run())


TYPES = ("spot", "swap")


def test_a_trade_on_each_market_type_is_news(stub, sockets):
    async def scene(hearing: Hearing) -> None:
        await sockets.until(lambda: len(sockets.open) == 3)
        for path, message in ((LINEAR, TRADE), (INVERSE, TRADE), (SPOT, {"event": FILL})):
            sockets.say(path, message)
            await hearing.until_kind("changed")

    hearing = listening(stub, sockets.address, scene, types=TYPES)
    assert sorted(sockets.paths) == sorted([SPOT, LINEAR, INVERSE])  # once each
    asyncio.run(sockets.until(lambda: not sockets.open))
    assert not [news for news in hearing.all if news.kind in ("lost", "unheard")]


def test_a_market_type_that_is_refused_is_told_and_the_others_go_on(stub, sockets):
    stub.say(TOKEN, {"code": -3003, "msg": "Margin account does not exist."})

    async def scene(hearing: Hearing) -> None:
        await hearing.until_kind("unheard")
        await sockets.until(lambda: len(sockets.open) == 3)
        for path, message in ((LINEAR, TRADE), (SPOT, {"event": FILL})):
            sockets.say(path, message)
            await hearing.until_kind("changed")

    hearing = listening(stub, sockets.address, scene, types=("spot", "margin", "swap"))
    told = [news for news in hearing.all if news.kind == "unheard"]
    assert "(margin)" in told[0].reason
    assert "Margin account does not exist" in told[0].reason
    assert "lost" not in [news.kind for news in hearing.all]


def test_a_market_type_that_failed_is_heard_when_it_is_tried_again(stub, sockets):
    asked = []

    def key(_: Any) -> Any:
        asked.append(1)
        return {"code": -1001, "msg": "Internal error"} if len(asked) < 2 else {"listenKey": "late"}

    stub.say("/dapi/v1/listenKey", key)

    async def scene(hearing: Hearing) -> None:
        await hearing.until_kind("unheard")
        await sockets.until(lambda: "/ws/late" in sockets.open)
        sockets.say("/ws/late", TRADE)
        await hearing.until_kind("changed")

    listening(stub, sockets.address, scene, types=TYPES)
    assert len(asked) >= 2


def test_a_market_type_without_a_socket_left_is_told_and_the_others_go_on(stub, sockets):
    async def scene(hearing: Hearing) -> None:
        await hearing.until(lambda news: "sockets already" in news.reason)
        await sockets.until(lambda: SPOT in sockets.open)
        sockets.say(SPOT, {"event": FILL})
        await hearing.until_kind("changed")

    limits = replace(QUICK, sockets_max=1)
    listening(stub, sockets.address, scene, types=TYPES, limits=limits)
    assert sockets.paths == [SPOT]


@pytest.mark.parametrize("path", [SPOT, LINEAR, INVERSE])
def test_one_socket_that_has_gone_silent_is_noticed_and_all_is_connected_again(stub, sockets, path):
    tunnel = Tunnel(sockets.address)

    async def scene(hearing: Hearing) -> None:
        await sockets.until(lambda: len(sockets.open) == 3)
        await asyncio.to_thread(tunnel.until_talking, path)
        tunnel.go_silent(path)
        lost = await hearing.until_kind("lost")
        assert "ping-pong" in lost.reason
        await sockets.until(lambda: len(sockets.paths) >= 6)
        await sockets.until(lambda: len(sockets.open) == 3)
        sockets.say(path, TRADE if path != SPOT else {"event": FILL})
        await hearing.until_kind("changed")

    try:
        listening(stub, tunnel.address, scene, types=TYPES, limits=replace(QUICK, ping_s=0.2))
    finally:
        tunnel.close()


def test_a_login_that_is_refused_on_an_open_socket_is_tried_less_and_less_often(stub, sockets):
    sockets.is_refusing = True
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(seconds / 20)

    async def scene(hearing: Hearing) -> None:
        async with asyncio.timeout(NEWS_S):
            while not hearing.all or pauses.count(4.0) == 0:
                await hearing.until_kind("refused")

    hearing = listening(stub, sockets.address, scene, sleep=sleep, types=("spot",), limits=LIMITS)
    assert "Invalid API-key" in hearing.all[-1].reason
    assert "changed" not in [news.kind for news in hearing.all]


def test_coins_are_not_watched_for_positions():
    watches = watches_of([{"type": "spot"}, {"type": "swap", "subType": "linear"}])
    assert [each.words for each in watches if each.name == "watchPositions"] == [
        "watchPositions (swap linear)"
    ]
    assert watches[0].words == "watchMyTrades (spot)"


def test_the_stream_lets_no_order_pass():
    made = watcher_of(
        "binance", login={"apiKey": "k", "secret": "s"}, address="http://127.0.0.1:9",
        stream_address=None, ping_s=10, sockets_max=3,
        ears=Ears(connected=lambda: None, ended=lambda _: None),
    )  # fmt: skip
    with pytest.raises(AssertionError, match="POST /api/v3/order"):
        asyncio.run(made.fetch("http://127.0.0.1:9/api/v3/order", "POST"))
