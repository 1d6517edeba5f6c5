"""Seed 001: the sync service, its triggers, edge cases, figures and API."""

from datetime import UTC, datetime, timedelta

import pytest

from seeds.quoting import promise
from seeds.running import Running

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
    def by_schedule() -> int:  # the stream may come back to a book, and ask for a run as well
        return [each["trigger"] for each in running.get("/api/runs")["runs"]].count("schedule")

    assert running.until(lambda: by_schedule() >= 3)


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
