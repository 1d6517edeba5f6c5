"""Cron expressions where clocks change, against every minute of a year read one by one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.runs.schedule import schedule_of

MINUTE = timedelta(minutes=1)
YEAR = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
# Changes at 2:00, of half an hour south of the equator, and one that goes back for a month.
ZONES = ["America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]
RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))


@dataclass(frozen=True, slots=True)
class Expression:
    """A cron expression as numbers. It is written by the test, so it is read simply."""

    text: str
    fields: tuple[frozenset[int], ...]

    @property
    def is_wild(self) -> bool:
        minute, hour, *_ = self.text.split()
        return "*" in minute[0] + hour[0]

    def has(self, wall: datetime) -> bool:
        minutes, hours, days, months, weekdays = self.fields
        if not (wall.minute in minutes and wall.hour in hours and wall.month in months):
            return False
        on_day, on_weekday = wall.day in days, wall.isoweekday() % 7 in weekdays
        _, _, day, _, weekday = self.text.split()
        is_either = not day.startswith("*") and not weekday.startswith("*")
        return (on_day or on_weekday) if is_either else (on_day and on_weekday)


def read(text: str) -> Expression:
    return Expression(
        text,
        tuple(
            frozenset(_numbers(each, *span))
            for each, span in zip(text.split(), RANGES, strict=True)
        ),
    )


def _numbers(field: str, low: int, high: int) -> Iterator[int]:
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = (f"{low}-{high}" if span == "*" else span).partition("-")
        yield from range(int(first), int(last or first) + 1, int(step or 1))


@lru_cache(maxsize=1)
def walls(zone: str, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """Every minute, and what the clock shows then."""
    place = ZoneInfo(zone)
    count = round((until - since) / MINUTE)
    moments = (since + each * MINUTE for each in range(-1, count))
    return [(each, each.astimezone(place).replace(tzinfo=None)) for each in moments]


def brute(expression: Expression, zone: str, since: datetime, until: datetime) -> list[datetime]:
    """cron(8): with a * whenever the clock shows it, else once, made up for after a change."""
    found = []
    seen = before = walls(zone, since, until)[0][1]
    for moment, wall in walls(zone, since, until)[1:]:
        shown = [wall]
        if not expression.is_wild:
            left_out = range(1, round((wall - before) / MINUTE))
            shown = [before + each * MINUTE for each in left_out] + [wall]
            shown = [each for each in shown if each > seen]
        if any(expression.has(each) for each in shown):
            found.append(moment)
        before, seen = wall, max(seen, wall)
    return found


def due(expression: Expression, zone: str, since: datetime, until: datetime) -> list[datetime]:
    schedule = schedule_of(expression.text, zone=zone)
    found = []
    moment = since - timedelta(microseconds=1)
    while (moment := schedule.next_after(moment)) < until:
        found.append(moment)
    return found


@pytest.mark.parametrize("zone", ZONES)
def test_a_year_of_every_expression_is_what_cron_makes_of_each_minute(zone):
    for text in (
        "0 0 * * *", "30 0 * * 1-5", "0 0 1 * *", "30 2 * * *", "*/30 2 * * *", "0 0 13 * 5",
        "10 1-3 * 3,4,9,10,11 *",
    ):  # fmt: skip
        expression = read(text)
        expected = brute(expression, zone, *YEAR)
        assert expected, text
        assert due(expression, zone, *YEAR) == expected, text


@st.composite
def fields(draw: st.DrawFn, low: int, high: int) -> str:
    first = draw(st.integers(low, high))
    last = draw(st.integers(first, high))
    step = draw(st.integers(1, max(1, min(7, last - first))))
    return draw(
        st.sampled_from(["*", f"*/{step}", f"{first}", f"{first}-{last}", f"{low}-{high}/{step}"])
    )


EXPRESSIONS = st.tuples(
    fields(0, 59), fields(0, 4), fields(1, 31), st.just("*"), fields(0, 6)
).map(" ".join)  # fmt: skip
CHANGES = [
    ("America/New_York", (2026, 3, 8)), ("America/New_York", (2026, 11, 1)),
    ("Europe/Berlin", (2026, 3, 29)), ("Europe/Berlin", (2026, 10, 25)),
    ("America/Santiago", (2026, 4, 5)),
    ("America/Santiago", (2026, 9, 6)),
    ("Asia/Beirut", (2026, 3, 29)), ("Asia/Beirut", (2026, 10, 25)),
    ("Australia/Lord_Howe", (2026, 4, 5)), ("Australia/Lord_Howe", (2026, 10, 4)),
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(EXPRESSIONS, st.sampled_from(CHANGES))
def test_any_expression_over_a_change_is_what_cron_makes_of_each_minute(text, change):
    zone, day = change
    middle = datetime(*day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    since, until = middle - timedelta(hours=14), middle + timedelta(hours=38)
    expression = read(text)
    assert due(expression, zone, since, until) == brute(expression, zone, since, until)


@pytest.mark.parametrize(("zone", "day"), CHANGES)
def test_from_any_moment_of_a_change_the_next_time_is_the_same(zone, day):
    middle = datetime(*day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    since, until = middle - timedelta(hours=12), middle + timedelta(hours=60)
    for text in ("30 2 * * *", "0 0 * * *", "*/30 1,2 * * *", "45 1 * * *"):
        expected = brute(read(text), zone, since, until)
        schedule = schedule_of(text, zone=zone)
        for second in range(0, 4 * 3600, 613):
            moment = middle + timedelta(seconds=second)
            following = next(each for each in expected if each > moment)
            assert schedule.next_after(moment) == following, (text, moment)


def test_midnight_after_the_spring_change_is_not_left_out():
    midnight = schedule_of("0 0 * * *")
    sunday = datetime(2026, 3, 8, 5, tzinfo=UTC)
    assert midnight.next_after(sunday) == datetime(2026, 3, 9, 4, tzinfo=UTC)


def test_half_past_two_of_the_spring_day_is_made_up_for_at_three():
    # cron(8): "those jobs which would have run in the time that was skipped will be run soon after"
    daily = schedule_of("30 2 * * *")
    first = daily.next_after(datetime(2026, 3, 8, 5, tzinfo=UTC))
    assert first == datetime(2026, 3, 8, 7, tzinfo=UTC)
    assert daily.next_after(first) == datetime(2026, 3, 9, 6, 30, tzinfo=UTC)


def test_half_past_one_of_the_autumn_day_comes_once():
    daily = schedule_of("30 1 * * *")
    first = daily.next_after(datetime(2026, 11, 1, 4, tzinfo=UTC))
    assert first == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert daily.next_after(first) == datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
