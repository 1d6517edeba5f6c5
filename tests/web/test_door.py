"""Who asks behind a proxy, and under which names the service answers."""

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from litestar.testing import TestClient

from tieout.settings import Settings
from tieout.settings.values import Service as ServiceSettings
from tieout.store.memory import MemoryStore
from tieout.web.door import Door
from tieout.web.problems import Problem
from web.house import PASSWORD, House, Web, opened, soon
from web.listening import Listener
from web.live import live
from web.test_limits import HEADERS, assert_problem

PROXY, CLIENT = "10.0.0.5", "198.51.100.7"
GOOD = {"username": "everything", "password": PASSWORD}
WRONG = {**GOOD, "password": "wrong"}


@contextmanager
def behind(*trusted: str, **given: Any) -> Iterator[tuple[House, Web]]:
    """A house that trusts these proxies, asked by one of them."""
    networks = tuple(map(ipaddress.ip_network, trusted))
    most = given.pop("requests_per_minute", 100_000)
    settings = Settings(service=ServiceSettings(trusted_proxies=networks, **given))
    with (
        opened(MemoryStore(), settings=settings, requests_per_minute=most) as house,
        TestClient(house.asgi) as web,
    ):
        house.address = PROXY
        yield house, web


def scope_of(*headers: tuple[str, str], peer: str = PROXY, path: str = "/") -> dict[str, Any]:
    """A request as a server hands it on."""
    encoded = [(name.lower().encode(), text.encode()) for name, text in headers]
    return {"client": (peer, 50_000), "scheme": "http", "path": path, "headers": encoded}


def seen(*headers: tuple[str, str], trusted: tuple[str, ...], peer: str = PROXY) -> tuple[str, str]:
    """Who asks, and by which scheme, once these are trusted."""
    networks = tuple(map(ipaddress.ip_network, trusted))
    scope = scope_of(*headers, peer=peer)
    Door(ServiceSettings(trusted_proxies=networks)).see(scope)
    return scope["client"][0], scope["scheme"]


def forwarded(*said: str) -> list[tuple[str, str]]:
    return [("X-Forwarded-For", each) for each in said]


@pytest.mark.parametrize(
    ("said", "client"),
    [
        (["198.51.100.7"], CLIENT),
        (["198.51.100.7, 10.0.0.9"], CLIENT),
        (["198.51.100.7", "10.0.0.9"], CLIENT),
        (["203.0.113.1, 198.51.100.7"], CLIENT),
        (["10.0.0.1, 198.51.100.7 , 10.0.0.9"], CLIENT),
        (["198.51.100.7:50123"], CLIENT),
        (["[2001:db8::7]:443"], "2001:db8::7"),
        (["::ffff:198.51.100.7"], CLIENT),
        (["10.0.0.8, 10.0.0.9"], "10.0.0.8"),
        (["198.51.100.7, unknown"], PROXY),
        (["198.51.100.7, nonsense, 10.0.0.9"], "10.0.0.9"),
        ([""], PROXY),
        ([], PROXY),
    ],
)
def test_the_client_is_the_right_most_address_that_is_no_proxy(
    said: list[str], client: str
) -> None:
    assert seen(*forwarded(*said), trusted=("10.0.0.0/24",)) == (client, "http")


@pytest.mark.parametrize("trusted", [(), ("192.0.2.0/24",), ("::1",)])
def test_what_somebody_else_forwards_is_ignored(trusted: tuple[str, ...]) -> None:
    said = [*forwarded(CLIENT), ("X-Forwarded-Proto", "https")]
    assert seen(*said, trusted=trusted) == (PROXY, "http")


def test_a_proxy_that_comes_by_ipv6_is_known_by_its_ipv4_address() -> None:
    assert seen(*forwarded(CLIENT), trusted=(PROXY,), peer=f"::ffff:{PROXY}")[0] == CLIENT


