"""One reading: by when it must be done, and every reply that was heard, kept as evidence."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from tieout.core.errors import VenueError, VenueUnavailable
from tieout.ports import Clock, RawReply
from tieout.venues.connection import ADVICE_AGAIN
from tieout.venues.http.scrub import Scrub

Result = TypeVar("Result")


@dataclass(slots=True)
class Trace:
    """What one reading has asked and heard so far, and by when it must be done."""

    deadline_at: datetime
    replies: list[RawReply] = field(default_factory=list)


async def in_time(
    work: Callable[[Trace], Awaitable[Result]],
    *,
    deadline_s: float,
    clock: Clock,
    venue: str,
    whom: str,
) -> Result:
    """Do a reading in time. What comes later is dropped with the thread that waits for it.

    Every VenueError has the replies that did arrive, as the port promises; being late is one.
    """
    trace = Trace(deadline_at=clock.now() + timedelta(seconds=deadline_s))
    try:
        async with asyncio.timeout(deadline_s):
            return await work(trace)
    except TimeoutError:
        late = VenueUnavailable(
            f"{whom} did not answer everything within {deadline_s:g} s",
            venue=venue,
            advice=ADVICE_AGAIN,
        )
        late.evidence = tuple(trace.replies)
        raise late from None
    except VenueError as error:
        error.evidence = tuple(trace.replies)
        raise error from None


def evidence_of(
    call: str,
    *,
    body: bytes,
    status: int | None,
    fault: str | None,
    at: datetime,
    scrub: Scrub,
    bytes_max: int,
) -> RawReply:
    """What is kept of a reply: no secrets, no more than so many bytes, and what was wrong."""
    kept = scrub.bytes(body)
    if len(kept) > bytes_max:
        call = f"{call} (the first {bytes_max} of {len(kept)} bytes)"
    if fault is not None:
        call = f"{call} ({fault})"
    return RawReply(call=call, status=status, received_at=at, body=kept[:bytes_max])
