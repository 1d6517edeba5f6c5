"""Hours in which failed runs are expected: a nightly restart, announced maintenance."""

import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from tieout.settings.rules import words

ALLOWED = 'must be like "23:45-00:30", or "CONNECTION 23:45-00:30" for one connection'
_FORM = re.compile(r"(?:(?P<connection>\S+)\s+)?(?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """From `start` until before `end` each day, over midnight where that is earlier.

    None as the connection means every one.
    """

    start: time
    end: time
    connection: str | None = None

    def cover(self, connection: str, at: datetime, *, zone: ZoneInfo) -> bool:
        """Whether a connection's failure at this moment is expected.

        >>> from datetime import UTC
        >>> night = QuietHours(start=time(23, 45), end=time(0, 30))
        >>> night.cover("ibkr", datetime(2026, 11, 20, 0, 29, tzinfo=UTC), zone=ZoneInfo("UTC"))
        True
        """
        if self.connection not in (None, connection):
            return False
        now = at.astimezone(zone).time()
        if self.start < self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end


def quiet_hours(value: Any) -> tuple[QuietHours, ...]:
    """Hours of every day, each for all connections or for one."""
    return tuple(map(_one, words(value)))


def _one(text: str) -> QuietHours:
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(ALLOWED)
    try:
        start, end = time.fromisoformat(found["start"]), time.fromisoformat(found["end"])
    except ValueError:
        raise ValueError(ALLOWED) from None
    return QuietHours(start=start, end=end, connection=found["connection"])
