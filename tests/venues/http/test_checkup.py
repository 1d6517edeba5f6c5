"""What headers tell `doctor`."""

from datetime import UTC, datetime

import pytest

from tieout.venues.http.checkup import clock_told, rate_told

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


def rate(left: str, limit: str):
    headers = {"x-ratelimit-remaining": left, "x-ratelimit-limit": limit}
    return rate_told(headers, each=" this minute", advice="ask less often")


def test_a_clock_is_compared_with_the_date_of_a_reply():
    late = clock_told({"date": "Fri, 20 Nov 2026 14:58:00 GMT"}, at=NOW, of="Broker")
    assert late is not None
    assert late.message == "this machine is 120 s ahead of Broker"


@pytest.mark.parametrize("headers", [{}, {"date": ""}, {"date": "soon"}])
def test_without_a_date_nothing_is_said_of_the_clock(headers):
    assert clock_told(headers, at=NOW, of="Broker") is None


def test_what_is_left_of_a_limit_is_told_and_little_is_a_warning():
    assert (rate("10", "100").level, rate("10", "100").advice) == ("ok", "")
    assert rate("9", "100").message == "9 of 100 requests left this minute"
    assert (rate("9", "100").level, rate("9", "100").advice) == ("warning", "ask less often")


@pytest.mark.parametrize(
    ("left", "limit"),
    [("", ""), ("5", ""), ("5", "0"), ("-1", "100"), ("x", "100"), ("9" * 5000,) * 2],
)
def test_what_is_no_limit_is_left_out(left, limit):
    assert rate(left, limit) is None
