"""The loopback server under every simulator: calls in, answers or faults out.

A venue says who is asking and what the right answer is; delays, cut connections and spoiled
bodies are the same for all venues and are made here. The server runs in a thread of its own, so
that a test or a demo can change the market while a client waits for its answer.
"""

import asyncio
import random
import socket
import ssl
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any, Generic, TypeVar

import uvicorn
from uvicorn.server import ServerState

from tieout.simulators.connection import Line, Receive, Scope, Send, TransportAware, request_of
from tieout.simulators.control import PREFIX, Control
from tieout.simulators.faults import (
    BodyEffect,
    ClockSkew,
    CutBody,
    Delay,
    Effect,
    FaultBook,
    Reset,
    Silence,
    StalePositions,
    Status,
    WrongAccount,
)
from tieout.simulators.messages import Call, Reply, Request, View
from tieout.simulators.scripted import Scripted
from tieout.simulators.spoiling import page, spoiled

HOST = "127.0.0.1"
CALLS_MAX = 10_000
START_S_MAX = 10.0
STOP_S_MAX = 10.0

Market = TypeVar("Market", bound=Scripted)


class Simulator(ABC, Generic[Market]):
    """A venue on 127.0.0.1. Start it with `running(...)`, or with `await start()`.

    Port 0 picks a free one. `calls` holds the last calls and how they were answered.
    """

    stream_path = "/stream"
    stream_paths: tuple[str, ...] = ()  # further ones

    def __init__(self, market: Market, *, port: int = 0) -> None:
        self.market = market
        self.faults = FaultBook(market.clock)
        self.calls: deque[Call] = deque(maxlen=CALLS_MAX)
        self._chance = random.Random(0)  # only for the order of reordered rows
        self._port = port
        self._control = Control(market, self.faults, self.calls)
        self._thread: threading.Thread | None = None
        self._is_up = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._stopping: asyncio.Event

    # What a venue says.

    @abstractmethod
    def account_of(self, request: Request) -> str | None:
        """The name of the account whose key came with the call; None without a right key."""

    @abstractmethod
    def answer(self, request: Request, view: View) -> Reply:
        """The right answer."""

    @abstractmethod
    def refusal(self, status: int, message: str) -> Reply:
        """How this venue words an error."""

    @abstractmethod
    def headers(self, request: Request, reply: Reply) -> Mapping[str, str]:
        """What this venue adds to every reply."""

    @abstractmethod
    async def converse(self, line: Line) -> None:
        """Holds one websocket until its end."""

    def named(self, request: Request) -> Request:
        """The call as faults and `calls` know it; for a venue where every call has one path."""
        return request

    def failure(self, _: Request, status: int, message: str) -> Reply:
        """An error on one call; for a venue that words them differently by path."""
        return self.refusal(status, message)

    def encryption(self) -> ssl.SSLContext | None:
        """The certificate to serve with; None for plain HTTP."""
        return None

    # Starting and stopping.

    @property
    def address(self) -> str:
        """What an SDK is given instead of the venue's address."""
        return f"http{self._s}://{HOST}:{self._port}"

    @property
    def stream_address(self) -> str:
        return f"ws{self._s}://{HOST}:{self._port}{self.stream_path}"

    @property
    def _s(self) -> str:
        return "" if self.encryption() is None else "s"

    async def start(self) -> None:
        await asyncio.to_thread(self.launch)

    async def stop(self) -> None:
        await asyncio.to_thread(self.halt)

    def launch(self) -> None:
        """Serves in a thread of its own, and returns when calls are answered."""
        assert self._thread is None, "it is running already"
        listening = socket.create_server((HOST, self._port))
        # asyncio leaves it out on such a socket, and then each answer takes 40 ms.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._port = listening.getsockname()[1]
        self._is_up.clear()
        self._thread = threading.Thread(
            target=self._run, args=(listening,), name=f"simulator-{self._port}", daemon=True
        )
        self._thread.start()
        if not self._is_up.wait(START_S_MAX) or not self._thread.is_alive():
            raise RuntimeError(f"the simulator did not come up within {START_S_MAX} s")

    def halt(self) -> None:
        """Stops serving; connections that hang are ended."""
        if self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(STOP_S_MAX)
        assert not self._thread.is_alive(), "the simulator did not stop"
        self._thread = None

    def _run(self, listening: socket.socket) -> None:
        try:
            asyncio.run(self._listen(listening))
        finally:
            self._is_up.set()  # who waits in vain is let go

    async def _listen(self, listening: socket.socket) -> None:
        """Takes connections until told to stop. uvicorn's protocols without its server, which
        would take the signals and the log of the program around it."""
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self.on_start(self._loop)
        config = uvicorn.Config(
            self._serve,
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            ws_ping_interval=None,
            timeout_keep_alive=600,
        )
        config.load()
        state = ServerState()
        server = await self._loop.create_server(
            lambda: TransportAware(config=config, server_state=state, app_state={}),
            sock=listening,
            ssl=self.encryption(),
        )
        async with server:
            self._is_up.set()
            await self._stopping.wait()
            await asyncio.sleep(0)  # who was accepted this moment is now among the connections
        for connection in list(state.connections):
            connection.transport.abort()
        for task in state.tasks:
            task.cancel()
        await asyncio.gather(*state.tasks, return_exceptions=True)
        await asyncio.sleep(0)  # and their sockets are closed

    # Serving.

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        line = Line(scope, receive, send, self._stopping)
        try:
            if scope["type"] == "websocket":
                await self._open_stream(line)
            else:
                await self._answer_call(line)
        except asyncio.CancelledError:
            if not self._stopping.is_set():  # else it ends as it should, and nothing is logged
                raise

    @abstractmethod
    def on_start(self, loop: asyncio.AbstractEventLoop) -> None:
        """For a venue that tells its streams what happens in other threads."""

    async def _open_stream(self, line: Line) -> None:
        request = request_of(line.scope)
        effects = self.faults.for_upgrade(request.path)
        reply = await self._on_the_way(line, request, effects)
        if isinstance(reply, Reply):
            await line.reply(reply)
        elif reply and request.path in (self.stream_path, *self.stream_paths):
            await self.converse(line)
        elif reply:
            await line.reply(Reply(404, {"message": "there is no stream here"}))

    async def _answer_call(self, line: Line) -> None:
        request = await line.request()
        if request is None:
            await line.reply(Reply(413, {"message": "the body is too large"}))
            return
        if request.path.startswith(PREFIX):
            await line.reply(self._control.answer(request))
            return
        account, known = self.account_of(request), self.named(request)
        effects = self.faults.for_call(known.method, known.path, account)
        reply = await self._on_the_way(line, request, effects)
        if reply is True:
            reply = self._seen_through(effects, request, account)
        status = reply.status if isinstance(reply, Reply) else None
        self.calls.append(Call(known.method, known.path, known.query, account, status))
        if isinstance(reply, Reply):
            kept = [effect.keep for effect in effects if isinstance(effect, CutBody)]
            dated = self._dated(reply, request, effects)
            await line.reply(dated, keep=min(kept, default=1.0))

    async def _on_the_way(
        self, line: Line, request: Request, effects: Sequence[Effect]
    ) -> Reply | bool:
        """What happens before the venue answers: an error instead, False when nothing more is
        to be said, else True."""
        for effect in effects:
            match effect:
                case Delay():
                    await line.pause(effect.seconds)
                case Status():
                    return self._failed(effect, request)
                case Reset():
                    await line.reset()
                    return False
                case Silence():
                    await line.stay_silent()
                    return False
                case _:
                    pass  # it befalls the answer, later
        return True

    def _failed(self, effect: Status, request: Request) -> Reply:
        if effect.code == 502 and not effect.message:
            return Reply(502, page("502 Bad Gateway"))
        reply = self.failure(request, effect.code, effect.message)
        if effect.code in (429, 503):
            return replace(reply, headers={"retry-after": str(effect.retry_after_s)})
        return reply

    def _seen_through(
        self, effects: Sequence[Effect], request: Request, account: str | None
    ) -> Reply:
        """The venue's answer, after what the effects show it and make of it."""
        view = View(account)
        for effect in effects:
            if isinstance(effect, WrongAccount) and account is not None:
                view = replace(view, account=effect.account)
            elif isinstance(effect, StalePositions):
                moment = self.market.clock() - timedelta(seconds=effect.seconds)
                view = replace(view, positions_at=moment)
        reply = self.answer(request, view)
        for effect in effects:
            if isinstance(effect, BodyEffect):
                cursor = request.query.get("cursor", "")
                body = spoiled(effect, reply.body, self._chance, cursor=cursor)
                reply = replace(reply, body=body)
        return reply

    def _dated(self, reply: Reply, request: Request, effects: Sequence[Effect]) -> Reply:
        skew = sum(effect.seconds for effect in effects if isinstance(effect, ClockSkew))
        now = self.market.clock() + timedelta(seconds=skew)
        headers = {"date": format_datetime(now, usegmt=True)}
        headers |= self.headers(request, reply)
        return replace(reply, headers=headers | dict(reply.headers))


@contextmanager
def running(simulator: Simulator[Any]) -> Iterator[str]:
    """Runs a simulator in the background; gives its address.

    with running(AlpacaSimulator(market)) as address: ...
    """
    simulator.launch()
    try:
        yield simulator.address
    finally:
        simulator.halt()
