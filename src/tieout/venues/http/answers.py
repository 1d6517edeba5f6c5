"""What came of one request: an answer as it was on the wire, or why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tieout.retry_after import date_in as date_in  # also that of a Date

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
