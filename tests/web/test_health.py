"""Health that tells the truth, and metrics that a Prometheus can read."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from litestar.testing import TestClient
from prometheus_client.parser import text_string_to_metric_families

from runs.fakes import Bench
from tieout.core.errors import StoreError, VenueRefused, VenueUnavailable
from tieout.ports import Event
from tieout.settings.values import AccountSettings
from tieout.store.sqlite import SqliteStore
from tieout.web.metrics import metrics_text
from web.house import House, Web, bench_at, opened, some_runs


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "book.db"


@pytest.fixture
def kept(book: Path) -> Iterator[tuple[House, Web]]:
    """A house whose book is a file."""
    store = SqliteStore(book, busy_timeout_s=0.05)
    some_runs(store)
    with opened(store) as house, TestClient(house.asgi) as client:
        yield house, client
    store.close()


def test_a_working_service_is_alive_and_ready(kept: tuple[House, Web]) -> None:
    _, web = kept
    assert web.get("/healthz").json() == {"status": "alive"}
    assert web.get("/readyz").json() == {"status": "ready"}


def assert_not_ready(web: Web, words: str) -> None:
    given = web.get("/readyz")
    assert given.status_code == 503
    assert given.headers["content-type"] == "application/problem+json"
    assert words in given.json()["message"]
    assert web.get("/healthz").status_code == 200


def test_it_is_not_ready_while_the_book_is_locked(kept: tuple[House, Web], book: Path) -> None:
    _, web = kept
    with closing(sqlite3.connect(book, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert_not_ready(web, "is locked by another program")
        other.execute("ROLLBACK")
    assert web.get("/readyz").status_code == 200


def test_it_is_not_ready_once_the_book_is_deleted(kept: tuple[House, Web], book: Path) -> None:
    _, web = kept
    book.unlink()
    assert_not_ready(web, "was taken away")


def test_it_is_not_ready_once_the_book_is_another_file(kept: tuple[House, Web], book: Path) -> None:
    _, web = kept
    book.rename(book.with_name("old.db"))
    SqliteStore(book.with_name("new.db")).close()
    book.with_name("new.db").rename(book)
    assert_not_ready(web, "was taken away")


def test_it_is_not_ready_once_the_service_has_stopped(kept: tuple[House, Web]) -> None:
    house, web = kept
    house.service.stop(limit_s=5)
    assert_not_ready(web, "the service is not running")


def test_a_book_that_cannot_be_written_is_a_503_everywhere(
    kept: tuple[House, Web], book: Path
) -> None:
    house, web = kept
    with closing(sqlite3.connect(book, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        given = web.post(
            "/api/keys",
            json={"name": "bot", "capabilities": ["read"]},
            headers=house.key("admin:write"),
        )
    assert given.status_code == 503
    assert given.json()["error"] == "The book cannot be used now"


def test_reading_goes_on_while_another_program_writes(kept: tuple[House, Web], book: Path) -> None:
    house, web = kept
    with closing(sqlite3.connect(book, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        given = web.get("/api/positions", headers=house.key("read"))
    assert given.status_code == 200, given.text
    assert len(given.json()["positions"]) == 3


def test_it_is_not_ready_while_a_full_disk_takes_no_write(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is only read, or rolled back, goes well on a full disk."""
    seconds = [100.0]
    monkeypatch.setattr("tieout.store.trouble.monotonic", lambda: seconds[0])
    store = SqliteStore(book)
    some_runs(store)
    with opened(store) as house, TestClient(house.asgi) as web:
        (pages,) = store.connections.writer.execute("PRAGMA page_count").fetchone()
        store.connections.writer.execute(f"PRAGMA max_page_count = {pages}")
        fill(house)
        for _ in range(3):
            assert_not_ready(web, "has no space left")
            assert metrics(house, web)["tieout_store_up",] == 0
            assert metrics(house, web)["tieout_tied_out", "paper/PA1"] == 0
            seconds[0] += 60
        store.connections.writer.execute("PRAGMA max_page_count = 1000000")
        assert web.get("/readyz").status_code == 200
        assert metrics(house, web)["tieout_store_up",] == 1
        assert store.runtime_settings() == {}
    store.close()


