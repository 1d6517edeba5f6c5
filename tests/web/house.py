"""A service with an application around it, and everybody who may ask it."""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from litestar import Litestar
from litestar.testing import TestClient
from litestar.types import Receive, Send

from runs.fakes import Bench, holding
from tieout.core.book import Account, AccountId
from tieout.ports import ApiKey, Capability, Store, User
from tieout.settings import Settings
from tieout.web.app import create_app
from tieout.web.auth import KEY_HEADER
from tieout.web.events import Pace
from tieout.wiring.credentials import digest_of, hash_of_password
from tieout.wiring.service import Service
from web.timer import START, HandTimer

PASSWORD = "correct horse battery"
HASHED = hash_of_password(PASSWORD)
MAY: Mapping[str, frozenset[Capability]] = {
    "nothing": frozenset(),
    "read": frozenset({"read"}),
    "positions:write": frozenset({"read", "positions:write"}),
    "admin:write": frozenset({"read", "admin:write"}),
    "everything": frozenset({"read", "positions:write", "admin:write"}),
}
PACE = Pace(poll_s=0.02, pause_s=0.001, heartbeat_s=0.1)

TESTED_AS = ("testserver.local", "tieout.example")  # what test clients call it

SOON_S = 10.0

Line = dict[str, Any]


class KeptLog:
    """A log whose lines can be read."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def info(self, event: str, **facts: Any) -> None:
        self.lines.append({"level": "info", "event": event, **facts})

    def warning(self, event: str, **facts: Any) -> None:
        self.lines.append({"level": "warning", "event": event, **facts})

    def error(self, event: str, **facts: Any) -> None:
        self.lines.append({"level": "error", "event": event, **facts})


@dataclass
class House:
    """A running service, its application, its clock and its log. `address` is who asks."""

    service: Service
    app: Litestar
    timer: HandTimer
    log: KeptLog
    address: str = "192.0.2.1"
    monotonic: list[float] = field(default_factory=lambda: [0.0])

    @property
    def store(self) -> Store:
        return self.service.store

    async def asgi(self, scope: Any, receive: Receive, send: Send) -> None:
        """The application, asked from `address`."""
        if scope["type"] == "http":
            scope["client"] = (self.address, 50_000)
        await self.app(scope, receive, send)

    def key(self, may: str) -> dict[str, str]:
        """The header of a key that may do this."""
        return {KEY_HEADER: secret_of(may)}


Web = TestClient[Any]


def soon(is_so: Callable[[], bool]) -> bool:
    """Whether something that another thread does has come about within some seconds."""
    ends_at = time.monotonic() + SOON_S
    while not is_so():
        if time.monotonic() > ends_at:
            return False
        time.sleep(0.002)
    return True


def secret_of(may: str) -> str:
    return f"tieout_key-of-{may}"


def let_in(store: Store, timer: HandTimer) -> None:
    """A user and a key for each thing that one may do."""
    for may, capabilities in MAY.items():
        key = ApiKey(
            id=may.replace(":", "-"),
            name=may,
            digest=digest_of(secret_of(may)),
            capabilities=capabilities,
            created_at=timer.now(),
        )
        store.add_key(key)
        user = User(
            name=may, password_hash=HASHED, capabilities=capabilities, created_at=timer.now()
        )
        store.put_user(user)


def bench_at(store: Store, account: str = "paper/PA1", *, runs_named: str = "run") -> Bench:
    """A bench for an account; its runs are called `run-1` and so on."""
    bench, numbers = Bench(store), itertools.count(1)
    bench.order = replace(bench.order, account=Account(id=AccountId(account), venue="alpaca"))
    bench.parts = replace(bench.parts, name_run=lambda _: f"{runs_named}-{next(numbers)}")
    return bench


def some_runs(store: Store, *, account: str = "paper/PA1") -> Bench:
    """A book with three positions, one of them changed by nobody, after three runs; the last
    was held."""
    bench = bench_at(store, account)
    bench.run(holding("AAPL", "10"), holding("MSFT", "5"), holding("BTC/USD", "0.5"))
    bench.run(holding("AAPL", "9"), holding("MSFT", "5"), holding("BTC/USD", "0.5"))
    bench.run()
    return bench


@contextmanager
def opened(
    store: Store,
    *,
    settings: Settings | None = None,
    requests_per_minute: int = 100_000,
    pace: Pace = PACE,
    at: datetime = START,
    is_new: bool = True,
) -> Iterator[House]:
    """A service over this store, running; a new one lets everybody in first."""
    timer, log, monotonic = HandTimer(at), KeptLog(), [0.0]
    given = settings or Settings(store_url="memory://")
    service_settings = replace(
        given.service,
        requests_per_minute=requests_per_minute,
        hosts=(*given.service.hosts, *TESTED_AS),
    )
    service = Service(
        replace(given, service=service_settings), store=store, logger=log, timer=timer
    )
    app = create_app(service, logger=log, pace=pace, seconds=lambda: monotonic[0])
    if is_new:
        let_in(store, timer)
    service.start()
    try:
        yield House(service=service, app=app, timer=timer, log=log, monotonic=monotonic)
    finally:
        assert service.stop(limit_s=5)
