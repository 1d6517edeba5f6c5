"""One sync, from the bytes of a broker's reply to a durable commit, beside its bound.

Every price changes in every sync; of the quantities a share does. Nothing explains those changes,
which is the dearer case; `changed_rows` has them with fills beside it. All figures are in
microseconds per position, medians of syncs that took turns with the bound's.

    bound       the cheapest parse, match, value, marks, rows and commit (see bound.py)
    sync        decode, load, tie_out, journal and commit, the book kept in memory between runs
    disk        the same, the book read from disk every time
    run         a whole run: a sync with its lock, evidence, record, statement and events
"""

import gc
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.bound import Bound
from benchmarks.broker import Broker, Replies
from benchmarks.measuring import (
    Collector,
    compared,
    exponent,
    profiled,
    seconds_of,
    watching_collector,
)
from benchmarks.product import STEPS, Tied, Whole, counting_statements

SIZES = (1_000, 10_000, 100_000)
TARGETS = {0: 1.5, 5: 2.0, 100: 2.5}  # percent changed: ratio to the bound
GROWTH_TARGET = 1.15
COUNTED_SIZES = (100, 1_000)
ROUNDS_MIN, ROUNDS_MAX = 3, 15
CELL_S = 10.0  # about as long for one figure, if that takes no less than ROUNDS_MIN rounds
SYNC_S_MAX = 25.0  # a sync that would take longer is not measured
PROFILED_SIZE_MAX = 10_000
MICROSECONDS = 1_000_000

Row = dict[str, Any]


def run(
    *, sizes: Sequence[int] = SIZES, rounds_max: int = ROUNDS_MAX, counted: Sequence[int] = ()
) -> Row:
    """Everything about the speed of a sync, as tables by name."""
    measured = _Measured(rounds_max)
    with TemporaryDirectory(prefix="tieout-benchmark-") as folder:
        for size in sizes:
            book = _adopted(Path(folder), size)
            for percent in TARGETS:
                measured.cell(book, size, percent)
            measured.changed_rows(book, size)
    return {
        "unit": "microseconds per position, medians",
        "syncs": measured.syncs,
        "parts": measured.parts,
        "changed_rows": measured.rows,
        "growth": _growth(measured.syncs),
        "statements": _statements(counted or COUNTED_SIZES),
        "profiles": measured.profiles,
        "skipped": measured.skipped,
    }


def _adopted(folder: Path, size: int) -> Path:
    """A book into which the first reply was taken over, to be copied."""
    _say(f"sync: a book of {size:,} positions")
    path = folder / f"{size}.db"
    with closing(Tied(path)) as tied:
        tied.sync(Broker(size).reply())
    return path


class _Measured:
    """What has been measured so far."""

    def __init__(self, rounds_max: int) -> None:
        self.syncs: list[Row] = []
        self.parts: list[Row] = []
        self.rows: list[Row] = []
        self.profiles: list[Row] = []
        self.skipped: list[Row] = []
        self._rounds_max = rounds_max

    def cell(self, book: Path, size: int, percent: int) -> None:
        """One size with one share of changes: the sync, then from disk, then a whole run."""
        cell = {"positions": size, "changed_percent": percent}
        expected_s = self._expected_s(size, percent)
        if expected_s > SYNC_S_MAX:
            self.skipped.append({**cell, "sync_s_expected": round(expected_s, 1)})
            return
        _say(f"sync: {size:,} positions, {percent} % changed")
        rounds = max(ROUNDS_MIN, min(self._rounds_max, int(CELL_S / max(expected_s, 0.001))))
        broker = Broker(size, changed=size * percent // 100)
        replies = list(broker.replies(rounds + 3))
        parts: list[Row] = []
        with watching_collector() as collector:
            sync = _beside_bound(
                book, Tied, replies, after=lambda tied: parts.append(_taken(tied, collector))
            )
        disk = _beside_bound(book, _read_anew, replies[:-1])
        whole = _beside_bound(book, Whole, replies[:-1])
        target = TARGETS[percent]
        self.syncs.append(
            {
                **cell,
                "bound": _each(sync.bound_s, size),
                "sync": _each(sync.subject_s, size),
                "ratio": round(sync.ratio, 2),
                "target": target,
                "met": sync.ratio <= target,
                "disk": _each(disk.subject_s, size),
                "run": _each(whole.subject_s, size),
                "run_ratio": round(whole.ratio, 2),
            }
        )
        self.parts.append(cell | _middle(parts, units=size))
        if sync.ratio > target and size <= PROFILED_SIZE_MAX:
            self._profile(book, replies, cell)
