"""What the headers of a reply tell `doctor`: the clock, and what is left of the limit."""

from collections.abc import Mapping
from datetime import datetime

from tieout.ports import Finding
from tieout.venues.connection import CLOCK_ADVICE, clock_finding
from tieout.venues.http.answers import date_in

SHARE_MIN = 0.1
DIGITS_MAX = 18


def clock_told(
    headers: Mapping[str, str], *, at: datetime, of: str, advice: str = CLOCK_ADVICE
) -> Finding | None:
    """How far this machine's clock is from theirs, to the second that a Date header has.

    `at` is when the reply was made by our clock. None where there is no such header.
    """
    theirs = date_in(headers.get("date", ""))
    return None if theirs is None else clock_finding(at, theirs, of=of, advice=advice)


def rate_told(
    headers: Mapping[str, str],
    *,
    left: str = "x-ratelimit-remaining",
    limit: str = "x-ratelimit-limit",
    each: str = "",
    advice: str,
) -> Finding | None:
    """How many requests are left, `each` minute for example. None where it is not told."""
    told = [headers.get(name, "") for name in (left, limit)]
    if not all(text.isdecimal() and len(text) <= DIGITS_MAX for text in told):
        return None
    count, most = map(int, told)
    if not most:
        return None
    is_enough = count >= SHARE_MIN * most
    return Finding(
        subject="rate limit",
        level="ok" if is_enough else "warning",
        message=f"{told[0]} of {told[1]} requests left{each}",
        advice="" if is_enough else advice,
    )
