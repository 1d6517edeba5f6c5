"""Retry-After: how long who answered over HTTP wants to be left alone."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

DIGITS_MAX = 20


def wait_s_in(text: str, *, now: datetime) -> float | None:
    """The seconds that a Retry-After asks for, told as such or as a date; 0 and less for none.

    None for what is neither.

    >>> now = datetime(2026, 11, 20, 15, tzinfo=UTC)
    >>> [wait_s_in(text, now=now) for text in ("3", "1.5", "Fri, 20 Nov 2026 15:00:30 GMT", "soon")]
    [3.0, 1.5, 30.0, None]
    """
    told = text.strip()
    wait_s = seconds_in(told)
    at = date_in(told) if wait_s is None and told else None
    return (at - now).total_seconds() if at is not None else wait_s


def seconds_in(text: str) -> float | None:
    """A number of seconds; None for what is none, or has more digits than any wait."""
    is_number = text.isascii() and text.replace(".", "", 1).isdecimal()
    return float(text) if is_number and len(text) < DIGITS_MAX else None


def date_in(text: str) -> datetime | None:
    """The moment that a Date or Retry-After stands for; None for what is no such date.

    >>> date_in("Fri, 20 Nov 2026 15:00:00 GMT").isoformat()
    '2026-11-20T15:00:00+00:00'
    """
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
