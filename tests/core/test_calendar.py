"""Which day it is in New York, over the changes of the clock, and how a time is written."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from tieout.core.calendar import new_york_day, time_text


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-01-15T04:59:59", "2026-01-14"),
        ("2026-01-15T05:00:00", "2026-01-15"),
        ("2026-07-15T03:59:59", "2026-07-14"),
        ("2026-07-15T04:00:00", "2026-07-15"),
        ("2026-03-08T06:59:59", "2026-03-08"),  # the clock goes forward at 7:00 UTC
        ("2026-03-09T03:59:59", "2026-03-08"),
        ("2026-03-09T04:00:00", "2026-03-09"),
        ("2026-03-08T04:59:59", "2026-03-07"),
        ("2026-11-01T04:00:00", "2026-11-01"),  # and back at 6:00 UTC
        ("2026-11-01T03:59:59", "2026-10-31"),
        ("2026-11-02T04:59:59", "2026-11-01"),
        ("2026-11-02T05:00:00", "2026-11-02"),
        ("2027-01-01T04:59:59", "2026-12-31"),
        ("2024-03-10T07:00:00", "2024-03-10"),
        ("2021-11-07T05:59:59", "2021-11-07"),
    ],
)
def test_a_day_begins_at_midnight_in_new_york(at, day):
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert new_york_day(moment) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 11, 20, 15, tzinfo=UTC), "2026-11-20T15:00:00Z"),
        (datetime(2026, 11, 20, 15, 0, 0, 250000, tzinfo=UTC), "2026-11-20T15:00:00.25Z"),
        (datetime(2026, 11, 20, 15, 0, 0, 1, tzinfo=UTC), "2026-11-20T15:00:00.000001Z"),
        (datetime(2026, 11, 20, 10, tzinfo=timezone(timedelta(hours=-5))), "2026-11-20T15:00:00Z"),
    ],
)
def test_a_time_is_written_in_utc_with_fractions_only_where_there_are_any(at, text):
    assert time_text(at) == text
