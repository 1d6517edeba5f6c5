"""What is the same wherever a Flex statement is read; it needs neither `ibflex` nor `ib_async`."""

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
DAY_END = time(23, 59, 59)
_VERSION = re.compile(r"(.+)\.([0-9]{1,9})")


def version_of(execution_id: str) -> tuple[str, int]:
    """What an execution is called in all its versions, and which of them this is.

    "A correction is indicated by an ExecId which differs only in the digits after the final
    period": IBKR's API, Execution.execId, which is `ibExecID` in a statement.

    >>> version_of("0000e0d5.6576fd38.01.02"), version_of("many")
    (('0000e0d5.6576fd38.01', 2), ('many', 0))
    """
    found = _VERSION.fullmatch(execution_id)
    return (found[1], int(found[2])) if found else (execution_id, 0)


def day_end(day: date) -> datetime:
    """The last second of a day in New York: an event comes after the trades of its day."""
    return datetime.combine(day, DAY_END, NEW_YORK).astimezone(UTC)
