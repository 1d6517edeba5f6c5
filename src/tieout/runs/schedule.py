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
DAY = timedelta(days=1)


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
    """The first due time after a moment; None for a date that never comes.

    When clocks change it is as cron(8) has it. With a * in the minute or hour, it is due whenever
    the clock on the wall reads so: twice in an hour that repeats, never in one that is left out.
    Without, it is due once a day: the first time in an hour that repeats, and right after the
    change where its time is left out.
    """
    place = ZoneInfo(zone)
    minute, hour, *_ = cron.split()
    find = _read_off if minute.startswith("*") or hour.startswith("*") else _once
    times = (find(each, place, after) for each in _triggers(cron))
    return min((each for each in times if each is not None), default=None)


def _once(wall: CronTrigger, place: ZoneInfo, after: datetime) -> datetime | None:
    """The first due time of what is due once for each time on the wall."""
    reading = _on_wall(after, place)
    while (due := wall.get_next_fire_time(None, reading + A_MOMENT)) is not None:
        found = _moment(due, place)
        if found > after:
            return found
        reading = due  # the clock shows this for the second time
    return None


def _moment(reading: datetime, place: ZoneInfo) -> datetime:
    """When a clock first shows this, or goes past it."""
    local = reading.replace(tzinfo=place)
    found = local.astimezone(UTC)
    if _on_wall(found, place) == reading:
        return found
    # It is left out: read with the clock before the change, it is after it, and the other way.
    later, earlier = found, local.replace(fold=1).astimezone(UTC)
    changed = _change(earlier, later, place)
    assert changed is not None, reading
    return changed


def _read_off(wall: CronTrigger, place: ZoneInfo, after: datetime) -> datetime | None:
    """The first due time of what is due whenever the wall shows it."""
    since = after + A_MOMENT
    while (due := wall.get_next_fire_time(None, _on_wall(since, place))) is not None:
        found: datetime = since + (due - _on_wall(since, place))
        changed = _change(since, found, place)
        if changed is None:
            return found
        since = changed
    return None


def _on_wall(moment: datetime, place: ZoneInfo) -> datetime:
    """What a clock there shows, as if it were UTC: so that minutes on the wall can be counted."""
    return moment.astimezone(place).replace(tzinfo=UTC, fold=0)


def _change(since: datetime, until: datetime, place: ZoneInfo) -> datetime | None:
    """When clocks there change first, after one moment and up to another."""
    before = since
    while before < until:
        after = min(before + DAY, until)
        if _offset(after, place) != _offset(since, place):
            return _change_between(before, after, place)
        before = after
    return None


def _change_between(before: datetime, after: datetime, place: ZoneInfo) -> datetime:
    """When the clocks change, with one offset at one moment and another at the other."""
    offset = _offset(before, place)
    while after - before > A_MOMENT:
        middle = before + (after - before) // 2
        if _offset(middle, place) == offset:
            before = middle
        else:
            after = middle
    return after


def _offset(moment: datetime, place: ZoneInfo) -> timedelta | None:
    return moment.astimezone(place).utcoffset()


def _triggers(cron: str) -> tuple[CronTrigger, ...]:
    """What an expression means: it is due when any of these is.

    Where day of the month and weekday are both restricted, cron means either (crontab(5)).
    They count in UTC, which has every time once; what a clock makes of that is not theirs.
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
            timezone=UTC,
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