@pytest.mark.parametrize(
    ("said", "scheme"),
    [
        ("https", "https"), ("HTTPS", "https"), ("http, https", "https"), ("https, http", "http"),
        ("http", "http"), ("gopher", "http"), ("", "http"),
    ],
)  # fmt: skip
def test_the_proxy_next_to_us_says_how_the_client_came(said: str, scheme: str) -> None:
    assert seen(("X-Forwarded-Proto", said), trusted=(PROXY,)) == (PROXY, scheme)


@pytest.mark.parametrize(
    ("said", "schemes", "scheme"),
    [
        ("198.51.100.7, 10.0.0.9", "https, http", "https"),
        ("198.51.100.7, 10.0.0.9", "http, https", "http"),
        ("198.51.100.7, 10.0.0.9", "https", "https"),
        ("198.51.100.7, 10.0.0.9", "http, https, http", "https"),
        ("198.51.100.7, 10.0.0.9", "gopher, https", "http"),
        ("198.51.100.7, 10.0.0.8, 10.0.0.9", "https, http, http", "https"),
        ("203.0.113.1, 198.51.100.7", "https, http", "http"),
        ("198.51.100.7", "https, http", "http"),
        ("10.0.0.8, 10.0.0.9", "https, http", "https"),
        ("198.51.100.7, nonsense, 10.0.0.9", "https, https, http", "https"),
        ("198.51.100.7, unknown", "https, http", "http"),
    ],
)
def test_proxies_that_append_to_the_scheme_are_read_as_far_as_they_are_trusted(
    said: str, schemes: str, scheme: str
) -> None:
    headers = [*forwarded(said), ("X-Forwarded-Proto", schemes)]
    assert seen(*headers, trusted=("10.0.0.0/24",))[1] == scheme


@pytest.mark.parametrize(("trusted", "is_secure"), [((PROXY,), True), ((), False)])
def test_the_cookie_is_sent_over_tls_only_where_the_client_came_over_tls(
    trusted: tuple[str, ...], is_secure: bool
) -> None:
    with behind(*trusted) as (_, web):
        given = web.post("/api/login", json=GOOD, headers={"X-Forwarded-Proto": "https"})
        assert ("Secure" in given.headers["set-cookie"]) is is_secure


def test_each_client_behind_the_proxy_has_its_own_number_of_requests() -> None:
    with behind(PROXY, requests_per_minute=3) as (house, web):

        def ask(client: str) -> int:
            headers = {**house.key("read"), "X-Forwarded-For": client}
            return int(web.get("/api/session", headers=headers).status_code)

        assert [ask(CLIENT) for _ in range(4)] == [200, 200, 200, 429]
        assert ask("203.0.113.9") == 200


def test_one_who_makes_up_addresses_gains_no_requests() -> None:
    with behind(PROXY, requests_per_minute=3) as (house, web):
        codes = []
        for number in range(4):
            said = f"203.0.113.{number}, {CLIENT}"
            headers = {**house.key("read"), "X-Forwarded-For": said}
            codes.append(web.get("/api/session", headers=headers).status_code)
        assert codes == [200, 200, 200, 429]


def test_an_address_behind_the_proxy_that_guesses_names_has_to_wait_alone() -> None:
    with behind(PROXY) as (_, web):
        said = {"X-Forwarded-For": CLIENT}
        for number in range(5):
            body = {**WRONG, "username": f"name-{number}"}
            assert web.post("/api/login", json=body, headers=said).status_code == 401
        assert web.post("/api/login", json=GOOD, headers=said).status_code == 429
        other = {"X-Forwarded-For": "203.0.113.9"}
        assert web.post("/api/login", json=GOOD, headers=other).status_code == 200


def test_a_name_that_is_guessed_at_from_behind_the_proxy_has_to_wait() -> None:
    with behind(PROXY) as (_, web):
        for number in range(5):
            said = {"X-Forwarded-For": f"198.51.100.{number}"}
            assert web.post("/api/login", json=WRONG, headers=said).status_code == 401
        other = {"X-Forwarded-For": "203.0.113.9"}
        assert web.post("/api/login", json=GOOD, headers=other).status_code == 429


