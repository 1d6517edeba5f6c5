"""What a run had to go by, kept beside the raw replies so that the run can be run again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from tieout.core.activity import Activity
from tieout.core.book import Account
from tieout.core.errors import StoreError
from tieout.core.instrument import Instrument
from tieout.core.policy import Policy
from tieout.core.snapshot import Failure, Local, Snapshot
from tieout.ports import RawReply
from tieout.runs.order import Drafted

CALL = "tieout:read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """All that one run was given. A snapshot, a failure, or neither arrived."""

    run: str
    at: datetime
    account: Account
    policy: Policy
    snapshot: Snapshot | None = None
    failure: Failure | None = None
    activities: tuple[Activity, ...] = ()
    local: tuple[Local, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    approve: bool = False


def reply_of(drafted: Drafted) -> RawReply:
    """The observation of a run, in the form in which evidence is kept."""
    order, fetched = drafted.order, drafted.fetched
    arrived = fetched.snapshot
    observation = Observation(
        run=drafted.run,
        at=drafted.plan.at,
        account=order.account,
        policy=order.policy,
        snapshot=arrived if isinstance(arrived, Snapshot) else None,
        failure=arrived if isinstance(arrived, Failure) else None,
        activities=fetched.activities,
        local=order.local,
        instruments=fetched.instruments,
        approve=order.approve,
    )
    body = msgspec.json.encode(observation)
    return RawReply(call=CALL, status=None, received_at=drafted.plan.at, body=body)


def observation_in(replies: Iterable[RawReply], *, run: str) -> Observation | None:
    """What `reply_of` kept of a run, if it is among the replies."""
    for reply in replies:
        if reply.call == CALL:
            return _observation(reply.body, run)
    return None


def _observation(body: bytes, run: str) -> Observation:
    try:
        return msgspec.json.decode(body, type=Observation)
    except ValueError as failure:
        message = f"what run {run} was given cannot be read ({failure}); it was changed"
        raise StoreError(message) from failure
