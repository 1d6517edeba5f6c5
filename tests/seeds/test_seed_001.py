"""Seed 001: the sync service, its triggers, edge cases, figures and API."""

import re
import threading
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from seeds.quoting import promise
from seeds.running import Running, vanish
from tieout.core.policy import default_policy
from tieout.simulators.faults import Delay, Fault, SetField, Silence

S = "001"


# What it is for


@promise(
    S,
    "Historical position tracking",
    "Position lifecycle analysis",
    "2. Track position lifecycle",
    "Position lifecycle is tracked",
    "**Position History**: Track position changes over time",
    "**Position Events**: Log position open/close events",
    "Track position snapshots over time",
    "Enable historical analysis of position changes",
)
def test_the_life_of_a_position_can_be_read_from_the_journal(adopted: Running):
    for quantity, price in (("5", "110"), ("-8", "120"), ("-7", "130")):
        adopted.broker.trade("AAPL", quantity, price)
        adopted.result()
    told = [
        (each["type"], each["data"])
        for each in adopted.published()
        if each["data"].get("symbol") == "AAPL" and each["type"].startswith("position:")
    ]
    moves = [(kind, data["from"], data["to"]) for kind, data in told]
    assert moves == [
        ("position:opened", "0", "10"),
        ("position:changed", "10", "15"),
        ("position:changed", "15", "7"),
        ("position:closed", "7", "0"),
    ]
    (ended,) = adopted.get("/api/positions?status=closed")["positions"]
    assert (ended["symbol"], ended["status"], ended["reason"]) == ("AAPL", "CLOSED", "fill")


@promise(
    S,
    "Offline dashboard access",
    "4. **Dashboard**: Use database positions when IBKR is disconnected",
    "1. **IBKR Disconnected**",
    "Return last known positions from database",
    "Don't mark positions as closed",
    "Dashboard shows positions when IBKR is disconnected",
    "Update portfolio summary to use DB positions when IBKR disconnected",
    "Skip sync, log warning",
    "IBKR disconnected",
    "**IBKR API Errors**: Log error, skip this sync cycle, retry next cycle",
)
def test_the_last_known_book_is_served_while_a_broker_is_away(adopted: Running):
    adopted.broker.refuse(403)
    before = adopted.positions()
    assert adopted.sync().status_code == 500
    after = adopted.positions()
    assert {each: after[each]["quantity"] for each in after} == {
        each: before[each]["quantity"] for each in before
    }
    assert after["AAPL"]["last_synced_at"] == before["AAPL"]["last_synced_at"]
    assert any("Position sync failed" in line for line in adopted.log.words("error"))
    adopted.broker.mend()
    assert adopted.sync().status_code == 200


@promise(
    S,
    "Accurate P&L calculations",
    "3. Calculate realized P&L when positions close",
    "Realized P&L is calculated when positions close",
    "Calculate realized P&L when positions close",
    "1. When position closes",
    "Calculate: `realized_pnl = (exit_price - average_price) * original_quantity`",
    "Store in `Position.realized_pnl` (new field)",
    "`realized_pnl`: Realized P&L when position closes",
    "Add `realized_pnl` field to Position",
    "Realized P&L calculation",
    "Close position",
)
def test_a_closed_position_has_its_realized_pnl(adopted: Running):
    adopted.broker.trade("TSLA", "-10", "123.45")
    adopted.result()
    (ended,) = adopted.get("/api/positions?status=closed")["positions"]
    assert (ended["symbol"], ended["quantity"]) == ("TSLA", 0)
    assert ended["realized_pnl"] == pytest.approx(234.5)
    assert ended["closed_at"] is not None


@promise(
    S,
    "4. Handle edge cases (partial closes, position splits, etc.)",
    "3. **Partial Closes**",
    "Quantity decreases but position still open",
    "Calculate realized P&L for closed portion",
    "2. For partial closes:",
    "Store in separate `PositionClose` record (future enhancement)",
    "Or track in `Trade` model with realized_pnl field",
    "Need to handle partial closes",
    "Handle partial closes",
    "Partial close P&L",
    "**Decision**: Update Position, calculate realized P&L for closed portion",
)
def test_a_partial_close_realizes_its_part(adopted: Running):
    adopted.broker.trade("GOOGL", "-4", "130")
    adopted.result()
    left = adopted.positions()["GOOGL"]
    assert (left["quantity"], left["status"], left["realized_pnl"]) == (6, "REDUCED", 120)
    rows = adopted.get("/api/pnl?by=symbol")["rows"]
    assert [(each["key"], each["net"], each["closings"]) for each in rows] == [("GOOGL", 120, 1)]