def test_a_stream_through_a_proxy_is_cut_by_the_connection_of_the_proxy() -> None:
    networks = (ipaddress.ip_network("127.0.0.1/32"),)
    settings = Settings(service=ServiceSettings(trusted_proxies=networks))
    cut: list[Any] = []
    with opened(MemoryStore(), settings=settings) as house, live(house) as url:
        house.app.state.cut = cut.append
        headers = {**house.key("read"), "X-Forwarded-For": CLIENT}
        with Listener(url, headers=headers) as client:
            assert client.frame() is not None
            revoked = httpx.delete(f"{url}/api/keys/read", headers=house.key("admin:write"))
            assert revoked.status_code == 200
            assert soon(lambda: bool(cut))
    assert [(host, port > 0) for host, port in cut] == [("127.0.0.1", True)]


# Names


def refused(*hosts: str, path: str = "/api/session", **given: Any) -> Problem | None:
    """What is said to one who calls the service this."""
    headers = [("Host", each) for each in hosts]
    return Door(ServiceSettings(**given)).refusal(scope_of(*headers, path=path))


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "LOCALHOST:5000", "localhost.", "127.0.0.1:8080", "127.9.9.9", "[::1]:5000",
        "book.example", "Book.Example:443",
    ],
)  # fmt: skip
def test_it_answers_under_its_own_names(host: str) -> None:
    assert refused(host, hosts=("book.example",)) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:5000", "127.0.0.1.evil.example", "localhost.evil.example",
        "book.example.evil.example", "xbook.example", "192.0.2.9", "0.0.0.0:5000", "[::]", "",
        "book.example@evil.example", "localhost:5000:1",
    ],
)  # fmt: skip
def test_it_answers_under_nobody_elses_name(host: str) -> None:
    problem = refused(host, hosts=("book.example",))
    assert problem is not None
    assert problem.status == 421


def test_two_names_are_none() -> None:
    assert refused("localhost", "evil.example") is not None
    assert refused("localhost", "localhost") is not None


def test_a_program_may_say_no_name_at_all_as_no_browser_does() -> None:
    assert refused() is None


def test_a_refusal_says_what_to_set_and_has_the_security_headers() -> None:
    with behind() as (house, web):
        headers = {**house.key("read"), "Host": "evil.example" + "x" * 5000}
        given = web.get("/api/session", headers=headers)
        assert_problem(given, 421)
        assert {name: given.headers.get(name) for name in HEADERS} == HEADERS
        told = given.json()["message"]
        assert "service.hosts" in told
        assert "TIEOUT_SERVICE_HOSTS" in told
        assert len(told) < 300


def test_nothing_is_done_for_a_name_that_is_not_ours() -> None:
    with behind() as (house, web):
        web.cookies.set("session", web.post("/api/login", json=GOOD).cookies["session"])
        headers = {**house.key("everything"), "Host": "evil.example"}
        assert web.post("/api/scheduler/pause", headers=headers).status_code == 421
        assert web.request("OPTIONS", "/api/keys", headers=headers).status_code == 421
        assert web.get("/schema/openapi.json", headers=headers).status_code == 421
        assert house.service.is_paused is False


@pytest.mark.parametrize("listens", ["192.0.2.4", "book.lan", "2001:db8::4"])
def test_it_answers_under_the_address_that_it_listens_at(listens: str) -> None:
    said = f"[{listens}]:5000" if ":" in listens else f"{listens}:5000"
    assert refused(said, host=listens) is None
    assert refused("192.0.2.9", host=listens) is not None


@pytest.mark.parametrize("listens", ["0.0.0.0", "::"])
def test_one_that_listens_everywhere_answers_under_every_address_but_no_name(listens: str) -> None:
    assert refused("192.0.2.9:5000", host=listens) is None
    assert refused("[2001:db8::9]:5000", host=listens) is None
    assert refused("evil.example", host=listens) is not None


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_the_health_is_told_to_probes_by_whatever_name(path: str) -> None:
    assert refused("10.42.0.17:5000", path=path) is None
    assert refused("tieout.default.svc", path=path) is None
    assert refused("tieout.default.svc", path="/metrics") is not None
