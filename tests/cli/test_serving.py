"""`tieout serve` as an operator meets it: it starts, keeps accounts tied out, stops, survives."""

import asyncio
import os
import random
import signal
import socket
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import tieout as library
from cli.broker import Broker
from cli.serving import ANSWER_S, Listener, key_for, serving
from cli.shell import real
from tieout.library import forget_schedulers
from tieout.simulators.faults import Delay, Fault


@pytest.fixture
def book(tieout, broker: Broker, folder: Path) -> Path:
    """A book of four positions."""
    for symbol in ("AAPL", "MSFT", "NVDA", "TSLA"):
        broker.trade(symbol, "10")
    assert tieout("sync").status == 0
    broker.goes_live()
    return folder / "book.db"


def stored(book: Path, question: str) -> list[Any]:
    """What the book itself says."""
    with sqlite3.connect(book) as connection:
        return connection.execute(question).fetchall()


def test_it_ties_out_by_itself_and_says_so(book, broker, folder):
    broker.trade("AAPL", "2", "130")
    with serving(folder, first_run_s="0", schedule="1") as served:
        done = served.wait_for("Position sync completed (created: 0, updated: 1")
        assert (done["account"], done["tied_out"]) == ("paper/" + number_of(broker), True)
        headers = key_for(book)
        reply = httpx.get(f"{served.address}/api/positions", headers=headers, timeout=ANSWER_S)
        by_symbol = {each["symbol"]: each["quantity"] for each in reply.json()["positions"]}
        assert by_symbol == {"AAPL": 12, "MSFT": 10, "NVDA": 10, "TSLA": 10}
        result = served.stop(signal.SIGTERM)
    assert result.status == 0
    assert "[Serve] Stopped" in result.err
    assert "Traceback" not in result.err


def number_of(broker: Broker) -> str:
    return broker.market.account("main").number


def test_a_fill_is_in_the_book_without_a_scheduled_run(book, broker, folder):
    with serving(folder, first_run_s="0", schedule="3600") as served:
        served.wait_for("[Stream] paper connected")
        served.wait_for("Position sync completed")
        broker.trade("TSLA", "-10", "90")
        line = served.wait_for("Removed 1 stale positions: TSLA", timeout_s=10)
        assert line["level"] == "warning"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_lets_the_run_in_progress_finish(book, broker, folder, number):
    broker.trade("MSFT", "-3", "120")
    broker.simulator.faults.add(Fault(Delay(seconds=1.5), path="/v2/positions", times=1))
    with serving(folder, first_run_s="0", schedule="3600") as served:
        served.wait_for("Starting position sync...")
        result = served.stop(number)
    assert result.status == 0
    assert "Position sync completed (created: 0, updated: 1" in result.err
    assert stored(book, "SELECT outcome FROM runs ORDER BY started_at") == [("applied",)] * 2


def test_a_stop_leaves_a_run_that_hangs_after_the_limit(book, broker, folder, tieout):
    broker.simulator.faults.add(Fault(Delay(seconds=60), path="/v2/positions", times=None))
    with serving(folder, first_run_s="0", schedule="3600", stop_limit_s="1") as served:
        served.wait_for("Starting position sync...")
        result = served.stop(signal.SIGTERM)
    assert result.status == 0
    assert "was left; it booked nothing" in result.err
    broker.mend()
    assert tieout("verify").status == 0


