"""Times that a person types or reads, in this machine's own zone."""

from datetime import date, datetime, time, timedelta

from tieout.core.errors import SettingsError

EXAMPLES = "write 2026-11-20, 2026-11-20T16:00 or 2026-11-20T21:00:00Z"


def end_of(text: str, option: str) -> datetime:
    """A moment; for a day alone its last one."""
    day = _day(text)
    if day is not None:
        return _local(datetime.combine(day + timedelta(days=1), time())) - timedelta(microseconds=1)
    return _moment(text, option)


def start_of(text: str, option: str) -> datetime:
    """A moment; for a day alone its first one."""
    day = _day(text)
    return _local(datetime.combine(day, time())) if day is not None else _moment(text, option)


def end_before(text: str, option: str) -> datetime:
    """The moment before which a span ends; for a day alone it contains that whole day."""
    day = _day(text)
    if day is None:
        return _moment(text, option)
    return _local(datetime.combine(day + timedelta(days=1), time()))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if len(text.strip()) == 10 else None
    except ValueError:
        return None


def _moment(text: str, option: str) -> datetime:
    try:
        return _local(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError):
        raise SettingsError(f"{option}: {text!r} is not a time; {EXAMPLES}") from None


def _local(moment: datetime) -> datetime:
    return moment.astimezone() if moment.tzinfo is None else moment


def in_full(moment: datetime) -> str:
    """A moment with its date and zone.

    >>> from datetime import UTC
    >>> in_full(datetime(2026, 11, 20, 15, tzinfo=UTC))[:2]
    '20'
    """
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
