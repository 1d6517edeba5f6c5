"""Lists of the API beside the same framework answering with fixed bytes of the same length.

The bound is Litestar on the same uvicorn with none of the product's middleware: sign-in and
limits are work that a list has to do, so they count as ours. `guarded` are the same fixed bytes
behind that middleware; it tells the cost of what stands before every route from that of the list
itself. The first answer after a write is made anew, the others are those bytes again; `anew_ms` is
how long a first one takes. Servers take turns, a burst each: a slow moment is shared by neighbours.
"""

import re
import socket
import sys
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benchmarks.answers import PATHS, fill
from benchmarks.measuring import Took
from benchmarks.product import ACCOUNT
from benchmarks.serving import HOST, Serving, make_key

SIZES = (100, 1_000)
BURSTS = 9
REQUESTS = 100
RECEIVED_MAX = 1 << 20
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
RATIO_TARGET = 1.5
KINDS = ("fixed", "guarded", "product")

Row = dict[str, Any]


def run(
    *, sizes: tuple[int, ...] = SIZES, bursts: int = BURSTS, requests: int = REQUESTS
) -> dict[str, Any]:
    """Requests a second of one client after the other, and ratios to the bound."""
    rows = [row for size in sizes for row in _measured(size, bursts, requests)]
    return {"unit": "requests per second, medians", "lists": rows, "target_ratio": RATIO_TARGET}


def _measured(size: int, bursts: int, requests: int) -> list[Row]:
    with TemporaryDirectory(prefix="tieout-benchmark-") as made, ExitStack() as stack:
        folder = Path(made)
        _say(f"lists: a book for {size:,} rows")
        fill(folder, size)
        key = make_key(folder)
        ours = Asker("product", stack.enter_context(Serving("product", folder)), key)
        for path in PATHS:  # the other two give these bytes back
            (folder / path[5:]).write_bytes(ours.ask(_query(path, size)))
        others = [
            Asker(kind, stack.enter_context(Serving(kind, folder)), key)
            for kind in KINDS
            if kind != "product"
        ]
        return [_list(path, size, [*others, ours], bursts, requests) for path in PATHS]


def _query(path: str, rows: int) -> str:
    return f"{path}?limit={rows}&account={ACCOUNT.id}"


class Asker:
    """One client on one connection that asks, waits for the answer, and asks again.

    It does so over a plain socket, so that it is the server that takes the time.
    """

    def __init__(self, kind: str, serving: Serving, key: str) -> None:
        self.kind = kind
        self._serving = serving
        self._key = key

    def connected(self) -> socket.socket:
        return socket.create_connection((HOST, self._serving.port))

    def ask(self, path: str) -> bytes:
        with self.connected() as connection:
            return self._ask(connection, path)

    def _ask(self, connection: socket.socket, path: str) -> bytes:
        request = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nX-API-Key: {self._key}\r\n\r\n"
        connection.sendall(request.encode())
        reply, end = b"", -1
        while end < 0 or len(reply) < end:
            reply += connection.recv(RECEIVED_MAX)
            if end < 0 and (head := reply.find(b"\r\n\r\n")) >= 0:
                found = LENGTH.search(reply)
                assert reply.startswith(b"HTTP/1.1 200 "), reply[:500]
                assert found is not None, reply[:500]
                end = head + 4 + int(found[1])
                body_at = head + 4
        return reply[body_at:]

    def burst(self, path: str, requests: int) -> Took:
        """How long so many answers take, and the server's processor time for them."""
        with self.connected() as connection:
            self._ask(connection, path)
            processor_before = self._serving.ask("usage")["cpu_s"]
            before = perf_counter()
            for _ in range(requests):
                self._ask(connection, path)
            seconds = perf_counter() - before
            return Took(seconds, self._serving.ask("usage")["cpu_s"] - processor_before)

    def anew(self, path: str) -> float:
        """How long the answer takes after something was written."""
        self._serving.ask("write")
        before = perf_counter()
        self.ask(path)
        return perf_counter() - before


def _list(path: str, size: int, askers: list[Asker], bursts: int, requests: int) -> Row:
    _say(f"lists: {path}, {size:,} rows")
    query = _query(path, size)
    (length,) = {len(asker.ask(query)) for asker in askers}
    taken: dict[str, list[Took]] = {asker.kind: [] for asker in askers}
    for _ in range(bursts):
        for asker in askers:
            taken[asker.kind].append(asker.burst(query, requests))
    ratio = _ratio(taken["product"], taken["fixed"])
    return {
        "path": path,
        "rows": size,
        "bytes": length,
        **{kind: _per_second(taken[kind], requests) for kind in KINDS},
        "ratio": round(ratio, 2),
        "processor_ratio": round(_processor_ratio(taken["product"], taken["fixed"]), 2),
        "guarded_ratio": round(_ratio(taken["guarded"], taken["fixed"]), 2),
        "anew_ms": round(1000 * median(askers[-1].anew(query) for _ in range(bursts)), 1),
        "met": ratio <= RATIO_TARGET,
    }


def _per_second(taken: list[Took], requests: int) -> int:
    return round(requests / median(each.seconds for each in taken))


def _ratio(ours: list[Took], bound: list[Took]) -> float:
    """The middle one of neighbours in time."""
    return median(one.seconds / other.seconds for one, other in zip(ours, bound, strict=True))


def _processor_ratio(ours: list[Took], bound: list[Took]) -> float:
    return sum(each.processor_s for each in ours) / sum(each.processor_s for each in bound)


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
