"""A crowd of clients of an event stream in one process, over plain sockets.

They check that the ids they get follow each other without a gap, also over connections that they
end at random moments. Started with `python -m benchmarks.listeners`; says in a line of JSON when
all are connected, reads in another what the last event is and when each was committed, and then
says what it saw.
"""

import heapq
import json
import os
import random
import re
import selectors
import socket
import sys
import time
from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.serving import HOST
from benchmarks.sockets import allow_sockets

GREETING = re.compile(rb"retry: \d+\nid: (\d+)\n\n")
EVENT = re.compile(rb"id: (\d+)\nevent: ")
GAP = b"event: stream:gap\n"
RECEIVED_MAX = 1 << 18
PIECES_KEPT = 1_000
FINISH_S = 60.0
AWAY_S = 0.5
NARROW_BYTES = 4096

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """What some bytes of a stream say; `rest` is the beginning of something more."""

    greeted: int | None
    ids: tuple[int, ...]
    has_gap: bool
    rest: bytes


def piece_of(text: bytes) -> Piece:
    """Everything up to the last end of a frame.

    >>> piece_of(b"id: 7\\nevent: a\\ndata: x\\n\\nid: 8\\nev")
    Piece(greeted=None, ids=(7,), has_gap=False, rest=b'id: 8\\nev')
    """
    end = text.rfind(b"\n\n") + 2
    if end == 1:
        return Piece(None, (), has_gap=False, rest=text)
    whole, rest = text[:end], text[end:]
    greeted = GREETING.search(whole)
    return Piece(
        greeted=int(greeted[1]) if greeted else None,
        ids=tuple(map(int, EVENT.findall(whole))),
        has_gap=GAP in whole,
        rest=b"" if rest == b"\r\n" else rest,  # the end of a chunk
    )


@dataclass(slots=True, eq=False)
class Listener:
    """One client and where it stands; `last` is the id it would resume after."""

    leaves: bool
    last: int | None = None
    connection: socket.socket | None = None
    connected_at: float = 0.0
    rest: bytes = b""
    is_answered: bool = False


@dataclass(slots=True)
class Seen:
    """What all of them saw together; `samples` has times and ids for the latencies."""

    lost: int = 0
    repeated: int = 0
    gaps: int = 0
    left: int = 0
    cut: int = 0
    events: int = 0
    pieces: int = 0
    samples: "array[float]" = field(default_factory=lambda: array("d"))