@promise(
    S,
    "`entry_trade_id`: Reference to first buy trade",
    "`exit_trade_id`: Reference to final sell trade",
)
def test_a_position_names_the_trades_that_began_and_ended_it(adopted: Running):
    adopted.broker.trade("NVDA", "2", "120")
    adopted.result()
    bought = adopted.positions()["NVDA"]["entry_trade_id"]
    adopted.broker.trade("NVDA", "-2", "125")
    adopted.result()
    (ended,) = adopted.get("/api/positions?status=closed")["positions"]
    assert bought
    assert ended["entry_trade_id"] == bought
    assert ended["exit_trade_id"] not in (None, bought)


@promise(
    S,
    "`last_synced_at`: When position was last synced from IBKR",
    "Add `last_synced_at` field to Position",
    'Add "Last Synced" indicator',
)
def test_a_position_says_when_it_was_last_synced(adopted: Running):
    first = datetime.fromisoformat(adopted.positions()["AAPL"]["last_synced_at"])
    adopted.result()
    second = datetime.fromisoformat(adopted.positions()["AAPL"]["last_synced_at"])
    assert first < second
    assert abs(datetime.now(UTC) - second) < timedelta(minutes=1)


# Triggers


@promise(
    S,
    "1. **Scheduler Integration**: Add as a background task in `TradingScheduler`",
    "1. **Periodic Sync** (Primary)",
    "Run every 5 minutes (configurable)",
    "Background task in scheduler",
    "Positions are synced to database every 5 minutes",
    "Sync every 5 minutes (configurable)",
    "Integrate with scheduler as background task",
    "Configure sync interval",
    "Add sync task to `TradingScheduler`",
    "Start/stop sync with scheduler",
    "Start scheduler",
    "Verify sync runs periodically",
    "**Decision**: 5 minutes default, configurable",
)
@pytest.mark.parametrize(
    "environment", [{"TIEOUT_SERVICE_FIRST_RUN_S": "0", "POSITION_SYNC_SYNC_INTERVAL": "1"}]
)
def test_it_syncs_in_the_background_at_its_interval(running: Running):
    assert running.until(lambda: running.status["totalRuns"] >= 3)
    assert {each["trigger"] for each in running.get("/api/runs")["runs"]} == {"schedule"}


@promise(
    S,
    "Syncs all positions for all accounts",
    "5. **Multiple Accounts**",
    "Sync positions for all accounts",
    "Filter by account_id in queries",
    "**Multi-Account Support**: Enhanced multi-account position tracking",
)
def test_all_accounts_are_synced_and_can_be_told_apart(two_accounts: Running):
    two_accounts.result()
    by_name = {
        name: {
            each["symbol"]
            for each in two_accounts.get(f"/api/positions?account={name}")["positions"]
        }
        for name in ("main", "second")
    }
    assert by_name == {"main": {"AAPL", "GOOGL", "TSLA"}, "second": {"MSFT"}}


@promise(
    S,
    "2. **IBKR Callbacks**: Register position update callbacks for real-time sync",
    "2. **Event-Driven Sync** (Secondary)",
    "IBKR position update callbacks",
    "Trade execution callbacks",
    "Register position update callbacks",
    "Trigger sync on position changes",
    "Use IBKR callbacks for real-time updates",
)
@pytest.mark.parametrize("environment", [{"TIEOUT_SERVICE_SYNC_ON_POSITION_UPDATE": "true"}])
def test_an_event_of_the_broker_starts_a_run(adopted: Running):
    adopted.broker.trade("AAPL", "3", "120")
    assert adopted.until(lambda: adopted.positions()["AAPL"]["quantity"] == 13)
    assert adopted.get("/api/runs?limit=1")["runs"][0]["trigger"] == "stream"


@promise(
    S,
    "3. **API Integration**: Expose sync status and manual trigger endpoint",
    "Manual trigger via API",
    "3. **On-Demand Sync**",
    "API endpoint to trigger immediate sync",
    "Add `/api/sync/positions` endpoint (manual trigger)",
    "Add `/api/sync/status` endpoint",
    "Dashboard refresh button",
    "Add manual sync button",
)
def test_the_sync_and_its_status_can_be_asked_for_by_rest(adopted: Running):
    adopted.broker.trade("AAPL", "1", "120")
    done = adopted.client.post("/api/sync/positions").raise_for_status().json()
    assert done["result"]["updated"] == ["AAPL"]
    status = adopted.get("/api/sync/status")
    assert status["stats"]["total_syncs"] == 2
    assert status["is_running"] is False
    assert datetime.fromisoformat(status["last_synced_at"]) <= datetime.now(UTC)


