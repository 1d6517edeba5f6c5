"""Times on Coinbase's wire: texts in UTC for spot and futures, milliseconds at the gateway."""

from datetime import UTC, date, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(text: str | None) -> datetime | None:
    """A time stamp in UTC; None for an empty or unreadable one.

    >>> moment("2023-01-29T05:25:44.829980Z").isoformat()
    '2023-01-29T05:25:44.829980+00:00'
    """
    if not text or len(text.strip()) <= len("2026-01-02"):
        return None
    try:
        found = datetime.fromisoformat(text.strip())
        return (found.replace(tzinfo=UTC) if found.tzinfo is None else found).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def written(at: datetime) -> str:
    """A time as Coinbase takes it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def day(text: str | None) -> date | None:
    """The day of a time stamp."""
    found = moment(text)
    return None if found is None else found.date()


def moment_of(milliseconds: int) -> datetime:
    """Milliseconds since 1970 as a time."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def milliseconds_of(at: datetime) -> int:
    """A time as milliseconds since 1970."""
    return (at - EPOCH) // timedelta(milliseconds=1)
