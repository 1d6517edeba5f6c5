"""401 and 403 for every operation of the OpenAPI document, one after the other."""

from typing import Any
from urllib.parse import quote

import pytest

from web.document import OPERATIONS, Documented
from web.house import MAY, House, Web

EACH = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())
PROTECTED = {name: each for name, each in OPERATIONS.items() if not each.is_public}
EACH_PROTECTED = pytest.mark.parametrize("operation", PROTECTED.values(), ids=PROTECTED.keys())
NAMED = {"run_id": "run-1", "break_id": "B1", "key_id": "nothing", "action": "ignore"}
READS = (
    "GET /api/admin/jobs/status", "GET /api/sync/status", "GET /api/scheduler/status",
    "GET /api/accounts", "GET /api/positions", "GET /api/positions/past",
    "GET /api/breaks", "GET /api/breaks/{break_id}",
    "GET /api/runs", "GET /api/runs/{run_id}", "GET /api/runs/{run_id}/evidence",
    "GET /api/journal", "GET /api/pnl", "GET /api/settings", "POST /api/logout",
    "GET /api/session", "GET /metrics", "GET /api/stream/events",
)  # fmt: skip
DECIDES = (
    "POST /api/breaks/{break_id}/{action}", "POST /api/runs/{run_id}/approve",
    "POST /api/runs/{run_id}/reject",
)  # fmt: skip
NOBODY: list[dict[str, str]] = [
    {},
    {"X-API-Key": "tieout_nobody"},
    {"X-API-Key": ""},
    {"Cookie": "session=nobody"},
    {"Cookie": "session="},
    {"Authorization": "Basic cmVhZDpyZWFk"},
]


def needed(name: str) -> str:
    """The capability that an operation asks for."""
    if name in READS:
        return "read"
    return "positions:write" if name in DECIDES else "admin:write"


def ask(web: Web, operation: Documented, headers: dict[str, str]) -> Any:
    """A good request of an operation, by what the document says of it."""
    path = operation.path
    for name, text in NAMED.items():
        path = path.replace(f"{{{name}}}", quote(text, safe=""))
    query = {
        each["name"]: "paper/PA1"
        for each in operation.said.get("parameters", ())
        if each["in"] == "query" and each["required"]
    }
    body = None
    if "requestBody" in operation.said:
        body = operation.said["requestBody"]["content"]["application/json"]["example"]
    return web.request(operation.method, path, params=query, json=body, headers=headers)


def assert_refused(given: Any, status: int) -> None:
    assert given.status_code == status, given.text
    assert given.headers["content-type"] == "application/problem+json"
    assert given.json()["status"] == status
    assert given.json()["error"]
    assert given.json()["message"]


@EACH_PROTECTED
def test_nobody_gets_in(web: Web, operation: Documented) -> None:
    for headers in NOBODY:
        given = ask(web, operation, headers)
        assert_refused(given, 401)
        assert given.headers["www-authenticate"]


@EACH_PROTECTED
def test_a_key_without_any_capability_may_do_nothing(
    house: House, web: Web, operation: Documented
) -> None:
    assert_refused(ask(web, operation, house.key("nothing")), 403)


@EACH_PROTECTED
def test_each_other_capability_is_not_enough(house: House, web: Web, operation: Documented) -> None:
    wanted = needed(operation.name)
    short = [may for may, capabilities in MAY.items() if wanted not in capabilities]
    for may in short:
        given = ask(web, operation, house.key(may))
        assert_refused(given, 403)
        assert wanted in given.json()["message"]


@EACH_PROTECTED
def test_the_one_capability_is_enough(house: House, web: Web, operation: Documented) -> None:
    house.app.state.hub.close()  # so that the stream ends after its greeting
    given = ask(web, operation, house.key(needed(operation.name)))
    assert given.status_code not in (401, 403), given.text


def test_what_is_refused_changes_nothing(house: House, web: Web) -> None:
    keys, settings = house.store.api_keys(), house.store.runtime_settings()
    for operation in PROTECTED.values():
        ask(web, operation, {})
        ask(web, operation, house.key("nothing"))
    assert [each.id for each in house.store.api_keys()] == [each.id for each in keys]
    assert all(each.revoked_at is None for each in house.store.api_keys())
    assert house.store.runtime_settings() == settings
    assert len(house.store.runs()) == 3


@EACH
def test_a_method_that_is_not_documented_is_refused_with_those_that_are(
    web: Web, operation: Documented
) -> None:
    path = operation.path
    for name, text in NAMED.items():
        path = path.replace(f"{{{name}}}", text)
    documented = {each.method for each in OPERATIONS.values() if each.path == operation.path}
    allowed = documented | {"OPTIONS"} | ({"HEAD"} if "GET" in documented else set())
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY"} - documented:
        given = web.request(method, path)
        assert given.status_code == 405, method
        assert set(given.headers["allow"].split(", ")) == allowed
    asked = web.request("OPTIONS", path)
    assert asked.status_code == 204
    assert set(asked.headers["allow"].split(", ")) == allowed


def test_the_document_and_the_health_are_there_for_everybody(web: Web) -> None:
    for path in ("/schema/openapi.json", "/healthz", "/readyz"):
        assert web.get(path).status_code == 200


def test_a_wrong_key_is_not_made_good_by_a_cookie(house: House, web: Web) -> None:
    web.post("/api/login", json={"username": "read", "password": "correct horse battery"})
    assert web.get("/api/session").status_code == 200
    assert web.get("/api/session", headers={"X-API-Key": "tieout_wrong"}).status_code == 401
