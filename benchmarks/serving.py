"""Servers in processes of their own: the product, and the least that could be in its place.

`Serving` is the handle on one. The process itself (`python -m benchmarks.serving`) listens, says
where in one line of JSON, and from then on answers each line of its input with one line.
"""

import json
import logging
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.sockets import allow_sockets
from tieout.ports import Capability
from tieout.store.sqlite import SqliteStore
from tieout.web.server import Server, bound
from tieout.wiring.clock import SystemClock
from tieout.wiring.credentials import new_api_key

ROOT = Path(__file__).parents[1]
HOST = "127.0.0.1"
STOP_LIMIT_S = 5.0
BOOK = "tieout.db"
CAPABILITY: Capability = "read"

Facts = dict[str, Any]
Commands = Mapping[str, Callable[[Facts], Facts]]


class Serving:
    """A server that was started; it ends with the context."""

    def __init__(self, kind: str, folder: Path, **options: Any) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.serving", kind, str(folder), json.dumps(options)],
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


# In the process


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


def serve(made: Callable[[Callable[[Any], None]], Served], *, port: int) -> None:
    """Serve on the main thread while another one takes commands; the end of input ends both.

    `made` is given what cuts a connection.
    """
    with bound(HOST, port) as listening:
        served = made(lambda client: server.cut(client))
        server = Server(served.app, stopping=served.stopping, stop_limit_s=STOP_LIMIT_S)
        _say({"port": listening.getsockname()[1]})
        threading.Thread(target=_obey, args=(served.commands,), daemon=True).start()
        server.run(sockets=[listening])


def _obey(commands: Commands) -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        command = asked.pop("command")
        _say(_usage() if command == "usage" else commands[command](asked))
    os._exit(0)  # nobody is there any more


def _say(facts: Facts) -> None:
    print(json.dumps(facts), flush=True)


def _usage() -> Facts:
    """Processor seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu_s": used.ru_utime + used.ru_stime}


def main() -> None:
    logging.disable()  # uvicorn's own words belong into the product's log
    kind, folder, options = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
    allow_sockets(options.get("clients", 0))
    port = options.get("port", 0)
    if kind in ("stream", "bare"):
        from benchmarks import streams

        make = streams.product if kind == "stream" else streams.bare
        serve(lambda cut: make(folder, options, cut), port=port)
    else:
        from benchmarks import answers

        serve(lambda _: answers.MADE[kind](folder, options), port=port)


if __name__ == "__main__":
    main()
