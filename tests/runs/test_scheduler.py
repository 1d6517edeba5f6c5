"""The clock that starts rounds, over days of time that is turned by hand."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handturned import HandTurned
from tieout.runs.schedule import Schedule, schedule_of
from tieout.runs.scheduler import Scheduler

SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)
START = datetime(2026, 11, 20, 15, 2, 30, tzinfo=UTC)
FIRST = START + 10 * SECOND


class Bench:
    """A scheduler, and the times at which it ticked."""

    def __init__(self, schedule: str = "*/5 * * * *", *, at: datetime = START) -> None:
        self.timer = HandTurned(at)
        self.ticks: list[datetime] = []
        self.scheduler = Scheduler(
            schedule=schedule_of(schedule), timer=self.timer, tick=self._tick
        )

    def _tick(self) -> None:
        self.ticks.append(self.timer.now())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        loop = asyncio.create_task(self.scheduler.run())
        try:
            yield
        finally:
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)

    def through(self, *steps: "timedelta | Callable[[], object]") -> list[datetime]:
        """Turn time, and do things in between."""

        async def going() -> None:
            async with self.running():
                for step in steps:
                    if isinstance(step, timedelta):
                        await self.timer.turn(step)
                    else:
                        await _awaited(step())

        self.timer.run(going())
        return self.ticks


async def _awaited(done: object) -> None:
    if isinstance(done, Coroutine):
        work: Coroutine[Any, Any, object] = done
        await work


def test_the_first_round_comes_after_ten_seconds_and_the_next_ones_by_the_clock():
    assert Bench().through(15 * MINUTE) == [
        FIRST,
        datetime(2026, 11, 20, 15, 5, tzinfo=UTC),
        datetime(2026, 11, 20, 15, 10, tzinfo=UTC),
        datetime(2026, 11, 20, 15, 15, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("midnight", "count"),
    [
        (datetime(2026, 3, 8, 5, tzinfo=UTC), 276),
        (datetime(2026, 11, 1, 4, tzinfo=UTC), 300),
        (datetime(2026, 7, 1, 4, tzinfo=UTC), 288),
    ],
)
def test_a_whole_day_fires_at_exactly_the_right_moments(midnight, count):
    bench = Bench(at=midnight - MINUTE)
    ticks = bench.through(MINUTE + count * 5 * MINUTE - SECOND)
    assert ticks[0] == midnight - 50 * SECOND
    assert ticks[1:] == [midnight + each * 5 * MINUTE for each in range(count)]


def test_seconds_count_from_the_first_round():
    assert Bench("300").through(16 * MINUTE) == [FIRST + each * 5 * MINUTE for each in range(4)]


def test_a_pause_lets_rounds_pass_and_says_that_nothing_is_due():
    bench = Bench()
    change = bench.scheduler.change
    seen: list[datetime | None] = []
    bench.through(
        3 * MINUTE,
        lambda: change(is_paused=True),
        HOUR,
        lambda: seen.append(bench.scheduler.next_at),
        lambda: change(is_paused=False),
        timedelta(),
        lambda: seen.append(bench.scheduler.next_at),
        5 * MINUTE,
    )
    assert seen == [None, datetime(2026, 11, 20, 16, 10, tzinfo=UTC)]
    assert bench.ticks == [
        FIRST,
        datetime(2026, 11, 20, 15, 5, tzinfo=UTC),
        datetime(2026, 11, 20, 16, 10, tzinfo=UTC),
    ]


def test_another_schedule_holds_from_the_moment_it_is_set():
    bench = Bench()
    bench.through(
        3 * MINUTE,
        lambda: bench.scheduler.change(schedule=Schedule(cron=None, every_s=60)),
        150 * SECOND,
    )
    changed_at = START + 3 * MINUTE
    assert bench.ticks[2:] == [changed_at + MINUTE, changed_at + 2 * MINUTE]


def test_a_change_to_the_same_puts_nothing_off():
    bench = Bench("300")

    def same() -> None:
        bench.scheduler.change(schedule=schedule_of("300"), is_paused=False)

    bench.through(5 * SECOND, same, MINUTE, same, 4 * MINUTE, same, MINUTE)
    assert bench.ticks == [FIRST, FIRST + 5 * MINUTE]


def test_a_change_at_the_very_moment_of_a_round_does_not_lose_it():
    bench = Bench()
    at_the_moment: list[Callable[[], object]] = [
        lambda: bench.scheduler.change(schedule=schedule_of("600"))
    ]

    async def changing() -> None:
        await bench.timer.until(FIRST)
        at_the_moment[0]()

    async def both() -> None:
        other = asyncio.create_task(changing())
        async with bench.running():
            await bench.timer.turn(MINUTE)
        await other

    bench.timer.run(both())
    assert bench.ticks == [FIRST]


@pytest.mark.parametrize("schedule", ["*/5 * * * *", "300"])
def test_after_a_long_sleep_of_the_machine_one_round_makes_up_for_all(schedule):
    bench = Bench(schedule)
    bench.through(3 * MINUTE, lambda: bench.timer.jump(7 * HOUR), timedelta())
    woken = START + 3 * MINUTE + 7 * HOUR
    assert [each for each in bench.ticks if each >= woken] == [woken]
    assert bench.scheduler.next_at is not None
    assert woken < bench.scheduler.next_at <= woken + 5 * MINUTE


@pytest.mark.parametrize("schedule", ["*/5 * * * *", "300"])
def test_a_clock_that_is_set_back_does_not_stop_the_schedule(schedule):
    bench = Bench(schedule)
    bench.through(16 * MINUTE, lambda: bench.timer.jump(-3 * HOUR), 15 * MINUTE)
    after = [each for each in bench.ticks if each < START]
    assert len(after) == 3
    assert after[0] - (START + 16 * MINUTE - 3 * HOUR) <= 5 * MINUTE


def test_a_clock_that_is_put_right_by_a_second_fires_no_round_twice():
    bench = Bench("300")
    bench.through(3 * MINUTE, lambda: bench.timer.jump(-SECOND), 8 * MINUTE)
    assert bench.ticks == [FIRST, FIRST + 5 * MINUTE, FIRST + 10 * MINUTE]


def test_nothing_is_due_before_the_start_or_after_the_end():
    bench = Bench()
    assert bench.scheduler.next_at is None
    seen: list[datetime | None] = []
    bench.through(
        MINUTE,
        lambda: seen.append(bench.scheduler.next_at),
        bench.scheduler.stop,
        lambda: seen.append(bench.scheduler.next_at),
    )
    assert seen == [datetime(2026, 11, 20, 15, 5, tzinfo=UTC), None]
    assert len(bench.ticks) == 1


def test_a_whole_day_after_days_of_pauses_and_changes_is_by_the_clock_again():
    bench = Bench()
    steps: list[timedelta | Callable[[], object]] = []
    for each in range(10):
        steps += [
            37 * MINUTE,
            lambda each=each: bench.scheduler.change(is_paused=each % 2 == 0),
        ]
    bench.through(*steps, DAY)
    last = bench.ticks[-288:]
    assert all(each.minute % 5 == 0 and not each.second for each in last)
    assert all(later - earlier == 5 * MINUTE for earlier, later in itertools.pairwise(last))
