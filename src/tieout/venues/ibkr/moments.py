"""When an execution was: New York's time with its zone, or UTC without one."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# "20261120 09:30:00 US/Eastern", or "20261120-14:30:00" in UTC: ib_insync #671, ib_async #230.
_ZONED = re.compile(r"(\d{8})\s+(\d{2}:\d{2}:\d{2})\s+(\S+)")
_IN_UTC = re.compile(r"(\d{8})-(\d{2}:\d{2}:\d{2})")
_OFFSET = re.compile(r"(?:GMT|UTC)([+-])(\d{1,2})(?::?(\d{2}))?")


def moment(text: str) -> datetime | None:
    """The moment in UTC; None where it cannot be told, a time without zone of its own included.

    >>> moment("20261120 09:30:00 US/Eastern") == moment("20261120-14:30:00")
    True
    """
    found = _IN_UTC.fullmatch(text.strip())
    if found:
        return _at(found[1], found[2], UTC)
    found = _ZONED.fullmatch(text.strip())
    zone = _zone(found[3]) if found else None
    return _at(found[1], found[2], zone) if found and zone else None


def _at(day: str, clock: str, zone: tzinfo) -> datetime | None:
    try:
        local = datetime.strptime(f"{day} {clock}", "%Y%m%d %H:%M:%S").replace(tzinfo=zone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(name: str) -> tzinfo | None:
    offset = _OFFSET.fullmatch(name)
    if offset:
        minutes = 60 * int(offset[2]) + int(offset[3] or 0)
        return timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
