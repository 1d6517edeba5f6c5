"""What came of one request: an answer as it was on the wire, or why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

# No connection; silence; a certificate that is not trusted; a body that ended early; one that
# was too long; one whose length is told as something that is no length.
Fault = Literal["unreachable", "timeout", "tls", "cut", "too_large", "unmeasured"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a request brought: a status with headers and body, or a fault, or a body cut short.

    The names of headers are in small letters.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    fault: Fault | None = None


def date_in(text: str) -> datetime | None:
    """The moment that a Date or Retry-After stands for; None for what is no such date.

    >>> date_in("Fri, 20 Nov 2026 15:00:00 GMT").isoformat()
    '2026-11-20T15:00:00+00:00'
    """
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
