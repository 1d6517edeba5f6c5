"""Planted secrets come out nowhere: replies, log, errors, the bytes of the book, the evidence."""

import base64
import io
import logging
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from litestar.testing import TestClient

from cli.broker import Broker, open_broker
from tieout.cli.logs import secrets_of, start_log
from tieout.ports import CAPABILITIES, User
from tieout.settings import read_settings
from tieout.web.app import create_app
from tieout.wiring.credentials import hash_of_password
from tieout.wiring.opening import open_service
from tieout.wiring.service import Service
from web.document import OPERATIONS
from web.house import Web, soon
from web.timer import HandTimer

PASSWORD = "planted-password-of-ada"
GUESS = "planted-password-guess"
HOOK_SECRET = "whsec_" + base64.b64encode(b"planted-webhook-secret-0123456789").decode()
HOOK_TOKEN = "planted-token-in-the-address"
MORE_SETTINGS = """
[[webhooks]]
name = "hook"
url = "http://127.0.0.1:{port}/in?token={token}"
secret = "{secret}"
"""


@dataclass
class Planted:
    """A service at a broker, with a real log and a book on the disk."""

    broker: Broker
    service: Service
    web: Web
    log: io.StringIO
    book: Path
    timer: HandTimer
    secrets: dict[str, str]


@pytest.fixture(params=["json", "console"])
def planted(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Planted]:
    before, log = logging.getLogger().handlers[:], io.StringIO()
    with open_broker(tmp_path) as broker:
        broker.trade("AAPL", "10")  # before the stream listens, so that only people start runs
        keys = broker.simulator.credentials("main")
        secrets = {"venue key": keys.key_id, "venue secret": keys.secret_key}
        secrets |= {"webhook secret": HOOK_SECRET, "webhook token": HOOK_TOKEN}
        hook = MORE_SETTINGS.format(port=a_closed_port(), token=HOOK_TOKEN, secret=HOOK_SECRET)
        with (tmp_path / "tieout.toml").open("a", encoding="utf-8") as file:
            file.write(hook)
        environment = {"TIEOUT_SERVICE_LOG": request.param, "TIEOUT_SERVICE_LOG_LEVEL": "debug"}
        settings = read_settings(environment=environment, folder=tmp_path)
        logger = start_log(settings, out=log, secrets=secrets_of(settings))
        timer = HandTimer(datetime.now(UTC))
        service = open_service(settings, logger=logger, timer=timer)
        app = create_app(service, logger=logger)
        service.start()
        try:
            with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as web:
                yield Planted(
                    broker=broker,
                    service=service,
                    web=web,
                    log=log,
                    book=tmp_path / "book.db",
                    timer=timer,
                    secrets=secrets,
                )
        finally:
            service.stop(limit_s=5)
            service.store.close()
            logging.getLogger().handlers[:] = before
            structlog.reset_defaults()


def a_closed_port() -> int:
    with closing(socket.socket()) as made:
        made.bind(("127.0.0.1", 0))
        port: int = made.getsockname()[1]
    return port


def test_no_planted_secret_comes_out_anywhere(planted: Planted) -> None:
    told = sign_in(planted)
    told += work(planted)
    told += ask_everything(planted)
    assert soon(
        lambda: any(each.last_error for each in planted.service.store.deliveries().values())
    )
    places = {
        "the API": "\n".join(told),
        "the log": planted.log.getvalue(),
        "the book": bytes_of(planted.book),
        "the evidence": evidence_of(planted.service),
        "the deliveries": repr(planted.service.store.deliveries()),
        "the settings": repr(planted.service.desk.settings),
    }
    assert all(places.values()), "every place has something in it"
    for name, secret in planted.secrets.items():
        for place, text in places.items():
            assert secret not in text, f"{name} is in {place}"


def sign_in(planted: Planted) -> list[str]:
    """A user signs in after a wrong try, and makes a key; what was told, but for the one time."""
    store, web, secrets = planted.service.store, planted.web, planted.secrets
    user = User(
        name="ada",
        password_hash=hash_of_password(PASSWORD),
        capabilities=frozenset(CAPABILITIES),
        created_at=planted.timer.now(),
    )
    store.put_user(user)
    failed = web.post("/api/login", json={"username": "ada", "password": GUESS})
    good = web.post("/api/login", json={"username": "ada", "password": PASSWORD})
    wrong = web.post("/api/login", json={"username": "ada", "password": [PASSWORD]})
    made = web.post("/api/keys", json={"name": "bot", "capabilities": ["read"]})
    secrets["password"], secrets["a guess"] = PASSWORD, GUESS
    secrets["cookie"], secrets["API key"] = good.cookies["session"], made.json()["key"]
    return [failed.text, good.text, wrong.text, shown(web.get("/api/session"))]


def work(planted: Planted) -> list[str]:
    """Good and bad runs, and a mistake of ours while the key is at hand."""
    web, broker, key = planted.web, planted.broker, planted.secrets["API key"]
    synced = [web.post("/api/sync/positions")]
    for status in (401, 403, 500):
        broker.refuse(status, times=None)
        synced.append(web.post("/api/admin/jobs/sync-positions"))
        broker.mend()
    assert [each.status_code for each in synced] == [200, 500, 500, 500]
    told = [shown(each) for each in synced]
    told.append(shown(web.get("/api/accounts", headers={"X-API-Key": key})))
    books = web.app.state.books
    web.app.state.books = None  # a mistake of ours: the log has all of it
    told.append(shown(web.get("/api/positions", headers={"X-API-Key": key})))
    web.app.state.books = books
    return told


def ask_everything(planted: Planted) -> list[str]:
    """What every reading operation tells, and what is told of things that are not there."""
    web = planted.web
    run = planted.service.store.runs()[0].id
    told = []
    for operation in OPERATIONS.values():
        if operation.method == "GET" and "stream" not in operation.path:
            path = operation.path.replace("{run_id}", run).replace("{break_id}", "B1")
            told.append(shown(web.get(path, params={"account": "main"})))
    told += [shown(web.get(f"/api/runs/{run}/evidence")) for run in runs_of(planted.service)]
    told += [shown(web.patch("/api/settings", json={"connections.paper.secret": "x"}))]
    return [*told, shown(web.get("/schema/openapi.json"))]


def runs_of(service: Service) -> list[str]:
    return [each.id for each in service.store.runs()]


def shown(given: Any) -> str:
    return f"{given.status_code} {dict(given.headers)} {given.text}"


def bytes_of(book: Path) -> str:
    """All files of the book, the log of writes included."""
    files = sorted(book.parent.glob("book.db*"))
    assert book.with_name("book.db-wal") in files
    return b"".join(each.read_bytes() for each in files if each.is_file()).decode("latin-1")


def evidence_of(service: Service) -> str:
    found = [service.store.evidence(run) for run in runs_of(service)]
    assert any(found)
    return repr(found)


def test_the_secrets_are_hidden_in_the_log_even_where_a_library_writes_them(
    planted: Planted,
) -> None:
    for name in ("venue key", "venue secret", "webhook secret", "webhook token"):
        text = planted.secrets[name]
        logging.getLogger("library").warning("sent %s", text)
        logging.getLogger("library").warning("sent", extra={"headers": {"key": text}})
        structlog.get_logger().info("told", headers={"key": [text]})
        try:
            raise ValueError(f"refused {text}")
        except ValueError:
            logging.getLogger("library").exception("it failed")
    lines = planted.log.getvalue()
    assert lines.count("sent") >= 8
    for name, secret in planted.secrets.items():
        assert secret not in lines, name