def fill(house: House) -> None:
    """Have events written until there is no room for one; a little still fits."""
    big = Event(type="run:started", at=house.timer.now(), payload="x" * 4096)

    def write_on() -> None:
        for _ in range(1000):
            house.store.add_event(big, account=None)

    with pytest.raises(StoreError, match="has no space left"):
        write_on()
    house.store.add_event(replace(big, payload="{}"), account=None)


# Metrics


def metrics(house: House, web: Web) -> dict[tuple[str, ...], float]:
    """Every sample by its name and labels."""
    given = web.get("/metrics", headers=house.key("read"))
    assert given.status_code == 200
    assert given.headers["content-type"].startswith("text/plain")
    return {
        (each.name, *each.labels.values()): each.value
        for family in text_string_to_metric_families(given.text)
        for each in family.samples
    }


def test_metrics_tell_of_runs_their_duration_and_their_calls(house: House, web: Web) -> None:
    found = metrics(house, web)
    account = "paper/PA1"
    assert found["tieout_runs_total", account, "successful"] == 2
    assert found["tieout_runs_total", account, "failed"] == 1
    assert found["tieout_recent_runs", account, "applied"] == 2
    assert found["tieout_recent_runs", account, "held"] == 1
    assert found["tieout_last_run_seconds", account] == 3
    assert found["tieout_venue_calls", account] == 1
    assert found["tieout_tied_out", account] == 0
    assert found["tieout_store_up",] == 1


def test_an_account_that_is_retired_is_told_to_be(house: House, web: Web) -> None:
    account = "paper/PA1"
    assert metrics(house, web)["tieout_account_retired", account] == 0
    accounts = {account: AccountSettings(key=account, retired=True)}
    desk = house.service.desk
    desk.settings = replace(desk.settings, accounts=accounts)
    assert metrics(house, web)["tieout_account_retired", account] == 1
    (listed,) = web.get("/api/accounts", headers=house.key("read")).json()["accounts"]
    assert (listed["account"], listed["retired"]) == (account, True)


def test_metrics_tell_errors_by_class(house: House, web: Web) -> None:
    bench = bench_at(house.store, runs_named="bad")
    fail_with(bench, VenueRefused("no", venue="paper", status=401), times=2)
    fail_with(bench, VenueUnavailable("gone", venue="paper"), times=1)
    found = metrics(house, web)
    classes = {key[-1]: value for key, value in found.items() if "errors" in key[0]}
    assert classes == {"refused": 2, "unavailable": 1, "reply_invalid": 0, "other": 0}


def fail_with(bench: Bench, error: Exception, *, times: int) -> None:
    bench.venue.error = error
    for _ in range(times):
        bench.run()


@pytest.mark.parametrize(("hours", "age"), [(0, "new"), (1, "over_3600s"), (30, "over_86400s")])
def test_metrics_tell_breaks_by_age(house: House, web: Web, hours: int, age: str) -> None:
    first_at = max(each.first_at for each in house.store.breaks())
    house.timer.at = first_at
    house.timer.skip(hours=hours)
    found = metrics(house, web)
    ages = {key[-1]: value for key, value in found.items() if key[0] == "tieout_breaks"}
    assert ages[age] == 4 if hours else ages[age] >= 3
    assert sum(ages.values()) == 4


def test_metrics_tell_how_far_the_stream_is_behind(house: House) -> None:
    """Nothing reads the outbox before the application has started."""
    at = house.timer.now()
    for _ in range(3):
        house.store.add_event(Event(type="run:started", at=at, payload="{}"), account=None)
    assert house.app.state.hub.lag() == 3


def test_metrics_count_the_clients_of_the_stream(house: House, web: Web) -> None:
    assert metrics(house, web)["tieout_sse_clients",] == 0


def test_a_book_that_cannot_be_read_is_told_wherever_it_is_needed(
    kept: tuple[House, Web], book: Path
) -> None:
    house, web = kept
    for each in (book, book.with_name("book.db-wal")):
        each.write_bytes(b"no database " * 10_000)
    for path in ("/api/positions", "/api/stream/events", "/metrics"):
        assert web.get(path, headers=house.key("read")).status_code == 503, path
    assert web.get("/healthz", headers=house.key("read")).status_code == 200
    assert web.get("/readyz", headers=house.key("read")).status_code == 503
    assert web.get("/schema/openapi.json", headers=house.key("read")).status_code == 200
    text, _ = metrics_text(house.service, house.app.state.hub)
    assert "tieout_store_up 0.0" in text
