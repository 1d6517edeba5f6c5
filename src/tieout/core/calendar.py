"""Which day it is in New York, and how a time is written."""

from datetime import UTC, date, datetime, timedelta


def new_york_day(at: datetime) -> date:
    """The date in New York at a UTC time, by the daylight saving rule in force since 2007.

    >>> from datetime import UTC
    >>> new_york_day(datetime(2026, 11, 20, 4, 59, tzinfo=UTC))
    datetime.date(2026, 11, 19)
    >>> new_york_day(datetime(2026, 7, 1, 4, 0, tzinfo=UTC))
    datetime.date(2026, 7, 1)
    """
    spring = _sunday(at.year, 3, 2)
    autumn = _sunday(at.year, 11, 1)
    moment = at.replace(tzinfo=None)
    is_summer = spring + timedelta(hours=7) <= moment < autumn + timedelta(hours=6)
    return (moment - timedelta(hours=4 if is_summer else 5)).date()


def _sunday(year: int, month: int, number: int) -> datetime:
    """Midnight of the first, second ... Sunday of a month."""
    first = datetime(year, month, 1)  # noqa: DTZ001 - compared with local times only
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (number - 1))


def time_text(at: datetime) -> str:
    """RFC 3339 in UTC with Z, fractions only where there are any."""
    text = at.astimezone(UTC).replace(tzinfo=None).isoformat()
    return f"{text.rstrip('0') if '.' in text else text}Z"
