"""When runs are due: counted in UTC by the tests, and read off a wall clock by the schedule."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tieout.runs.schedule import SECONDS_MAX, Schedule, schedule_of

MINUTE = timedelta(minutes=1)
NEW_YORK = ZoneInfo("America/New_York")
SPRING, AUTUMN = (2026, 3, 8), (2026, 11, 1)  # clocks change at 2:00


def midnight(day: tuple[int, int, int], zone: ZoneInfo = NEW_YORK) -> datetime:
    return datetime(*day, tzinfo=zone).astimezone(UTC)


def minutes(since: datetime, until: datetime) -> list[datetime]:
    """Every whole minute by the only clock that never changes."""
    return [since + step * MINUTE for step in range(round((until - since) / MINUTE))]


def due(schedule: Schedule, since: datetime, until: datetime) -> list[datetime]:
    """All due times from one moment on, before another."""
    found = []
    moment = since - timedelta(microseconds=1)
    while (moment := schedule.next_after(moment)) < until:
        found.append(moment)
    return found


def on_wall(
    since: datetime, until: datetime, is_due: Callable[[datetime], bool], zone: ZoneInfo = NEW_YORK
) -> list[datetime]:
    """The minutes at which a clock on the wall there reads as wanted."""
    return [each for each in minutes(since, until) if is_due(each.astimezone(zone))]


def noon(*weekdays: int) -> Callable[[datetime], bool]:
    """Twelve o'clock on these days, Monday being 0."""
    return lambda at: (at.hour, at.minute) == (12, 0) and at.weekday() in weekdays


