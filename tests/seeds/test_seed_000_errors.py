"""Seed 000: errors, start and stop, figures, what was to come later, the examples."""

import re
import shlex
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from seeds.quoting import code_blocks, promise
from seeds.running import Running, vanish
from tieout.simulators.faults import CutBody, Delay, Fault, SetField

S = "000"


# Errors


@promise(
    S,
    "If Alpaca API is unreachable:",
    "Sync fails gracefully",
    "Error is logged and tracked",
    "Next sync attempt continues normally",
    "Does not crash the application",
    "**Symptom**: `failedRuns` keeps increasing",
    "**Solution**: Check Alpaca API credentials and network connectivity",
)
def test_a_broker_that_cannot_be_reached_fails_runs_and_nothing_else(adopted: Running):
    adopted.broker.refuse(401)
    before = adopted.positions()
    assert [adopted.sync().status_code for _ in range(2)] == [500, 500]
    assert adopted.status["failedRuns"] == 2
    assert "401" in adopted.status["lastError"]
    assert {symbol: each["quantity"] for symbol, each in adopted.positions().items()} == {
        symbol: each["quantity"] for symbol, each in before.items()
    }
    adopted.broker.mend()
    assert adopted.sync().status_code == 200
    assert adopted.status["lastError"] is None


@promise(
    S,
    "If some positions fail to sync:",
    "Continues processing remaining positions",
    "Tracks errors per symbol",
    "Returns partial results",
    "Increments `failedRuns` counter",
    "**Symptom**: Many errors in `lastResult.errors`",
    "**Solution**: Review error messages, check database permissions",
)
def test_a_row_that_cannot_be_read_fails_alone(adopted: Running):
    adopted.broker.trade("AAPL", "2", "130")
    symbols = sorted(adopted.broker.market.account("main").holdings)
    wrong = SetField(field="qty", value="NaN", row=symbols.index("GOOGL"))
    adopted.broker.simulator.faults.add(Fault(wrong, path="/v2/positions", times=None))
    done = adopted.sync()
    assert done.status_code == 200
    result = done.json()["result"]
    assert result["updated"] == ["AAPL"]
    assert len(result["errors"]) == 1
    assert "GOOGL" in result["errors"][0]
    assert adopted.status["failedRuns"] == 1
    assert adopted.status["lastResult"]["errors"] == result["errors"]
    assert "[PositionReconciliation] Encountered 1 errors during sync" in adopted.log.words("error")
    assert adopted.positions()["GOOGL"]["quantity"] == 10


@promise(S, "**Failed Runs**: Syncs that threw exceptions")
def test_a_run_that_ends_in_an_exception_counts_as_failed(adopted: Running):
    adopted.broker.simulator.faults.add(Fault(CutBody(), path="/v2/positions", times=None))
    adopted.sync()
    assert (adopted.status["totalRuns"], adopted.status["failedRuns"]) == (2, 1)


# Start and stop


@promise(
    S,
    "First run: 10 seconds after server startup",
    "On server startup:",
    "Job is initialized",
    "10-second delay",
    "First sync executes automatically",
)
def test_the_first_run_is_due_ten_seconds_after_the_start(tmp_path, broker):
    made = Running(tmp_path, broker, {"TIEOUT_SERVICE_FIRST_RUN_S": "10"})
    assert made.settings.service.first_run_s == 10 == type(made.settings.service)().first_run_s
    began = datetime.now(UTC)
    made.start()
    due = datetime.fromisoformat(made.status["nextRunTime"])
    made.stop()
    assert timedelta(seconds=9.9) <= due - began <= timedelta(seconds=20)


@promise(
    S,
    "Continues running until server shutdown",
    "On server shutdown:",
    "Cron job stops gracefully",
    "In-progress sync completes",
    "No data loss",
)
def test_a_run_in_progress_completes_at_the_stop(adopted: Running):
    adopted.broker.trade("AAPL", "1", "120")
    slow = Fault(Delay(seconds=0.5), path="/v2/positions", times=1)
    adopted.broker.simulator.faults.add(slow)
    adopted.service.trigger("trade")
    assert adopted.until(lambda: adopted.status["isRunning"])
    assert adopted.service.stop(limit_s=20) is True
    last = adopted.service.totals().last
    assert last is not None
    assert (last.outcome, last.trigger, last.counts["updated"]) == ("applied", "trade", 1)
    assert adopted.service.state().next_run_at is None