@promise(S, "After trade execution", "Positions sync immediately after trade execution")
def test_a_trade_that_is_reported_starts_a_run(adopted: Running):
    adopted.broker.trade("AAPL", "1", "120")
    adopted.service.after_trade()
    assert adopted.until(lambda: adopted.positions()["AAPL"]["quantity"] == 11)
    assert adopted.get("/api/runs?limit=1")["runs"][0]["trigger"] == "trade"


# The algorithm and its edges


@promise(
    S,
    "1. Sync IBKR positions to database `Position` table",
    "Create new position",
    "Update existing position",
    "Handle create/update/close logic",
    "Average price updates",
    "Need to track cost basis accurately",
    "**Cost Basis Tracking**: Track cost basis for tax reporting",
)
def test_creating_increasing_and_reducing_keep_a_weighted_average(adopted: Running):
    adopted.broker.trade("NVDA", "10", "100")
    adopted.result()
    adopted.broker.trade("NVDA", "30", "120")
    adopted.result()
    raised = adopted.positions()["NVDA"]
    assert (raised["quantity"], raised["average_price"]) == (40, 115)
    adopted.broker.trade("NVDA", "-10", "130")
    adopted.result()
    reduced = adopted.positions()["NVDA"]
    assert (reduced["quantity"], reduced["average_price"]) == (30, 115)


@promise(
    S,
    "2. **Position Split/Merge**",
    "Quantity changes without trades",
    "Adjust average_price proportionally",
    "Log the event",
)
def test_a_split_scales_the_average_and_realizes_nothing(adopted: Running):
    adopted.broker.market.split("AAPL", new=4, old=1)
    adopted.result()
    after = adopted.positions()["AAPL"]
    assert (after["quantity"], after["average_price"], after["realized_pnl"]) == (40, 25, 0)
    line = "[Sync] Updated position for AAPL: qty=10 -> 40, price=$25"
    assert line in adopted.log.words("info")


@promise(
    S,
    "4. **Position in DB but not IBKR**",
    "Could be closed externally",
    "Could be data inconsistency",
    "Handle missing positions",
)
def test_what_is_missing_without_a_reason_is_closed_only_when_missed_again(adopted: Running):
    vanish(adopted, "TSLA")
    assert adopted.result()["removed"] == []
    assert adopted.positions()["TSLA"]["reconciliation"] == "PENDING"
    assert adopted.result()["removed"] == ["TSLA"]
    assert any("Removed 1 stale positions: TSLA" in line for line in adopted.log.words("warning"))


@pytest.mark.parametrize("environment", [{"TIEOUT_ACCOUNTS_PAPER_ALL_POLICY_ON_MISSING": "flag"}])
@promise(S, "**Decision**: Log warning, don't auto-close (user might have closed externally)")
def test_by_the_policy_flag_what_is_missing_stays_open_in_drift(adopted: Running):
    assert default_policy("ibkr").on_missing == "flag"
    vanish(adopted, "TSLA")
    for _ in range(3):
        adopted.result()
    assert adopted.positions()["TSLA"]["reconciliation"] == "DRIFT"
    kinds = [each["kind"] for each in adopted.get("/api/breaks")["breaks"]]
    assert kinds == ["missing_at_broker"]


@promise(
    S,
    "6. **Race Conditions**",
    "Multiple syncs running simultaneously",
    "Use database transactions",
    "Consider locking mechanism if needed",
    "Race conditions",
    "Risk**: Sync conflicts with manual position updates",
    "**Mitigation**: Use database transactions, sync is source of truth",
    "No data loss or inconsistencies",
)
def test_runs_of_one_account_at_once_never_both_write(adopted: Running):
    adopted.broker.trade("AAPL", "1", "120")
    slow = Fault(Delay(seconds=0.5), path="/v2/positions", times=None)
    adopted.broker.simulator.faults.add(slow)
    answers: list[int] = []

    def ask() -> None:
        with httpx.Client(base_url=adopted.address, cookies=adopted.client.cookies) as client:
            path = "/api/sync/positions"
            answers.append(client.post(path, timeout=30).status_code)

    clients = [threading.Thread(target=ask) for _ in range(4)]
    for each in clients:
        each.start()
    for each in clients:
        each.join(30)
    assert set(answers) <= {200, 409}
    assert answers.count(200) >= 1
    runs = adopted.get("/api/runs")["runs"]
    assert [each["counts"]["updated"] for each in runs].count(1) == 1
    assert adopted.positions()["AAPL"]["quantity"] == 11


