"""Servers in processes of their own: the product, and the least that could be in its place.

`Serving` is the handle on one, `Served` what runs in it (`benchmarks.process`).
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tieout.ports import Capability
from tieout.store.sqlite import SqliteStore
from tieout.wiring.clock import SystemClock
from tieout.wiring.credentials import new_api_key

ROOT = Path(__file__).parents[1]
HOST = "127.0.0.1"
BOOK = "tieout.db"
CAPABILITY: Capability = "read"

Facts = dict[str, Any]
Commands = Mapping[str, Callable[[Facts], Facts]]


class Serving:
    """A server that was started; it ends with the context."""

    def __init__(self, kind: str, folder: Path, **options: Any) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.process", kind, str(folder), json.dumps(options)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self._answer()["port"])

    def __enter__(self) -> "Serving":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def ask(self, command: str, **facts: Any) -> Facts:
        """Have something done, and what came of it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"command": command, **facts}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Facts:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the server ended with {self._process.wait()}"
        found: Facts = json.loads(line)
        return found

    def kill(self) -> None:
        """End the process as a power cut would."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()


def make_key(folder: Path) -> str:
    """A key that may read, kept in the book of a folder; a new book where there is none."""
    store = SqliteStore(folder / BOOK)
    key, secret = new_api_key("benchmark", frozenset({CAPABILITY}), at=SystemClock().now())
    store.add_key(key)
    store.close()
    return secret


@dataclass(frozen=True, slots=True)
class Served:
    """An application, what ends its streams, and what it can be asked to do."""

    app: Any
    stopping: Callable[[], None]
    commands: Commands


class Silent:
    """A log that is not written."""

    def info(self, event: str, **facts: Any) -> None:
        """Not told."""

    def warning(self, event: str, **facts: Any) -> None:
        """Told, as something is wrong."""
        print(event, facts, file=sys.stderr)

    error = warning
