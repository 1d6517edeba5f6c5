"""`tieout serve` in a process of its own, and a client that listens to it over restarts."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from cli.shell import Result, start
from tieout.ports import CAPABILITIES
from tieout.store.sqlite import SqliteStore
from tieout.wiring.clock import SystemClock
from tieout.wiring.credentials import new_api_key

LISTENING = "[Serve] Listening at "
START_S, ANSWER_S, STOP_S = 60, 30, 60


class Serving:
    """A running service. `log` has its lines so far, as material."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.log: list[dict[str, Any]] = []
        self.address = ""
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                self.log.append(json.loads(line) if line.startswith("{") else {"event": line})
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def wait_for(self, words: str, *, timeout_s: float = START_S) -> dict[str, Any]:
        """The first line of the log that has these words."""

        def found() -> dict[str, Any] | None:
            return next((each for each in self.log if words in each["event"]), None)

        with self._news:
            self._news.wait_for(
                lambda: found() or self.process.poll() is not None, timeout=timeout_s
            )
            line = found()
        assert line is not None, (words, self.log)
        return line

    def stop(self, signal_number: int) -> Result:
        """End it by a signal; what came of it."""
        self.process.send_signal(signal_number)
        self.process.wait(STOP_S)
        self._reader.join(STOP_S)
        err = "\n".join(each["event"] for each in self.log)
        return Result(status=self.process.returncode, out="", err=err)


@contextmanager
def serving(folder: Path, *options: str, **settings: str) -> Iterator[Serving]:
    """A service on a free port, answering; killed in the end if it still runs."""
    environment = {f"TIEOUT_SERVICE_{name.upper()}": text for name, text in settings.items()}
    process = start(
        "serve", "--port", "0", "--log", "json", *options, folder=folder, environment=environment
    )
    try:
        served = Serving(process)
        line = served.wait_for(LISTENING)
        served.address = line["event"].removeprefix(LISTENING)
        yield served
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(STOP_S)


def key_for(book: Path) -> dict[str, str]:
    """The header of a key that may do everything, made in a book."""
    store = SqliteStore(book)
    key, secret = new_api_key("test", frozenset(CAPABILITIES), at=SystemClock().now())
    store.add_key(key)
    store.close()
    return {"X-API-Key": secret}


class Listener:
    """Listens to events in a thread; goes on after the last one it had whenever it is cut off."""

    def __init__(self, headers: Mapping[str, str], *, address: Callable[[], str]) -> None:
        self.ids: list[int] = []
        self.answers: list[str] = []
        self._headers = dict(headers)
        self._address = address
        self._news = threading.Condition()
        self._is_ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while not self._is_ended.is_set():
            try:
                self._listen_once()
            except httpx.HTTPError as error:
                self.answers.append(type(error).__name__)
            self._is_ended.wait(0.02)  # the service is being started again

    def _listen_once(self) -> None:
        last = self.ids[-1] if self.ids else 0
        headers = {**self._headers, "Last-Event-ID": str(last)}
        address = f"{self._address()}/api/stream/events"
        with httpx.stream("GET", address, headers=headers, timeout=ANSWER_S) as reply:
            self.answers.append(str(reply.status_code))
            for number in _event_ids(reply.iter_lines()):
                with self._news:
                    self.ids.append(number)
                    self._news.notify_all()
                if self._is_ended.is_set():
                    return

    def wait_until(self, is_there: Callable[[list[int]], bool]) -> bool:
        """Whether that was so within the time of a start."""
        with self._news:
            return self._news.wait_for(lambda: is_there(self.ids), timeout=START_S)

    def end(self) -> None:
        self._is_ended.set()


def _event_ids(lines: Iterable[str]) -> Iterator[int]:
    """The id of each event in a stream; what has an id only (the greeting) is none."""
    has_type, number = False, 0
    for line in lines:
        if line.startswith("id: "):
            number = int(line[4:])
        has_type = has_type or line.startswith("event: ")
        if not line and has_type:
            has_type = False
            yield number
