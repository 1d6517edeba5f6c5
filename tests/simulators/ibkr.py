"""A gateway with two accounts, and the real `ib_async` that connects to it."""

import asyncio
import functools
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import pytest
from eventkit import Event
from ib_async import IB, Position, StartupFetch, StartupFetchNONE

from tieout.simulators.ibkr import IbkrMarket, IbkrSimulator, running

CALL = "AAPL260417C00200000"
LIMIT_S = 20.0  # for what must come; only a broken gateway takes that long
SILENCE_S = 0.08  # after which a gateway on this machine has nothing more to say


def in_a_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Lets a test be written in ib_async's own style."""

    @functools.wraps(test)
    def run(**fixtures) -> None:
        asyncio.run(asyncio.wait_for(test(**fixtures), LIMIT_S))

    return run


@pytest.fixture
def broker(clock) -> IbkrMarket:
    market = IbkrMarket(clock=clock, chance=random.Random(20260302))
    market.open_account("U1", cash="100000")
    market.open_account("U2", cash="500000")
    market.list_asset("AAPL", price="50")
    market.list_asset("MSFT", price="400.5")
    market.list_asset(CALL, price="2.5")
    market.list_asset("EUR.USD", price="1.128775")
    market.list_future("ESU6", root="ES", multiplier="50", expires_on="2026-09-18", price="6302.25")
    return market


@pytest.fixture
def gateway(broker) -> Iterator[IbkrSimulator]:
    gateway = IbkrSimulator(broker)
    with running(gateway):
        yield gateway


async def next_of(event: Event) -> None:
    """Waits for the next one, from this moment on and not from when a task has started."""
    came = asyncio.get_running_loop().create_future()

    def take(*_) -> None:
        if not came.done():
            came.set_result(None)

    event += take
    try:
        await asyncio.wait_for(came, LIMIT_S)
    finally:
        event -= take


class Client(IB):
    """The real one; remembers the errors it was told of."""

    def __init__(self) -> None:
        super().__init__()
        self.RaiseRequestErrors = True
        self.TimezoneTWS = "UTC"
        self.errors: list[tuple[int, str]] = []
        self.errorEvent += self._remember

    def _remember(self, _, code: int, text: str, *__) -> None:
        self.errors.append((code, text))

    @property
    def codes(self) -> list[int]:
        return [code for code, _ in self.errors]

    async def code(self, wanted: int) -> str:
        """The text of an error, once it has come."""
        while wanted not in self.codes:
            await next_of(self.errorEvent)
        return dict(self.errors)[wanted]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until what was told makes the condition true."""
        while not condition():
            await next_of(self.updateEvent)

    async def ended(self) -> None:
        """Waits until the gateway has closed the connection."""
        if self.isConnected():
            await next_of(self.disconnectedEvent)


async def connect(
    gateway: IbkrSimulator,
    *,
    client_id: int = 7,
    timeout_s: float = LIMIT_S,
    fetched: StartupFetch = StartupFetchNONE,
    **options,
) -> Client:
    ib = Client()
    await ib.connectAsync(
        gateway.host,
        gateway.port,
        clientId=client_id,
        timeout=timeout_s,
        fetchFields=fetched,
        raiseSyncErrors=True,
        **{"readonly": True, **options},
    )
    return ib


@asynccontextmanager
async def connected(gateway: IbkrSimulator, **options) -> AsyncIterator[Client]:
    ib = await connect(gateway, **options)
    try:
        yield ib
    finally:
        ib.disconnect()


async def positions(ib: IB) -> dict[tuple[str, str], float]:
    """By account and local symbol, as the gateway tells them now."""
    return by_symbol(await ib.reqPositionsAsync())


def by_symbol(rows: list[Position]) -> dict[tuple[str, str], float]:
    return {(row.account, row.contract.localSymbol): row.position for row in rows}


class Raw:
    """A client that speaks the wire by hand, and blocks."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line

    def send(self, *fields: object) -> None:
        payload = "".join(f"{field}\0" for field in fields).encode()
        self.line.sendall(len(payload).to_bytes(4, "big") + payload)

    def receive(self) -> list[str]:
        """The fields of the next message; none when the gateway has hung up."""
        length = int.from_bytes(self._exactly(4), "big")
        return self._exactly(length).decode().split("\0")[:-1]

    def until(self, number: str) -> list[list[str]]:
        """All messages up to the first of that number."""
        found = [self.receive()]
        while found[-1][:1] not in ([number], []):
            found.append(self.receive())
        return found

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count and (more := self.line.recv(count - len(data))):
            data += more
        return data


@contextmanager
def raw(gateway: IbkrSimulator, *, offer: str = "v157..178", client_id: int = 9) -> Iterator[Raw]:
    """A client that was greeted and has named itself; `client_id` -1 does not."""
    with socket.create_connection((gateway.host, gateway.port), timeout=LIMIT_S) as line:
        client = Raw(line)
        payload = offer.encode()
        line.sendall(b"API\0" + len(payload).to_bytes(4, "big") + payload)
        if client_id >= 0:
            client.receive()
            client.send(71, 2, client_id, "")
            client.until("4")
        yield client


@dataclass(frozen=True)
class Transcript:
    """What a gateway said from the greeting to the answer of a last question, whose coming
    shows that the answers before it are through."""

    messages: list[list[str]]
    is_whole: bool


def raw_transcript(
    gateway: IbkrSimulator, asked: tuple[object, ...], *, patience_s: float = LIMIT_S
) -> Transcript:
    """Asks one thing by hand, and does not wait for ever."""
    said: list[list[str]] = []
    with raw(gateway, client_id=-1) as client:
        client.line.settimeout(patience_s)
        try:
            said.append(client.receive())
            for fields in ((71, 2, 9, ""), asked, (8, 1, 1)):
                client.send(*fields)
            while said[-1] and [row[0] for row in said].count("9") < 2:
                said.append(client.receive())
        except (TimeoutError, ConnectionError):
            return Transcript(said, is_whole=False)
    return Transcript(said, is_whole=said[-1][:1] == ["9"])
