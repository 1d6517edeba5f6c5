"""The live stream: many clients on one process of the product, over a real book and real sockets.

Some clients end their connection at random moments and go on with `Last-Event-ID`; one never reads
and has to be dropped. Nothing may be lost or repeated. The clock runs from the commit of an event
to its receipt. What the server needs of the processor stands beside a bare ASGI stream: the same
uvicorn writes the same bytes to the same clients, with no store, no hub and no framework. The
thread that commits the events is counted apart.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.crowds import Crowds
from benchmarks.serving import Serving, make_key
from benchmarks.sockets import allow_sockets
from benchmarks.streams import fill_backlog

CLIENTS = 1_000
RATE = 50
SECONDS = 60.0
LEAVING_ONE_IN = 5
STAYS_S = 15.0
P99_TARGET_MS = 100.0
RATIO_TARGET = 1.5
# The product drops a client after 20 s at one of its heartbeats, which come every 15 s.
DROPS_WITHIN_S = 40.0
HASTY = {"heartbeat_s": 0.5, "stuck_s": 0.5}

Row = dict[str, Any]


def run(*, clients: int = CLIENTS, seconds: float = SECONDS, rate: int = RATE) -> dict[str, Any]:
    """What the clients saw and what the server spent, the bare stream's beside it."""
    allow_sockets(clients)
    hasty = {} if seconds > DROPS_WITHIN_S else HASTY
    measured = [
        _measured(kind, clients=clients, seconds=seconds, rate=rate, pace=hasty)
        for kind in ("bare", "stream")
    ]
    bare, ours = measured
    ratio = ours["cpu_s"] / bare["cpu_s"]
    return {
        "clients": clients,
        "events_per_second": rate,
        "seconds": seconds,
        "streams": measured,
        "ratio": round(ratio, 2),
        "per_write_ratio": round(ours["us_per_write"] / bare["us_per_write"], 2),
        "target_ratio": RATIO_TARGET,
        "p99_target_ms": P99_TARGET_MS,
        "met": {
            "nothing lost or repeated": not ours["lost"] and not ours["repeated"],
            "who does not read is dropped": ours["dropped"] == 1,
            "nobody else is": ours["cut"] == 0,
            "p99": ours["p99_ms"] < P99_TARGET_MS,
            "ratio": ratio <= RATIO_TARGET,
        },
    }


def _measured(kind: str, *, clients: int, seconds: float, rate: int, pace: Row) -> Row:
    print(f"events: {kind}, {clients:,} clients for {seconds:g} s", file=sys.stderr, flush=True)
    is_ours = kind == "stream"
    with TemporaryDirectory(prefix="tieout-benchmark-") as made:
        folder = Path(made)
        key = make_key(folder)
        if is_ours:
            fill_backlog(folder)
        with (
            Serving(kind, folder, clients=clients, pace=pace) as serving,
            Crowds(
                serving.port,
                key,
                clients=clients,
                leaving=clients // LEAVING_ONE_IN,
                stays_s=min(STAYS_S, seconds / 4),
                stuck=int(is_ours),
            ) as crowds,
        ):
            before = serving.ask("usage")["cpu_s"]
            published = serving.ask("publish", rate=rate, count=round(rate * seconds))
            after = serving.ask("usage")["cpu_s"]
            seen = crowds.finish(published["last"], published["committed"])
            dropped = serving.ask("counts")["dropped"] if is_ours else None
    cpu_s = after - before - published["writer_cpu_s"]
    return {
        "stream": "tieout" if is_ours else "bare",
        "lost": seen["lost"],
        "repeated": seen["repeated"],
        "resumed": seen["left"],
        "cut": seen["cut"],
        "dropped": dropped,
        "received": seen["events"],
        "writes": seen["pieces"],
        "p50_ms": seen["latency_ms"]["p50"],
        "p99_ms": seen["latency_ms"]["p99"],
        "max_ms": seen["latency_ms"]["max"],
        "cpu_s": round(cpu_s, 2),
        "us_per_write": round(1e6 * cpu_s / seen["pieces"], 1),
        "committing_cpu_s": round(published["writer_cpu_s"], 2) if is_ours else None,
    }
