"""While another program holds the lock of the book, whoever writes waits, and nobody else."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from queue import Queue
from typing import Any

import httpx
import pytest

from locking import locked, noticed
from tieout.store.sqlite import SqliteStore
from web.house import PASSWORD, House, opened, some_runs
from web.listening import Listener
from web.live import live

AT_ONCE_S = 5.0
LOCKED_S = 60.0  # how long a writer waits for the lock, far longer than anybody else may take
USER = {"username": "everything", "password": PASSWORD}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "book.db"


@pytest.fixture
def place(book: Path) -> Iterator[tuple[House, str]]:
    store = SqliteStore(book, busy_timeout_s=LOCKED_S)
    some_runs(store)
    with opened(store) as house, live(house) as url:
        yield house, url
    store.close()


def make_key(web: httpx.Client, house: House) -> httpx.Response:
    body = {"name": "bot", "capabilities": ["read"]}
    return web.post("/api/keys", json=body, headers=house.key("admin:write"))


def revoke_key(web: httpx.Client, house: House) -> httpx.Response:
    return web.delete("/api/keys/nothing", headers=house.key("admin:write"))


def log_in(web: httpx.Client, house: House) -> httpx.Response:
    return web.post("/api/login", json=USER)


def fail_to_log_in(web: httpx.Client, house: House) -> httpx.Response:
    return web.post("/api/login", json={**USER, "password": "wrong"})


def log_out(web: httpx.Client, house: House) -> httpx.Response:
    return web.post("/api/logout")


def change_settings(web: httpx.Client, house: House) -> httpx.Response:
    body = {"service.schedule": "60"}
    return web.patch("/api/settings", json=body, headers=house.key("admin:write"))


def reject(web: httpx.Client, house: House) -> httpx.Response:
    return web.post("/api/runs/run-3/reject", headers=house.key("positions:write"))


def ask_the_service(web: httpx.Client, house: House) -> int:
    """What the service's own loop answers: there is nothing that it could sync."""
    return web.post("/api/sync/positions", headers=house.key("admin:write")).status_code


@pytest.mark.parametrize(
    ("write", "status"),
    [
        (make_key, 201),
        (revoke_key, 200),
        (log_in, 200),
        (fail_to_log_in, 401),
        (log_out, 200),
        (change_settings, 200),
        (reject, 200),
    ],
)
def test_who_writes_waits_for_the_lock_and_nobody_else(
    place: tuple[House, str],
    book: Path,
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[[httpx.Client, House], httpx.Response],
    status: int,
) -> None:
    house, url = place
    with (
        ThreadPoolExecutor(1) as pool,
        httpx.Client(base_url=url, timeout=LOCKED_S, trust_env=False) as web,
        httpx.Client(base_url=url, timeout=AT_ONCE_S, trust_env=False) as other,
        Listener(url) as client,
    ):
        if write is log_out:
            log_in(web, house)
        house.app.state.access.note_use = lambda _: None  # which is a write as well
        begun = noticed(house.store, monkeypatch)
        with locked(book):
            waiting = pool.submit(write, web, house)
            assert begun.wait(AT_ONCE_S)
            assert other.get("/healthz").status_code == 200
            assert other.get("/api/positions", headers=house.key("read")).status_code == 200
            assert ask_the_service(other, house) == 404
            for _ in range(3):
                assert client.frame() is not None  # heartbeats
            assert not waiting.done()
        assert waiting.result(LOCKED_S).status_code == status


CROWD = min(32, (os.cpu_count() or 1) + 4) + 4  # more than a loop has threads of its own


def ask_whether_it_is_ready(web: httpx.Client, house: House) -> httpx.Response:
    return web.get("/readyz")


@pytest.mark.parametrize(
    ("write", "status"), [(make_key, 201), (log_out, 200), (ask_whether_it_is_ready, 200)]
)
def test_many_who_wait_for_the_lock_keep_nobody_from_reading(
    book: Path, write: Callable[[httpx.Client, House], httpx.Response], status: int
) -> None:
    store, arrived = SqliteStore(book, busy_timeout_s=LOCKED_S), threading.Semaphore(0)
    some_runs(store)

    async def counting(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            arrived.release()
        await house.app(scope, receive, send)

    with (
        closing(store),
        opened(store) as house,
        live(house, counting) as url,
        ThreadPoolExecutor(CROWD) as pool,
        httpx.Client(base_url=url, timeout=LOCKED_S, trust_env=False) as web,
        httpx.Client(base_url=url, timeout=AT_ONCE_S, trust_env=False) as other,
    ):
        house.app.state.access.note_use = lambda _: None  # which is a write as well
        log_in(web, house)
        assert arrived.acquire(timeout=AT_ONCE_S)
        with locked(book):
            crowd = [pool.submit(write, web, house) for _ in range(CROWD)]
            assert all(arrived.acquire(timeout=AT_ONCE_S) for _ in crowd)
            journal = "/api/journal?account=paper/PA1"  # which is read in a thread
            assert other.get(journal, headers=house.key("read")).status_code == 200
        assert {each.result(LOCKED_S).status_code for each in crowd} == {status}


def test_the_use_of_a_key_is_noted_among_those_who_write(
    place: tuple[House, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, url = place
    noted: Queue[str] = Queue()

    def use_key(_key_id: str, **_: Any) -> None:
        noted.put(threading.current_thread().name)

    monkeypatch.setattr(house.store, "use_key", use_key)
    assert httpx.get(f"{url}/api/session", headers=house.key("read")).status_code == 200
    assert noted.get(timeout=AT_ONCE_S).startswith("tieout-writer")
