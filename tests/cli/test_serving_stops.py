"""How `tieout serve` ends while somebody waits for an answer, and when it is told so twice."""

import signal
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from cli.broker import Broker
from cli.serving import ANSWER_S, Serving, key_for, serving
from tieout.simulators.faults import Delay, Fault

LIMIT_S = 3.0
BEGUN = "Starting position sync..."


@pytest.fixture
def book(tieout, broker: Broker, folder: Path) -> Path:
    broker.trade("AAPL", "10")
    assert tieout("sync").status == 0
    broker.goes_live()
    return folder / "book.db"


def posting(
    served: Serving, book: Path, broker: Broker, threads: ThreadPoolExecutor
) -> "Future[httpx.Response]":
    """A sync that was asked for, whose venue does not answer for a long time."""
    broker.simulator.faults.add(Fault(Delay(seconds=60), path="/v2/positions", times=None))
    url, headers = f"{served.address}/api/sync/positions", key_for(book)
    asked = threads.submit(httpx.post, url, headers=headers, timeout=ANSWER_S)
    served.wait_for(BEGUN)
    return asked


def test_who_still_waits_at_the_limit_is_told_and_the_limit_counts_once(book, broker, folder):
    how = {"first_run_s": "3600", "schedule": "3600", "stop_limit_s": str(LIMIT_S)}
    with serving(folder, **how) as served, ThreadPoolExecutor(1) as threads:
        asked = posting(served, book, broker, threads)
        began = time.monotonic()
        result = served.stop(signal.SIGTERM)
        took_s = time.monotonic() - began
        answer = asked.result(ANSWER_S)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["error"] == "The service is stopping"
    assert LIMIT_S <= took_s < 2 * LIMIT_S
    assert result.status == 0
    assert "was left; it booked nothing" in result.err
    assert "Traceback" not in result.err


def test_the_schedule_ends_before_the_last_answers_are_given(book, broker, folder):
    """One connection hangs, another goes on by its schedule."""
    settings = folder / "tieout.toml"
    text = settings.read_text()
    again = text[text.index("[[connections]]") :].partition("[accounts")[0]
    name = again.partition('name = "')[2].partition('"')[0]
    settings.write_text(text + "\n" + again.replace(f'name = "{name}"', 'name = "second"'))
    how = {"first_run_s": "0", "schedule": "1", "stop_limit_s": str(LIMIT_S)}
    with serving(folder, **how) as served, ThreadPoolExecutor(1) as threads:
        served.wait_for("Position sync completed")
        posting(served, book, broker, threads)
        result = served.stop(signal.SIGTERM)
    after = result.err.partition("[Serve] Stopping")[2]
    assert after
    assert BEGUN not in after


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_second_signal_ends_it_at_once(book, broker, folder, tieout, number, status):
    how = {"first_run_s": "3600", "schedule": "3600", "stop_limit_s": "60"}
    with serving(folder, **how) as served, ThreadPoolExecutor(1) as threads:
        asked = posting(served, book, broker, threads)
        served.process.send_signal(number)
        served.wait_for("[Serve] Stopping")
        result = served.stop(number)
        assert isinstance(asked.exception(ANSWER_S), httpx.HTTPError)
    assert result.status == status
    assert "tieout: stopped at once" in result.err
    broker.mend()
    assert tieout("verify").status == 0
    assert tieout("sync").status == 0


def test_a_second_signal_ends_it_also_after_the_last_answer(book, broker, folder, tieout):
    """Nobody asks any more; a run of the schedule is still waited for."""
    broker.simulator.faults.add(Fault(Delay(seconds=60), path="/v2/positions", times=None))
    with serving(folder, first_run_s="0", schedule="3600", stop_limit_s="60") as served:
        served.wait_for(BEGUN)
        served.process.send_signal(signal.SIGTERM)
        served.wait_for("[Serve] Stopping")
        threading.Event().wait(0.5)
        result = served.stop(signal.SIGTERM)
    assert result.status == 143
    broker.mend()
    assert tieout("verify").status == 0