@pytest.mark.parametrize(
    ("day", "count"),
    [(SPRING, 276), (AUTUMN, 300), ((2026, 7, 1), 288), ((2026, 12, 31), 288)],
)
def test_every_five_minutes_of_a_day_whatever_the_clocks_do(day, count):
    since = midnight(day)
    until = (datetime(*day, tzinfo=NEW_YORK) + timedelta(days=1)).astimezone(UTC)
    found = due(Schedule(), since, until)
    assert len(found) == count
    assert found == [since + each * 5 * MINUTE for each in range(count)]


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_five_minutes_stay_five_minutes_at_every_moment_of_a_clock_change(day):
    since = midnight(day)
    for second in range(0, 4 * 3600, 7):
        moment = since + timedelta(seconds=second)
        assert Schedule().next_after(moment) == since + timedelta(seconds=300 * (second // 300 + 1))


def test_a_change_of_half_an_hour_is_followed_too():
    zone = ZoneInfo("Australia/Lord_Howe")
    since = midnight((2026, 4, 5), zone)
    found = due(schedule_of("*/5 * * * *", zone=zone.key), since, since + timedelta(hours=24.5))
    assert found == [since + each * 5 * MINUTE for each in range(294)]


@pytest.mark.parametrize(
    ("cron", "is_due"),
    [
        ("0 9 * * 1-5", lambda at: (at.hour, at.minute) == (9, 0) and at.weekday() < 5),
        ("0 9 * * mon-fri", lambda at: (at.hour, at.minute) == (9, 0) and at.weekday() < 5),
        ("0 9 * * MON-FRI", lambda at: (at.hour, at.minute) == (9, 0) and at.weekday() < 5),
        ("30 16 * * 0", lambda at: (at.hour, at.minute) == (16, 30) and at.weekday() == 6),
        ("30 16 * * 7", lambda at: (at.hour, at.minute) == (16, 30) and at.weekday() == 6),
        ("30 16 * * sun", lambda at: (at.hour, at.minute) == (16, 30) and at.weekday() == 6),
        ("0 12 * * 6", lambda at: (at.hour, at.minute) == (12, 0) and at.weekday() == 5),
        ("0 12 * * 5-7", lambda at: (at.hour, at.minute) == (12, 0) and at.weekday() >= 4),
        ("0 12 * * 0-7", lambda at: (at.hour, at.minute) == (12, 0)),
        ("0 12 * * sun-tue", noon(6, 0, 1)),
        ("0 12 * * 1,3,fri", noon(0, 2, 4)),
        ("0 12 * * */2", noon(6, 1, 3, 5)),
        ("0 12 * * 1-5/2", noon(0, 2, 4)),
        ("0 12 * * 2/2", noon(1, 3, 5)),
        ("*/20 9-16 * * *", lambda at: at.minute % 20 == 0 and 9 <= at.hour <= 16),
        ("5,35 8-18/2 * * *", lambda at: at.minute in (5, 35) and at.hour in range(8, 19, 2)),
        ("0 0 1,15 * *", lambda at: not at.hour and not at.minute and at.day in (1, 15)),
        ("0 6 * mar,nov *", lambda at: at.hour == 6 and not at.minute and at.month in (3, 11)),
        ("*/7 3-4 * * *", lambda at: at.minute % 7 == 0 and at.hour in (3, 4)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_a_cron_expression_is_read_as_crontab_reads_it_over_a_clock_change(cron, is_due, day):
    since = midnight(day) - timedelta(days=9)
    until = since + timedelta(days=18)
    found = due(schedule_of(cron), since, until)
    assert found
    assert found == on_wall(since, until, is_due)


def test_nine_in_the_morning_moves_by_an_hour_of_utc():
    morning = schedule_of("0 9 * * 1-5")
    friday = datetime(2026, 3, 6, 20, tzinfo=UTC)
    assert morning.next_after(friday - timedelta(hours=12)).hour == 14
    assert morning.next_after(friday) == datetime(2026, 3, 9, 13, tzinfo=UTC)


@pytest.mark.parametrize("cron", ["0 0 13 * fri", "0 0 13 * 5", "0 0 13 */1 5"])
def test_a_day_of_the_month_and_a_weekday_together_mean_either(cron):
    # As crontab(5) has it: where both are restricted, it runs when either matches.
    since, until = midnight((2026, 1, 1)), midnight((2026, 4, 1))
    expected = on_wall(
        since,
        until,
        lambda at: not at.hour and not at.minute and (at.day == 13 or at.weekday() == 4),
    )
    assert due(schedule_of(cron), since, until) == expected


def test_a_weekday_step_over_all_days_restricts_the_day_of_the_month():
    # crontab(5): a field that begins with * is no restriction of its own.
    since, until = midnight((2026, 1, 1)), midnight((2026, 4, 1))
    expected = on_wall(
        since,
        until,
        lambda at: not at.hour and not at.minute and at.day == 13 and at.weekday() in (6, 1, 3, 5),
    )
    assert due(schedule_of("0 0 13 * */2"), since, until) == expected


def test_seconds_count_from_the_last_time():
    every = schedule_of("300")
    moment = datetime(2026, 11, 20, 15, 3, 7, tzinfo=UTC)
    assert every.next_after(moment) == datetime(2026, 11, 20, 15, 8, 7, tzinfo=UTC)
    assert every.interval_s(moment) == 300


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("300", "Every 5 minutes"),
        ("*/5 * * * *", "Every 5 minutes"),
        ("  */5  * * * * ", "Every 5 minutes"),
        ("*/1 * * * *", "Every minute"),
        ("1", "Every second"),
        ("90", "Every 90 seconds"),
        ("3600", "Every hour"),
        ("7200", "Every 2 hours"),
        (str(SECONDS_MAX), "Every 168 hours"),
        ("0 9 * * 1-5", "Cron 0 9 * * 1-5 (America/New_York)"),
        ("5 * * * *", "Cron 5 * * * * (America/New_York)"),
        ("*/7 * * * *", "Cron */7 * * * * (America/New_York)"),
    ],
)
def test_a_schedule_has_words_for_people_that_are_true(text, words):
    assert schedule_of(text).words == words


@pytest.mark.parametrize(
    "wrong",
    [
        "", "0", "-5", "1.5", str(SECONDS_MAX + 1), "１２", "five", "Every 5 minutes", "@daily",
        "*/5 * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *",
        "* * * 13 *", "* * * * 8", "* * * * 0-8", "* * * * -1", "* * * * 1-", "* * * * 1-5,",
        "* * * * 5-1", "* * * * fri-mon", "* * * * ,", "* * * * 1//2", "* * * * */0", "* * * * ?",
        "* * * * 1-2-3", "* * * * mo", "5- * * * *", "*/0 * * * *", "a b c d e", "0 9 31 2 *",
        "* * * * 9999999999999999999999", "* * * * ³",
    ],
)  # fmt: skip
def test_a_wrong_schedule_is_refused_with_what_is_allowed(wrong):
    with pytest.raises(ValueError, match=r"must be seconds from 1 to 604800, or a cron expression"):
        schedule_of(wrong)


@pytest.mark.parametrize("zone", ["America/Gotham", "", "America", "../UTC", "/etc/passwd", "\0"])
def test_a_zone_that_is_none_is_refused_by_its_name(zone):
    with pytest.raises(ValueError, match=r"is no zone; use one like America/New_York"):
        schedule_of("*/5 * * * *", zone=zone)


def test_a_zone_is_checked_with_seconds_too():
    with pytest.raises(ValueError, match="Gotham' is no zone"):
        schedule_of("300", zone="America/Gotham")
