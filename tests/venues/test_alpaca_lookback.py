"""The days before the last row are read again, but not by every reading of a quiet account."""

from datetime import timedelta

import pytest

from venues.alpaca import booked, fill, position, read, venue_at
from venues.stub import ACTIVITIES

LAST = "2026-11-20T14:30:00Z"
ALL_DAYS = "2026-11-15T00:00:00Z"
THE_END = "2026-11-20T14:29:00Z"


class Reader:
    """Reads on from the last time, as runs do."""

    def __init__(self, stub, venue, clock):
        self.stub = stub
        self.venue = venue
        self.clock = clock
        self.cursor = None
        self.found = None

    def after(self, seconds=30):
        """From when on the next reading asks for activities."""
        self.clock.at += timedelta(seconds=seconds)
        self.stub.asked.clear()
        self.found = read(self.venue, cursor=self.cursor)
        self.cursor = self.found.cursor
        asked = [each.query.get("after") for each in self.stub.asked if each.path == ACTIVITIES]
        return asked[0]


@pytest.fixture
def quiet(stub, venue, clock):
    """An account that was read often enough for the end to do."""
    stub.positions = [position()]
    stub.activities = [fill(at=LAST)]
    reader = Reader(stub, venue, clock)
    assert [reader.after() for _ in range(4)] == [None, ALL_DAYS, THE_END, THE_END]
    return reader


def test_two_readings_that_bring_the_same_are_enough(stub, venue, clock):
    stub.activities = [fill(at=LAST)]
    reader = Reader(stub, venue, clock)
    reader.after()
    stub.activities += [booked("OPEXP", symbol="AAPL261117C00150000", qty="-1", date="2026-11-17")]
    assert [reader.after() for _ in range(3)] == [ALL_DAYS, ALL_DAYS, THE_END]


def test_a_busy_week_costs_a_quiet_reading_one_page(quiet):
    quiet.stub.activities = [
        *(fill(number, at="2026-11-19T14:30:00Z") for number in range(2, 300)),
        *quiet.stub.activities,
    ]
    quiet.after()
    assert len([each for each in quiet.stub.asked if each.path == ACTIVITIES]) == 1


@pytest.mark.parametrize(
    "other", [position(qty="3"), position(avg_entry_price="321.34"), position("MSFT")]
)
def test_a_position_that_is_another_has_all_the_days_read(quiet, other):
    """What explains it may be listed days after it happened."""
    quiet.stub.positions = [other]
    quiet.stub.activities.insert(0, late := fill(7, at="2026-11-17T14:30:00Z"))
    assert quiet.after() == ALL_DAYS
    assert late["id"] in {each.id for each in quiet.found.activities}


def test_another_price_has_not(quiet):
    quiet.stub.positions = [position(current_price="400")]
    assert quiet.after() == THE_END


def test_a_new_row_has_all_the_days_read_the_next_time(quiet):
    quiet.stub.activities += [fill(2, at="2026-11-20T14:40:00Z")]
    assert quiet.after() == THE_END
    assert len(quiet.found.activities) == 2
    assert quiet.after() == ALL_DAYS


def test_after_an_hour_all_the_days_are_read(quiet):
    assert quiet.after(3500) == THE_END
    assert quiet.after(100) == ALL_DAYS
    assert quiet.after() == THE_END


def test_a_caller_who_lost_the_last_reading_gets_all_the_days(quiet):
    quiet.cursor = "2026-11-20T14:00:00+00:00"
    assert quiet.after() == ALL_DAYS


def test_so_does_one_whose_last_reading_was_not_whole(quiet):
    quiet.stub.positions = [position(qty="many")]
    quiet.after()
    quiet.stub.positions = [position()]
    assert quiet.after() == ALL_DAYS


def test_so_does_a_new_connection(quiet, clock):
    quiet.venue = venue_at(quiet.stub, clock)
    assert quiet.after() == ALL_DAYS
