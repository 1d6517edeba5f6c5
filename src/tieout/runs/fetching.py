"""Reading a venue within a deadline: what it reports, or in words why there is no news."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tieout.core.activity import Activity
from tieout.core.book import AccountId
from tieout.core.errors import VenueError
from tieout.core.instrument import Instrument
from tieout.core.snapshot import FAILURE_KINDS, Failure, FailureKind, Snapshot
from tieout.ports import RawReply, Venue


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What one run has to go by. No snapshot at all means that the venue was not asked."""

    snapshot: Snapshot | Failure | None = None
    activities: tuple[Activity, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    ignored: tuple[str, ...] = ()
    evidence: tuple[RawReply, ...] = ()
    cursor: str | None = None
    contract_costs: Mapping[str, Decimal] = field(default_factory=dict)


async def fetch(
    venue: Venue, account: AccountId, *, cursor: str | None, deadline_s: float
) -> Fetched:
    """One reading of an account. Whatever goes wrong at the venue becomes a Failure."""
    try:
        async with asyncio.timeout(deadline_s):
            read = await venue.read(account, cursor=cursor)
    except VenueError as error:
        failure = Failure(kind=_kind_of(error), message=str(error))
        return Fetched(snapshot=failure, evidence=_replies_on(error), cursor=cursor)
    except TimeoutError:
        message = f"{venue.name}: did not finish within {deadline_s:g} s - try again later"
        return Fetched(snapshot=Failure(kind="unavailable", message=message), cursor=cursor)
    return Fetched(
        snapshot=read.snapshot,
        activities=read.activities,
        instruments=read.instruments,
        ignored=read.ignored,
        evidence=read.evidence,
        cursor=read.cursor if read.cursor is not None else cursor,
        contract_costs=read.contract_costs,
    )


def _kind_of(error: VenueError) -> FailureKind:
    return next((kind for kind in FAILURE_KINDS if kind == error.kind), "unavailable")


def _replies_on(error: VenueError) -> tuple[RawReply, ...]:
    """The replies that did arrive, which the venue module hangs on its error."""
    return tuple(each for each in error.evidence if isinstance(each, RawReply))
