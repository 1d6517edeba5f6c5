"""A whole service on a real socket, and the broker it reads."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from cli.broker import Broker
from tieout.ports import CAPABILITIES, User
from tieout.settings import read_settings
from tieout.web.app import create_app
from tieout.web.server import Server, bound, url_of
from tieout.wiring.clock import SystemClock
from tieout.wiring.credentials import hash_of_password
from tieout.wiring.opening import open_service
from tieout.wiring.service import Service

# Runs that a test did not ask for would make its outcome a matter of chance.
ONLY_WHEN_ASKED = {
    "TIEOUT_SERVICE_FIRST_RUN_S": "3600",
    "POSITION_SYNC_SYNC_INTERVAL": "3600",
    "TIEOUT_SERVICE_SYNC_ON_POSITION_UPDATE": "false",
    "TIEOUT_SERVICE_REQUESTS_PER_MINUTE": "100000",  # tests ask often
}
USER, PASSWORD = "ada", "correct horse battery"
ANSWER_S = 30


class Log:
    """Keeps what is logged: level, words and facts."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def info(self, event: str, **facts: Any) -> None:
        self.lines.append(("info", event, facts))

    def warning(self, event: str, **facts: Any) -> None:
        self.lines.append(("warning", event, facts))

    def error(self, event: str, **facts: Any) -> None:
        self.lines.append(("error", event, facts))

    def words(self, level: str) -> list[str]:
        return [event for each, event, _ in self.lines if each == level]


class Running:
    """A service, the broker it reads, and a client that is signed in."""

    def __init__(self, folder: Path, broker: Broker, environment: dict[str, str]) -> None:
        self.broker = broker
        self.log = Log()
        self.folder = folder
        given = {**ONLY_WHEN_ASKED, **environment}
        self.settings = read_settings(environment=given, folder=folder)
        self.service: Service = open_service(self.settings, logger=self.log)
        self._listening = bound("127.0.0.1", 0)
        self.address = url_of(self._listening, host="127.0.0.1")
        app = create_app(self.service, logger=self.log, cut=lambda client: self._server.cut(client))
        self._server = Server(app, stopping=app.state.hub.close, stop_limit_s=5)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listening]}, daemon=True
        )
        self._add_user()
        self.client = httpx.Client(base_url=self.address, timeout=ANSWER_S)

    def _add_user(self) -> None:
        self.service.store.put_user(
            User(
                name=USER,
                password_hash=hash_of_password(PASSWORD),
                capabilities=frozenset(CAPABILITIES),
                created_at=SystemClock().now(),
            )
        )

    def start(self) -> None:
        self.service.start()
        self._thread.start()
        login = {"username": USER, "password": PASSWORD}
        for _ in range(100):
            try:
                self.client.post("/api/login", json=login).raise_for_status()
                return
            except httpx.ConnectError:
                self._thread.join(0.05)
        raise AssertionError("the service does not answer")

    def stop(self) -> None:
        self.client.close()
        self._server.should_exit = True
        self._thread.join(ANSWER_S)
        self.service.stop(limit_s=5)
        self.service.store.close()

    def get(self, path: str) -> Any:
        return self.client.get(path).raise_for_status().json()

    def sync(self) -> httpx.Response:
        return self.client.post("/api/admin/jobs/sync-positions")

    def result(self) -> dict[str, Any]:
        """What a sync did."""
        done = self.sync()
        assert done.status_code == 200, done.text
        found: dict[str, Any] = done.json()["result"]
        return found

    @property
    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("/api/admin/jobs/status")["positionReconciliation"]
        return found

    def positions(self) -> dict[str, dict[str, Any]]:
        return {each["symbol"]: each for each in self.get("/api/positions")["positions"]}

    def published(self) -> list[dict[str, Any]]:
        """Every event so far: type and payload."""
        return [
            {"type": each.event.type, "data": json.loads(each.event.payload)}
            for each in self.service.store.events(after=0)
        ]

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The payloads of one type."""
        return [each["data"] for each in self.published() if each["type"] == kind]

    def until(self, is_so: Callable[[], bool]) -> bool:
        """Whether something comes true within the time of an answer: another thread does it."""
        ended = time.monotonic() + ANSWER_S
        while time.monotonic() < ended:
            if is_so():
                return True
            self._thread.join(0.05)
        return False


def vanish(running: Running, symbol: str) -> None:
    """The broker no longer has a position, and nothing says why."""
    with running.broker.market.changing():
        running.broker.market.account("main").holdings.pop(symbol)
