"""Never believe a suspicious snapshot: when a run is held until a person has looked."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from tieout.core.calendar import time_text
from tieout.core.instrument import LedgerId
from tieout.core.numbers import multiply
from tieout.core.policy import Policy


def reason_to_hold(
    vanished: Sequence[LedgerId], *, held_positions: int, rows: int, policy: Policy
) -> str | None:
    """Why a snapshot must not be applied, or None.

    `vanished` are the positions that the book still holds after all activities and that the
    snapshot lacks without proof; `held_positions` is how many the book holds in all.

    >>> reason_to_hold([], held_positions=5, rows=5, policy=Policy()) is None
    True
    """
    if not vanished:
        return None
    count = len(vanished)
    if policy.guard_empty and not rows:
        return f"the snapshot is empty and the book holds {_positions(count)}"
    limit = multiply(policy.guard_close_share, Decimal(held_positions))
    if count >= policy.guard_close_min and Decimal(count) > limit:
        return f"{count} of {_positions(held_positions)} are missing from the snapshot"
    return None


def _positions(count: int) -> str:
    return f"{count} position" if count == 1 else f"{count} positions"


def is_stale(as_of: datetime, *, last_applied: datetime | None) -> bool:
    """Whether a snapshot is older than the last one that was applied."""
    return last_applied is not None and as_of < last_applied


def reason_to_reject(as_of: datetime, *, last_applied: datetime, now: datetime) -> str:
    """Why a stale snapshot is not applied. Our own clock may be what went back.

    >>> from datetime import UTC, timedelta
    >>> last = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    >>> earlier = last - timedelta(hours=1)
    >>> reason_to_reject(earlier, last_applied=last, now=last)
    'the snapshot of 2026-11-20T14:00:00Z is older than the last applied, 2026-11-20T15:00:00Z'
    >>> reason_to_reject(earlier, last_applied=last, now=earlier).partition("; ")[2]
    "check this machine's clock, which is behind that"
    """
    older = f"the snapshot of {time_text(as_of)} is older than the last applied"
    clock = "; check this machine's clock, which is behind that" if now < last_applied else ""
    return f"{older}, {time_text(last_applied)}{clock}"


def is_same_list(ours: Sequence[LedgerId], before: Sequence[LedgerId] | None) -> bool:
    """Whether a held run lists what the held run before it listed; then it does not alert."""
    return before is not None and sorted(ours) == sorted(before)
