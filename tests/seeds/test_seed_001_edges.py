"""Seed 001: the algorithm and its edges, figures, settings."""

import re
import threading

import httpx
import pytest

from seeds.quoting import promise
from seeds.running import Running, vanish
from tieout.core.policy import default_policy
from tieout.simulators.faults import Delay, Fault, SetField, Silence

S = "001"


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
