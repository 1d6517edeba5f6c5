"""One sync, from the bytes of a broker's reply to a durable commit, beside its bound.

Every price changes in every sync; of the quantities a share does, and nothing explains why, which
is the dearer case: `changed_rows` has it beside changes that fills explain. All figures are
microseconds per position, medians of syncs that took turns with the bound's.

    bound       the cheapest parse, match, value, marks, rows and commit (see bound.py)
    sync        decode, load, tie_out, journal and commit, the book kept in memory between runs
    disk        the same, the book read from disk every time
    run         a whole run: a sync with its lock, evidence, record, statement and events

Ratios compare times by the clock; `processor_ratio` leaves out the waiting for the disk, which is
the same for both and the larger part of a small sync.
"""

import gc
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.bound import Bound
from benchmarks.broker import Broker, Replies
from benchmarks.measuring import (
    Collector,
    Compared,
    compared,
    exponent,
    profiled,
    watching_collector,
)
from benchmarks.product import Tied, Whole, counting_statements

SIZES = (1_000, 10_000, 100_000)
TARGETS = {0: 1.5, 5: 2.0, 100: 2.5}  # percent changed: ratio to the bound
GROWTH_TARGET = 1.15
COUNTED_SIZES = (100, 1_000)
ROUNDS_MIN, ROUNDS_MAX = 3, 15
FIGURE_S = 8.0  # about as long for one figure, where ROUNDS_MIN rounds take no longer
SYNC_S_MAX = 20.0  # a sync that would take longer is not measured
LOOKED_INTO_SIZE_MAX = 10_000
DAILY_PERCENT = 5
MICROSECONDS = 1_000_000

Row = dict[str, Any]


def run(
    *,
    sizes: Sequence[int] = SIZES,
    rounds_max: int = ROUNDS_MAX,
    counted_sizes: Sequence[int] = COUNTED_SIZES,
) -> dict[str, Any]:
    """Everything about the speed of a sync, as tables by name."""
    with TemporaryDirectory(prefix="tieout-benchmark-") as folder:
        measuring = _Measuring(Path(folder), rounds_max)
        for size in sizes:
            measuring.size(size)
        return {
            "unit": "microseconds per position, medians",
            "syncs": measuring.syncs,
            "parts": measuring.parts,
            "changed_rows": measuring.changed_rows,
            "growth": _growth(measuring.syncs),
            "statements": _statements(Path(folder), counted_sizes),
            "profiles": measuring.profiles,
            "not_measured": measuring.not_measured,
        }


