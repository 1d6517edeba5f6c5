"""Clients of an event stream, spread over processes, and what all of them saw together."""

import json
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from typing import Any

from benchmarks.serving import ROOT

PROCESSES = 2
SUMMED = ("lost", "repeated", "gaps", "left", "cut", "events", "pieces")
SEED = 20261121

Facts = dict[str, Any]


class Crowds:
    """Processes full of clients; all are connected once this is made."""

    def __init__(
        self, port: int, key: str, *, clients: int, leaving: int, stays_s: float, stuck: int = 0
    ) -> None:
        self._stack = ExitStack()
        self._crowds = [
            self._started(
                {
                    "port": port,
                    "key": key,
                    "clients": _share(clients, number),
                    "leaving": _share(leaving, number),
                    "stays_s": stays_s,
                    "stuck": stuck if number == 0 else 0,
                    "seed": SEED + number,
                }
            )
            for number in range(PROCESSES)
        ]
        ready = sum(self._line(each)["ready"] for each in self._crowds)
        assert ready == clients, ready

    def __enter__(self) -> "Crowds":
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._crowds:
            each.kill()
        self._stack.close()

    def _started(self, options: Facts) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "benchmarks.listeners", json.dumps(options)]
        pipe = subprocess.PIPE
        made = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        return self._stack.enter_context(made)

    def _line(self, crowd: "subprocess.Popen[str]") -> Facts:
        assert crowd.stdout is not None
        line = crowd.stdout.readline()
        assert line, f"the clients ended with {crowd.wait()}"
        found: Facts = json.loads(line)
        return found

    def finish(self, last: int, committed: str | None = None) -> Facts:
        """Wait until the last event has come to everybody; what they saw."""
        finish = {"last": last} | ({"committed": committed} if committed else {})
        for each in self._crowds:
            assert each.stdin is not None
            each.stdin.write(json.dumps(finish) + "\n")
            each.stdin.flush()
        told = [self._line(each) for each in self._crowds]
        found: Facts = {name: sum(each[name] for each in told) for name in SUMMED}
        if committed:
            found["latency_ms"] = _percentiles([each["latencies"] for each in told])
        return found


def _share(count: int, number: int) -> int:
    return count // PROCESSES + (number < count % PROCESSES)


def _percentiles(counted: list[dict[str, int]]) -> dict[str, float]:
    tenths: Counter[int] = Counter()
    for each in counted:
        tenths.update({int(key): count for key, count in each.items()})
    whole = sum(tenths.values())
    assert whole, "nobody received anything"
    return {
        "p50": _at(tenths, whole * 0.50),
        "p99": _at(tenths, whole * 0.99),
        "max": max(tenths) / 10,
    }


def _at(tenths: "Counter[int]", place: float) -> float:
    passed = 0
    for value, count in sorted(tenths.items()):
        passed += count
        if passed >= place:
            return value / 10
    raise AssertionError(place)
