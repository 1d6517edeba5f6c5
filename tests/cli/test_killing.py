"""What a kill leaves behind, and what two syncs at once do to each other."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.broker import Broker
from cli.shell import clean_environment, finish, start
from tieout.simulators.faults import Delay, Fault

KILLED = Path(__file__).with_name("killed.py")
SOURCES = Path(__file__).parents[2] / "src" / "tieout" / "store"
# Every point that a commit passes; the test after next sees that none is left out.
POINTS = (
    "begin", "ledgers", "positions", "closings", "journal", "breaks", "digests", "marks",
    "account", "run", "outbox", "evidence", "before_commit", "after_commit",
)  # fmt: skip


@pytest.fixture
def book(tieout, broker: Broker) -> Broker:
    for symbol in ("AAPL", "MSFT", "NVDA", "TSLA"):
        broker.trade(symbol, "10")
    assert tieout("sync").status == 0
    broker.goes_live()
    broker.trade("AAPL", "-4", "130")
    broker.trade("MSFT", "-10", "120")
    return broker


def quantities(tieout) -> dict[str, int]:
    listed = tieout("positions", "--json").json["positions"]
    return {each["symbol"]: each["quantity"] for each in listed}


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_leaves_all_of_a_run_or_nothing(tieout, book, folder, point):
    killed = subprocess.run(
        [sys.executable, KILLED, point, "sync"],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        timeout=100,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    was_written = point == "after_commit"
    assert tieout("verify").status == 0
    assert quantities(tieout)["AAPL"] == (6 if was_written else 10)
    assert len(tieout("runs", "--json").json["runs"]) == (2 if was_written else 1)
    assert tieout("sync").status == 0
    assert quantities(tieout) == {"AAPL": 6, "NVDA": 10, "TSLA": 10}
    assert tieout("verify").status == 0
    realized = tieout("pnl", "--json").json["totals"]["USD"]
    assert (realized["net"], realized["closings"]) == (320, 2)


def test_every_point_of_a_commit_is_tried():
    named = {
        name
        for path in SOURCES.glob("*.py")
        for name in re.findall(r'reached\("(\w+)"\)', path.read_text(encoding="utf-8"))
    }
    assert named == set(POINTS)


def test_two_syncs_of_one_account_at_once_never_both_write(tieout, book, folder):
    book.simulator.faults.add(Fault(Delay(seconds=1.5), path="/v2/positions", times=None))
    first, second = start("sync", folder=folder), start("sync", folder=folder)
    results = [finish(each, timeout_s=100) for each in (first, second)]
    book.mend()
    records = tieout("runs", "--json").json["runs"]
    applied = [each for each in records if each["outcome"] == "applied"]
    statuses = sorted(each.status for each in results)
    for each in results:
        assert each.status == 0 or "is being synced" in each.out, each
    # Where the second came when the first was through, it found nothing left to do.
    changed = [each for each in applied if each["counts"]["updated"]]
    assert statuses in ([0, 2], [0, 0])
    assert len(changed) == 1
    assert quantities(tieout) == {"AAPL": 6, "NVDA": 10, "TSLA": 10}
    assert tieout("verify").status == 0


def test_ctrl_c_ends_a_sync_cleanly(tieout, book, folder):
    book.simulator.faults.add(Fault(Delay(seconds=60), path="/v2/positions", times=None))
    process = start("sync", folder=folder)
    assert process.stderr is not None
    assert process.stderr.readline() == "tieout: reading the brokers ...\n"
    process.send_signal(signal.SIGINT)
    result = finish(process, timeout_s=10)  # a call to the broker may last for twice as long
    assert (result.status, result.out, result.err) == (130, "", "tieout: stopped\n")
    assert quantities(tieout)["AAPL"] == 10
    assert tieout("verify").status == 0
