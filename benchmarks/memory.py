"""How much memory syncs keep, in a process that goes on running.

Two processes of their own run the same syncs of one account, each a whole run in which a share
of the positions changes: one counts what Python allocates, the other what the machine gives to
the process, which counting would falsify. What a sync needs while it runs is given beside what is
left of it afterwards.
"""

import gc
import json
import os
import subprocess
import sys
import tracemalloc
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.broker import Broker
from benchmarks.product import Whole

POSITIONS = 1_000
SYNCS = 50
CHANGED_PERCENT = 5
WARM_UP_SYNCS = 40  # until the caches of SQLite and the arenas of threads are as large as they get
TARGET_MIB = 2.0
MIB = 1024 * 1024
STATEMENT_OF_MEMORY = Path("/proc/self/statm")


def run(*, positions: int = POSITIONS, syncs: int = SYNCS) -> dict[str, Any]:
    """What is left after all syncs, and after each; the target is for all of them together."""
    print(f"memory: {syncs} syncs of {positions:,} positions, twice", file=sys.stderr, flush=True)
    allocated = _in_own_process("allocated", positions, syncs)
    given = _in_own_process("given", positions, syncs)
    grown_mib = max(allocated["kept_mib"], given["kept_mib"] or 0.0)
    return {
        "positions": positions,
        "syncs": syncs,
        "changed_percent": CHANGED_PERCENT,
        "growth": [
            {"counted": "allocated by Python", **allocated},
            {"counted": "resident in memory", **given},
        ],
        "target_mib": TARGET_MIB,
        "met": grown_mib < TARGET_MIB,
    }


def _in_own_process(what: str, positions: int, syncs: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.memory", what, str(positions), str(syncs)]
    root = Path(__file__).parents[1]
    found = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, check=True, text=True)
    result: dict[str, Any] = json.loads(found.stdout)
    return result


def _measured(what: str, positions: int, syncs: int) -> dict[str, float | None]:
    broker = Broker(positions, changed=positions * CHANGED_PERCENT // 100)
    with (
        TemporaryDirectory(prefix="tieout-benchmark-") as folder,
        closing(Whole(Path(folder) / "book.db")) as whole,
    ):
        for replies in broker.replies(WARM_UP_SYNCS):
            whole.sync(replies)
        if what == "allocated":
            return _allocated(whole, broker, syncs)
        return _given(whole, broker, syncs)


def _allocated(whole: Whole, broker: Broker, syncs: int) -> dict[str, float | None]:
    tracemalloc.start()
    _sync(whole, broker)
    before, _ = tracemalloc.get_traced_memory()
    peak = 0
    for _ in range(syncs):
        replies = broker.reply()
        start, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        whole.sync(replies)
        peak = max(peak, tracemalloc.get_traced_memory()[1] - start)
    del replies
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    return _row(kept=after - before, syncs=syncs, peak=peak)


def _sync(whole: Whole, broker: Broker) -> None:
    whole.sync(broker.reply())
    gc.collect()


def _given(whole: Whole, broker: Broker, syncs: int) -> dict[str, float | None]:
    if not STATEMENT_OF_MEMORY.exists():
        return {"kept_mib": None, "kept_kib_per_sync": None, "needed_by_one_mib": None}
    _sync(whole, broker)
    before = _resident()
    for _ in range(syncs):
        _sync(whole, broker)
    return _row(kept=_resident() - before, syncs=syncs, peak=None)


def _resident() -> int:
    """The bytes of this process that are in memory (Linux says)."""
    pages = int(STATEMENT_OF_MEMORY.read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _row(*, kept: int, syncs: int, peak: int | None) -> dict[str, float | None]:
    return {
        "kept_mib": round(kept / MIB, 3),
        "kept_kib_per_sync": round(kept / 1024 / syncs, 2),
        "needed_by_one_mib": None if peak is None else round(peak / MIB, 3),
    }


if __name__ == "__main__":
    print(json.dumps(_measured(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
