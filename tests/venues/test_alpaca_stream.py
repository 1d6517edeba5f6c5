"""What is heard of `trade_updates`: the venue module with the real SDK, at the simulated Alpaca."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from tieout.ports import News
from tieout.simulators.faults import CloseStream, Fault, Reset, Status
from tieout.venues.alpaca.limits import Limits
from tieout.venues.alpaca.stream import TradeUpdates, _Stream
from venues.alpaca import PATIENT
from venues.hearing import Ear
from venues.market import AlpacaStage

QUICK = replace(PATIENT, connect_s=1, ping_s=0.2, reconnect_s=0.02, reconnect_s_max=0.05)


def updates_at(address: str, stage: AlpacaStage, *, secret: str | None = None) -> TradeUpdates:
    login = stage.simulator.credentials("main")
    return TradeUpdates(
        address=address, key=login.key_id, secret=secret or login.secret_key, limits=QUICK
    )


@asynccontextmanager
async def listening(updates: TradeUpdates) -> AsyncIterator[Ear]:
    ear = Ear()
    task = asyncio.create_task(updates.listen(ear.tell))
    try:
        yield ear
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def heard(stage: AlpacaStage, happen: Callable[[Ear], Awaitable[None]], **wrong: str) -> list[News]:
    """What is told from connecting to leaving."""

    async def listen() -> list[News]:
        updates = updates_at(stage.simulator.stream_address, stage, **wrong)
        async with listening(updates) as ear:
            await happen(ear)
        return ear.news

    return asyncio.run(listen())


async def _listens(stage: AlpacaStage) -> None:
    assert await asyncio.to_thread(stage.simulator.wait_until_listening)


def test_a_fill_is_told_once_connected(stage):
    async def happen(ear: Ear) -> None:
        await _listens(stage)
        await asyncio.to_thread(stage.market.trade, "main", "AAPL", "10")
        await ear.until("connected", "changed")

    news = heard(stage, happen)
    assert news[0] == News(kind="connected")
    assert {each.reason for each in news[1:]} <= {"new", "fill"}
    assert all(each.kind == "changed" for each in news[1:])


def test_a_stream_that_ends_is_connected_again(stage):
    async def happen(ear: Ear) -> None:
        await _listens(stage)
        stage.simulator.faults.add(Fault(CloseStream(), path="/stream"))
        await ear.until("connected", "lost", "connected")

    news = heard(stage, happen)
    lost = next(each for each in news if each.kind == "lost")
    assert lost.reason == "the connection ended"


@pytest.mark.parametrize("effect", [Status(429), Reset()])
def test_a_refused_connection_is_tried_again(stage, effect):
    stage.simulator.faults.add(Fault(effect, path="/stream"))

    async def happen(ear: Ear) -> None:
        await ear.until("lost", "connected")

    news = heard(stage, happen)
    assert news[0] == News(kind="lost", reason="it cannot be reached")


def test_refused_keys_are_said_and_are_never_shown(stage):
    async def happen(ear: Ear) -> None:
        await ear.until("refused")

    news = heard(stage, happen, secret="sEcReT-planted-and-wrong")
    assert news == [News(kind="refused", reason="the keys were refused")]


@pytest.mark.parametrize("status", [401, 403])
def test_a_connection_that_is_turned_down_is_refused_and_not_lost(stage, status):
    stage.simulator.faults.add(Fault(Status(status), path="/stream", times=None))

    async def happen(ear: Ear) -> None:
        await ear.until("refused")

    reason = f"the connection was refused ({status})"
    assert heard(stage, happen) == [News(kind="refused", reason=reason)]


def test_pauses_after_refusals_grow_to_minutes_and_end_with_a_connection():
    told = []
    limits = Limits(refused_s=15, refused_s_max=600)
    stream = _Stream("ws://127.0.0.1:9", ("key", "secret"), limits=limits, tell=told.append)
    waits = []
    for retries in range(1, 9):
        stream._refuse("the keys were refused")
        waits.append(stream._reconnect_delay(retries))
    assert waits == [15, 30, 60, 120, 240, 480, 600, 600]
    assert {each.kind for each in told} == {"refused"}


def test_leaving_is_no_loss(stage):
    async def happen(ear: Ear) -> None:
        await _listens(stage)

    assert [each.kind for each in heard(stage, happen)] == ["connected"]


def test_a_connection_that_is_silently_dead_is_noticed_and_replaced(stage):
    async def listen() -> list[News]:
        async with wire_between(stage.simulator.stream_address) as wire:
            async with listening(updates_at(wire.address, stage)) as ear:
                await ear.until("connected")
                wire.is_dead = True
                await ear.until("connected", "lost")
                wire.is_dead = False
                await ear.until("connected", "lost", "connected")
            return ear.news

    news = asyncio.run(listen())
    assert news[0].kind == "connected"


class Wire:
    """A connection in between that can stop to carry anything without ending."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname, parts.port)
        self.is_dead = False
        self.address = ""

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        near, far = await asyncio.open_connection(*self._target)
        there = asyncio.create_task(self._pass(reader, far))
        back = asyncio.create_task(self._pass(near, writer))
        await asyncio.gather(there, back, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(65_536):
                if not self.is_dead:
                    writer.write(piece)
        writer.close()


@asynccontextmanager
async def wire_between(target: str) -> AsyncIterator[Wire]:
    wire = Wire(target)
    server = await asyncio.start_server(wire.carry, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    wire.address = f"ws://127.0.0.1:{port}/stream"
    async with server:
        yield wire
