"""What seeds 000 and 002 show of the job, and what seed 000 writes to the log."""

import io
import json
import logging
import re
from dataclasses import dataclass
from typing import Any

import pytest
import structlog

from tieout.cli.logs import start_log
from tieout.core.errors import VenueUnavailable
from tieout.core.snapshot import Holding
from tieout.ports import Store
from tieout.runs.statistics import position_reconciliation, position_sync
from tieout.settings import Service as ServiceSettings
from tieout.settings import Settings
from tieout.wiring.service import Service
from wiring.scripted import HOUR, MINUTE, SECOND, Stage, holding

FIVE = 5 * MINUTE
MSFT = holding("MSFT", "5")

# The log lines of seed 000 as printed there; the error is named with its kind and connection.
INFO = (
    "[PositionReconciliation] Cron job started - syncing every 5 minutes",
    "[PositionReconciliation] Starting position sync...",
    "[PositionReconciliation] Position sync completed"
    " (created: 1, updated: 2, removed: 0, errors: 0, duration: 1234ms)",
    "[PositionReconciliation] Created 1 new positions: AAPL",
    "[PositionReconciliation] Updated 2 existing positions: GOOGL, MSFT",
    "[Sync] Created position for AAPL",
)
WARNING = (
    "[PositionReconciliation] Job already running, ignoring start request",
    "[PositionReconciliation] Sync already in progress, skipping this run",
    "[PositionReconciliation] Removed 1 stale positions: TSLA",
    "[Sync] Removed stale position for TSLA",
)
ERROR = (
    "[PositionReconciliation] Position sync failed (error: unavailable: scripted: Network timeout,"
    " duration: 5000ms)",
    "[PositionReconciliation] Encountered 2 errors during sync",
)


@dataclass(frozen=True)
class Shapes:
    """Both status pages at one moment."""

    reconciliation: dict[str, Any]
    sync: dict[str, Any]


def shapes(service: Service) -> Shapes:
    state, totals = service.state(), service.totals()
    return Shapes(
        reconciliation=position_reconciliation(state, totals, service.latest_runs()),
        sync=position_sync(state, totals),
    )


def a_morning(stage: Stage, store: Store) -> Service:
    """Good, failed, partial and held runs, in 1234 ms each."""
    paper = stage.venue("paper", takes=1.234 * SECOND)
    service = stage.start(store)
    stage.turn(MINUTE)
    paper.holdings = (holding("AAPL", "12"), MSFT, holding("TSLA", "1"))
    stage.turn(FIVE)
    paper.error = VenueUnavailable("Network timeout", venue="paper")
    stage.turn(FIVE)
    paper.error, paper.is_complete = None, False
    stage.turn(FIVE)
    paper.is_complete, paper.holdings = True, ()
    stage.turn(FIVE)
    return service


def test_the_status_of_seed_000_counts_what_is_stored(stage, store):
    service = a_morning(stage, store)
    found = shapes(service).reconciliation
    reason = found.pop("lastError")
    assert reason
    assert found == {
        "enabled": True,
        "schedule": "Every 5 minutes",
        "isRunning": False,
        "lastRunTime": "2026-11-20T15:20:00.000Z",
        "lastRunDuration": 1234,
        "nextRunTime": "2026-11-20T15:25:00.000Z",
        "totalRuns": 5,
        "successfulRuns": 2,
        "failedRuns": 3,
        "lastResult": {"created": [], "updated": [], "removed": [], "errors": []},
    }


def test_the_status_of_seed_002_counts_what_is_stored(stage, store):
    service = a_morning(stage, store)
    assert shapes(service).sync == {
        "enabled": True,
        "sync_interval": 300,
        "stats": {
            "total_syncs": 5,
            "successful_syncs": 2,
            "failed_syncs": 3,
            "positions_created": 3,
            "positions_updated": 1,
            "positions_closed": 0,
            "last_sync_time": "2026-11-20T15:20:01.234Z",
        },
    }


def test_right_after_a_restart_the_statistics_are_those_before(stage, reopened):
    before = shapes(a_morning(stage, reopened()))
    stage.stop()
    service = stage.start(reopened())
    after = shapes(service)
    next_run = after.reconciliation.pop("nextRunTime")
    assert before.reconciliation.pop("nextRunTime") is not None
    assert next_run is not None
    assert after == before


def test_before_the_first_run_there_is_nothing_to_tell(stage, store):
    stage.venue("paper")
    service = stage.start(store)
    found = shapes(service)
    assert found.reconciliation == {
        "enabled": True,
        "schedule": "Every 5 minutes",
        "isRunning": False,
        "lastRunTime": None,
        "lastRunDuration": None,
        "nextRunTime": "2026-11-20T15:00:40.000Z",
        "totalRuns": 0,
        "successfulRuns": 0,
        "failedRuns": 0,
        "lastError": None,
        "lastResult": None,
    }
    assert found.sync["stats"]["last_sync_time"] is None