class _Measuring:
    """Works in a folder; has the tables as far as they were measured."""

    def __init__(self, folder: Path, rounds_max: int) -> None:
        self.syncs: list[Row] = []
        self.parts: list[Row] = []
        self.changed_rows: list[Row] = []
        self.profiles: list[Row] = []
        self.not_measured: list[Row] = []
        self._folder = folder
        self._rounds_max = rounds_max

    def size(self, size: int) -> None:
        """All figures of one size."""
        book = _adopted(self._folder, size)
        for percent in TARGETS:
            expected_s = self._expected_s(size, percent)
            if expected_s <= SYNC_S_MAX:
                self._cell(book, size, percent, expected_s)
                continue
            self.not_measured.append(
                {
                    "positions": size,
                    "changed_percent": percent,
                    "expected_s": round(expected_s, 1),
                    "limit_s": SYNC_S_MAX,
                }
            )
        if size <= LOOKED_INTO_SIZE_MAX:
            self._changed_rows(book, size)
        book.unlink()

    def _expected_s(self, size: int, percent: int) -> float:
        """How long a sync will take, going by the smaller sizes."""
        known = [
            (row["positions"], row["sync"] * row["positions"] / MICROSECONDS)
            for row in self.syncs
            if row["changed_percent"] == percent
        ]
        if not known:
            return 0.0
        growth = max(1.0, _slope(known[-2:])) if len(known) > 1 else 1.0
        largest, seconds = known[-1]
        return float(seconds * (size / largest) ** growth)

    def _cell(self, book: Path, size: int, percent: int, expected_s: float) -> None:
        """One size with one share of changes: the sync, then from disk, then a whole run."""
        _say(f"sync: {size:,} positions, {percent} % changed")
        broker = Broker(size, changed=size * percent // 100)
        replies = list(broker.replies(2 + self._rounds(expected_s)))
        sync, parts = _watched(book, replies)
        disk = _beside_bound(book, _read_anew, replies)
        whole = _beside_bound(book, Whole, replies)
        cell = {"positions": size, "changed_percent": percent}
        self.syncs.append(
            cell
            | {
                "bound": _each(sync.bound_s, size),
                "sync": _each(sync.subject_s, size),
                "ratio": round(sync.ratio, 2),
                "target": TARGETS[percent],
                "met": sync.ratio <= TARGETS[percent],
                "processor_ratio": round(sync.processor_ratio, 2),
                "disk": _each(disk.subject_s, size),
                "run": _each(whole.subject_s, size),
                "run_ratio": round(whole.ratio, 2),
            }
        )
        self.parts.append(cell | {step: _each(each, size) for step, each in parts.items()})
        if sync.ratio > TARGETS[percent] and size <= LOOKED_INTO_SIZE_MAX:
            self.profiles += [cell | line for line in _profile(book, replies)]

    def _rounds(self, expected_s: float) -> int:
        wanted = self._rounds_max if not expected_s else int(FIGURE_S / expected_s)
        return max(ROUNDS_MIN, min(self._rounds_max, wanted))

    def _changed_rows(self, book: Path, size: int) -> None:
        """What a changed row costs beyond one that is only marked, part by part."""
        _say(f"sync: {size:,} positions, the cost of a changed row")
        changed = max(1, size * DAILY_PERCENT // 100)
        rounds = min(self._rounds_max, 2 * ROUNDS_MIN)
        quiet = _parts(book, Broker(size), rounds)
        for tells_fills in (False, True):
            broker = Broker(size, changed=changed, tells_fills=tells_fills)
            parts = _parts(book, broker, rounds)
            more = {step: _each(parts[step] - quiet[step], changed) for step in parts}
            self.changed_rows.append(
                {
                    "positions": size,
                    "changed": changed,
                    "explained_by": "fills" if tells_fills else "nothing",
                    "sum": round(sum(more.values()) - more["collector"], 2),
                    **more,
                }
            )


def _adopted(folder: Path, size: int) -> Path:
    """A book that took the first reply over, to be copied."""
    _say(f"sync: a book of {size:,} positions")
    path = folder / f"{size}.db"
    with closing(Tied(path)) as tied:
        tied.sync(Broker(size).reply())
    return path


def _read_anew(path: Path) -> Tied:
    return Tied(path, is_read_anew=True)


class _Watched:
    """A Tied of which the parts of every sync are kept, the garbage collector's within them."""

    def __init__(self, tied: Tied, collector: Collector) -> None:
        self._tied = tied
        self._collector = collector
        self.parts: list[dict[str, float]] = []

    def close(self) -> None:
        self._tied.close()

    def sync(self, replies: Replies) -> None:
        self._collector.taken()
        self._tied.sync(replies)
        self.parts.append(self._tied.seconds | {"collector": self._collector.taken()})

    def middle(self) -> dict[str, float]:
        """The median of every part, the first sync left out."""
        rest = self.parts[1:]
        return {step: median(each[step] for each in rest) for step in rest[0]}


def _watched(book: Path, replies: Sequence[Replies]) -> tuple[Compared, dict[str, float]]:
    with watching_collector() as collector:
        subjects: list[_Watched] = []

        def opened(path: Path) -> _Watched:
            subjects.append(_Watched(Tied(path), collector))
            return subjects[-1]

        return _beside_bound(book, opened, replies), subjects[-1].middle()


def _beside_bound(
    book: Path, opened: Callable[[Path], Any], replies: Sequence[Replies]
) -> Compared:
    """Sync a copy of the book and the bound's by turns; the first two replies are not counted."""
    with (
        TemporaryDirectory(dir=book.parent) as folder,
        closing(opened(Path(shutil.copy(book, folder)))) as subject,
        closing(Bound(Path(folder) / "bound.db")) as bound,
    ):
        bound.sync(replies[0])
        bound.sync(replies[1])
        subject.sync(replies[1])
        gc.collect()
        return compared(subject, bound, replies[2:])


def _parts(book: Path, broker: Broker, rounds: int) -> dict[str, float]:
    """The seconds of each part, without the bound beside it."""
    with (
        TemporaryDirectory(dir=book.parent) as folder,
        watching_collector() as collector,
        closing(_Watched(Tied(Path(shutil.copy(book, folder))), collector)) as watched,
    ):
        broker.reply()
        for replies in broker.replies(1 + rounds):
            watched.sync(replies)
        return watched.middle()


def _profile(book: Path, replies: Sequence[Replies]) -> list[Row]:
    """What is left to do: the functions in which a sync spends its time."""
    with (
        TemporaryDirectory(dir=book.parent) as folder,
        closing(Tied(Path(shutil.copy(book, folder)))) as tied,
    ):
        tied.sync(replies[1])
        return profiled(tied, replies[2])


def _growth(syncs: Sequence[Row]) -> list[Row]:
    """How the time of a whole sync grows with the positions: 1 is in step with them."""
    rows = []
    for percent in TARGETS:
        mine = [row for row in syncs if row["changed_percent"] == percent]
        if len(mine) < 2:
            continue
        grown = {
            name: _slope([(row["positions"], row[name] * row["positions"]) for row in mine])
            for name in ("bound", "sync", "disk", "run")
        }
        rows.append(
            {
                "changed_percent": percent,
                "from": mine[0]["positions"],
                "to": mine[-1]["positions"],
                **{name: round(each, 2) for name, each in grown.items()},
                "target": GROWTH_TARGET,
                "met": grown["sync"] <= GROWTH_TARGET,
            }
        )
    return rows


def _slope(points: Sequence[tuple[int, float]]) -> float:
    return exponent([size for size, _ in points], [seconds for _, seconds in points])


def _statements(folder: Path, sizes: Sequence[int]) -> list[Row]:
    """How many SQL statements the first sync and later ones take; it must not grow."""
    counts: dict[tuple[str, str], dict[int, int]] = {}
    for size in sizes:
        _say(f"sync: the statements of {size:,} positions")
        for what, opened in (("sync", Tied), ("run", Whole)):
            for percent in TARGETS:
                path = folder / f"counted-{what}-{size}-{percent}.db"
                first, later = _counted(path, opened, size, percent)
                counts.setdefault((what, "all new"), {})[size] = first
                counts.setdefault((what, f"{percent} % changed"), {})[size] = later
    return [
        {"what": what, "case": case}
        | {f"of {size}": count for size, count in of_size.items()}
        | {"met": all(one >= other for one, other in pairwise(of_size.values()))}
        for (what, case), of_size in counts.items()
    ]


def _counted(path: Path, opened: Callable[[Path], Any], size: int, percent: int) -> tuple[int, int]:
    """The statements of the first sync and of the one in which a share changed."""
    broker = Broker(size, changed=size * percent // 100)
    with counting_statements() as counter, closing(opened(path)) as subject:
        counter.statements = 0
        subject.sync(broker.reply())
        first, counter.statements = counter.statements, 0
        subject.sync(broker.reply())
        return first, counter.statements


def _each(seconds: float, count: int) -> float:
    return round(seconds / count * MICROSECONDS, 2)


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
