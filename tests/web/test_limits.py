"""What every reply has, what is too much, and what is not answered at all."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from tieout.settings import Settings
from tieout.settings.values import Service as ServiceSettings
from tieout.store.memory import MemoryStore
from web.document import OPERATIONS
from web.house import House, Web, opened

HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
PATHS = sorted({each.path for each in OPERATIONS.values() if "{" not in each.path})


def assert_problem(given: Any, status: int) -> None:
    """Problem details as RFC 9457 has them, with seed 000's two fields beside."""
    assert given.status_code == status, given.text
    assert given.headers["content-type"] == "application/problem+json"
    told = given.json()
    assert told["status"] == status
    assert {"type", "title", "detail", "error", "message"} <= told.keys()
    assert all(told[name] for name in ("type", "title", "detail", "error", "message"))


# Every reply


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("GET", "/api/session", 200),
        ("GET", "/schema/openapi.json", 200),
        ("OPTIONS", "/api/keys", 204),
        ("HEAD", "/api/positions", 200),
        ("GET", "/api/positions?limit=0", 400),
        ("POST", "/api/keys", 400),
        ("GET", "/nowhere", 404),
        ("GET", "/api/runs/nowhere", 404),
        ("GET", "/api/%2e%2e/%2e%2e/etc/passwd", 404),
        ("PUT", "/api/positions", 405),
        ("TRACE", "/api/positions", 405),
        ("POST", "/api/runs/run-1/approve", 409),
    ],
)
def test_every_reply_has_the_security_headers(
    house: House, web: Web, method: str, path: str, status: int
) -> None:
    given = web.request(method, path, headers=house.key("everything"))
    assert given.status_code == status, given.text
    assert {name: given.headers.get(name) for name in HEADERS} == HEADERS
    assert "server" not in given.headers
    if status >= 400:
        assert_problem(given, status)


def test_so_has_the_refusal_of_one_who_is_not_signed_in(house: House, web: Web) -> None:
    for headers in ({}, house.key("nothing")):
        given = web.get("/api/positions", headers=headers)
        assert {name: given.headers.get(name) for name in HEADERS} == HEADERS


def test_so_has_the_stream(house: House, web: Web) -> None:
    house.app.state.hub.close()
    given = web.get("/api/stream/events", headers=house.key("read"))
    assert given.status_code == 200
    assert {name: given.headers.get(name) for name in HEADERS} == HEADERS


@pytest.mark.parametrize(
    "path", [each.path for each in OPERATIONS.values() if "{" not in each.path]
)
def test_a_page_elsewhere_may_read_nothing(house: House, web: Web, path: str) -> None:
    headers = {
        **house.key("read"),
        "Origin": "https://evil.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "x-api-key",
    }
    house.app.state.hub.close()
    for method in ("GET", "OPTIONS"):
        given = web.request(method, path, headers=headers)
        assert [name for name in given.headers if name.startswith("access-control")] == []


def test_head_is_get_without_the_body(house: House, web: Web) -> None:
    paths = [each.path for each in OPERATIONS.values() if each.method == "GET"]
    house.app.state.hub.close()
    for path in paths:
        if "{" in path or path == "/metrics":  # whose numbers change
            continue
        got = web.get(path, headers=house.key("everything"))
        told = web.head(path, headers=house.key("everything"))
        assert told.status_code == got.status_code, path
        assert told.content == b""
        assert dict(told.headers) == dict(got.headers)


def test_head_of_what_may_not_be_read_is_refused(web: Web) -> None:
    given = web.head("/api/positions")
    assert (given.status_code, given.content) == (401, b"")


