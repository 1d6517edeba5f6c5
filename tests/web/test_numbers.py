"""Decimals are exact, in both directions."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from runs.fakes import holding
from web.house import House, Web, bench_at

LONG = "12345678901234567.123456789"
TINY = "0.000000000000000001"
POLICY = "accounts.paper/PA1.policy.tolerance.quantity"
BAD_JSON = [b"", b"{", b'{"service.schedule": NaN}', b"\xff\xfe", b'"60"', b"[]", b"{}", b"null"]
DEEP = [b"[" * 100_000, b'{"a":' * 100_000, b'{"service.schedule":' + b"[" * 100_000]


@pytest.fixture
def precise(house: House) -> House:
    """An account holds a number that no float can."""
    bench = bench_at(house.store, "exact/1", runs_named="exact")
    bench.run(holding("AAPL", LONG, average=TINY, price=LONG))
    return house


def literals(text: str) -> list[str]:
    """The number literals of a JSON text that have a fraction."""
    found: list[str] = []
    json.loads(text, parse_float=found.append)
    return found


def positions(house: House, web: Web, **query: str) -> str:
    asked = {"account": "exact/1", **query}
    text: str = web.get("/api/positions", params=asked, headers=house.key("read")).text
    return text


def test_they_leave_as_number_literals_with_all_their_digits(precise: House, web: Web) -> None:
    text = positions(precise, web)
    (row,) = json.loads(text, parse_float=Decimal)["positions"]
    assert row["quantity"] == row["current_price"] == Decimal(LONG)
    assert row["average_price"] == Decimal(TINY)
    assert f'"quantity":{LONG},' in text
    assert f'"average_price":{TINY},' in text  # no exponent, which not everything reads


def test_an_average_is_cut_only_where_it_is_a_quotient(house: House, web: Web) -> None:
    long = "19660.573878451688764912345"
    bench = bench_at(house.store, "exact/1", runs_named="exact")
    bench.run(holding("ETH", "2.61937", average=long), holding("XYZ", "3", average="0.1"))
    text = positions(house, web)
    assert f'"average_price":{long},' in text


def test_they_leave_as_strings_where_that_is_asked_for(precise: House, web: Web) -> None:
    text = positions(precise, web, decimals="string")
    assert f'"quantity":"{LONG}"' in text
    assert f'"average_price":"{TINY}"' in text
    percentage = re.compile(r'"unrealized_pnl_pct":[^,]+,')  # a float, and said to be one
    assert literals(percentage.sub("", text)) == []


def test_both_ways_of_asking_are_answered_side_by_side(precise: House, web: Web) -> None:
    asked = [positions(precise, web, decimals=each) for each in ("number", "string") * 2]
    assert asked[0] == asked[2] != asked[1] == asked[3]


@pytest.mark.parametrize("path", ["/api/runs/exact-1", "/api/runs", "/api/breaks", "/api/accounts"])
def test_every_reply_with_decimals_can_have_them_as_strings(
    precise: House, web: Web, path: str
) -> None:
    text = web.get(f"{path}?decimals=string", headers=precise.key("read")).text
    assert literals(text) == []
    assert literals(web.get(path, headers=precise.key("read")).text) != []


@pytest.mark.parametrize("literal", [LONG, f'"{LONG}"'], ids=["a number", "a string"])
def test_they_arrive_with_all_their_digits(house: House, web: Web, literal: str) -> None:
    changed = web.patch(
        "/api/settings",
        content=f'{{"{POLICY}": {literal}}}',
        headers=house.key("admin:write"),
    )
    assert changed.status_code == 200, changed.text
    policy = house.service.desk.settings.policy_for("paper/PA1", venue="alpaca")
    assert policy.tolerance.quantity == Decimal(LONG)
    shown = web.get("/api/accounts", headers=house.key("read")).text
    assert f'"quantity":{LONG}' in shown


def test_a_setting_shows_the_digits_that_were_sent(house: House, web: Web) -> None:
    changed = web.patch(
        "/api/settings",
        content='{"service.stale_page_s": 299.123456789012345678}',
        headers=house.key("admin:write"),
    )
    assert '"service.stale_page_s":299.123456789012345678' in changed.text


@pytest.mark.parametrize("path", ["/api/settings", "/api/keys", "/api/login"])
@pytest.mark.parametrize("body", DEEP)
def test_a_body_without_end_inside_is_refused(
    house: House, web: Web, body: bytes, path: str
) -> None:
    method = "PATCH" if path == "/api/settings" else "POST"
    given = web.request(method, path, content=body, headers=house.key("admin:write"))
    assert given.status_code == 400, given.text
    assert [each for each in house.log.lines if each["level"] == "error"] == []


@pytest.mark.parametrize("body", BAD_JSON)
def test_a_body_that_is_no_object_is_refused(house: House, web: Web, body: bytes) -> None:
    given = web.patch("/api/settings", content=body, headers=house.key("admin:write"))
    assert given.status_code == 400, given.text
    assert house.store.runtime_settings() == {}


@pytest.mark.parametrize(
    ("status", "changed", "named"),
    [
        (409, {"service.schedule": "never"}, ["service.schedule"]),
        (400, {"service.port": 1}, ["service.port"]),
        (409, {"service.schedule": "60", "service.timezone": "Mars/Base"}, ["service.timezone"]),
        (409, {"service.timezone": "America"}, ["service.timezone"]),
        (409, {"service.timezone": "../zone"}, ["service.timezone"]),
        (400, {"service.stale_page_s": 0, "nonsense": 1}, ["service.stale_page_s", "nonsense"]),
        (409, {POLICY: -1}, [POLICY]),
    ],
)
def test_wrong_settings_are_all_named_and_none_is_kept(
    house: House, web: Web, status: int, changed: dict[str, Any], named: list[str]
) -> None:
    given = web.patch("/api/settings", json=changed, headers=house.key("admin:write"))
    assert given.status_code == status
    assert all(name in given.json()["message"] for name in named)
    assert house.store.runtime_settings() == {}
