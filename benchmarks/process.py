"""The process of a server (`python -m benchmarks.process`).

It listens, says where in one line of JSON, and from then on answers each line of its input with
one line.
"""

import json
import logging
import os
import resource
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import answers, exchanges, streams
from benchmarks.serving import HOST, Commands, Facts, Served
from benchmarks.sockets import allow_sockets
from tieout.web.server import Server, bound

STOP_LIMIT_S = 5.0


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


def stand_by(venue: exchanges.Open) -> None:
    """A venue serves in threads of its own; the main one takes commands, until there is no more
    input."""
    _say({"port": venue.port})
    _obey(venue.commands)


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
    if kind == "venue":
        stand_by(exchanges.Open(folder, options))
    if kind in ("stream", "bare"):
        make = streams.product if kind == "stream" else streams.bare
        serve(lambda cut: make(folder, options, cut), port=port)
    else:
        serve(lambda _: answers.MADE[kind](folder, options), port=port)


if __name__ == "__main__":
    main()
