"""A run that waits for the lock of its book holds up nothing else in its event loop."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from locking import locked, noticed
from runs.fakes import ACCOUNT, Bench, holding
from tieout.ports import AccountBusy
from tieout.runs import run
from tieout.runs.apart import apart
from tieout.store.sqlite import SqliteStore

LIMIT_S = 10.0
TURNS = 100


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "book.db"


@pytest.fixture
def bench(book: Path) -> Iterator[Bench]:
    store = SqliteStore(book, busy_timeout_s=LIMIT_S)
    yield Bench(store)
    store.close()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not is_so():
            await asyncio.sleep(0)


def is_busy(bench: Bench) -> bool:
    try:
        with bench.store.lease(ACCOUNT.id):
            return False
    except AccountBusy:
        return True


def test_others_go_on_while_a_run_waits_for_the_lock(bench, book, monkeypatch):
    bench.venue.holdings = (holding("AAPL", "10"),)
    begun = noticed(bench.store, monkeypatch)

    async def scenario():
        with locked(book):
            running = asyncio.create_task(run(bench.order, venue=bench.venue, parts=bench.parts))
            await until(begun.is_set)
            for _ in range(TURNS):
                await asyncio.sleep(0)
            assert not running.done()
            assert bench.quantities == {}
        return await running

    assert asyncio.run(scenario()).record.outcome == "applied"
    assert bench.quantities == {"AAPL": "10"}


def test_the_account_is_kept_until_a_run_that_was_cancelled_has_written(bench, book, monkeypatch):
    bench.venue.holdings = (holding("AAPL", "10"),)
    begun = noticed(bench.store, monkeypatch)

    async def scenario():
        with locked(book):
            running = asyncio.create_task(run(bench.order, venue=bench.venue, parts=bench.parts))
            await until(begun.is_set)
            running.cancel()
            for _ in range(TURNS):
                await asyncio.sleep(0)
            assert not running.done()
            assert is_busy(bench)
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(scenario())
    assert bench.quantities == {"AAPL": "10"}
    assert not is_busy(bench)


def test_an_error_comes_through():
    def fails():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        asyncio.run(apart(fails))
