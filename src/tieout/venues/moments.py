"""Times as venues write them, as moments in UTC and back."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def moment(text: str | None) -> datetime | None:
    """A time stamp in UTC, where one without a zone is meant; None for an unreadable one or a day.

    >>> moment("2026-01-02T09:43:59.05095724-05:00").isoformat()
    '2026-01-02T14:43:59.050957+00:00'
    """
    if not text or len(text.strip()) <= len("2026-01-02"):
        return None
    try:
        found = datetime.fromisoformat(text.strip())
        return (found.replace(tzinfo=UTC) if found.tzinfo is None else found).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def moment_of(milliseconds: int) -> datetime:
    """Milliseconds since 1970 as a moment. Raises OverflowError beyond the year 9999."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def milliseconds_of(at: datetime) -> int:
    """A moment as milliseconds since 1970."""
    return (at - EPOCH) // MILLISECOND
