"""What `doctor` is told, good news included."""

import asyncio
from datetime import timedelta
from email.utils import format_datetime

import pytest

from tieout.ports import Finding
from venues.alpaca import NOW
from venues.stub import ACCOUNT, NUMBER, said


def found(venue) -> dict[str, Finding]:
    findings = asyncio.run(venue.check())
    assert all(each.advice for each in findings if each.level != "ok")
    return {each.subject: each for each in findings}


def test_a_good_login(stub, venue):
    stub.headers = {"X-RateLimit-Limit": "200", "X-RateLimit-Remaining": "187"}
    stub.headers["Date"] = format_datetime(NOW, usegmt=True)
    findings = found(venue)
    assert {name: each.level for name, each in findings.items()} == {
        "address": "ok",
        "sdk": "ok",
        "login": "ok",
        "account": "ok",
        "trading": "warning",
        "clock": "ok",
        "rate limit": "ok",
    }
    assert stub.address in findings["address"].message
    assert findings["account"].message == f"paper {NUMBER}, status ACTIVE"
    assert "all keys of Alpaca can" in findings["trading"].message
    assert findings["rate limit"].message == "187 of 200 requests left this minute"
    assert findings["sdk"].message.startswith("alpaca-py 0.44.")
    assert stub.calls() == 1


def test_a_login_that_does_not_work_is_a_finding(stub, venue):
    stub.say(ACCOUNT, said({"code": 40110000, "message": "unauthorized."}, status=401))
    login = found(venue)["login"]
    assert login.level == "error"
    assert "answered 401" in login.message
    assert "APCA_API_KEY_ID" in login.advice
    assert set(found(venue)) == {"address", "sdk", "login"}


@pytest.mark.parametrize("flag", ["account_blocked", "trading_blocked", "trade_suspended_by_user"])
def test_a_block_is_told(stub, venue, flag):
    stub.account[flag] = True
    assert "cannot trade now" in found(venue)["trading"].message


def test_an_account_that_is_not_active_is_told(stub, venue):
    stub.account["status"] = "SUBMITTED"
    assert found(venue)["account"].level == "warning"


@pytest.mark.parametrize(("seconds", "words"), [(-90, "90 s behind"), (90, "90 s ahead of")])
def test_a_clock_that_is_off_is_told(stub, venue, seconds, words):
    stub.headers["Date"] = format_datetime(NOW - timedelta(seconds=seconds), usegmt=True)
    clock = found(venue)["clock"]
    assert clock.level == "warning"
    assert clock.message == f"this machine is {words} Alpaca"
    assert "NTP" in clock.advice


@pytest.mark.parametrize(
    "headers", [{}, {"Date": "yesterday", "X-RateLimit-Limit": "lots", "X-RateLimit-Remaining": ""}]
)
def test_without_the_headers_nothing_is_said_of_them(stub, venue, headers):
    stub.headers = headers
    assert not {"clock", "rate limit"} & set(found(venue))


def test_few_requests_left_is_a_warning(stub, venue):
    stub.headers = {"X-RateLimit-Limit": "200", "X-RateLimit-Remaining": "3"}
    assert found(venue)["rate limit"].level == "warning"
