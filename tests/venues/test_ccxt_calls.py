"""How ccxt's calls wait and end: as those of every other venue over HTTP."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime

import pytest

from tieout.core.errors import (
    SettingsError,
    VenueError,
    VenueRefused,
    VenueReplyInvalid,
    VenueUnavailable,
)
from tieout.venues import registry
from tieout.venues.ccxt.limits import Limits
from venues import ccxt_recordings as lists
from venues.alpaca import FakeClock
from venues.ccxt_market import LOGIN, NOW, KrakenFutures, read, venue_at
from venues.ccxt_stub import ExchangeStub
from venues.http.test_session import HEAD, talking

ACCOUNT = "uid-0001"


@pytest.fixture
def stub() -> Iterator[ExchangeStub]:
    stub = ExchangeStub()
    KrakenFutures(stub)
    yield stub
    stub.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


def failure(venue, kind: type[VenueError] = VenueError) -> VenueError:
    with pytest.raises(kind) as caught:
        read(venue, account=ACCOUNT)
    return caught.value


def test_retry_after_may_be_a_date(stub, clock):
    stub.headers = {"Retry-After": format_datetime(NOW + timedelta(seconds=11), usegmt=True)}
    stub.trouble, stub.times = "rate_limit", 1
    read(venue_at(stub, clock=clock), account=ACCOUNT)
    assert clock.slept[0] == 11.0


def test_a_wish_holds_for_the_calls_that_follow(stub, clock):
    venue = venue_at(stub, clock=clock)
    stub.headers, stub.trouble = {"Retry-After": "600"}, "rate_limit"
    assert failure(venue, VenueUnavailable).retry_after_s == 600
    stub.trouble, asked = None, len(stub.asked)
    assert "asked to be left alone for another 600 s" in str(failure(venue, VenueUnavailable))
    assert len(stub.asked) == asked
    clock.at += timedelta(seconds=601)
    stub.headers = {}
    assert read(venue, account=ACCOUNT).snapshot.complete


@pytest.mark.parametrize("text", ["9" * 19, "Mon, 01 Jan 99999999999999 00:00:00 GMT"])
def test_a_time_that_nobody_can_count_is_no_crash(stub, clock, text):
    stub.headers, stub.trouble = {"Retry-After": text, "Date": text}, "rate_limit"
    assert failure(venue_at(stub, clock=clock), VenueUnavailable).status == 429
    stub.trouble = None
    assert asyncio.run(venue_at(stub, clock=clock).check())


def test_a_body_that_drips_does_not_last_forever(stub, clock):
    def talk(connection, left):
        connection.sendall(HEAD)
        while not left.wait(0.01):
            connection.sendall(b" ")

    limits = Limits(read_s=5, call_s=0.1, tries_max=1)
    with talking(talk) as address:
        error = failure(venue_at(stub, clock=clock, address=address, limits=limits))
    assert isinstance(error, VenueUnavailable)
    assert "no whole reply came" in str(error)


@pytest.mark.parametrize("form", ["MHcCAQEEIplantedplanted", "MHcCAQEEIplantedplanted\\nAwEHoUQD"])
def test_a_key_of_several_lines_is_not_kept_even_line_by_line(stub, clock, form):
    pem = "-----BEGIN KEY-----\nMHcCAQEEIplantedplanted\nAwEHoUQDplanted==\n-----END KEY-----\n"
    venue = venue_at(stub, clock=clock, login={**LOGIN, "password": pem})
    stub.is_revoked, stub.refusal = True, (401, {"error": f"no {form}"})
    error = failure(venue)
    assert "planted" not in f"{error} {error.evidence}"


def test_a_login_in_the_address_is_refused_as_an_address_is_shown():
    settings = {"key": "k", "secret": "cw==", "address": "https://me:planted@exchange.example"}
    with pytest.raises(SettingsError) as caught:
        registry.connect("ccxt:krakenfutures", name="main", settings=settings, clock=FakeClock())
    assert "connections.main.address" in str(caught.value)
    assert "has a login in it" in str(caught.value)
    assert "planted" not in str(caught.value)


NO_ROWS = (
    b'{"retCode": 0, "retMsg": "OK", "result": {}, "retExtInfo": {}, "time": 1}',
    b'{"retCode": 0, "retMsg": "OK", "result": {"list": null}, "retExtInfo": {}, "time": 1}',
)


@pytest.mark.parametrize("body", NO_ROWS)
@pytest.mark.parametrize("path", ["/v5/position/list", "/v5/execution/list"])
def test_a_good_reply_without_its_list_is_not_taken_for_nothing(stub, clock, path, body):
    lists.bybit(stub)
    stub.say(path, body)
    with pytest.raises(VenueReplyInvalid, match=r"a reply that says nothing|NoneType"):
        read(venue_at(stub, "bybit", clock=clock), account="7")


@pytest.mark.parametrize("body", [b'{"error": []}', b'{"error": [], "result": null}'])
def test_a_list_of_errors_that_is_empty_is_no_empty_list_of_rows(stub, clock, body):
    lists.kraken(stub)
    stub.say("/0/private/TradesHistory", body)
    with pytest.raises(VenueReplyInvalid):
        read(venue_at(stub, "kraken", clock=clock))


def _bybit(code: int, words: str, result: object) -> dict[str, object]:
    return {"retCode": code, "retMsg": words, "result": result, "retExtInfo": {}, "time": 1}


PASSES = [
    ("kraken", "/0/private/OpenPositions", {"error": ["EService:Busy"]}),
    ("kraken", "/0/private/TradesHistory", {"error": ["EService:Unavailable"]}),
    ("kraken", "/0/private/BalanceEx", {"error": ["EService:Market in cancel_only mode"]}),
    ("kraken", "/0/public/AssetPairs", {"error": ["EGeneral:Temporary lockout"]}),
    ("kraken", "/0/private/TradesHistory", {"error": ["EService:Deadline elapsed"]}),
    ("bybit", "/v5/position/list", _bybit(10016, "Server error.", {})),
    ("bybit", "/v5/position/list", _bybit(10016, "Server error.", None)),
    ("bybit", "/v5/execution/list", _bybit(10006, "Too many visits!", {})),
    ("bybit", "/v5/position/list", _bybit(10000, "Server Timeout", {})),
    ("binance", "/fapi/v3/positionRisk", {"code": -1001, "msg": "Internal error"}),
    ("binance", "/fapi/v3/positionRisk", {"code": -1008, "msg": "Server is overloaded"}),
]
ACCOUNTS = {"kraken": "main", "bybit": "7", "binance": "354937868"}


@pytest.mark.parametrize(("exchange", "path", "body"), PASSES)
def test_what_passes_by_itself_is_asked_again_with_pauses(stub, clock, exchange, path, body):
    getattr(lists, exchange)(stub)
    good, said = stub.routes[path], [body, body]
    stub.say(path, lambda query: said.pop() if said else good(query))
    venue = venue_at(stub, exchange, clock=clock)
    assert read(venue, account=ACCOUNTS[exchange]).snapshot.complete
    assert clock.slept == [0.25, 0.5]


@pytest.mark.parametrize(("exchange", "path", "body"), PASSES)
def test_what_does_not_pass_within_the_limits_is_unavailable(stub, clock, exchange, path, body):
    getattr(lists, exchange)(stub)
    stub.say(path, body)
    venue = venue_at(stub, exchange, clock=clock)
    with pytest.raises(VenueUnavailable, match="tried again"):
        read(venue, account=ACCOUNTS[exchange])
    assert len(clock.slept) == venue._calls.limits.tries_max - 1


@pytest.mark.parametrize(("exchange", "path", "body"), [
    ("kraken", "/0/private/OpenPositions", {"error": ["EGeneral:Permission denied"]}),
    ("kraken", "/0/private/OpenPositions", {"error": ["ETrade:User Locked"]}),
    ("bybit", "/v5/position/list", _bybit(10005, "Permission denied", {})),
    ("bybit", "/v5/position/list", _bybit(10008, "User had been banned", {})),
])  # fmt: skip
def test_what_does_not_pass_is_refused_at_once(stub, clock, exchange, path, body):
    getattr(lists, exchange)(stub)
    stub.say(path, body)
    with pytest.raises(VenueRefused):
        read(venue_at(stub, exchange, clock=clock), account=ACCOUNTS[exchange])
    assert clock.slept == []
