"""ccxt's streaming class at a socket on loopback: what it hears is news; a lost one is mended."""

import asyncio
import json
import socket as network
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from tieout.ports import News
from tieout.venues.ccxt.watcher import Ears, watcher_of
from venues import ccxt_recordings as lists
from venues.alpaca import FakeClock
from venues.ccxt_market import LIMITS, NOW, KrakenFutures, venue_at
from venues.ccxt_stub import ExchangeStub, joined

NEWS_S = 60  # loading ccxt's streaming classes takes long on a busy machine
FILL = {"feed": "fills", "fills": [{
    "instrument": "PF_XBTUSD", "time": 1795186800000, "price": 1, "seq": 1, "buy": True, "qty": 1,
    "order_id": "o", "fill_id": "f", "fill_type": "taker",
}]}  # fmt: skip


async def let_go(task: asyncio.Task[None]) -> None:
    """Cancel what listens, and do not wait for ever for its end."""
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=30)
    assert done, "listening does not end"


def started(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


class Socket:
    """Kraken's stream of fills: a challenge, a snapshot, and what a test sends."""

    def __init__(self) -> None:
        self.subscribed: list[str] = []
        self.connection: ServerConnection | None = None
        self.server = serve(self._talk, "127.0.0.1", 0, close_timeout=0.1)
        self.thread = started(self.server.serve_forever)

    @property
    def address(self) -> str:
        return f"ws://127.0.0.1:{self.server.socket.getsockname()[1]}"

    def _talk(self, connection: ServerConnection) -> None:
        self.connection = connection
        try:
            for text in connection:
                message = json.loads(text)
                if message["event"] == "challenge":
                    connection.send('{"event": "challenge", "message": "abc"}')
                if message["event"] == "subscribe":
                    self.subscribed.append(message["feed"])
                    connection.send(json.dumps({"feed": "fills_snapshot", "fills": []}))
        except ConnectionClosed:
            pass

    def close(self) -> None:
        self.server.shutdown()
        joined(self.thread)


class Tunnel:
    """A way to a socket. Gone silent, it swallows what either side says and closes nothing."""

    def __init__(self, end: str) -> None:
        self._end = int(end.rpartition(":")[2])
        self._ways: list[tuple[network.socket, network.socket]] = []
        self._began: dict[network.socket, str] = {}
        self._talking: set[network.socket] = set()
        self._moved = threading.Condition()
        self._swallowing: set[network.socket] = set()
        self._server = network.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        return f"ws://127.0.0.1:{self._server.getsockname()[1]}"

    def until_talking(self, path: str) -> None:
        """Wait until who asked for a path has its answer, and says more."""

        def is_so() -> bool:
            return any(path in self._began[here] for here in self._talking)

        with self._moved:
            assert self._moved.wait_for(is_so, timeout=NEWS_S), path

    def go_silent(self, path: str = "") -> None:
        """Of the connections that there are, to a path; later ones are whole."""
        for near, far in self._ways:
            if path in self._began.get(near, ""):
                self._swallowing |= {near, far}

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            far = network.create_connection(("127.0.0.1", self._end))
            self._ways.append((near, far))
            for ends in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, here: network.socket, there: network.socket) -> None:
        with here, there:
            while piece := _heard_from(here):
                self._note(here, piece)
                if here not in self._swallowing:
                    there.sendall(piece)

    def _note(self, here: network.socket, piece: bytes) -> None:
        with self._moved:
            if here in self._began:
                self._talking.add(here)
            self._began.setdefault(here, piece.decode(errors="replace"))
            self._moved.notify_all()

    def close(self) -> None:
        self._server.close()
        for ends in self._ways:
            for way in ends:
                way.close()


def _heard_from(way: network.socket) -> bytes:
    """What comes next; nothing at its end."""
    try:
        return way.recv(65536)
    except OSError:
        return b""


@pytest.fixture
def socket() -> Iterator[Socket]:
    socket = Socket()
    yield socket
    socket.close()


@pytest.fixture
def stub() -> Iterator[ExchangeStub]:
    stub = ExchangeStub()
    yield stub
    stub.close()


def test_a_fill_is_news_and_a_lost_stream_is_connected_again(stub, socket):
    KrakenFutures(stub)
    limits = replace(LIMITS, reconnect_s=0.05)
    venue = venue_at(stub, stream_address=socket.address, clock=FakeClock(NOW), limits=limits)
    heard: list[News] = []

    async def scene() -> None:
        news: asyncio.Queue[News] = asyncio.Queue()
        task = asyncio.create_task(venue.listen(news.put_nowait))

        async def until(kind: str) -> None:
            async with asyncio.timeout(NEWS_S):
                while True:
                    heard.append(await news.get())
                    if heard[-1].kind == kind:
                        return

        await until("connected")
        await until("changed")  # the snapshot
        socket.connection.send(json.dumps(FILL))
        await until("changed")
        socket.connection.close()
        await until("lost")
        await until("connected")
        await let_go(task)

    asyncio.run(scene())
    assert [each.kind for each in heard] == [
        "connected", "changed", "changed", "lost", "connected",
    ]  # fmt: skip
    assert socket.subscribed[0] == "fills"
    assert heard[3].reason


def test_a_stream_that_has_gone_silent_is_noticed_and_connected_again(stub, socket):
    KrakenFutures(stub)
    tunnel = Tunnel(socket.address)
    limits = replace(LIMITS, reconnect_s=0.05, ping_s=0.05)
    venue = venue_at(stub, stream_address=tunnel.address, clock=FakeClock(NOW), limits=limits)
    heard: list[News] = []

    async def scene() -> None:
        news: asyncio.Queue[News] = asyncio.Queue()
        task = asyncio.create_task(venue.listen(news.put_nowait))

        async def until(kind: str) -> None:
            async with asyncio.timeout(NEWS_S):
                while not heard or heard[-1].kind != kind:
                    heard.append(await news.get())

        await until("changed")  # the snapshot
        tunnel.go_silent()
        await until("lost")
        await until("connected")
        await let_go(task)

    try:
        asyncio.run(scene())
    finally:
        tunnel.close()
    assert "ping-pong" in heard[-2].reason


@pytest.mark.parametrize("exchange", ["binance", "bingx", "okx", "bybit", "kraken", "kucoin"])
def test_no_exchange_is_pinged_so_seldom_that_its_silence_lasts(exchange):
    """ccxt's own pauses are from 4 seconds to half an hour; two answers may be missed."""
    made = watcher_of(
        exchange, login={}, address=None, stream_address=None, ping_s=10, sockets_max=3,
        ears=Ears(connected=lambda: None, ended=lambda _: None),
    )  # fmt: skip
    assert made.streaming["keepAlive"] <= 10_000


def test_where_ccxt_has_no_stream_listening_ends_at_once(stub):
    lists.kraken(stub)
    venue = venue_at(stub, "kraken", clock=FakeClock(NOW))
    venue._updates._make = lambda _: None
    asyncio.run(venue.listen(lambda news: pytest.fail(str(news))))
