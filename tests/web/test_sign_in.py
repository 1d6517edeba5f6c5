"""Signing in and out: sessions, failed logins, keys, and pages of somebody else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from tieout.ports import User
from tieout.wiring.credentials import hash_of_password
from web.house import PASSWORD, House, Web, soon

GOOD = {"username": "everything", "password": PASSWORD}
WRONG = {"username": "everything", "password": "wrong horse battery"}
NEW_KEY = {"name": "bot", "capabilities": ["read"]}


def log_in(web: Web, **other: str) -> Any:
    return web.post("/api/login", json={**GOOD, **other})


def test_a_login_sets_a_cookie_that_scripts_and_other_sites_never_see(web: Web) -> None:
    given = log_in(web)
    assert given.status_code == 200
    assert given.json() == {
        "user": "everything",
        "capabilities": ["admin:write", "positions:write", "read"],
        "expires_at": "2026-11-21T03:00:00.000Z",
    }
    name, *attributes = given.headers["set-cookie"].split("; ")
    assert name.startswith("session=")
    assert len(name) > 40
    assert {each.lower() for each in attributes} >= {
        "httponly", "samesite=strict", "path=/", "max-age=43200",
    }  # fmt: skip
    assert web.get("/api/session").json()["user"] == "everything"


def test_a_login_over_tls_is_only_sent_over_tls(web: Web) -> None:
    given = web.post("https://tieout.example/api/login", json=GOOD)
    assert "Secure" in given.headers["set-cookie"]


def test_a_wrong_name_and_a_wrong_password_are_answered_alike(web: Web) -> None:
    for_name = log_in(web, username="nobody at all")
    for_password = log_in(web, password="wrong horse battery")
    assert for_name.status_code == for_password.status_code == 401
    assert for_name.content == for_password.content
    assert "set-cookie" not in for_name.headers
    assert dict(for_name.headers) == dict(for_password.headers)


def test_every_failed_login_is_logged_without_the_password(house: House, web: Web) -> None:
    log_in(web, password="wrong horse battery")
    line = house.log.lines[-1]
    assert line["level"] == "warning"
    assert line["event"] == "[Sign-in] Login failed"
    assert (line["user"], line["address"]) == ("everything", "192.0.2.1")
    assert "wrong horse" not in str(house.log.lines)


def fail(web: Web, times: int, **other: str) -> list[int]:
    body = {"password": "wrong horse battery", **other}
    return [log_in(web, **body).status_code for _ in range(times)]


def test_failed_logins_are_slowed_more_and_more(house: House, web: Web) -> None:
    assert fail(web, 5) == [401] * 5
    waits = []
    for _ in range(6):
        refused = log_in(web)
        assert refused.status_code == 429
        wait_s = int(refused.headers["retry-after"])
        waits.append(wait_s)
        house.timer.skip(seconds=wait_s)
        assert fail(web, 1) == [401]
    assert waits == sorted(set(waits))
    assert waits[-1] >= 16 * waits[0]


def test_a_clock_that_was_set_back_locks_nobody_out(house: House, web: Web) -> None:
    fail(web, 5)
    house.timer.skip(days=-1)
    assert log_in(web).status_code == 200
    assert fail(web, 5) == [401] * 5
    assert log_in(web).status_code == 429


def test_guessing_many_passwords_at_once_gains_nothing(web: Web) -> None:
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(fail, web, 1) for _ in range(20)]
        codes = [code for each in asked for code in each.result()]
    assert sorted(codes) == [401] * 5 + [429] * 15


def test_the_wait_has_an_end(house: House, web: Web) -> None:
    fail(web, 5)
    for _ in range(12):
        house.timer.skip(minutes=15, seconds=1)
        fail(web, 1)
    assert int(log_in(web).headers.get("retry-after", "0")) <= 901
    house.timer.skip(minutes=15, seconds=1)
    assert log_in(web).status_code == 200


def test_the_right_password_is_not_even_tried_while_one_has_to_wait(house: House, web: Web) -> None:
    fail(web, 5)
    refused = log_in(web)
    assert refused.status_code == 429
    assert "set-cookie" not in refused.headers
    house.timer.skip(seconds=int(refused.headers["retry-after"]))
    assert log_in(web).status_code == 200


def test_a_name_that_is_guessed_at_from_many_addresses_has_to_wait(house: House, web: Web) -> None:
    for number in range(5):
        house.address = f"198.51.100.{number}"
        assert fail(web, 1) == [401]
    house.address = "203.0.113.9"
    assert log_in(web).status_code == 429
    assert log_in(web, username="read").status_code == 200


def test_an_address_that_guesses_many_names_has_to_wait(house: House, web: Web) -> None:
    for number in range(5):
        assert fail(web, 1, username=f"name-{number}") == [401]
    assert log_in(web).status_code == 429
    house.address = "203.0.113.9"
    assert log_in(web).status_code == 200


def test_a_good_login_forgets_the_failed_ones(house: House, web: Web) -> None:
    fail(web, 4)
    assert log_in(web).status_code == 200
    assert fail(web, 4) == [401] * 4


def test_a_logout_ends_the_session_for_every_copy_of_the_cookie(web: Web) -> None:
    cookie = log_in(web).cookies["session"]
    assert web.post("/api/logout").status_code == 200
    assert "session" not in web.cookies
    assert web.get("/api/session", headers={"Cookie": f"session={cookie}"}).status_code == 401


def test_a_logout_leaves_other_sessions(web: Web) -> None:
    other = log_in(web).cookies["session"]
    log_in(web)
    web.post("/api/logout")
    assert web.get("/api/session", headers={"Cookie": f"session={other}"}).status_code == 200


def test_a_session_tells_until_when_it_lasts_and_a_key_has_no_end(house: House, web: Web) -> None:
    ends_at = log_in(web).json()["expires_at"]
    house.timer.skip(hours=1)
    assert web.get("/api/session").json()["expires_at"] == ends_at
    assert web.get("/api/session", headers=house.key("read")).json()["expires_at"] is None


def test_a_session_ends_after_its_time(house: House, web: Web) -> None:
    log_in(web)
    house.timer.skip(hours=12, seconds=-1)
    assert web.get("/api/session").status_code == 200
    house.timer.skip(seconds=1)
    assert web.get("/api/session").status_code == 401


def test_a_removed_user_is_out_at_once(house: House, web: Web) -> None:
    log_in(web)
    house.store.drop_user("everything")
    assert web.get("/api/session").status_code == 401
    assert log_in(web).status_code == 401


def test_a_user_who_may_less_now_has_to_sign_in_again(house: House, web: Web) -> None:
    log_in(web)
    hashed = hash_of_password("another horse")
    less = User(
        name="everything",
        password_hash=hashed,
        capabilities=frozenset({"read"}),
        created_at=house.timer.now(),
    )
    house.store.put_user(less)
    assert web.get("/api/session").status_code == 401
    assert log_in(web).status_code == 401
    assert log_in(web, password="another horse").status_code == 200
    assert web.get("/api/keys").status_code == 403


# Keys


def test_a_new_key_is_shown_once_and_works(house: House, web: Web) -> None:
    made = web.post("/api/keys", json=NEW_KEY, headers=house.key("admin:write"))
    assert made.status_code == 201
    secret = made.json()["key"]
    assert web.get("/api/session", headers={"X-API-Key": secret}).json()["user"] == "bot"
    listed = web.get("/api/keys", headers=house.key("admin:write"))
    assert "bot" in [each["name"] for each in listed.json()["keys"]]
    assert secret not in listed.text


@pytest.mark.parametrize("wanted", ["positions:write", "admin:write"])
def test_a_key_cannot_make_one_that_may_do_more(house: House, web: Web, wanted: str) -> None:
    may = {"positions:write": "admin:write", "admin:write": "positions:write"}[wanted]
    body = {"name": "more", "capabilities": ["read", wanted]}
    given = web.post("/api/keys", json=body, headers=house.key(may))
    assert given.status_code == 403
    assert "more" not in [each.name for each in house.store.api_keys()]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "", "capabilities": ["read"]},
        {"name": "\x1b[31mred", "capabilities": ["read"]},
        {"name": "x" * 101, "capabilities": ["read"]},
        {"name": "x", "capabilities": []},
        {"name": "x", "capabilities": ["root"]},
        {"name": "x", "capabilities": ["read"], "id": "mine"},
        {"name": "x"},
        [],
    ],
)
def test_a_key_that_makes_no_sense_is_refused(house: House, web: Web, body: Any) -> None:
    given = web.post("/api/keys", json=body, headers=house.key("admin:write"))
    assert given.status_code == 400
    assert given.headers["content-type"] == "application/problem+json"


def test_a_revoked_key_is_out_at_once_and_for_ever(house: House, web: Web) -> None:
    assert web.get("/api/session", headers=house.key("read")).status_code == 200
    gone = web.delete("/api/keys/read", headers=house.key("admin:write"))
    assert gone.status_code == 200
    assert web.get("/api/session", headers=house.key("read")).status_code == 401
    again = web.delete("/api/keys/read", headers=house.key("admin:write"))
    assert again.status_code == 404
    (kept,) = [each for each in house.store.api_keys() if each.id == "read"]
    assert kept.revoked_at == house.timer.now()


def test_the_last_use_of_a_key_is_noted(house: House, web: Web) -> None:
    web.get("/api/session", headers=house.key("read"))
    assert soon(lambda: last_use(house, "read") == house.timer.now())


def last_use(house: House, key_id: str) -> datetime | None:
    (kept,) = [each for each in house.store.api_keys() if each.id == key_id]
    return kept.last_used_at


def test_a_wrong_cookie_or_key_is_refused_beside_a_good_one_too(house: House, web: Web) -> None:
    for made_up in ("session=made-up", "session="):
        headers = house.key("read") | {"Cookie": made_up}
        assert web.get("/api/session", headers=headers).status_code == 401
    log_in(web)
    assert web.get("/api/session", headers=house.key("read")).json()["user"] == "read"
    for wrong in ("tieout_none", ""):
        assert web.get("/api/session", headers={"X-API-Key": wrong}).status_code == 401


# Pages of somebody else

OTHER_SITES = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
]
OWN_PAGES = [
    {},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver.local"},
    {"Sec-Fetch-Site": "none"},
]


@pytest.mark.parametrize("headers", OTHER_SITES)
def test_another_site_cannot_act_with_the_cookie_of_a_visitor(
    house: House, web: Web, headers: dict[str, str]
) -> None:
    log_in(web)
    assert web.post("/api/scheduler/pause", headers=headers).status_code == 403
    assert web.post("/api/keys", json=NEW_KEY, headers=headers).status_code == 403
    assert web.delete("/api/keys/read", headers=headers).status_code == 403
    assert (
        web.patch("/api/settings", json={"service.enabled": False}, headers=headers).status_code
        == 403
    )
    assert web.post("/api/logout", headers=headers).status_code == 403
    assert web.get("/api/session", headers=headers).status_code == 200
    assert house.service.is_paused is False
    assert house.store.runtime_settings() == {}


@pytest.mark.parametrize("headers", OTHER_SITES)
def test_another_site_cannot_sign_a_visitor_in(web: Web, headers: dict[str, str]) -> None:
    given = web.post("/api/login", json=GOOD, headers=headers)
    assert given.status_code == 403
    assert "set-cookie" not in given.headers


@pytest.mark.parametrize("headers", OWN_PAGES)
def test_our_own_pages_and_programs_can(web: Web, headers: dict[str, str]) -> None:
    assert web.post("/api/login", json=GOOD, headers=headers).status_code == 200
    assert web.post("/api/scheduler/pause", headers=headers).status_code == 200


def test_a_key_is_sent_on_purpose_so_its_origin_does_not_matter(house: House, web: Web) -> None:
    headers = {**house.key("admin:write"), "Origin": "https://dashboard.example"}
    assert web.post("/api/scheduler/pause", headers=headers).status_code == 200
