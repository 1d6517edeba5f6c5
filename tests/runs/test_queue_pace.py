"""The queue's promises one by one: bursts, the last event, clocks that are set, closing."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import pytest

from handturned import START, HandTurned
from tieout.core.book import AccountId
from tieout.ports import AccountBusy, RunTrigger
from tieout.runs.queue_local import LocalQueue, Pace

ONE = AccountId("paper/PA1")
Test = Callable[["Bench"], Coroutine[Any, Any, None]]


class Bench:
    """A queue whose runs take as long as `takes_s` says, and what it started."""

    def __init__(self, *, takes_s: float = 0.0, pace: Pace | None = None) -> None:
        self.timer = HandTurned()
        self.takes = timedelta(seconds=takes_s)
        self.started: list[tuple[float, RunTrigger]] = []
        self.ended = 0
        self.queue: LocalQueue[int] = LocalQueue(
            start=self._run, timer=self.timer, pace=pace or Pace()
        )

    async def _run(self, account: AccountId, trigger: RunTrigger) -> int:
        self.started.append((self.seconds, trigger))
        await self.timer.until(self.timer.now() + self.takes)
        self.ended += 1
        return self.ended

    @property
    def seconds(self) -> float:
        return (self.timer.now() - START).total_seconds()

    async def tell_at(self, *seconds: float, trigger: RunTrigger = "stream") -> None:
        """Tell of something at each of these times."""
        for each in seconds:
            await self.timer.turn(timedelta(seconds=each - self.seconds))
            self.queue.tell(ONE, trigger)


def run(bench: Bench, test: Test) -> Bench:
    bench.timer.run(test(bench))
    return bench


def test_a_burst_is_one_run_once_it_is_quiet():
    async def test(bench: Bench) -> None:
        await bench.tell_at(0, 0.2, 0.4, 0.8, 1.2)
        await bench.timer.turn(timedelta(seconds=30))

    assert run(Bench(), test).started == [(1.7, "stream")]


def test_a_burst_without_end_is_not_waited_out_longer_than_the_longest_wait():
    async def test(bench: Bench) -> None:
        await bench.tell_at(*(each / 4 for each in range(61)))
        await bench.timer.turn(timedelta(seconds=30))

    assert [at for at, _ in run(Bench(), test).started] == [5.0, 10.0, 15.0, 15.5]


def test_an_event_in_the_last_moment_of_a_run_is_followed_by_a_run():
    async def test(bench: Bench) -> None:
        bench.queue.tick(ONE)
        await bench.tell_at(9.999, trigger="trade")
        await bench.timer.turn(timedelta(seconds=60))

    bench = run(Bench(takes_s=10), test)
    assert bench.started == [(0.0, "schedule"), (10.499, "trade")]


def test_a_thousand_events_during_a_run_are_one_run_after_it():
    async def test(bench: Bench) -> None:
        bench.queue.tick(ONE)
        await bench.tell_at(*(each / 100 for each in range(1, 1001)))
        await bench.timer.turn(timedelta(seconds=60))

    bench = run(Bench(takes_s=20), test)
    assert bench.started == [(0.0, "schedule"), (20.0, "stream")]


def test_a_run_that_begins_meanwhile_has_seen_what_was_told_before():
    async def test(bench: Bench) -> None:
        await bench.tell_at(0)
        bench.queue.tick(ONE)
        await bench.timer.turn(timedelta(seconds=30))

    assert run(Bench(), test).started == [(0.0, "schedule")]


def test_an_account_that_another_process_runs_is_looked_at_again_but_not_all_the_time():
    async def test(bench: Bench) -> None:
        tries: list[float] = []

        async def taken(account: AccountId, trigger: RunTrigger) -> int:
            tries.append(bench.seconds)
            if bench.seconds < 60:
                raise AccountBusy("another process has it")
            return 0

        bench.queue.start = taken
        await bench.tell_at(0, trigger="trade")
        await bench.timer.turn(timedelta(seconds=300))
        assert tries[-1] >= 60
        assert len(tries) <= 14

    run(Bench(), test)


@pytest.mark.parametrize("hours", [-3, 3])
def test_an_event_is_not_held_up_by_a_clock_that_is_set(hours):
    async def test(bench: Bench) -> None:
        await bench.tell_at(0)
        await bench.timer.jump(timedelta(hours=hours))
        await bench.timer.turn(timedelta(seconds=6))
        assert len(bench.started) == 1

    run(Bench(), test)


def test_somebody_who_stops_waiting_does_not_end_the_run():
    async def test(bench: Bench) -> None:
        asking = asyncio.create_task(bench.queue.run_now(ONE, "manual"))
        await bench.timer.turn(timedelta(seconds=1))
        asking.cancel()
        await bench.timer.turn(timedelta(seconds=1))
        assert bench.queue.is_running(ONE)
        await bench.timer.turn(timedelta(seconds=10))
        assert bench.ended == 1

    run(Bench(takes_s=5), test)


def test_closing_gives_up_what_is_gathered_and_finishes_what_runs():
    async def test(bench: Bench) -> None:
        bench.queue.tick(ONE)
        await bench.tell_at(3)
        closed_at: list[datetime] = []

        async def closing() -> None:
            await bench.queue.close()
            closed_at.append(bench.timer.now())

        task = asyncio.create_task(closing())
        await bench.timer.turn(timedelta(seconds=60))
        await task
        assert closed_at == [START + timedelta(seconds=10)]

    bench = run(Bench(takes_s=10), test)
    assert bench.started == [(0.0, "schedule")]
    assert bench.ended == 1
