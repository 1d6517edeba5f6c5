"""Lists that are given again: never to somebody who may not read, never after a change."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from tieout.core.book import Account, AccountId
from tieout.ports import Capability, RunRecord
from tieout.settings import read_settings
from tieout.store.sqlite import SqliteStore
from tieout.web.app import create_app
from tieout.wiring.credentials import new_api_key
from tieout.wiring.opening import open_service

AT = datetime(2026, 11, 20, 15, tzinfo=UTC)
ACCOUNT = Account(id=AccountId("alpaca/PA3"), venue="alpaca")
RUN = RunRecord(
    id="20261120-150000-aaaaaa",
    account=ACCOUNT.id,
    trigger="manual",
    started_at=AT,
    finished_at=AT,
    outcome="applied",
    reason=None,
    tied_out=True,
)
LISTS = ("/api/positions", "/api/runs", "/api/breaks")


class Silent:
    def info(self, event: str, **facts: Any) -> None: ...

    def warning(self, event: str, **facts: Any) -> None: ...

    def error(self, event: str, **facts: Any) -> None: ...


class Web:
    """The application on a book in a file, and another program with the same file."""

    def __init__(self, folder: Path, client: TestClient[Any]) -> None:
        self.other = SqliteStore(folder / "tieout.db")
        self._client = client
        self.reader = self.key("read")

    def key(self, *capabilities: Capability) -> str:
        key, secret = new_api_key("bot", frozenset(capabilities), at=AT)
        self.other.add_key(key)
        return secret

    def ask(self, path: str, *, key: str | None = None) -> Any:
        return self._client.get(path, headers={"X-API-Key": key or self.reader})

    def status(self, path: str, *, key: str | None = None) -> int:
        return int(self.ask(path, key=key).status_code)

    def runs(self) -> list[str]:
        return [each["id"] for each in self.ask("/api/runs").json()["runs"]]


@pytest.fixture
def environment() -> dict[str, str]:
    return {}


@pytest.fixture
def web(tmp_path: Path, environment: dict[str, str]) -> Iterator[Web]:
    settings = read_settings(environment=environment, folder=tmp_path)
    url = f"sqlite:///{tmp_path / 'tieout.db'}"
    service = open_service(replace(settings, store_url=url), logger=Silent())
    with TestClient(create_app(service, logger=Silent()), base_url="http://localhost") as client:
        made = Web(tmp_path, client)
        yield made
        made.other.close()
    service.store.close()


def test_a_run_of_another_program_is_listed_at_once(web: Web) -> None:
    assert web.runs() == []
    assert web.runs() == []
    web.other.record_run(ACCOUNT, RUN, ())
    assert web.runs() == [RUN.id]


def test_a_list_is_given_again_with_the_same_headers(web: Web) -> None:
    first, again = web.ask("/api/runs"), web.ask("/api/runs")
    third = web.ask("/api/runs")
    assert first.content == again.content == third.content
    names = [sorted(each.headers.multi_items()) for each in (first, again, third)]
    assert names[0] == names[1] == names[2]


def test_other_parameters_are_another_list(web: Web) -> None:
    for number in range(3):
        web.other.record_run(ACCOUNT, replace(RUN, id=f"{RUN.id}{number}"), ())
    assert len(web.ask("/api/runs").json()["runs"]) == 3
    assert len(web.ask("/api/runs?limit=2").json()["runs"]) == 2


@pytest.mark.parametrize("path", LISTS)
def test_what_one_may_read_is_not_given_to_another_who_may_not(web: Web, path: str) -> None:
    writer = web.key("admin:write")
    assert [web.status(path) for _ in range(2)] == [200, 200]
    assert web.status(path, key=writer) == 403
    assert web.status(path, key="nobody's") == 401


def test_a_key_that_another_program_revokes_opens_nothing_any_more(web: Web) -> None:
    assert [web.status("/api/runs") for _ in range(2)] == [200, 200]
    (kept,) = web.other.api_keys()
    web.other.revoke_key(kept.id, at=AT)
    assert web.status("/api/runs") == 401


def test_a_refusal_is_not_kept(web: Web) -> None:
    assert web.status("/api/runs?account=alpaca/PA3") == 404
    assert web.status("/api/runs?account=alpaca/PA3") == 404
    assert web.status("/api/runs") == 200


@pytest.mark.parametrize("environment", [{"TIEOUT_SERVICE_REQUESTS_PER_MINUTE": "4"}])
def test_requests_are_counted_over_all_routes_kept_replies_too(web: Web) -> None:
    paths = ["/api/runs", "/api/runs", "/api/positions", "/api/breaks", "/api/keys"]
    assert [web.status(path) for path in paths] == [200, 200, 200, 200, 429]
