"""`python -m benchmarks`: measure, and say what was found as plain tables or as JSON."""

import argparse
import json
import platform
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from benchmarks.tables import lines

Arguments = dict[str, Any]

# What there is to measure, and what it is asked for in the quick form.
QUICK: dict[str, Arguments] = {
    "events": {"clients": 20, "seconds": 2.0},
    "lists": {"sizes": (10,), "bursts": 2, "requests": 5},
    "restart": {"clients": 20, "seconds": 2.0},
    "sync": {"sizes": (20,), "rounds_max": 3, "counted_sizes": (5, 10)},
    "memory": {"positions": 20, "syncs": 3},
    "diff": {"rows": 1_000},
    "venues": {
        "sizes": (4,),
        "rounds": 1,
        "many": ((2, 4),),
        "markets": ("alpaca", "hyperliquid", "ibkr", "coinbase"),
    },
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for; the answer goes to stdout, the progress to stderr."""
    asked = _parser().parse_args(arguments)
    results = {
        name: _measurement(name)(**(QUICK[name] if asked.quick else {}))
        for name in asked.only or _known()
    }
    if asked.json:
        print(json.dumps({"machine": _machine(), **results}, indent=2))
        return 0
    print("\n".join(_text(results)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=_known(), help="measure this alone")
    parser.add_argument("--json", action="store_true", help="the figures for a program")
    parser.add_argument("--quick", action="store_true", help="small sizes: does it work at all?")
    return parser


def _known() -> list[str]:
    return [name for name in QUICK if find_spec(f"benchmarks.{name}") is not None]


def _measurement(name: str) -> Callable[..., dict[str, Any]]:
    measure: Callable[..., dict[str, Any]] = import_module(f"benchmarks.{name}").run
    return measure


def _machine() -> dict[str, str]:
    return {"python": platform.python_version(), "system": platform.system()}


def _text(results: dict[str, dict[str, Any]]) -> list[str]:
    return [line for name, result in results.items() for line in lines(name, result)]


if __name__ == "__main__":
    sys.exit(main())