def test_a_port_that_is_taken_is_one_clear_error(book, folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = real("serve", "--port", str(port), folder=folder)
    assert result.status == 2
    assert f"service.port: 127.0.0.1:{port} cannot be had" in result.err
    assert "Traceback" not in result.err


def test_an_open_address_is_refused_while_nobody_has_to_sign_in(book, folder):
    result = real("serve", "--host", "0.0.0.0", "--port", "0", folder=folder)
    assert result.status == 2
    assert "tieout users add NAME" in result.err


def test_a_service_that_is_refused_makes_no_book(tieout, broker, folder):
    before = sorted(folder.iterdir())
    opened = tieout("serve", "--host", "0.0.0.0", "--port", "0")
    assert opened.status == 2
    assert "there is no user or key yet" in opened.err
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = tieout("serve", "--port", str(taken.getsockname()[1]))
    assert busy.status == 2
    assert "cannot be had" in busy.err
    assert sorted(folder.iterdir()) == before


def test_wrong_settings_are_named_before_anything_starts(book, folder):
    environment = {"TIEOUT_SERVICE_SCHEDULE": "every now and then"}
    result = real("serve", "--port", "0", folder=folder, environment=environment)
    assert result.status == 2
    assert "service.schedule" in result.err
    assert "Listening" not in result.err


def test_a_second_service_of_a_book_is_refused_until_the_first_is_gone(
    tieout, book, broker, folder
):
    with serving(folder, first_run_s="3600", schedule="3600") as served:
        second = real("serve", "--port", "0", folder=folder)
        assert (second.status, second.out) == (2, "")
        assert f"{book} is kept by a service that runs already (`tieout serve`, or" in second.err
        assert f"process {served.process.pid} since 20" in second.err
        assert "end that one first" in second.err
        assert "Traceback" not in second.err
        broker.trade("AAPL", "2", "130")
        assert tieout("sync").status == 0
        served.process.kill()
        served.process.wait(ANSWER_S)
        with serving(folder, first_run_s="3600", schedule="3600") as third:
            assert third.stop(signal.SIGTERM).status == 0


def test_a_scheduler_and_a_service_refuse_each_other(book, broker, folder):
    async def program() -> None:
        scheduler = library.get_scheduler(folder / "tieout.toml")
        with serving(folder, first_run_s="3600", schedule="3600") as served:
            told = f"{book} is kept by a service .* process {served.process.pid} since 20"
            with pytest.raises(library.AlreadyServed, match=told):
                await scheduler.start()
            assert not scheduler.get_status()["running"]
            by_hand = await scheduler.position_sync.sync_positions()
            assert (by_hand["success"], by_hand["errors"]) == (True, [])
        await scheduler.start()
        await scheduler.start()  # nothing new; it has the lease itself
        second = real("serve", "--port", "0", folder=folder)
        assert (second.status, f"process {os.getpid()} since" in second.err) == (2, True)
        await scheduler.stop()
        with serving(folder, first_run_s="3600", schedule="3600") as third:
            assert third.stop(signal.SIGTERM).status == 0

    asyncio.run(program())
    for each in forget_schedulers():
        each.service.store.close()


class Load:
    """Trades and syncs, one after the other, while a service runs."""

    def __init__(self, broker: Broker, headers: dict[str, str], seed: int) -> None:
        self.address = ""
        self._broker = broker
        self._headers = headers
        self._chance = random.Random(seed)
        self._is_ended = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while not self._is_ended.is_set():
            symbol = self._chance.choice(("AAPL", "MSFT", "NVDA", "TSLA", "AMD"))
            quantity = self._chance.choice((-3, -2, -1, 1, 2, 3))  # never far from flat
            self._broker.trade(symbol, str(quantity), "100")
            self._sync()

    def _sync(self) -> None:
        """Ask for a run until there was one: a market that never rests is never read whole."""
        status = 409
        while status == 409 and not self._is_ended.is_set():
            try:
                path = f"{self.address}/api/sync/positions"
                status = httpx.post(path, headers=self._headers, timeout=ANSWER_S).status_code
            except (httpx.HTTPError, ValueError):
                status = 409  # between two lives of the service
            self._is_ended.wait(0.02)

    def end(self) -> None:
        self._is_ended.set()
        self._thread.join(ANSWER_S)


@pytest.fixture
def load(book, broker) -> Iterator[Load]:
    made = Load(broker, key_for(book), seed=7)
    yield made
    made.end()


BUSY = {"first_run_s": "0", "schedule": "1", "requests_per_minute": "1000000"}


def kill_often(
    book: Path, folder: Path, load: Load, *, times: int, seed: int
) -> tuple[list[int], dict[str, Any]]:
    """Kill a service at random moments; what a client heard, and the statistics in the end."""
    headers, chance = key_for(book), random.Random(seed)
    listener = Listener(headers, address=lambda: load.address)
    for _ in range(times):
        with serving(folder, **BUSY) as served:
            load.address = served.address
            enough = len(listener.ids) + chance.randint(1, 25)
            is_enough = listener.wait_until(lambda ids, enough=enough: len(ids) >= enough)
            assert is_enough, f"{listener.answers[-9:]} {served.log[-9:]}"
            load.address = ""  # its port may soon be somebody else's
            served.process.kill()
            served.process.wait(ANSWER_S)
    load.end()
    with serving(folder, first_run_s="3600", schedule="3600") as served:
        load.address = served.address
        last = stored(book, "SELECT max(id) FROM outbox")[0][0]
        assert listener.wait_until(lambda ids: ids[-1] >= last)
        path = f"{served.address}/api/admin/jobs/status"
        status = httpx.get(path, headers=headers, timeout=ANSWER_S).json()
    listener.end()
    return listener.ids, status["positionReconciliation"]


def check_kills(tieout, book: Path, ids: list[int], statistics: dict[str, Any]) -> None:
    assert tieout("verify").status == 0
    assert ids == [row[0] for row in stored(book, "SELECT id FROM outbox ORDER BY id")]
    counted = stored(book, "SELECT count(*), sum(outcome = 'applied') FROM runs")[0]
    assert (statistics["totalRuns"], statistics["successfulRuns"]) == counted
    assert statistics["failedRuns"] == counted[0] - counted[1]
    assert counted[0] > 1


def test_kills_under_load_lose_and_double_nothing(tieout, book, folder, load):
    ids, statistics = kill_often(book, folder, load, times=3, seed=1)
    check_kills(tieout, book, ids, statistics)


@pytest.mark.torture
@pytest.mark.timeout(1800)
def test_fifty_kills_under_load_lose_and_double_nothing(tieout, book, folder, load):
    ids, statistics = kill_often(book, folder, load, times=50, seed=2)
    check_kills(tieout, book, ids, statistics)
