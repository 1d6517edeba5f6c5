"""A relay on loopback between an SDK and a simulator: it counts what passes, and may be far away.

It knows no protocol but the length before each message of a TWS. A client that sends, hears an
answer and sends again has taken two turns; turns of several connections may overlap. As many as
follow each other without overlapping are what a venue far away is waited for.
"""

import asyncio
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

HOST = "127.0.0.1"
CHUNK_BYTES = 65_536
START_S_MAX = 10.0
TWS_GREETING = b"API\0"
LENGTH_BYTES = 4
SECOND_S = 1.0

Facts = dict[str, Any]


@dataclass(slots=True)
class Turn:
    """From the first byte of what a client says to the last one of the answer."""

    begun_s: float
    ended_s: float | None = None


@dataclass(slots=True)
class Passed:
    """What passed since somebody asked."""

    bytes_out: int = 0
    bytes_in: int = 0
    turns: list[Turn] = field(default_factory=list)
    messages_s: list[float] = field(default_factory=list)  # when a client's message to a TWS came

    def facts(self) -> Facts:
        return {
            "bytes_out": self.bytes_out,
            "bytes_in": self.bytes_in,
            "in_a_row": in_a_row(self.turns),
            "messages": len(self.messages_s),
            "messages_per_s": most_in_a_second(self.messages_s),
        }


class Relay:
    """Listens in a thread of its own and hands on to a port; every answer `delay_s` later."""

    def __init__(self, port: int) -> None:
        self.delay_s = 0.0
        self.port = 0
        self.passed = Passed()
        self._to = port
        self._is_up = threading.Event()
        threading.Thread(target=self._run, name="relay", daemon=True).start()
        assert self._is_up.wait(START_S_MAX), "the relay did not come up"

    def taken(self) -> Facts:
        """What passed since the last time."""
        passed, self.passed = self.passed, Passed()
        return passed.facts()

    def _run(self) -> None:
        asyncio.run(self._listen())

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._connected, HOST, 0)
        self.port = server.sockets[0].getsockname()[1]
        self._is_up.set()
        await server.serve_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_venue, from_venue = await asyncio.open_connection(HOST, self._to)
        line = _Line(self, client=writer, venue=from_venue)
        await asyncio.gather(line.hand_on(reader), line.hand_back(to_venue), line.deliver())


class _Line:
    """One connection of a client."""

    def __init__(
        self, relay: Relay, *, client: asyncio.StreamWriter, venue: asyncio.StreamWriter
    ) -> None:
        self._relay = relay
        self._client = client
        self._venue = venue
        self._turn: Turn | None = None
        self._messages = Messages()
        self._waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        self._now = asyncio.get_running_loop().time

    async def hand_on(self, reader: asyncio.StreamReader) -> None:
        """What the client says, until it leaves."""
        while data := await _read(reader):
            passed, now = self._relay.passed, self._now()
            passed.bytes_out += len(data)
            passed.messages_s += [now] * self._messages.taken(data)
            if self._turn is None or self._turn.ended_s is not None:
                self._turn = Turn(now)
                passed.turns.append(self._turn)
            self._venue.write(data)
        self._venue.close()

    async def hand_back(self, reader: asyncio.StreamReader) -> None:
        """What the venue answers, until it leaves; no bytes are its end."""
        data = b"before the first"
        while data:
            data = await _read(reader)
            await self._waiting.put((self._now() + self._relay.delay_s, data))

    async def deliver(self) -> None:
        """Each answer when it is due."""
        data = b"before the first"
        while data:
            due_s, data = await self._waiting.get()
            await asyncio.sleep(due_s - self._now())
            self._relay.passed.bytes_in += len(data)
            self._client.write(data)
            if self._turn is not None:
                self._turn.ended_s = self._now()
        self._client.close()


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(CHUNK_BYTES)
    except ConnectionError:
        return b""


class Messages:
    """Counts the messages in what a client says to a TWS; there are none in what is no TWS's."""

    def __init__(self) -> None:
        self._rest = b""
        self._is_tws: bool | None = None

    def taken(self, data: bytes) -> int:
        """How many messages are whole with these bytes.

        >>> Messages().taken(b"API" + bytes(1) + (2).to_bytes(4, "big") + b"v1" + b"...")
        1
        """
        if self._is_tws is None:
            self._is_tws = data.startswith(TWS_GREETING)
            data = data.removeprefix(TWS_GREETING)
        if not self._is_tws:
            return 0
        count, self._rest = 0, self._rest + data
        while len(self._rest) >= LENGTH_BYTES:
            end = LENGTH_BYTES + int.from_bytes(self._rest[:LENGTH_BYTES], "big")
            if len(self._rest) < end:
                break
            count, self._rest = count + 1, self._rest[end:]
        return count


def in_a_row(turns: Iterable[Turn]) -> int:
    """The most turns of which each begins after the one before has ended.

    >>> in_a_row([Turn(0, 5), Turn(1, 6), Turn(6, 7), Turn(8)])
    2
    """
    count, free_s = 0, float("-inf")
    ended = [(turn.ended_s, turn.begun_s) for turn in turns if turn.ended_s is not None]
    for ended_s, begun_s in sorted(ended):
        if begun_s >= free_s:
            count, free_s = count + 1, ended_s
    return count


def most_in_a_second(times_s: Iterable[float]) -> int:
    """The most that came within any one second.

    >>> most_in_a_second([0.0, 0.1, 0.9, 1.05, 3.0])
    3
    """
    most, window = 0, list[float]()
    for at_s in sorted(times_s):
        window = [each for each in window if at_s - each < SECOND_S] + [at_s]
        most = max(most, len(window))
    return most