# Figures and enhancements


@promise(S, "**Network**: 2-3 API calls to Alpaca")
def test_a_sync_without_changes_makes_three_calls(adopted: Running):
    adopted.result()
    last = adopted.get("/api/runs?limit=1")["runs"][0]
    assert last["venue_calls"] <= 3


@promise(S, "Configurable sync interval via admin settings")
def test_the_interval_can_be_changed_while_it_runs(running: Running):
    done = running.client.patch("/api/settings", json={"service.schedule": "60"})
    assert done.status_code == 200
    assert running.status["schedule"] == "Every minute"
    due = datetime.fromisoformat(running.status["nextRunTime"])
    assert due - datetime.now(UTC) <= timedelta(seconds=60)


@promise(S, "Historical sync log persistence")
def test_every_run_is_kept(adopted: Running):
    adopted.result()
    assert [each["outcome"] for each in adopted.get("/api/runs")["runs"]] == ["applied"] * 2


@pytest.mark.parametrize("environment", [{"TIEOUT_SERVICE_STALE_PAGE_S": "1"}])
@promise(S, "Sync on-demand when user views positions page")
def test_opening_the_positions_of_an_old_book_starts_a_run(adopted: Running):
    adopted.broker.trade("AAPL", "1", "120")
    assert adopted.until(lambda: adopted.positions()["AAPL"]["quantity"] == 11)
    assert adopted.get("/api/runs?limit=1")["runs"][0]["trigger"] == "page"


@promise(
    S,
    "Conflict resolution strategies (database vs broker)",
    "**Symptom**: Database shows stale data",
    "**Solution**: Check sync logs for errors, verify Alpaca positions",
)
def test_the_book_can_be_right_instead_of_the_broker(adopted: Running):
    adopted.client.patch(
        "/api/settings", json={"accounts.paper/*.policy.truth": "book"}
    ).raise_for_status()
    vanish(adopted, "TSLA")
    adopted.result()
    adopted.result()
    assert adopted.positions()["TSLA"]["quantity"] == 10
    kinds = {each["symbol"]: each["kind"] for each in adopted.get("/api/breaks")["breaks"]}
    assert kinds == {"TSLA": "missing_at_broker"}


@promise(S, "**Manual Sync**: Use after manual trading outside the platform")
def test_the_three_examples_with_curl_work_as_printed(adopted: Running):
    login = adopted.client.post(
        "/api/login", json={"username": "ada", "password": "correct horse battery"}
    )
    token = re.match(r"session=([^;]+)", login.headers["set-cookie"])
    assert token is not None
    blocks = [each for each in code_blocks(S, language="bash") if each.startswith("curl")]
    assert len(blocks) == 3
    replies = [_as_curl(each, token[1], adopted.address) for each in blocks]
    assert [status for status, _ in replies] == [200, 200, 200]
    assert '"success":true' in replies[0][1]
    assert '"positionReconciliation"' in replies[1][1]
    assert replies[2][1].startswith("retry: ")


def _as_curl(command: str, token: str, address: str) -> tuple[int, str]:
    """What the command would do, with our own port: method, address and headers are its."""
    words = shlex.split(command.replace("\\\n", " "))
    method = words[words.index("-X") + 1] if "-X" in words else "GET"
    (url,) = (word for word in words if word.startswith("http"))
    header = words[words.index("-H") + 1].replace("YOUR_SESSION_TOKEN", token)
    name, _, value = header.partition(": ")
    ours = url.replace("http://localhost:5000", address)
    assert ours != url
    with httpx.stream(method, ours, headers={name: value}, timeout=20) as reply:
        if "-N" in words:
            return reply.status_code, next(reply.iter_text())
        return reply.status_code, reply.read().decode()
