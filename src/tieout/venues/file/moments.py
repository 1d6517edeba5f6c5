"""Of when a statement is: what it says itself, else its name, else when it was written.

It is never taken for newer than told: of several times the oldest counts, and a day alone is
that whole day, but not beyond the moment in which the file was written. A day or time that had
not even begun then is left as it is told: whoever reads the file must not take it for today's.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from tieout.bulk.exact import shortened

_IN_A_NAME = re.compile(
    r"(?<!\d)(20\d\d)-?([01]\d)-?([0-3]\d)"
    r"(?:[T_ -]?([0-2]\d)[:-]?([0-5]\d)(?:[:-]?([0-5]\d))?Z?)?(?!\d)"
)


SKEW = timedelta(seconds=5)  # by as much may the clock of a file server be ahead
EAST = timedelta(hours=14)  # where no zone is set, it may be that of the earliest


class MomentFault(ValueError):
    """A text is no time that can be relied on."""


def moment_of(text: str, *, zone: tzinfo | None, written_at: datetime) -> datetime:
    """The time in UTC that a cell tells; a day alone is its end, but not after it was written.

    >>> late = datetime(2027, 1, 1, tzinfo=UTC)
    >>> moment_of("2026-11-20T15:00:00-05:00", zone=None, written_at=late).isoformat()
    '2026-11-20T20:00:00+00:00'
    >>> moment_of("2026-11-20", zone=UTC, written_at=late).isoformat()
    '2026-11-20T23:59:59+00:00'
    >>> moment_of("2027-01-02", zone=UTC, written_at=late).isoformat()
    '2027-01-02T23:59:59+00:00'
    """
    try:
        if len(text) == len("2026-11-20"):
            day = date.fromisoformat(text)
            begun, end = _end_of(day - timedelta(days=1), zone), _end_of(day, zone)
            return _not_after(written_at, end, begun=begun, zone=zone)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        message = f"{shortened(text)} is no time such as 2026-11-20T15:00:00Z"
        raise MomentFault(message) from None
    if found.tzinfo is None:
        if zone is None:
            raise MomentFault(
                f"{shortened(text)} needs a time zone (Z, or an offset such as -05:00); "
                "or set the timezone of this connection"
            )
        found = found.replace(tzinfo=zone)
    return found.astimezone(UTC)


def moment_in_name(name: str, *, zone: tzinfo | None, written_at: datetime) -> datetime | None:
    """The time that a file's name tells, not after it was written unless it was then still to
    come; None where it tells none.

    >>> late = datetime(2027, 1, 1, tzinfo=UTC)
    >>> moment_in_name("positions-20261120-1530.csv", zone=None, written_at=late).isoformat()
    '2026-11-20T15:30:00+00:00'
    """
    found = _IN_A_NAME.search(name)
    if found is None:
        return None
    zone = UTC if found.group().endswith("Z") else zone
    year, month, day, hour, minute, second = found.groups()
    try:
        on = date(int(year), int(month), int(day))
        if hour is None:
            told, begun = _end_of(on, zone), _end_of(on - timedelta(days=1), zone)
        else:
            at = time(int(hour), int(minute), int(second or 0), tzinfo=zone or UTC)
            told = begun = datetime.combine(on, at).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return _not_after(written_at, told, begun=begun, zone=zone)


def _not_after(
    written_at: datetime, told: datetime, *, begun: datetime, zone: tzinfo | None
) -> datetime:
    """The time told, cut at the writing where that falls within what is told."""
    margin = SKEW if zone is not None else SKEW + EAST
    return told if begun > written_at + margin else min(told, written_at)


def _end_of(day: date, zone: tzinfo | None) -> datetime:
    midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone or UTC)
    return midnight.astimezone(UTC) - timedelta(seconds=1)
