"""Seed 002: the settings of the sync, its loop, its Python names and its statistics."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tieout
from cli.broker import Broker
from seeds.quoting import code_blocks, promise
from seeds.running import ONLY_WHEN_ASKED, Running
from tieout import library
from tieout.core.errors import SettingsError
from tieout.core.policy import default_policy
from tieout.settings import Settings, read_settings
from tieout.simulators.faults import CutBody, Delay, Fault

S = "002"


def settings_of(folder: Path, **variables: str) -> Settings:
    given = {f"POSITION_SYNC_{name}": value for name, value in variables.items()}
    return read_settings(environment=given, folder=folder)


# Settings


@promise(
    S,
    "`enabled`: Enable/disable position sync (default: `true`)",
    "`sync_interval`: Sync interval in seconds (default: `300` = 5 minutes)",
    "`sync_on_trade`: Sync positions after trade execution (default: `true`)",
    "`sync_on_position_update`: Sync on IBKR callbacks (default: `true`",
    "**Enabled by default**: Position sync runs automatically when scheduler starts",
    "**5-minute interval**: Syncs positions every 5 minutes",
)
def test_the_defaults_are_those_of_the_table(running: Running, tmp_path: Path):
    service = settings_of(tmp_path).service
    assert (service.enabled, service.sync_on_trade, service.sync_on_position_update) == (
        True, True, True,
    )  # fmt: skip
    assert running.get("/api/scheduler/status")["position_sync"]["sync_interval"] == 3600
    running.client.patch("/api/settings", json={"service.schedule": service.schedule})
    assert running.get("/api/scheduler/status")["position_sync"]["sync_interval"] == 300


@promise(
    S, "All settings can be configured via environment variables with `POSITION_SYNC_` prefix:"
)
def test_every_variable_of_the_example_is_read(tmp_path: Path):
    (block,) = (each for each in code_blocks(S, language="bash") if "POSITION_SYNC_" in each)
    given = dict(line.split("=") for line in block.splitlines())
    assert len(given) == 6
    service = read_settings(environment=given, folder=tmp_path).service
    assert (service.schedule, service.default_account) == ("300", "1")
    changed = {
        "POSITION_SYNC_ENABLED": "false",
        "POSITION_SYNC_SYNC_INTERVAL": "60",
        "POSITION_SYNC_SYNC_ON_TRADE": "false",
        "POSITION_SYNC_SYNC_ON_POSITION_UPDATE": "false",
        "POSITION_SYNC_DEFAULT_ACCOUNT_ID": "main",
    }
    service = read_settings(environment=changed, folder=tmp_path).service
    assert (service.enabled, service.schedule, service.default_account) == (False, "60", "main")
    assert (service.sync_on_trade, service.sync_on_position_update) == (False, False)


@promise(S, "`mark_missing_as_closed`: Mark positions as closed if not in IBKR (default: `false`)")
def test_what_is_missing_at_ibkr_is_flagged_unless_that_is_switched_on(tmp_path: Path):
    assert default_policy("ibkr").on_missing == "flag"
    closes = settings_of(tmp_path, MARK_MISSING_AS_CLOSED="true")
    assert closes.policy_for("gateway/U1", venue="ibkr").on_missing == "close"
    flags = settings_of(tmp_path, MARK_MISSING_AS_CLOSED="false")
    assert flags.policy_for("gateway/U1", venue="ibkr").on_missing == "flag"


@promise(
    S,
    "`calculate_realized_pnl`: Calculate realized P&L when positions close (default: `true`)",
    "**Realized P&L**: Calculates realized P&L when positions close",
)
def test_realized_pnl_is_always_computed(adopted: Running, tmp_path: Path):
    adopted.broker.trade("TSLA", "-10", "111")
    adopted.result()
    (ended,) = adopted.get("/api/positions?status=closed")["positions"]
    assert ended["realized_pnl"] == 110
    with pytest.raises(SettingsError, match=r"CALCULATE_REALIZED_PNL.*must be true"):
        settings_of(tmp_path, CALCULATE_REALIZED_PNL="false")


@pytest.mark.parametrize("environment", [{"POSITION_SYNC_DEFAULT_ACCOUNT_ID": "1"}])
@promise(S, "`default_account_id`: Default account ID for position sync (default: `1`)")
def test_account_1_is_the_first_of_the_book(adopted: Running):
    adopted.broker.trade("AAPL", "1", "120")
    assert adopted.result()["updated"] == ["AAPL"]


# The loop


@promise(
    S,
    "Runs as background task in scheduler",
    "Runs sync at configurable interval (default: 5 minutes)",
    "Logs sync results (created, updated, closed positions)",
    "2. **Periodic Sync**: Syncs positions every `sync_interval` seconds",
    "Check logs for sync messages",
)
@pytest.mark.parametrize(
    "environment", [{"TIEOUT_SERVICE_FIRST_RUN_S": "0", "POSITION_SYNC_SYNC_INTERVAL": "1"}]
)
def test_the_loop_syncs_at_its_interval_and_logs_what_it_did(running: Running):
    assert running.until(lambda: running.status["totalRuns"] >= 3)
    first = "Position sync completed (created: 3, updated: 0, removed: 0, errors: 0, duration:"
    assert any(first in line for line in running.log.words("info"))


@promise(
    S,
    "Waits 10 seconds before first sync (allows scheduler to initialize)",
    "Wait 10 seconds (initial delay) + sync_interval",
)
def test_the_first_sync_waits_ten_seconds(tmp_path: Path):
    assert settings_of(tmp_path).service.first_run_s == 10


@promise(
    S,
    "Checks if sync is enabled before running",
    "1. `POSITION_SYNC_ENABLED=true` (default)",
    "2. Scheduler is enabled",
    "**Start**: Position sync task starts when scheduler starts (if enabled)",
    "1. **On Scheduler Start**: Position sync task starts (if enabled)",
)
@pytest.mark.parametrize("is_enabled", ["true", "false"])
def test_the_task_starts_with_the_scheduler_if_it_is_enabled(
    tmp_path: Path, broker: Broker, is_enabled: str
):
    given = {"POSITION_SYNC_ENABLED": is_enabled, "TIEOUT_SERVICE_FIRST_RUN_S": "0"}
    made = Running(tmp_path, broker, given)
    made.start()
    if is_enabled == "true":
        assert made.until(lambda: made.status["totalRuns"] == 1)
    status = made.status
    made.stop()
    assert (status["enabled"], status["nextRunTime"] is not None) == (
        is_enabled == "true", is_enabled == "true",
    )  # fmt: skip


@promise(
    S,
    "Handles errors gracefully with retry logic",
    "Checks IBKR connection before syncing",
    "**Sync Failure**: Logs warning, doesn't affect scheduler, retries next interval",
    "**Exception Handling**: Catches all exceptions, logs error, continues running",
    "3. IBKR is connected",
)
@pytest.mark.parametrize(
    "environment", [{"TIEOUT_SERVICE_FIRST_RUN_S": "0", "POSITION_SYNC_SYNC_INTERVAL": "1"}]
)
def test_a_failure_is_logged_and_the_next_interval_tries_again(running: Running):
    running.broker.refuse(401)
    assert running.until(lambda: running.status["failedRuns"] >= 2)
    running.broker.mend()
    assert running.until(lambda: running.status["successfulRuns"] >= 1)
    assert len(running.log.words("error")) >= 2


@promise(
    S,
    "**Stop**: Position sync task stops when scheduler stops",
    "4. **On Scheduler Stop**: Position sync task stops gracefully",
    "Integrated sync task start/stop with scheduler lifecycle",
)
def test_the_task_stops_with_the_scheduler(adopted: Running):
    assert adopted.service.stop(limit_s=10) is True
    assert adopted.service.state().next_run_at is None
    assert not adopted.service.is_alive


# In another program


class Bot:
    """A program that trades, and has its book kept by the scheduler inside it."""

    def __init__(self, folder: Path, broker: Broker) -> None:
        self.config = folder / "tieout.toml"
        self.broker = broker

    def run(self, work: Any) -> Any:
        return asyncio.run(work)


@pytest.fixture
def bot(tmp_path: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bot]:
    for name, value in ONLY_WHEN_ASKED.items():
        monkeypatch.setenv(name, value)
    yield Bot(tmp_path, broker)
    for scheduler in library.forget_schedulers():
        scheduler.service.store.close()


@promise(S, "Position sync can still be triggered manually:")
def test_the_manual_sync_of_the_example_works(bot: Bot):
    (example,) = (each for each in code_blocks(S, language="python") if "sync_service" in each)
    assert "get_position_sync_service()" in example
    assert "sync_positions(account_id=1)" in example

    async def work() -> dict[str, Any]:
        sync_service = tieout.get_position_sync_service(bot.config)
        return await sync_service.sync_positions(account_id=1)

    result = bot.run(work())
    assert (result["success"], result["created"]) == (True, ["AAPL", "GOOGL", "TSLA"])


@promise(
    S,
    "Check position sync status via scheduler status endpoint:",
    "Position sync stats included in scheduler status",
    "Shows sync enabled/disabled state",
    "Shows sync interval configuration",
    "Includes full position sync statistics",
    "Added position sync stats to scheduler status",
    "Check scheduler status for sync stats",
)
def test_the_status_has_the_shape_of_the_example(bot: Bot):
    (expected,) = (json.loads(each) for each in code_blocks(S, language="json"))

    async def work() -> dict[str, Any]:
        scheduler = tieout.get_scheduler(bot.config)
        await scheduler.start()
        await scheduler.position_sync.sync_positions()
        status = scheduler.get_status()
        await scheduler.stop()
        return status

    status = bot.run(work())
    told = status["position_sync"]
    assert list(told) == list(expected)
    assert list(told["stats"]) == list(expected["stats"])
    for name, value in expected["stats"].items():
        assert type(told["stats"][name]) is type(value), name
    assert (told["enabled"], told["stats"]["positions_created"]) == (True, 3)


@promise(
    S,
    "Triggers position sync immediately after trade execution",
    "Added sync trigger after trade execution",
    "**Sync on trade**: Immediately syncs after each trade execution",
    "Uses same account_id as the trade",
    "**After Trade**: Position sync triggers immediately after trade execution",
    "**Same Account**: Uses same account_id as the executed trade",
    "3. **After Trade**: Immediately syncs positions after trade execution",
    "Execute a trade via scheduler",
    "Check logs for immediate sync trigger",
    "Verify positions are synced",
)
def test_a_trade_is_in_the_book_soon_after_it_was_told(bot: Bot):
    async def work() -> list[dict[str, Any]]:
        scheduler = tieout.get_scheduler(bot.config)
        await scheduler.start()
        await scheduler.position_sync.sync_positions(1)
        bot.broker.goes_live()
        bot.broker.trade("AAPL", "5", "120")
        scheduler.after_trade(account_id=1)
        ended = time.monotonic() + 20
        while time.monotonic() < ended:
            if scheduler.position_sync.get_stats()["total_syncs"] == 2:
                break
            await asyncio.sleep(0)
        await scheduler.stop()
        async with tieout.open(bot.config) as book:
            return book.positions("main")

    held = {each["symbol"]: each["quantity"] for each in bot.run(work())}
    assert held["AAPL"] == 15


@promise(
    S,
    "Non-blocking (sync failure doesn't affect trade execution)",
    "**Non-Blocking**: Sync failure doesn't affect trade execution",
    "Non-blocking integration",
)
def test_telling_of_a_trade_never_waits_and_never_fails(bot: Bot):
    slow = Fault(Delay(seconds=5), path="/v2/*", times=None)
    bot.broker.simulator.faults.add(slow)
    bot.broker.simulator.faults.add(Fault(CutBody(), path="/v2/*", times=None))

    async def work() -> float:
        scheduler = tieout.get_scheduler(bot.config)
        scheduler.after_trade()  # not started yet
        await scheduler.start()
        began = time.monotonic()
        scheduler.after_trade()
        scheduler.after_trade(account_id=7)
        scheduler.after_trade(account_id="nobody/knows")
        took = time.monotonic() - began
        bot.broker.mend()
        await scheduler.stop()
        scheduler.after_trade()  # stopped
        return took

    assert bot.run(work()) < 1


def test_telling_of_a_trade_does_not_fail_while_the_service_just_ends(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
):
    async def work() -> None:
        scheduler = tieout.get_scheduler(bot.config)
        await scheduler.start()
        loop = scheduler.service._loop
        assert loop is not None
        with monkeypatch.context() as patched:
            patched.setattr(loop, "call_soon_threadsafe", has_closed)
            scheduler.after_trade()
            scheduler.service.page_opened()
        await scheduler.stop()

    bot.run(work())


def has_closed(*_: object) -> None:
    raise RuntimeError("Event loop is closed")


def test_a_sync_by_hand_of_a_book_that_cannot_be_used_says_so_in_its_result(bot: Bot):
    async def work() -> dict[str, Any]:
        scheduler = tieout.get_scheduler(bot.config)
        scheduler.service.store.close()
        bot.config.with_name("tieout.db").write_bytes(b"no database " * 5000)
        return await scheduler.position_sync.sync_positions(account_id=1)

    result = bot.run(work())
    assert (result["success"], result["summary"]["errorCount"]) == (False, 1)
    assert "put a backup in its place" in result["errors"][0]


@promise(S, "Only syncs if `sync_on_trade` is enabled")
def test_a_trade_starts_nothing_where_that_is_switched_off(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("POSITION_SYNC_SYNC_ON_TRADE", "false")

    async def work() -> int:
        scheduler = tieout.get_scheduler(bot.config)
        await scheduler.start()
        await scheduler.position_sync.sync_positions()
        scheduler.after_trade()
        await scheduler.stop()  # a run that had begun would be finished first
        total: int = scheduler.position_sync.get_stats()["total_syncs"]
        return total

    assert bot.run(work()) == 1