def test_nothing_is_due_while_it_is_paused_disabled_or_stopped(stage, store):
    stage.venue("paper")
    service = stage.start(store)
    for off, on in [(service.pause, service.resume), (service.disable, service.enable)]:
        stage.timer.ask(off())
        assert shapes(service).reconciliation["nextRunTime"] is None
        stage.timer.ask(on())
        assert shapes(service).reconciliation["nextRunTime"] is not None
    stage.stop()
    assert shapes(service).reconciliation["nextRunTime"] is None


def test_a_run_in_progress_is_shown(stage, store):
    stage.venue("paper", takes=MINUTE)
    service = stage.start(store)
    stage.turn(20 * SECOND)
    assert shapes(service).reconciliation["isRunning"] is True


def test_the_errors_of_a_connection_that_was_never_reached_are_shown(stage, store):
    stage.venue("paper", gone=VenueUnavailable("no answer", venue="paper"))
    service = stage.start(store)
    stage.turn(MINUTE)
    found = shapes(service).reconciliation
    assert (found["totalRuns"], found["failedRuns"]) == (1, 1)
    assert found["lastError"] == "unavailable: paper: no answer"
    assert found["lastResult"]["errors"] == ["paper: no answer"]


def test_the_last_error_stays_while_another_account_is_read_well(stage, store):
    paper, other = stage.venue("paper"), stage.venue("other")
    service = stage.start(store)
    paper.error = VenueUnavailable("Network timeout", venue="paper")
    stage.turn(MINUTE)
    stage.timer.ask(service.sync("other/1"))
    assert store.run_totals().last.account == "other/1"
    found = shapes(service).reconciliation
    assert found["lastError"] == "unavailable: paper: Network timeout"
    assert found["lastResult"]["errors"] == ["paper: Network timeout"]
    other.error = VenueUnavailable("no answer", venue="other")
    stage.turn(FIVE)
    assert shapes(service).reconciliation["lastError"] == "unavailable: other: no answer"
    paper.error = other.error = None
    stage.turn(FIVE)
    assert shapes(service).reconciliation["lastError"] is None


def test_the_error_of_a_connection_never_reached_stays_while_another_is_read(stage, store):
    stage.venue("paper", gone=VenueUnavailable("no answer", venue="paper"))
    stage.venue("other")
    service = stage.start(store)
    stage.turn(MINUTE)
    stage.timer.ask(service.sync("other/1"))
    assert store.run_totals().last.account == "other/1"
    found = shapes(service).reconciliation
    assert found["lastError"] == "unavailable: paper: no answer"
    assert found["lastResult"]["errors"] == ["paper: no answer"]


def test_what_was_read_in_part_is_an_error_of_its_run(stage, store):
    paper = stage.venue("paper")
    service = stage.start(store)
    stage.turn(MINUTE)
    paper.is_complete = False
    stage.turn(FIVE)
    missing = "page 2 of the positions failed"
    found = shapes(service).reconciliation
    assert (found["failedRuns"], found["lastError"]) == (1, missing)
    assert found["lastResult"]["errors"] == [missing]
    said = f"[PositionReconciliation] Snapshot incomplete: {missing}"
    assert said in stage.log.texts("warning")
    assert "[PositionReconciliation] Encountered 1 errors during sync" in stage.log.texts("error")
    assert any("errors: 1, duration" in each for each in stage.log.texts("info"))


# The log


@pytest.fixture
def logged(request):
    """Sets up the real log, and puts everything back."""
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    out = io.StringIO()

    def start(form: str) -> io.StringIO:
        settings = Settings(service=ServiceSettings(log=form))
        request.getfixturevalue("stage").log = start_log(settings, out=out)
        return out

    yield start
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    structlog.reset_defaults()


def every_line_of_seed_000(stage: Stage) -> None:
    """A day on which everything happens that seed 000 writes of."""
    google, microsoft = holding("GOOGL", "10"), holding("MSFT", "5")
    paper = stage.venue("scripted", takes=1.234 * SECOND)
    paper.holdings = (google, microsoft, holding("TSLA", "1"))
    service = stage.start()
    stage.turn(MINUTE)
    service.start()
    paper.holdings = (
        holding("GOOGL", "12"),
        holding("MSFT", "6"),
        holding("TSLA", "1"),
        holding("AAPL", "1"),
    )
    stage.turn(FIVE)
    paper.holdings = paper.holdings[:2] + paper.holdings[3:]
    stage.turn(2 * FIVE)
    paper.error, paper.takes = VenueUnavailable("Network timeout", venue="scripted"), 5 * SECOND
    stage.turn(FIVE)
    paper.error, paper.takes = None, 7 * MINUTE
    stage.turn(3 * FIVE)
    bad = [Holding(symbol=each, quantity="NaN", average_price="1") for each in ("GOOGL", "MSFT")]
    paper.holdings, paper.takes = (*bad, paper.holdings[2]), SECOND
    stage.turn(4 * FIVE)


