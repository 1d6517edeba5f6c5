"""Applications that answer lists: the product's, and the framework's own with fixed bytes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from litestar import Litestar, Response, get
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import DefineMiddleware

from benchmarks.broker import Broker
from benchmarks.product import ACCOUNT, Tied, Whole
from benchmarks.serving import BOOK, Facts, Served, Silent
from benchmarks.streams import MANY, event, service_of
from tieout.ports import RunRecord
from tieout.store.sqlite import SqliteStore
from tieout.web.app import create_app
from tieout.web.auth import Access, Authentication, needs
from tieout.web.encoding import JSON
from tieout.web.limits import RateLimit, monotonic
from tieout.wiring.clock import SystemClock

PATHS = ("/api/positions", "/api/runs", "/api/breaks", "/api/journal")
CHANGED_IN_A_RUN = 2
BETWEEN_RUNS = timedelta(minutes=5)


def fill(folder: Path, rows: int) -> None:
    """A book in which each list has at least so many rows."""
    broker = Broker(rows, changed=rows)
    tied = Tied(folder / BOOK)
    for replies in broker.replies(2):
        tied.sync(replies)  # nothing explains the second: a break for every position
    tied.close()
    store = SqliteStore(folder / BOOK)
    pattern = _usual_run()
    for number in range(rows):
        at = pattern.started_at + number * BETWEEN_RUNS
        name = f"{at:%Y%m%d-%H%M%S}-{number:06x}"
        store.record_run(ACCOUNT, replace(pattern, id=name, started_at=at, finished_at=at), ())
    store.close()


def _usual_run() -> RunRecord:
    """A run in which a few positions changed."""
    with TemporaryDirectory(prefix="tieout-benchmark-") as folder:
        whole = Whole(Path(folder) / BOOK)
        for replies in Broker(10, changed=CHANGED_IN_A_RUN).replies(2):
            whole.sync(replies)
        record = whole.latest()
        whole.close()
    return record


def product(folder: Path, options: Facts) -> Served:
    """The whole application."""
    del options
    service = service_of(folder)
    service.start()
    app = create_app(service, logger=Silent())

    def write(_: Facts) -> Facts:
        """Something that changes the book's database."""
        return {"event": service.store.add_event(event(0), account=ACCOUNT.id)}

    return Served(app, app.state.hub.close, {"write": write})


def fixed(folder: Path, options: Facts) -> Served:
    """The framework alone: no sign-in, no limits, no parameters, the same bytes every time."""
    del options
    return Served(Litestar(_routes(folder), openapi_config=None), _nothing, {})


def guarded(folder: Path, options: Facts) -> Served:
    """Fixed bytes behind what stands before every route of the product: sign-in and limits."""
    del options
    store = SqliteStore(folder / BOOK)
    app = Litestar(
        _routes(folder, guards=[needs("read")]),
        state=State({"access": Access(store, SystemClock())}),
        middleware=[
            DefineMiddleware(RateLimit, requests_per_minute=int(MANY), seconds=monotonic),
            DefineMiddleware(Authentication),
        ],
        openapi_config=None,
    )
    return Served(app, _nothing, {})


def _nothing() -> None:
    """There are no streams to end."""


def _routes(folder: Path, **options: Any) -> list[HTTPRouteHandler]:
    return [_route(path, (folder / path[5:]).read_bytes(), options) for path in PATHS]


def _route(path: str, body: bytes, options: Mapping[str, Any]) -> HTTPRouteHandler:
    @get(path, sync_to_thread=False, **options)
    def answer() -> Response[bytes]:
        return Response(body, media_type=JSON)

    return answer


MADE: dict[str, Callable[[Path, Facts], Served]] = {
    "product": product,
    "fixed": fixed,
    "guarded": guarded,
}
