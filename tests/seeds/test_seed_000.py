"""Seed 000: the reconciliation job, its REST, its events, its log, its statistics."""

import re
import threading
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from seeds.quoting import code_blocks, promise
from seeds.running import Running, vanish
from tieout.runs.schedule import schedule_of
from tieout.simulators.faults import Delay, Fault

S = "000"
NEW_YORK = "America/New_York"


# Overview and features


@promise(
    S,
    "your local database positions always match the broker's positions",
    "Automated position synchronization between Alpaca broker and local database.",
)
def test_after_a_sync_the_book_holds_what_the_broker_holds(adopted: Running):
    adopted.broker.trade("AAPL", "5", "130")
    adopted.broker.trade("TSLA", "-10", "90")
    adopted.broker.trade("NVDA", "-3", "120")
    adopted.result()
    held = {symbol: each["quantity"] for symbol, each in adopted.positions().items()}
    assert held == {"AAPL": 15, "GOOGL": 10, "NVDA": -3}


@promise(
    S,
    "**Automated Sync**: Runs every 5 minutes using a cron job",
    "**Expression**: `*/5 * * * *`",
    "**Frequency**: Every 5 minutes",
    "**Timezone**: America/New_York (NYSE timezone)",
    "Runs at: :00, :05, :10, :15",
    "Subsequent syncs run every 5 minutes",
    "Cron schedule is started",
)
@pytest.mark.parametrize("environment", [{"POSITION_SYNC_SYNC_INTERVAL": ""}])
def test_the_default_schedule_is_every_five_minutes_in_new_york(running: Running):
    chosen = running.settings.service
    assert (chosen.schedule, chosen.timezone) == ("*/5 * * * *", NEW_YORK)
    schedule = schedule_of(chosen.schedule, zone=chosen.timezone)
    at, minutes = datetime(2026, 6, 1, 14, 0, 1, tzinfo=UTC), []
    for _ in range(12):
        at = schedule.next_after(at)
        minutes.append(at.minute)
    assert minutes == [5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 0]
    assert schedule.words == running.status["schedule"] == "Every 5 minutes"
    line = "[PositionReconciliation] Cron job started - syncing every 5 minutes"
    assert line in running.log.words("info")


@promise(
    S,
    "**Manual Trigger**: Admin API endpoint for on-demand synchronization",
    "Manually trigger a position sync (does not affect cron schedule).",
    "Manual sync triggering",
    "`200`: Sync completed successfully",
)
def test_a_manual_sync_leaves_the_schedule_as_it_is(adopted: Running):
    due = adopted.status["nextRunTime"]
    assert due is not None
    done = adopted.sync()
    assert done.status_code == 200
    assert done.json()["success"] is True
    assert done.json()["message"] == "Position sync completed successfully"
    assert adopted.status["nextRunTime"] == due


@promise(
    S,
    "**Real-time Events**: Emits SSE events for position updates",
    "Broadcasts position updates to connected clients",
    "Enables real-time UI updates via SSE",
    "Emits events for UI updates",
    "Subscribe to SSE endpoint `/api/stream/events`",
    "Filter for `position:updated` events",
    "Refresh positions UI when received",
    "**SSE Events**: Subscribe to real-time updates in UI",
    "**Event Type**: `position:updated`",
)
def test_a_client_of_the_stream_hears_of_an_update_at_once(adopted: Running):
    heard: list[str] = []
    is_open = threading.Event()

    def listen() -> None:
        path = "/api/stream/events?type=position:updated"
        with adopted.client.stream("GET", path) as reply:
            for line in reply.iter_lines():
                is_open.set()
                heard.append(line)
                if line.startswith("data: "):
                    return

    client = threading.Thread(target=listen, daemon=True)
    client.start()
    assert is_open.wait(10)
    adopted.broker.trade("NVDA", "1", "120")
    adopted.result()
    client.join(10)
    event = [line for line in heard if line.startswith(("event: ", "data: "))]
    assert event[0] == "event: position:updated"
    assert '"created": ["NVDA"]' in event[1]


@promise(
    S,
    "**Comprehensive Logging**: Detailed logs for all sync operations",
    "**Error Tracking**: Captures and reports sync errors",
    "**Statistics**: Tracks success/failure rates and execution times",
    "Tracks statistics and errors",
    "Executes sync operations",
    "Job status monitoring",
    "**Review Logs**: Look for warnings and errors in server logs",
    "**Monitor Statistics**: Check `/api/admin/jobs/status` regularly",
)
def test_a_good_and_a_failed_run_are_logged_and_counted(adopted: Running):
    adopted.broker.refuse(403)
    assert adopted.sync().status_code == 500
    assert [adopted.status[name] for name in ("totalRuns", "successfulRuns", "failedRuns")] == [
        2, 1, 1,
    ]  # fmt: skip
    assert any("Position sync completed" in line for line in adopted.log.words("info"))
    assert any("Position sync failed (error: " in line for line in adopted.log.words("error"))


# Status


