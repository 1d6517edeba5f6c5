"""When runs are due: a cron expression in a zone, or every so many seconds."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger

NEW_YORK = "America/New_York"
FIVE_MINUTES = "*/5 * * * *"
SECONDS_MAX = 7 * 24 * 3600
HOUR_MINUTES = 60
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")  # as cron counts them
A_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Due times. With `every_s` they count from the last one, with `cron` from the clock."""

    cron: str | None = FIVE_MINUTES
    every_s: int | None = None
    zone: str = NEW_YORK

    def next_after(self, moment: datetime) -> datetime:
        """The first due time after a moment, in UTC.

        >>> Schedule().next_after(datetime(2026, 11, 20, 15, 3, tzinfo=UTC)).isoformat()
        '2026-11-20T15:05:00+00:00'
        """
        if self.every_s is not None:
            return moment + timedelta(seconds=self.every_s)
        assert self.cron is not None, self
        found = _next(self.cron, self.zone, after=moment)
        assert found is not None, self.cron  # an expression without end
        return found

    def interval_s(self, moment: datetime) -> int:
        """The seconds between the next two due times."""
        first = self.next_after(moment)
        return round((self.next_after(first) - first).total_seconds())

    @property
    def words(self) -> str:
        """The schedule for people.

        >>> Schedule().words, Schedule(cron=None, every_s=90).words
        ('Every 5 minutes', 'Every 90 seconds')
        """
        if self.every_s is not None:
            return _every(self.every_s)
        assert self.cron is not None, self
        minute, *rest = self.cron.split()
        step = minute.removeprefix("*/")
        is_step = minute != step and step.isdecimal()
        # Seven minutes do not fit into an hour: after :56 comes :00.
        if rest == ["*"] * 4 and is_step and HOUR_MINUTES % int(step) == 0:
            return _every(60 * int(step))
        return f"Cron {self.cron} ({self.zone})"


def schedule_of(text: str, *, zone: str = NEW_YORK) -> Schedule:
    """A schedule as people write it: seconds, or a cron expression with five fields.

    Raises ValueError with what is allowed.
    """
    allowed = f"must be seconds from 1 to {SECONDS_MAX}, or a cron expression like {FIVE_MINUTES}"
    zone_of(zone)
    words = text.split()
    if len(words) == 1 and words[0].isdecimal() and words[0].isascii():
        seconds = int(words[0])
        if not 1 <= seconds <= SECONDS_MAX:
            raise ValueError(allowed)
        return Schedule(cron=None, every_s=seconds, zone=zone)
    cron = " ".join(words)
    try:
        due = _next(cron, zone, after=datetime(2026, 1, 1, tzinfo=UTC))
    except (ValueError, TypeError):
        raise ValueError(allowed) from None
    if due is None:
        raise ValueError(f"{cron} never comes; {allowed}")
    return Schedule(cron=cron, zone=zone)


def zone_of(name: str) -> ZoneInfo:
    """A time zone by its name. Raises ValueError where there is none, with one as an example."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones is an OSError
        raise ValueError(f"{name!r} is no zone; use one like {NEW_YORK}") from None


def _next(cron: str, zone: str, *, after: datetime) -> datetime | None:
    """The first due time after a moment; None for a date that never comes."""
    times = (each.get_next_fire_time(None, after + A_MOMENT) for each in _triggers(cron, zone))
    return min((each.astimezone(UTC) for each in times if each is not None), default=None)


def _triggers(cron: str, zone: str) -> tuple[CronTrigger, ...]:
    """What an expression means: it is due when any of these is.

    Where day of the month and weekday are both restricted, cron means either (crontab(5)).
    """
    minute, hour, day, month, weekday = cron.split()
    named = _weekdays(weekday)
    is_either = not day.startswith("*") and not weekday.startswith("*")
    days = ((day, "*"), ("*", named)) if is_either else ((day, named),)
    return tuple(
        CronTrigger(
            minute=minute,
            hour=hour,
            day=on_day,
            month=month,
            day_of_week=on_weekday,
            timezone=ZoneInfo(zone),
        )
        for on_day, on_weekday in days
    )


def _weekdays(field: str) -> str:
    """The field by names: cron counts from Sunday, the library from Monday.

    >>> _weekdays("1-5"), _weekdays("0,sat"), _weekdays("*/3")
    ('mon,tue,wed,thu,fri', 'sun,sat', 'sun,wed,sat')
    """
    if field == "*":
        return field
    named: list[str] = []
    for part in field.split(","):
        days, slash, step = part.partition("/")
        first, dash, last = ("0", "-", "6") if days == "*" else days.partition("-")
        until = _weekday(last) if dash else 6 if slash else _weekday(first)
        numbers = range(_weekday(first), until + 1, int(step) if slash else 1)
        if not numbers:
            raise ValueError(field)
        named += [DAYS[number] for number in numbers]
    return ",".join(dict.fromkeys(named))


def _weekday(word: str) -> int:
    """The number of a weekday, which may be written by its name."""
    if word.lower() in DAYS:
        return DAYS.index(word.lower())
    if word not in ("0", "1", "2", "3", "4", "5", "6", "7"):
        raise ValueError(word)
    return int(word)


def _every(seconds: int) -> str:
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds % size == 0:
            count = seconds // size
            return f"Every {unit}" if count == 1 else f"Every {count} {unit}s"
    return f"Every {seconds} seconds" if seconds != 1 else "Every second"
