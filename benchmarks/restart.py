"""A restart in the middle of the stream: the server is killed and started anew while events go on.

This process commits events the whole time, also while there is no server. All clients are cut
off; each comes back by itself with the id it had last. Nothing may be lost or repeated.
"""

import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.crowds import Crowds
from benchmarks.product import ACCOUNT
from benchmarks.serving import BOOK, Serving, make_key
from benchmarks.sockets import allow_sockets
from benchmarks.streams import beats, event
from tieout.store.sqlite import SqliteStore

CLIENTS = 1_000
RATE = 50
SECONDS = 20.0
LEAVING_ONE_IN = 5


def run(*, clients: int = CLIENTS, seconds: float = SECONDS, rate: int = RATE) -> dict[str, Any]:
    """What the clients saw, and how long they were without a server."""
    allow_sockets(clients)
    print(f"restart: {clients:,} clients for {seconds:g} s", file=sys.stderr, flush=True)
    with TemporaryDirectory(prefix="tieout-benchmark-") as made:
        folder = Path(made)
        key = make_key(folder)
        writer = _Writer(folder, rate=rate, count=round(rate * seconds))
        with (
            Serving("stream", folder, clients=clients) as first,
            Crowds(
                first.port,
                key,
                clients=clients,
                leaving=clients // LEAVING_ONE_IN,
                stays_s=seconds / 4,
            ) as crowds,
        ):
            writer.start()
            writer.halfway.wait()
            began = time.monotonic()
            first.kill()
            with Serving("stream", folder, clients=clients, port=first.port):
                away_s = time.monotonic() - began
                writer.join()
                seen = crowds.finish(writer.last)
    names = ("lost", "repeated", "gaps", "cut")
    return {
        "clients": clients,
        "events": writer.count,
        "away_s": round(away_s, 2),
        "resumed": seen["left"] + seen["cut"],
        **{name: seen[name] for name in names},
        "met": not seen["lost"] and not seen["repeated"] and not seen["gaps"],
    }


class _Writer(threading.Thread):
    """Commits events to the book of a folder, with a store of its own."""

    def __init__(self, folder: Path, *, rate: int, count: int) -> None:
        super().__init__(daemon=True)
        self.count = count
        self.last = 0
        self.halfway = threading.Event()
        self._folder = folder
        self._rate = rate

    def run(self) -> None:
        store = SqliteStore(self._folder / BOOK)
        for number in beats(self._rate, self.count):
            self.last = store.add_event(event(number), account=ACCOUNT.id)
            if number >= self.count // 2:
                self.halfway.set()
        store.close()