@promise(
    S,
    "Get the current status and statistics of the position reconciliation job.",
    "`enabled`: Whether the job is active",
    "`schedule`: Human-readable schedule description",
    "`isRunning`: Currently executing a sync",
    "`lastRunTime`: Last execution timestamp",
    "`lastRunDuration`: Last execution duration in milliseconds",
    "`nextRunTime`: Calculated next execution time",
    "`totalRuns`: Total number of sync attempts",
    "`successfulRuns`: Number of successful syncs",
    "`failedRuns`: Number of failed syncs",
    "`lastError`: Last error message (if any)",
    "`lastResult`: Detailed results from last sync",
    "The job tracks comprehensive statistics:",
    "**Total Runs**: All sync attempts (success + failure)",
    "**Successful Runs**: Syncs that completed without errors",
    "**Last Run Time**: Timestamp of most recent sync",
    "**Last Duration**: Execution time in milliseconds",
    "**Next Run Time**: Calculated from cron schedule",
    "**Last Error**: Most recent error message",
    "**Last Result**: Detailed sync results (created/updated/removed)",
)
def test_the_status_has_the_fields_and_types_of_the_example(adopted: Running):
    import json

    example = json.loads(code_blocks(S, language="json")[0])["positionReconciliation"]
    adopted.broker.trade("NVDA", "1", "120")
    adopted.broker.trade("AAPL", "1", "120")
    adopted.result()
    status = adopted.status
    assert list(status) == list(example)
    for name, expected in example.items():
        if name != "lastError":
            assert type(status[name]) is type(expected), name
    assert status["lastError"] is None
    assert status["lastResult"] == {
        "created": ["NVDA"], "updated": ["AAPL"], "removed": [], "errors": [],
    }  # fmt: skip
    timestamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert re.fullmatch(timestamp, status["lastRunTime"])
    assert re.fullmatch(timestamp, status["nextRunTime"])
    ran = datetime.fromisoformat(status["lastRunTime"])
    assert abs(datetime.now(UTC) - ran) < timedelta(minutes=1)
    assert 0 < status["lastRunDuration"] < 60_000


def test_a_held_sync_is_no_success_and_says_what_to_do(adopted: Running):
    adopted.broker.answer_empty()
    done = adopted.sync()
    said = done.json()
    assert (done.status_code, said["success"]) == (200, False)
    assert said["message"].startswith("Position sync HELD: ")
    (error,) = said["result"]["errors"]
    assert ": held: the snapshot is empty and the book holds " in error
    assert said["result"]["summary"]["errorCount"] == 1


def test_a_sync_into_a_book_that_was_taken_away_says_so(adopted: Running):
    path = adopted.service.store.path
    path.rename(path.with_name("elsewhere.db"))
    done = adopted.sync()
    path.with_name("elsewhere.db").rename(path)
    assert done.status_code == 503
    assert "was taken away; put it back and restart" in done.json()["message"]


@promise(S, "**Symptom**: `nextRunTime` is null")
def test_the_next_run_is_null_when_nothing_is_scheduled(running: Running):
    assert running.status["nextRunTime"] is not None
    running.client.post("/api/scheduler/disable").raise_for_status()
    assert (running.status["nextRunTime"], running.status["enabled"]) == (None, False)


@promise(S, "**Authentication**: Required (session token)")
def test_the_status_asks_for_a_session(running: Running):
    assert httpx.get(f"{running.address}/api/admin/jobs/status").status_code == 401


@promise(S, "**Authentication**: Required (session token + admin:write capability)")
def test_a_sync_asks_for_admin_write(running: Running):
    path = "/api/admin/jobs/sync-positions"
    assert httpx.post(f"{running.address}{path}").status_code == 401
    body = {"name": "reader", "capabilities": ["read"]}
    key = running.client.post("/api/keys", json=body).json()["key"]
    refused = httpx.post(f"{running.address}{path}", headers={"X-API-Key": key})
    assert refused.status_code == 403
    assert "admin:write" in refused.text


@promise(
    S,
    "`409`: Sync already in progress",
    "If sync is already running:",
    "New requests are skipped",
    "Returns immediately with warning",
    "Prevents database conflicts",
)
def test_a_second_manual_sync_is_told_that_one_is_in_progress(adopted: Running):
    import json

    example = json.loads(code_blocks(S, language="json")[2])
    slow = Fault(Delay(seconds=2), path="/v2/positions", times=1)
    adopted.broker.simulator.faults.add(slow)
    answers: list[httpx.Response] = []
    first = threading.Thread(target=lambda: answers.append(adopted.sync()))
    first.start()
    assert adopted.until(lambda: adopted.status["isRunning"])
    second = adopted.sync()
    first.join(20)
    assert second.status_code == 409
    assert {name: second.json()[name] for name in example} == example
    assert answers[0].status_code == 200
    assert adopted.status["totalRuns"] == 2


@promise(S, "`500`: Sync failed with error")
def test_a_sync_that_fails_answers_500_with_the_error(adopted: Running):
    adopted.broker.refuse(401)
    failed = adopted.sync()
    assert failed.status_code == 500
    assert failed.json()["error"] == "Position sync failed"
    assert "401" in failed.json()["message"]


