"""Times in requests: RFC 3339, with a zone."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from litestar.params import Parameter

from tieout.web.problems import bad_request

MomentText = Annotated[
    str | None,
    Parameter(
        max_length=100,
        schema_extra={"format": "date-time"},
        description="A time with its zone, such as 2026-11-20T00:00:00Z.",
    ),
]


def moment(text: str | None) -> datetime | None:
    """The time that was written, in UTC. Raises Problem 400 for what is none or has no zone."""
    if text is None:
        return None
    try:
        found = msgspec.convert(text, datetime)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError):
        pass
    raise bad_request(f"{text!r} is no time with a zone", "write 2026-11-20T00:00:00Z")