@promise(
    S,
    "**Data Validation Errors**: Log warning, skip invalid position, continue with others",
    "Invalid data",
    "Test error scenarios",
    "Add error handling",
)
def test_a_position_that_makes_no_sense_is_skipped_and_told(adopted: Running):
    wrong = SetField(field="qty", value="ten", row=0)
    adopted.broker.simulator.faults.add(Fault(wrong, path="/v2/positions", times=None))
    adopted.broker.trade("GOOGL", "1", "120")
    result = adopted.result()
    assert result["updated"] == ["GOOGL"]
    assert len(result["errors"]) == 1
    assert "'ten'" in result["errors"][0]
    assert adopted.positions()["AAPL"]["reconciliation"] == "FAILED"


@promise(
    S,
    "**Database Errors**: Rollback transaction, log error, alert",
)
def test_a_book_that_cannot_be_written_fails_the_run_and_readiness(adopted: Running):
    book = adopted.folder / "book.db"
    aside = book.with_suffix(".aside")
    adopted.broker.trade("AAPL", "1", "120")
    book.rename(aside)
    assert adopted.client.get("/readyz").status_code == 503
    aside.rename(book)
    assert adopted.client.get("/readyz").status_code == 200
    assert adopted.result()["updated"] == ["AAPL"]


@pytest.mark.parametrize("environment", [{"TIEOUT_CONNECTIONS_PAPER_TIMEOUT_S": "0.3"}])
@promise(S, "**Timeout**: Set timeout for IBKR calls, fail gracefully")
def test_a_call_that_hangs_times_out(adopted: Running):
    adopted.broker.simulator.faults.add(Fault(Silence(), path="/v2/positions", times=None))
    assert adopted.sync().status_code == 500
    assert re.search(r"no answer|did not answer|timed? ?out", adopted.status["lastError"])
    adopted.broker.mend()
    assert adopted.sync().status_code == 200


# Exit price, figures


@promise(
    S,
    "Need exit price (from IBKR or last trade)",
    "Get exit price from IBKR (current_price or last trade)",
)
def test_without_a_trade_the_exit_price_is_the_last_known_and_marked_estimated(adopted: Running):
    adopted.broker.market.set_price("TSLA", "111")
    adopted.result()
    vanish(adopted, "TSLA")
    adopted.result()
    adopted.result()
    (ended,) = adopted.get("/api/positions?status=closed")["positions"]
    assert (ended["realized_pnl"], ended["estimated"]) == (110, True)


# Settings, statistics


@promise(S, "Enable sync service via config", "Deploy code with sync service disabled")
@pytest.mark.parametrize(
    "environment", [{"POSITION_SYNC_ENABLED": "false", "TIEOUT_SERVICE_FIRST_RUN_S": "0"}]
)
def test_a_disabled_sync_runs_when_asked_and_not_by_itself(running: Running):
    assert (running.status["enabled"], running.status["nextRunTime"]) == (False, None)
    running.client.post("/api/scheduler/enable").raise_for_status()
    assert running.status["nextRunTime"] is not None


@promise(
    S,
    "Add sync statistics",
    "Add sync statistics to scheduler status",
    "1. **Sync Duration**: Track how long sync takes",
    "2. **Sync Frequency**: Track sync success/failure rate",
    "3. **Position Count**: Monitor number of positions synced",
)
def test_how_long_how_often_and_how_many_can_be_monitored(adopted: Running):
    stats = adopted.get("/api/scheduler/status")["position_sync"]["stats"]
    assert (stats["total_syncs"], stats["failed_syncs"], stats["positions_created"]) == (1, 0, 3)
    metrics = adopted.client.get("/metrics").text
    number = adopted.broker.market.account("main").number
    assert f'tieout_runs_total{{account="paper/{number}",result="successful"}} 1.0' in metrics
    assert "tieout_last_run_seconds" in metrics
    run = adopted.get("/api/runs?limit=1")["runs"][0]
    assert run["counts"]["holdings"] == 3


@promise(
    S,
    "**Risk**: Missing position updates during IBKR disconnection",
    "**Mitigation**: Sync on reconnection, periodic sync catches up",
    "**Risk**: Data inconsistencies between IBKR and DB",
    "**Mitigation**: IBKR is source of truth, DB is cache, log discrepancies",
)
def test_what_happened_during_an_outage_is_caught_up_with(adopted: Running):
    adopted.broker.refuse(403)
    adopted.broker.trade("AAPL", "-10", "120")
    adopted.broker.trade("MSFT", "5", "400")
    adopted.sync()
    adopted.broker.mend()
    done = adopted.result()
    assert (done["created"], done["removed"]) == (["MSFT"], ["AAPL"])
