"""What `doctor` says about a connection to Coinbase."""

import asyncio
from datetime import timedelta
from email.utils import format_datetime

import pytest

from venues.coinbase import Bench
from venues.coinbase_rows import OTHER, PORTFOLIO
from venues.coinbase_stub import PORTFOLIOS
from venues.stub import Said


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    bench.close()


def check(bench, **changes):
    found = asyncio.run(bench.another(**changes).check())
    return {each.subject: each for each in found}


def test_a_key_that_can_only_view_is_all_good(bench):
    found = check(bench)
    assert {each.level for each in found.values()} == {"ok"}
    assert found["trading"].message == "this key can only view"
    assert found["account"].message == f"portfolio 'Default' {PORTFOLIO} (default)"
    assert found["sdk"].message.startswith("coinbase-advanced-py 1.8.")
    assert found["international derivatives"].message == "the gateway takes the key"
    assert "not Coinbase's own address" in found["address"].message


@pytest.mark.parametrize(
    ("can", "words"),
    [
        ((True, False), "this key could trade"),
        ((False, True), "this key could transfer"),
        ((True, True), "this key could trade and transfer"),
        ((None, None), "this key could trade and transfer, as far as is told"),
    ],
)
def test_a_key_that_could_do_more_is_warned_about(bench, can, words):
    bench.stub.login.can_trade, bench.stub.login.can_transfer = can
    found = check(bench)["trading"]
    assert (found.level, found.message) == ("warning", words)
    assert "make a key with nothing but View" in found.advice


def test_portfolios_that_the_key_does_not_read_are_named(bench):
    bench.stub.portfolios.append({"name": "Long term", "uuid": OTHER, "type": "CONSUMER"})
    bench.stub.portfolios.append({"name": "Gone", "uuid": "x", "deleted": True})
    found = check(bench)["portfolios"]
    assert (found.level, found.message) == ("warning", "this key does not read: Long term")


def test_a_list_of_portfolios_that_cannot_be_read_is_no_error(bench):
    bench.stub.say(PORTFOLIOS, Said(status=403))
    found = check(bench)
    assert found["portfolios"].level == "warning"
    assert found["login"].level == "ok"


@pytest.mark.parametrize(("seconds", "word"), [(300, "behind"), (-300, "ahead of")])
def test_a_clock_that_is_wrong_is_warned_about(bench, seconds, word):
    at = bench.clock.now() + timedelta(seconds=seconds)
    bench.stub.headers["Date"] = format_datetime(at, usegmt=True)
    found = check(bench)["clock"]
    assert found.level == "warning"
    assert f"s {word} Coinbase" in found.message


def test_requests_that_are_left_are_told(bench):
    bench.stub.headers.update({"x-ratelimit-limit": "30", "x-ratelimit-remaining": "1"})
    found = check(bench)["rate limit"]
    assert (found.level, found.message) == ("warning", "1 of 30 requests left")


def test_a_gateway_that_refuses_says_what_to_set(bench):
    bench.stub.login.has_gateway = False
    found = check(bench)["international derivatives"]
    assert found.level == "warning"
    assert 'set perpetuals = "no"' in found.advice
    assert "international derivatives" not in check(bench, perpetuals="no")


def test_a_key_that_is_refused_is_an_error(bench):
    bench.stub.say("", Said(status=401, body=b"Unauthorized"))
    found = check(bench)["login"]
    assert found.level == "error"
    assert "COINBASE_KEY" in found.advice
