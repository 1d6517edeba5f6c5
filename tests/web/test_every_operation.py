"""Every operation of the document succeeds at a book where there is something, as described."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema_rs import Draft202012Validator

from cli.broker import open_broker
from runs.fakes import holding
from tieout.settings import read_settings
from tieout.store.memory import MemoryStore
from web.document import OPERATIONS, document
from web.house import PASSWORD, House, bench_at, opened, some_runs
from web.live import live

ONE, OTHER = "?account=one/PA1", "?account=other/PA2"
GOES_BY_COOKIE = {"POST /api/login", "POST /api/logout", "GET /api/session"}

# In this order: the third run of each account is held, and each has open breaks.
ASKED: list[tuple[str, str, Any]] = [
    ("POST /api/login", "/api/login", {"username": "everything", "password": PASSWORD}),
    ("GET /api/session", "/api/session", None),
    ("GET /api/breaks", f"/api/breaks{ONE}&every=true", None),
    ("GET /api/breaks/{break_id}", f"/api/breaks/B1{ONE}", None),
    ("GET /api/positions", f"/api/positions{ONE}", None),
    ("GET /api/positions/past", f"/api/positions/past{ONE}", None),
    ("GET /api/accounts", "/api/accounts?decimals=string", None),
    ("GET /api/runs", f"/api/runs{ONE}", None),
    ("GET /api/runs/{run_id}", "/api/runs/run-3", None),
    ("POST /api/runs/{run_id}/approve", "/api/runs/run-3/approve", None),
    ("POST /api/runs/{run_id}/reject", "/api/runs/third-3/reject", None),
    ("POST /api/breaks/{break_id}/{action}", f"/api/breaks/B1/accept-broker{OTHER}", None),
    ("POST /api/breaks/{break_id}/{action}", f"/api/breaks/B3/keep-book{OTHER}", None),
    ("POST /api/breaks/{break_id}/{action}", f"/api/breaks/B4/ignore{OTHER}", None),
    ("GET /api/journal", f"/api/journal{ONE}", None),
    ("GET /api/pnl", f"/api/pnl{ONE}&by=day", None),
    ("GET /api/settings", "/api/settings", None),
    ("PATCH /api/settings", "/api/settings", {"service.schedule": "600"}),
    ("GET /api/keys", "/api/keys", None),
    ("POST /api/keys", "/api/keys", {"name": "bot", "capabilities": ["read"]}),
    ("DELETE /api/keys/{key_id}", "/api/keys/nothing", None),
    ("POST /api/scheduler/pause", "/api/scheduler/pause", None),
    ("POST /api/scheduler/resume", "/api/scheduler/resume", None),
    ("POST /api/scheduler/disable", "/api/scheduler/disable", None),
    ("POST /api/scheduler/enable", "/api/scheduler/enable", None),
    ("POST /api/sync/positions", "/api/sync/positions?account=main", None),
    ("POST /api/admin/jobs/sync-positions", "/api/admin/jobs/sync-positions?account=main", None),
    ("GET /api/runs/{run_id}/evidence", "/api/runs/LATEST/evidence", None),
    ("GET /api/sync/status", "/api/sync/status", None),
    ("GET /api/scheduler/status", "/api/scheduler/status", None),
    ("GET /api/admin/jobs/status", "/api/admin/jobs/status", None),
    ("GET /healthz", "/healthz", None),
    ("GET /readyz", "/readyz", None),
    ("GET /metrics", "/metrics", None),
    ("GET /api/stream/events", "/api/stream/events", None),
    ("POST /api/logout", "/api/logout", None),
]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[House, httpx.Client]]:
    """A broker that can be synced, and three accounts with a held run and breaks each."""
    with open_broker(tmp_path) as broker:
        broker.trade("AAPL", "10")
        settings = read_settings(environment={}, folder=tmp_path)
        store = MemoryStore()
        some_runs(store, account="one/PA1")
        a_held_run(store, "other")
        a_held_run(store, "third")
        with (
            opened(store, settings=settings, at=datetime.now(UTC)) as house,
            live(house) as url,
            httpx.Client(base_url=url, timeout=30, trust_env=False) as web,
        ):
            yield house, web


def a_held_run(store: MemoryStore, name: str) -> None:
    bench = bench_at(store, f"{name}/PA2", runs_named=name)
    rest = [holding(each, "5") for each in ("MSFT", "NVDA", "TSLA")]
    for quantity in ("10", "9"):
        bench.run(holding("AAPL", quantity), *rest)
    bench.run()


def faults(operation: str, given: httpx.Response) -> list[str]:
    """What is not as the document describes it."""
    (status, said), *_ = (
        (code, each)
        for code, each in OPERATIONS[operation].said["responses"].items()
        if code < "300"
    )
    ((kind, content),) = said["content"].items()
    found = given.headers["content-type"].partition(";")[0]
    if (str(given.status_code), found) != (status, kind):
        return [f"{given.status_code} {found}: {given.text}"]
    value = json.loads(given.text) if kind == "application/json" else given.text
    whole = {**content["schema"], "components": document()["components"]}
    return [each.message for each in Draft202012Validator(whole).iter_errors(value)]


def test_every_operation_succeeds_as_the_document_describes_it(
    place: tuple[House, httpx.Client],
) -> None:
    house, web = place
    house.app.state.hub.close()  # so that a stream ends after its greeting
    wrong = {}
    for operation, template, body in ASKED:
        headers = {} if operation in GOES_BY_COOKIE else house.key("everything")
        method = operation.partition(" ")[0]
        path = template.replace("LATEST", house.store.runs(limit=1)[0].id)
        given = web.request(method, path, json=body, headers=headers)
        if found := faults(operation, given):
            wrong[f"{method} {path}"] = found
    assert not wrong, json.dumps(wrong, indent=1)


def test_no_operation_is_left_out() -> None:
    assert {operation for operation, _, _ in ASKED} == set(OPERATIONS)
