"""The benchmarks run: their quick form, in both of its outputs. How fast is not judged."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.__main__ import QUICK

ROOT = Path(__file__).parents[1]


def output(*options: str) -> str:
    command = [sys.executable, "-m", "benchmarks", "--quick", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def measured(name: str) -> dict[str, Any]:
    """One part, measured once; each in a process of its own, as all together take long."""
    found: dict[str, Any] = json.loads(output("--json", "--only", name))
    part: dict[str, Any] = found[name]
    return part


def test_the_quick_form_has_every_part():
    assert set(QUICK) == {"sync", "memory", "diff", "events", "restart", "lists", "venues"}


def test_the_quick_form_gives_one_json_document():
    found = json.loads(output("--json", "--only", "sync", "--only", "diff"))
    assert set(found) == {"machine", "sync", "diff"}


def test_the_quick_form_gives_a_table():
    table = output("--only", "memory")
    assert "target mib: 2.00" in table


def test_clients_of_the_stream_miss_nothing_and_only_the_one_that_never_reads_is_dropped():
    events = measured("events")
    bare, ours = events["streams"]
    everything = events["clients"] * events["seconds"] * events["events_per_second"]
    for each in (bare, ours):
        assert each["received"] == everything
        assert (each["lost"], each["repeated"], each["cut"]) == (0, 0, 0)
        assert each["resumed"] > 0
        assert 0 < each["p50_ms"] <= each["p99_ms"] <= each["max_ms"]
        assert each["cpu_s"] > 0
    assert ours["dropped"] == 1


def test_a_restart_in_the_middle_of_the_stream_loses_nothing():
    restart = measured("restart")
    assert restart["cut"] > 0, "nobody was there when the server was killed"
    assert (restart["lost"], restart["repeated"], restart["gaps"]) == (0, 0, 0)


def test_lists_are_as_long_as_the_fixed_bytes_that_they_are_measured_against():
    lists = measured("lists")["lists"]
    paths = ["/api/positions", "/api/runs", "/api/breaks", "/api/journal"]
    assert [each["path"] for each in lists] == paths
    for each in lists:
        assert each["bytes"] > 100 * each["rows"], "a list is shorter than its rows"
        assert min(each[kind] for kind in ("fixed", "guarded", "product", "ratio")) > 0


def test_every_venue_is_measured_by_its_calls_its_bytes_and_its_time():
    venues = measured("venues")
    for each in (*venues["syncs"], *venues["many_accounts"]):
        assert 0 < each["in_a_row"] <= each["calls"], each
        assert each["bytes_out"] > 0 < each["bytes_in"], each
        assert min(each[time] for time in ("read_ms", "sync_ms", "sdk_ms", "ratio")) > 0, each
        assert each["far_ms"] >= each["in_a_row"] * venues["far_answer_ms"], each
    quiet = [each for each in venues["syncs"] if each["sync"] == "quiet"]
    assert {"alpaca", "hyperliquid", "ibkr"} <= {each["venue"] for each in quiet}
    assert [each["what"] for each in quiet if each["calls"] <= 3] == ["stocks", "perps"]
    assert max(each["messages_per_s"] for each in venues["many_accounts"]) <= 50
