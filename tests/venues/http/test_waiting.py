"""How long a venue asks to wait, and how long it is waited."""

import asyncio
from datetime import timedelta
from email.utils import format_datetime

import pytest

from tieout.core.errors import VenueUnavailable
from tieout.retry_after import date_in
from tieout.venues.http.answers import Answer
from tieout.venues.http.waiting import WISH_S_MAX, Quiet, asked_wait_s, backoff_s
from venues.alpaca import NOW, FakeClock


def wish(status: int = 429, **headers: str) -> float | None:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return asked_wait_s(Answer(status=status, headers=named), now=NOW)


def at(seconds: float) -> str:
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(("text", "wait_s"), [("7", 7), ("0.5", 0.5), (" 3 ", 3), (at(11), 11)])
def test_retry_after_is_in_seconds_or_a_date(text, wait_s):
    assert wish(retry_after=text) == wait_s
    assert wish(503, retry_after=text) == wait_s


@pytest.mark.parametrize("text", ["", "soon", "-5", "1e9", "nan", "inf", "0", at(-60), "1 2 3"])
def test_what_is_no_time_to_come_is_no_wish(text):
    assert wish(retry_after=text) is None
    assert wish(x_ratelimit_reset=text) is None


@pytest.mark.parametrize(
    "text", ["Mon, 01 Jan 99999999999999 00:00:00 GMT", "Mon, 01 Jan 2026 00:00:00 +" + "9" * 20]
)
def test_a_date_that_no_calendar_has_is_no_date(text):
    assert date_in(text) is None
    assert wish(retry_after=text) is None


def test_a_wish_for_ages_can_still_be_counted():
    assert wish(retry_after="9" * 19) == WISH_S_MAX
    assert NOW + timedelta(seconds=WISH_S_MAX) > NOW


@pytest.mark.parametrize("reset", ["9", str(int(NOW.timestamp()) + 9)])
def test_the_reset_of_a_limit_counts_from_now_or_since_1970(reset):
    assert wish(x_ratelimit_reset=reset) == 9
    assert wish(503, x_ratelimit_reset=reset) is None


def test_retry_after_goes_before_the_reset():
    assert wish(retry_after="7", x_ratelimit_reset="9") == 7


def test_waits_double_up_to_a_most_and_differ_between_clients():
    def waits(chance: float) -> list[float]:
        return [
            backoff_s(tries, least_s=0.5, most_s=8, chance=lambda: chance) for tries in (1, 2, 9)
        ]

    assert waits(0.0) == [0.25, 0.5, 4.0]
    assert waits(0.5) == [0.375, 0.75, 6.0]


class TestQuiet:
    @pytest.fixture
    def clock(self):
        return FakeClock()

    @pytest.fixture
    def quiet(self, clock):
        return Quiet(
            venue="mine", rate_advice="be kind", longest_s=3600, clock=clock, sleep=clock.sleep
        )

    def keep(self, quiet, clock, within_s=90):
        deadline_at = clock.now() + timedelta(seconds=within_s)
        asyncio.run(quiet.keep("GET /a", deadline_at=deadline_at))

    def test_without_a_wish_nobody_waits(self, quiet, clock):
        quiet.note(None)
        self.keep(quiet, clock)
        assert clock.slept == []

    def test_the_next_call_waits_for_the_rest_of_it(self, quiet, clock):
        quiet.note(30)
        clock.at += timedelta(seconds=10)
        self.keep(quiet, clock)
        assert clock.slept == [20]

    def test_a_shorter_wish_does_not_end_a_longer_one(self, quiet, clock):
        quiet.note(30)
        quiet.note(5)
        self.keep(quiet, clock)
        assert clock.slept == [30]

    def test_what_would_be_too_late_is_not_sent(self, quiet, clock):
        quiet.note(600)
        with pytest.raises(VenueUnavailable, match="for another 600 s, so GET /a was not") as late:
            self.keep(quiet, clock)
        assert late.value.retry_after_s == 600
        assert "next run; be kind" in late.value.advice
        assert clock.slept == []

    def test_a_wish_for_a_year_is_followed_for_an_hour(self, quiet, clock):
        quiet.note(WISH_S_MAX)
        self.keep(quiet, clock, within_s=3601)
        assert clock.slept == [3600]

    def test_a_clock_that_was_set_back_does_not_make_it_longer(self, quiet, clock):
        quiet.note(600)
        clock.at -= timedelta(days=1)
        self.keep(quiet, clock)
        assert clock.slept == []
