"""When an activity took effect. Alpaca gives fills a time, and most else no more than a day.

| activity | with only a day, it counts from |
|---|---|
| corporate action, transfer | 00:00 New York: booked before the open |
| option event, fee, dividend, cash in lieu | 23:59:59 New York: after the day's trades |

Such a day-end time is the latest that it can have been; `began_at` is the earliest, since the
position shows a coin fee with the trade and an expiry at the close, long before they are listed.

Newer rows also say when Alpaca wrote them down (`created_at`). Its own book has them from then
on, so nothing counts later, and a corporate action or transfer counts exactly from then.

The answer depends on the row alone and never on the clock: a row read twice is the same activity.
"""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from tieout.venues.alpaca.wire import ActivityRow
from tieout.venues.moments import moment

NEW_YORK = ZoneInfo("America/New_York")
OPEN = time(0, 0)
END = time(23, 59, 59)
YEAR_MIN, YEAR_MAX = 1900, 2999  # others are no day of trading, and cannot be turned into UTC


def traded_at(row: ActivityRow) -> datetime | None:
    """The moment of a trade; for a row without one, the end of its day."""
    return ended_at(row)


def opened_at(row: ActivityRow) -> datetime | None:
    """The moment from which a corporate action or transfer counts."""
    written = written_at(row)
    day = _day_in(row.ex_date) or _day_of(row)
    return written or (_at(day, OPEN) if day else None)


def began_at(row: ActivityRow) -> datetime | None:
    """The first moment at which positions may show a row that has only a day."""
    day = _day_of(row)
    if moment(row.transaction_time) is not None or day is None:
        return None
    return _at(day, OPEN)


def ended_at(row: ActivityRow) -> datetime | None:
    """The moment at which an option event, a fee or a payment counts."""
    traded = moment(row.transaction_time)
    if traded is not None:
        return traded
    day = _day_of(row)
    written = moment(row.created_at)
    return _earliest(_at(day, END), written) if day else written


def written_at(row: ActivityRow) -> datetime | None:
    """When Alpaca is known to have had this row; None where the row has only a day."""
    return moment(row.transaction_time) or moment(row.created_at)


def seen_at(row: ActivityRow) -> datetime | None:
    """How far a reading that ends with this row has come; never later than its true moment."""
    day = _day_of(row)
    return written_at(row) or (_at(day, OPEN) if day else None)


def _day_of(row: ActivityRow) -> date | None:
    """The day of a row; where it has none, the one its id begins with.

    The hour in an id is on a 12-hour clock (recorded in May 2020), its day can be relied upon.
    """
    return _day_in(row.date) or _day_in((row.id or "")[:8])


def _day_in(text: str | None) -> date | None:
    try:
        day = date.fromisoformat((text or "").strip().partition("T")[0])
    except ValueError:
        return None
    return day if YEAR_MIN <= day.year <= YEAR_MAX else None


def _at(day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=NEW_YORK).astimezone(UTC)


def _earliest(one: datetime, other: datetime | None) -> datetime:
    return one if other is None else min(one, other)
