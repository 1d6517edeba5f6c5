"""Positions in isolated margin at the gateway: each is in a subaccount of its own that is hidden.

They are not among the positions of a login, nor their trades among its trades (Coinbase's guide
to isolated positions), and are not booked yet. That there are any is told, so that no snapshot
counts as whole without them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tieout.core.errors import VenueRefused, VenueReplyInvalid
from tieout.venues.coinbase.gateway import Gateway
from tieout.venues.coinbase.rows import PerpetualRow, Unreadable
from tieout.venues.http.bodies import number
from tieout.venues.http.together import together
from tieout.venues.http.trace import Trace

# A subaccount comes with its first order and stays: asked again after this long.
KEPT = timedelta(minutes=10)


@dataclass(slots=True)
class Hidden:
    """The hidden subaccounts of a login, and when they were asked for."""

    ids: tuple[int, ...] = ()
    asked_at: datetime | None = None


@dataclass(slots=True)
class Isolated:
    """What one reading found of them: why the snapshot is not whole, and what is not known."""

    problems: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


async def read_isolated(
    gateway: Gateway, hidden: Hidden, *, now: datetime, trace: Trace
) -> Isolated:
    """Whether there is anything in isolated margin."""
    found = Isolated()
    if hidden.asked_at is None or now - hidden.asked_at >= KEPT:
        try:
            hidden.ids = await _hidden_ids(gateway, trace)
            hidden.asked_at = now
        except VenueRefused as refused:
            hidden.asked_at = now
            found.ignored.append(
                f"positions in isolated margin, of which the gateway does not tell: {refused}"
            )
        except VenueReplyInvalid as invalid:
            found.problems.append(f"whether there is anything in isolated margin: {invalid}")
    for each in hidden.ids:
        try:
            rows = await gateway.positions(of=each, trace=trace)
        except VenueRefused as refused:
            found.problems.append(f"isolated margin in subaccount {each} is not read: {refused}")
        else:
            found.problems += _problems(each, rows)
    return found


async def _hidden_ids(gateway: Gateway, trace: Trace) -> tuple[int, ...]:
    """The subaccounts that are listed only where isolated ones are asked for."""
    listed, others = await together(
        gateway.subaccounts(with_isolated=True, trace=trace),
        gateway.subaccounts(with_isolated=False, trace=trace),
    )
    return tuple(sorted(set(listed) - set(others)))


def _problems(owner: int, rows: Sequence[PerpetualRow | Unreadable]) -> list[str]:
    """A row in words, unless it says that nothing is held."""
    held = [
        row if isinstance(row, Unreadable) else f"{row.name} {row.size}"
        for row in rows
        if isinstance(row, Unreadable) or number(row.size) != 0
    ]
    return [
        f"a position in isolated margin is not read yet, {each} in subaccount {owner}: close it, "
        'or set perpetuals = "no" to leave out all of the gateway'
        for each in held
    ]