def test_the_answer_of_a_sync_has_the_fields_of_the_example(adopted: Running):
    import json

    example = json.loads(code_blocks(S, language="json")[1])
    adopted.broker.trade("BTC/USD", "1", "60000")
    adopted.broker.trade("AAPL", "1", "120")
    adopted.broker.trade("TSLA", "-10", "120")
    done = adopted.sync().json()
    assert list(done) == list(example)
    assert list(done["result"]) == list(example["result"])
    assert done["result"] == {
        "created": ["BTC/USD"],
        "updated": ["AAPL"],
        "removed": ["TSLA"],
        "errors": [],
        "summary": {
            "totalChanges": 3,
            "createdCount": 1,
            "updatedCount": 1,
            "removedCount": 1,
            "errorCount": 0,
        },
    }


# What a sync does


@promise(
    S,
    "When a position exists in Alpaca but not in the local database:",
    "Creates new position record",
    "Sets initial entry price, quantity, and unrealized P&L",
    "Creates, updates, or removes positions as needed",
    "Fetches positions from Alpaca API",
    "Compares with local database",
)
def test_a_position_the_book_lacks_is_created(adopted: Running):
    adopted.broker.trade("NVDA", "4", "120")
    adopted.broker.market.set_price("NVDA", "125")
    assert adopted.result()["created"] == ["NVDA"]
    made = adopted.positions()["NVDA"]
    figures = [made[name] for name in ("quantity", "average_price", "unrealized_pnl")]
    assert figures == [4, 120, 20]
    assert "[Sync] Created position for NVDA" in adopted.log.words("info")
    assert adopted.events("position:updated")[-1]["created"] == ["NVDA"]


@promise(
    S,
    "When a position exists in both but has different values:",
    "Updates quantity if changed",
    "Updates current price",
    "Recalculates unrealized P&L",
)
def test_a_position_that_changed_is_updated(adopted: Running):
    adopted.broker.trade("GOOGL", "2", "160")
    adopted.broker.market.set_price("GOOGL", "170")
    assert adopted.result()["updated"] == ["GOOGL"]
    updated = adopted.positions()["GOOGL"]
    figures = [
        updated[name] for name in ("quantity", "average_price", "current_price", "unrealized_pnl")
    ]
    assert figures == [12, 110, 170, 720]
    line = "[Sync] Updated position for GOOGL: qty=10 -> 12, price=$170"
    assert line in adopted.log.words("info")


@promise(S, "Does NOT emit event (silent update)")
def test_another_price_alone_emits_nothing(adopted: Running):
    before = adopted.events("position:updated")
    adopted.broker.market.set_price("GOOGL", "171")
    assert adopted.result()["updated"] == []
    assert adopted.positions()["GOOGL"]["current_price"] == 171
    assert adopted.events("position:updated") == before


@promise(S, "When a position exists in database but not in Alpaca (closed position):")
def test_a_position_that_was_closed_leaves_the_open_ones(adopted: Running):
    adopted.broker.trade("TSLA", "-10", "120")
    assert adopted.result()["removed"] == ["TSLA"]
    assert "TSLA" not in adopted.positions()
    assert "[Sync] Removed stale position for TSLA" in adopted.log.words("warning")
    assert adopted.events("position:updated")[-1]["removed"] == ["TSLA"]


@pytest.mark.parametrize("environment", [{"TIEOUT_ACCOUNTS_PAPER_ALL_POLICY_ON_MISSING": "delete"}])
@promise(S, "Deletes position record from database")
def test_by_the_policy_delete_a_stale_record_goes_and_its_journal_stays(adopted: Running):
    vanish(adopted, "TSLA")
    adopted.result()
    assert adopted.result()["removed"] == ["TSLA"]
    with_ended = adopted.get("/api/positions?status=all")["positions"]
    assert "TSLA" not in {each["symbol"] for each in with_ended}
    entries = adopted.get("/api/journal?account=main&limit=500")["entries"]
    assert any("TSLA" in str(each) for each in entries)


@promise(S, "Emits `position:updated` event")
def test_the_event_of_an_update_has_exactly_the_payload_of_the_example(adopted: Running):
    adopted.broker.trade("NVDA", "1", "120")
    adopted.broker.trade("GOOGL", "1", "120")
    adopted.broker.trade("TSLA", "-10", "120")
    adopted.result()
    told = adopted.events("position:updated")[-1]
    timestamp = told.pop("timestamp")
    assert told == {
        "type": "reconciliation", "created": ["NVDA"], "updated": ["GOOGL"], "removed": ["TSLA"],
    }  # fmt: skip
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", timestamp)


@promise(S, "**Event Type**: `system:error`")
def test_the_event_of_a_failure_has_exactly_the_payload_of_the_example(adopted: Running):
    adopted.broker.refuse(403)
    adopted.sync()
    (told,) = adopted.events("system:error")
    assert list(told) == ["message", "error", "timestamp"]
    assert told["message"] == "Position reconciliation failed"
    assert told["error"]
