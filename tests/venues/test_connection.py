"""What a connection is told and says of itself, whatever its venue speaks."""

from datetime import UTC, datetime, timedelta

import pytest

from tieout.core.errors import SettingsError
from tieout.venues.connection import clock_finding, mismatch, sdk_finding, timeout_of
from tieout.venues.http.limits import HttpLimits, with_timeout
from tieout.venues.moments import milliseconds_of, moment, moment_of

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


@pytest.mark.parametrize("text", ["0", "0.09", "601", "soon", "nan", "-1", "1,5", ""])
def test_a_wrong_timeout_names_the_setting(text):
    with pytest.raises(SettingsError, match=r"connections\.mine\.timeout_s must be a number"):
        timeout_of(text, connection="mine")


def test_a_timeout_makes_the_other_limits_fit():
    own = HttpLimits()
    assert with_timeout(own, None, connection="mine") == own
    short, long = (with_timeout(own, text, connection="mine") for text in ("0.5", "60"))
    assert (short.read_s, short.call_s, short.deadline_s) == (0.5, 1.0, own.deadline_s)
    assert (long.read_s, long.call_s, long.deadline_s) == (60, 120, 180)


def test_a_mismatch_has_its_reason():
    error = mismatch("asked for A, found B", venue="mine", advice="use B")
    assert error.reason == "account_mismatch"
    assert "account_mismatch: asked for A, found B - use B" in str(error)


@pytest.mark.parametrize(
    ("ahead_s", "message"),
    [
        (0.5, "agrees with Broker's"),
        (2.5, "agrees with Broker's"),
        (3, "this machine is 2 s ahead of Broker"),
        (-60, "this machine is 60 s behind Broker"),
    ],
)
def test_a_clock_is_compared_with_the_middle_of_their_second(ahead_s, message):
    found = clock_finding(NOW + timedelta(seconds=ahead_s), NOW, of="Broker")
    assert found.message == message
    assert (found.level == "ok") == message.startswith("agrees")
    assert bool(found.advice) == (found.level != "ok")


def test_an_sdk_that_was_not_tested_is_a_warning():
    assert sdk_finding("msgspec", tested="", extra="x").level == "ok"
    found = sdk_finding("msgspec", tested="99.", extra="x")
    assert (found.level, "tested with msgspec 99.*" in found.advice) == ("warning", True)


@pytest.mark.parametrize(
    "text", [None, "", "2026-11-20", "soon, I am told", "0001-01-01T00:00+23:59"]
)
def test_what_tells_no_moment_is_none(text):
    assert moment(text) is None


def test_moments_are_in_utc():
    assert moment("2026-11-20T15:00:00") == NOW
    assert moment(" 2026-11-20T10:00:00-05:00 ") == NOW
    assert moment_of(milliseconds_of(NOW)) == NOW