def test_the_log_has_every_line_of_seed_000_word_for_word_as_json(stage, logged):
    out = logged("json")
    every_line_of_seed_000(stage)
    lines = [json.loads(each) for each in out.getvalue().splitlines()]
    for level, expected in (("info", INFO), ("warning", WARNING), ("error", ERROR)):
        said = {each["event"]: each for each in lines if each["level"] == level}
        assert [each for each in expected if each not in said] == []
        for each in said.values():
            assert each["timestamp"].endswith("Z")
    created = next(each for each in lines if each["event"] == INFO[3])
    assert (created["account"], created["symbols"]) == ("scripted/1", ["AAPL"])
    failed = next(each for each in lines if each["event"] == ERROR[0])
    assert (failed["account"], failed["outcome"]) == ("scripted/1", "failed")


def test_the_log_for_people_has_them_too(stage, logged):
    out = logged("console")
    every_line_of_seed_000(stage)
    text = out.getvalue()
    assert [each for each in (*INFO, *WARNING, *ERROR) if each not in text] == []


def test_an_update_is_said_with_both_quantities_and_the_price(stage):
    paper = stage.venue("paper", holdings=(holding("GOOGL", "10", average="150.25"), MSFT))
    stage.start()
    stage.turn(MINUTE)
    paper.holdings = (holding("GOOGL", "12", average="150.25"), MSFT)
    stage.turn(FIVE)
    assert "[Sync] Updated position for GOOGL: qty=10 -> 12, price=$150.25" in stage.log.texts()


def test_the_price_of_an_update_is_the_current_one_where_it_is_reported(stage):
    paper = stage.venue("paper", holdings=(holding("GOOGL", "100", average="235"), MSFT))
    stage.start()
    stage.turn(MINUTE)
    more = holding("GOOGL", "110", average="234.909090909090909091")
    paper.holdings = (more._replace(price="228.4"), MSFT)
    stage.turn(FIVE)
    more = more._replace(quantity="121", price=None)
    paper.holdings = (more, MSFT)
    stage.turn(FIVE)
    said = [each for each in stage.log.texts() if "Updated position for GOOGL" in each]
    assert said[0] == "[Sync] Updated position for GOOGL: qty=100 -> 110, price=$228.4"
    assert said[1] == "[Sync] Updated position for GOOGL: qty=110 -> 121, price=$234.90909"


def test_a_zone_is_said_as_it_is_written(stage):
    stage.start(settings=stage.settings(schedule="0 9 * * MON-FRI"))
    (begun,) = [each for each in stage.log.texts() if "Cron job started" in each]
    assert begun.endswith("- syncing cron 0 9 * * MON-FRI (America/New_York)")


def test_no_line_of_the_job_is_without_its_account(stage):
    every_line_of_seed_000(stage)
    stage.turn(HOUR)
    of_runs = re.compile(r"\[Sync\]|Position sync|position sync|existing|stale|new positions")
    lines = [each for each in stage.log.said if of_runs.search(each.text)]
    assert len(lines) > 20
    assert [each.text for each in lines if each.facts.get("account") != "scripted/1"] == []


def test_account_1_of_an_empty_book_is_at_one_connection_and_stays_account_1(
    stage: Stage, store: Store
):
    second, first, third = (stage.venue(name) for name in ("desk", "desk-b", "paper"))
    quiet = stage.settings(schedule="0 0 * * *", first_run_s=3600)
    service = stage.start(store, settings=quiet)
    for _ in range(2):
        (answer,) = stage.timer.ask(service.sync("1"))
        assert answer.subject == "desk-b/1"
        stage.timer.ask(service.sync("desk"))
    assert [len(each.asked_at) for each in (first, second, third)] == [2, 2, 0]


def test_a_trade_of_account_1_before_the_first_run_is_read_at_one_connection(
    stage: Stage, store: Store
):
    paper, other = stage.venue("paper"), stage.venue("desk")
    service = stage.start(store, settings=stage.settings(schedule="0 0 * * *", first_run_s=3600))
    service.after_trade("1")
    stage.turn(MINUTE)
    assert (len(other.asked_at), len(paper.asked_at)) == (1, 0)