class Crowd:
    """Runs all clients of this process in one loop."""

    def __init__(self, port: int, key: str, options: Facts) -> None:
        self.seen = Seen()
        self._address = (HOST, port)
        self._key = key
        self._chance = random.Random(options["seed"])
        self._stays_s = float(options["stays_s"])
        leaving = options["leaving"]
        self._listeners = [Listener(leaves=n < leaving) for n in range(options["clients"])]
        self._selector = selectors.DefaultSelector()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._pieces: dict[bytes, Piece] = {}
        self._stuck = self._opened_stuck() if options["stuck"] else None
        self._asked = b""

    # Life

    def run(self) -> Facts:
        """Connect, say so, listen until the last event is told, and give an account."""
        for each in self._listeners:
            self._connect(each)
        while any(each.last is None for each in self._listeners):
            self._step()
        print(json.dumps({"ready": len(self._listeners)}), flush=True)
        self._begin_leaving()
        self._selector.register(sys.stdin, selectors.EVENT_READ)
        while not self._asked.endswith(b"\n"):
            self._step()
        finish = json.loads(self._asked)
        until = time.monotonic() + FINISH_S
        while self._is_behind(finish["last"]) and time.monotonic() < until:
            self._step()
        return self._told(finish)

    def _is_behind(self, last: int) -> bool:
        return any(each.last is not None and each.last < last for each in self._listeners)

    def _told(self, finish: Facts) -> Facts:
        seen = self.seen
        seen.lost += sum(max(0, finish["last"] - (each.last or 0)) for each in self._listeners)
        names = ("lost", "repeated", "gaps", "left", "cut", "events", "pieces")
        told: Facts = {name: getattr(seen, name) for name in names}
        if "committed" in finish:
            committed = json.loads(Path(finish["committed"]).read_text(encoding="utf-8"))
            told["latencies"] = latencies(seen.samples, {int(n): at for n, at in committed.items()})
        return told

    def _step(self) -> None:
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            heapq.heappop(self._due)[2]()
        wait_s = max(0.0, self._due[0][0] - now) if self._due else 1.0
        for key, _ in self._selector.select(min(wait_s, 1.0)):
            if key.data is None:
                self._asked += os.read(key.fd, 65_536)
            elif key.events == selectors.EVENT_WRITE:
                self._ask(key.data)
            else:
                self._read(key.data)

    def _after(self, wait_s: float, action: Callable[[], None]) -> None:
        entry = (time.monotonic() + wait_s, self._chance.getrandbits(62), action)
        heapq.heappush(self._due, entry)

    # Connections

    def _connect(self, listener: Listener) -> None:
        made = socket.socket()
        made.setblocking(False)
        made.connect_ex(self._address)
        listener.connection, listener.rest, listener.is_answered = made, b"", False
        self._selector.register(made, selectors.EVENT_WRITE, listener)

    def _ask(self, listener: Listener) -> None:
        """The connection stands, or it does not."""
        made = listener.connection
        assert made is not None
        if made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._again(listener)
            return
        made.send(self._request(listener.last))
        self._selector.modify(made, selectors.EVENT_READ, listener)

    def _request(self, last: int | None) -> bytes:
        resume = "" if last is None else f"Last-Event-ID: {last}\r\n"
        return (
            f"GET /api/stream/events HTTP/1.1\r\nHost: {HOST}\r\n"
            f"X-API-Key: {self._key}\r\n{resume}\r\n"
        ).encode()

    def _close(self, listener: Listener) -> None:
        made, listener.connection = listener.connection, None
        if made is not None:
            self._selector.unregister(made)
            made.close()

    def _again(self, listener: Listener) -> None:
        self._close(listener)
        self._after(self._chance.uniform(0, AWAY_S), lambda: self._connect(listener))

    def _begin_leaving(self) -> None:
        for each in self._listeners:
            if each.leaves:
                self._leave_later(each)

    def _leave_later(self, listener: Listener) -> None:
        self._after(self._chance.uniform(0, 2 * self._stays_s), lambda: self._leave(listener))

    def _leave(self, listener: Listener) -> None:
        """At a random moment, in the middle of a frame or not."""
        if listener.connection is not None:
            self.seen.left += 1
            self._again(listener)
        self._leave_later(listener)

    def _opened_stuck(self) -> socket.socket:
        """A client that asks for everything there ever was and reads nothing."""
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW_BYTES)
        made.connect(self._address)
        made.send(self._request(0))
        return made

    # What comes in

    def _read(self, listener: Listener) -> None:
        assert listener.connection is not None
        try:
            text = listener.connection.recv(RECEIVED_MAX)
        except OSError:
            text = b""
        now = time.monotonic()
        if not text:
            self.seen.cut += 1
            self._again(listener)
            return
        if not listener.is_answered:
            assert text.startswith(b"HTTP/1.1 200 "), text[:500]
            listener.is_answered = True
        if listener.rest:
            text = listener.rest + text
        piece = self._pieces.get(text)
        if piece is None:
            if len(self._pieces) > PIECES_KEPT:
                self._pieces.clear()
            piece = self._pieces[text] = piece_of(text)
        listener.rest = piece.rest
        self._take(listener, piece, now)

    def _take(self, listener: Listener, piece: Piece, now: float) -> None:
        seen = self.seen
        seen.gaps += piece.has_gap
        if piece.greeted is not None:
            listener.connected_at = now
            if listener.last is None:
                listener.last = piece.greeted
        if not piece.ids:
            return
        assert listener.last is not None, "an event came before the greeting"
        last = listener.last
        for each in piece.ids:
            if each == last + 1:
                last = each
            elif each <= last:
                seen.repeated += 1
            else:
                seen.lost += each - last - 1
                last = each
        listener.last = last
        seen.pieces += 1
        seen.events += len(piece.ids)
        seen.samples.extend((now, listener.connected_at, piece.ids[0], piece.ids[-1]))


def latencies(samples: "array[float]", committed: dict[int, float]) -> dict[str, int]:
    """How many events took so many tenths of milliseconds from commit to receipt.

    What was committed while the client was away is no latency of the stream.
    """
    found: Counter[int] = Counter()
    for place in range(0, len(samples), 4):
        received_at, connected_at, first, last = samples[place : place + 4]
        for number in range(int(first), int(last) + 1):
            at = committed.get(number)
            if at is not None and at >= connected_at:
                found[round((received_at - at) * 10_000)] += 1
    return {str(tenths): count for tenths, count in sorted(found.items())}


def main() -> None:
    options = json.loads(sys.argv[1])
    allow_sockets(options["clients"])
    print(json.dumps(Crowd(options["port"], options["key"], options).run()), flush=True)


if __name__ == "__main__":
    main()
