"""A query parameter that an operation does not have is refused, and those it has are named."""

import re

import pytest

from web.document import OPERATIONS
from web.house import House, Web

UNKNOWN = {"bogus": "1"}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_parameter_that_an_operation_does_not_have_is_refused(
    house: House, web: Web, name: str
) -> None:
    documented = OPERATIONS[name]
    path = re.sub(r"\{.+?\}", "accept-broker", documented.path)
    headers = {} if documented.is_public else house.key("everything")
    given = web.request(documented.method, path, params=UNKNOWN, headers=headers)
    assert given.status_code == 400, given.text
    assert "bogus" in given.text


@pytest.mark.parametrize(
    ("path", "query", "said"),
    [
        ("/api/pnl", {"from": "2026-11-01", "to": "2026-11-30"}, "'from', 'to'"),
        ("/api/pnl", {"from": "2026-11-01"}, "since, until"),
        ("/api/positions", {"as_of": "2020-01-01"}, "account, "),
        ("/api/accounts", {"x": "1"}, "allowed are decimals"),
        ("/healthz", {"x": "1"}, "it has none"),
    ],
)
def test_what_an_operation_has_is_named(
    house: House, web: Web, path: str, query: dict[str, str], said: str
) -> None:
    given = web.get(path, params=query, headers=house.key("read"))
    problem = given.json()
    assert given.status_code == 400
    assert given.headers["content-type"] == "application/problem+json"
    assert said in f"{problem['error']}: {problem['message']}"


def test_a_word_that_is_none_of_those_allowed_is_told_them(house: House, web: Web) -> None:
    given = web.get("/api/pnl", params={"by": "week"}, headers=house.key("read"))
    assert given.status_code == 400
    assert given.json()["errors"] == [
        "by: Invalid enum value 'week', allowed are day, symbol, account"
    ]


def test_a_body_that_is_missing_is_called_so(web: Web) -> None:
    given = web.post("/api/login", headers={"content-type": "application/json"})
    assert given.json()["errors"] == ["body: is missing"]


def test_who_is_not_signed_in_is_not_told_more(web: Web) -> None:
    assert web.get("/api/positions", params=UNKNOWN).status_code == 401


def test_an_account_that_is_misspelt_does_not_sync_all(house: House, web: Web) -> None:
    given = web.post(
        "/api/admin/jobs/sync-positions", params={"acount": "main"}, headers=house.key("everything")
    )
    assert given.status_code == 400
    assert "allowed are account" in given.json()["message"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/positions?account=main&account=other", "'account'"),
        ("/api/pnl?since=2026-11-01T00:00:00Z&until=&since=2026-11-02T00:00:00Z", "'since'"),
        ("/api/stream/events?last_event_id=1&last_event_id=2", "'last_event_id'"),
    ],
)
def test_a_parameter_that_is_given_twice_is_refused(
    house: House, web: Web, path: str, name: str
) -> None:
    house.app.state.hub.close()
    given = web.get(path, headers=house.key("read"))
    assert given.status_code == 400
    assert f"{name} more than once" in given.json()["error"]
    assert "once" in given.json()["message"]


def test_the_stream_takes_several_types_one_by_one(house: House, web: Web) -> None:
    house.app.state.hub.close()
    given = web.get("/api/stream/events?type=run:held&type=break:*", headers=house.key("read"))
    assert given.status_code == 200


@pytest.mark.parametrize(
    ("query", "header", "name"), [("?last_event_id=-1", "", "last_event_id"), ("", "x", "Last-Ev")]
)
def test_a_wrong_value_is_named_as_it_was_sent(
    house: House, web: Web, query: str, header: str, name: str
) -> None:
    house.app.state.hub.close()
    headers = {**house.key("read"), **({"Last-Event-ID": header} if header else {})}
    given = web.get(f"/api/stream/events{query}", headers=headers)
    assert given.status_code == 400
    assert given.json()["message"].startswith(name)
