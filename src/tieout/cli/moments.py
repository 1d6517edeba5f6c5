"""Times that a person types or reads, in this machine's own zone."""

from datetime import date, datetime, time, timedelta

from tieout.core.errors import SettingsError

EXAMPLES = "write 2026-11-20, 2026-11-20T16:00 or 2026-11-20T21:00:00Z"

YEAR_MIN, YEAR_MAX = 1900, 9998


def end_of(text: str, option: str) -> datetime:
    """A moment; for a day alone its last one."""
    day = _day(text, option)
    if day is not None:
        return _local(datetime.combine(day + timedelta(days=1), time())) - timedelta(microseconds=1)
    return _moment(text, option)


def start_of(text: str, option: str) -> datetime:
    """A moment; for a day alone its first one."""
    day = _day(text, option)
    return _local(datetime.combine(day, time())) if day is not None else _moment(text, option)


def end_before(text: str, option: str) -> datetime:
    """The moment before which a span ends; for a day alone it contains that whole day."""
    day = _day(text, option)
    if day is None:
        return _moment(text, option)
    return _local(datetime.combine(day + timedelta(days=1), time()))


def _day(text: str, option: str) -> date | None:
    """The day, in any way of writing one; None for a text that says more or something else."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    _check_year(day.year, text, option)
    return day


def _moment(text: str, option: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise SettingsError(f"{option}: {text!r} is not a time; {EXAMPLES}") from None
    _check_year(moment.year, text, option)
    return _local(moment)


def _check_year(year: int, text: str, option: str) -> None:
    """Refuse the ends of the calendar, beyond which another zone would have to reach."""
    if not YEAR_MIN <= year <= YEAR_MAX:
        advice = f"write a year from {YEAR_MIN} to {YEAR_MAX}"
        raise SettingsError(f"{option}: {text!r} is too far away; {advice}")


def _local(moment: datetime) -> datetime:
    return moment.astimezone() if moment.tzinfo is None else moment


def in_full(moment: datetime) -> str:
    """A moment with its date and zone.

    >>> from datetime import UTC
    >>> in_full(datetime(2026, 11, 20, 15, tzinfo=UTC))[:2]
    '20'
    """
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
