"""Taking times on a machine that is busy with other things: side by side, and the middle one."""

import cProfile
import gc
import math
import pstats
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import fmean, median
from time import perf_counter, process_time
from typing import Any, Protocol

from benchmarks.broker import Replies

FUNCTIONS_SHOWN = 12


class Subject(Protocol):
    """Something that can sync."""

    def sync(self, replies: Replies) -> None: ...


@dataclass(frozen=True, slots=True)
class Took:
    """The time of one sync: by the clock, and of the processor, which waits for no disk."""

    seconds: float
    processor_s: float


@dataclass(frozen=True, slots=True)
class Compared:
    """Two subjects that took turns: seconds of a sync each, and the ratios of neighbours."""

    bound_s: float
    subject_s: float
    ratio: float
    processor_ratio: float


def compared(subject: Subject, bound: Subject, replies: Sequence[Replies]) -> Compared:
    """Let both sync every reply, each in turn first; medians."""
    pairs = []
    for place, reply in enumerate(replies):
        if place % 2:
            ours = time_of(subject, reply)
            least = time_of(bound, reply)
        else:
            least = time_of(bound, reply)
            ours = time_of(subject, reply)
        pairs.append((least, ours))
    return Compared(
        bound_s=median(least.seconds for least, _ in pairs),
        subject_s=median(ours.seconds for _, ours in pairs),
        ratio=median(ours.seconds / least.seconds for least, ours in pairs),
        processor_ratio=median(ours.processor_s / least.processor_s for least, ours in pairs),
    )


def time_of(subject: Subject, replies: Replies) -> Took:
    """How long one sync takes."""
    before, processor_before = perf_counter(), process_time()
    subject.sync(replies)
    return Took(perf_counter() - before, process_time() - processor_before)


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """How time grows with size: 1 is in step, 2 is with the square. The slope of the logarithms.

    >>> exponent([10, 100, 1000], [1, 10, 100])
    1.0
    """
    across = [math.log(size) for size in sizes]
    up = [math.log(each) for each in seconds]
    middle, level = fmean(across), fmean(up)
    slope = sum((x - middle) * (y - level) for x, y in zip(across, up, strict=True))
    return round(slope / sum((x - middle) ** 2 for x in across), 12)


@dataclass(slots=True)
class Collector:
    """What the garbage collector took since it was last asked."""

    seconds: float = 0.0
    _since: float = field(default=0.0, repr=False)

    def told(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._since = perf_counter()
        else:
            self.seconds += perf_counter() - self._since

    def taken(self) -> float:
        taken, self.seconds = self.seconds, 0.0
        return taken


@contextmanager
def watching_collector() -> Iterator[Collector]:
    """Count the time of the garbage collector, which runs inside of whatever allocates."""
    collector = Collector()
    gc.callbacks.append(collector.told)
    try:
        yield collector
    finally:
        gc.callbacks.remove(collector.told)


def profiled(subject: Subject, replies: Replies) -> list[dict[str, Any]]:
    """The functions in which one sync spends its time, by their own time."""
    profile = cProfile.Profile()
    profile.runcall(subject.sync, replies)
    rows = [
        (own, calls, _place(*place))
        for place, (_, calls, own, _, _) in vars(pstats.Stats(profile))["stats"].items()
    ]
    whole = sum(own for own, _, _ in rows)
    return [
        {
            "percent": round(100 * own / whole, 1),
            "own_ms": round(1000 * own, 2),
            "calls": calls,
            "function": place,
        }
        for own, calls, place in sorted(rows, reverse=True)[:FUNCTIONS_SHOWN]
    ]


def _place(file: str, line: int, name: str) -> str:
    """A function by the end of its path: core/codec.py:18 to_plain."""
    return f"{'/'.join(file.split('/')[-2:])}:{line} {name}" if line else name