def test_a_mistake_of_ours_is_told_in_short_and_logged_in_full(house: House, web: Web) -> None:
    house.app.state.books = None  # so that the route fails as no request can make it
    with TestClient(house.asgi, raise_server_exceptions=False) as client:
        given = client.get("/api/positions", headers=house.key("read"))
    assert_problem(given, 500)
    assert "NoneType" not in given.text
    (line,) = [each for each in house.log.lines if each["level"] == "error"]
    assert line["event"] == "[Web] Request failed"
    assert "NoneType" in str(line["exc_info"])


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/api/position", 404, "nothing at /api/position; /schema/openapi.json lists"),
        ("POST", "/", 404, "nothing at /; /schema/openapi.json lists"),
        ("GET", "/schema/swagger", 404, "nothing at /schema/swagger; /schema/openapi.json lists"),
        ("PUT", "/api/keys", 405, "/api/keys has no PUT"),
        ("GET", "/api/login", 405, "/api/login has no GET"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(
    web: Web, method: str, path: str, status: int, said: str
) -> None:
    given = web.request(method, path)
    assert_problem(given, status)
    assert said in given.json()["message"]


def test_what_is_not_there_is_not_repeated_at_any_length(web: Web) -> None:
    given = web.get(f"/{'x' * 5000}")
    assert_problem(given, 404)
    assert len(given.content) < 1000


# Too much


@pytest.fixture
def narrow() -> Iterator[tuple[House, Web]]:
    """A house that takes small bodies, and not many requests."""
    settings = Settings(service=ServiceSettings(body_bytes_max=1024))
    with (
        opened(MemoryStore(), settings=settings, requests_per_minute=5) as house,
        TestClient(house.asgi) as client,
    ):
        yield house, client


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/api/keys"), ("PATCH", "/api/settings"), ("POST", "/api/login")]
)
def test_a_body_that_is_too_large_is_refused(
    narrow: tuple[House, Web], method: str, path: str
) -> None:
    house, web = narrow
    large = b'{"username": "' + b"x" * 2000 + b'"}'
    given = web.request(method, path, content=large, headers=house.key("admin:write"))
    assert_problem(given, 413)
    assert "at most 1024 bytes" in given.json()["message"]


def test_a_body_of_unknown_length_is_not_read_further_than_the_limit(
    narrow: tuple[House, Web],
) -> None:
    house, web = narrow
    sent: list[int] = []

    def endless() -> Iterator[bytes]:
        for number in range(100):
            sent.append(number)
            yield b"x" * 512

    given = web.patch("/api/settings", content=endless(), headers=house.key("admin:write"))
    assert_problem(given, 413)


def test_too_many_requests_are_refused_until_the_minute_is_over(
    narrow: tuple[House, Web],
) -> None:
    house, web = narrow
    codes = [web.get("/api/session", headers=house.key("read")).status_code for _ in range(5)]
    refused = web.get("/api/session", headers=house.key("read"))
    assert codes == [200] * 5
    assert_problem(refused, 429)
    assert {name: refused.headers.get(name) for name in HEADERS} == HEADERS
    assert refused.headers["retry-after"] == "60"
    house.monotonic[0] += 59.0
    assert web.get("/api/session", headers=house.key("read")).headers["retry-after"] == "1"
    house.monotonic[0] += 1.0
    assert web.get("/api/session", headers=house.key("read")).status_code == 200


def test_refused_requests_do_not_make_the_wait_longer(narrow: tuple[House, Web]) -> None:
    house, web = narrow
    for _ in range(50):
        web.get("/api/session", headers=house.key("read"))
        house.monotonic[0] += 1.0
    house.monotonic[0] += 10.0
    assert web.get("/api/session", headers=house.key("read")).status_code == 200


def test_one_who_asks_too_much_takes_nothing_from_others(narrow: tuple[House, Web]) -> None:
    house, web = narrow
    for _ in range(20):
        web.get("/api/session", headers=house.key("read"))
    house.address = "198.51.100.7"
    assert web.get("/api/session", headers=house.key("read")).status_code == 200


def test_the_health_is_told_as_often_as_it_is_asked_for(narrow: tuple[House, Web]) -> None:
    _, web = narrow
    assert {web.get("/healthz").status_code for _ in range(20)} == {200}
    assert {web.get("/readyz").status_code for _ in range(20)} == {200}


@pytest.mark.parametrize(
    ("query", "is_right"),
    [
        ("since=2026-11-20T00:00:00Z", True),
        ("since=2026-11-20T00:00:00%2B01:00", True),
        ("until=0001-01-01T00:00:00%2B14:00", False),
        ("until=9999-12-31T23:59:59-14:00", False),
        ("since=2026-11-20", False),
        ("since=2026-11-20T00:00:00", False),
        ("since=0", False),
        ("known_at=yesterday", False),
        ("by=week", False),
    ],
)
def test_times_have_a_date_a_time_and_a_zone(
    house: House, web: Web, query: str, is_right: bool
) -> None:
    given = web.get(f"/api/pnl?{query}", headers=house.key("read"))
    if is_right:
        assert given.status_code == 200, given.text
    else:
        assert_problem(given, 400)
