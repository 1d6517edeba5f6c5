"""Bookings of our own that nobody has confirmed yet, and how much of them the venue shows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tieout.core.draft import Draft
from tieout.core.explaining import Allocation, common_part
from tieout.core.facts import Booked, in_time
from tieout.core.instrument import LedgerId
from tieout.core.numbers import ZERO, add, subtract


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisional:
    """A booking and what no fill has confirmed of it: `left`, signed like the booking."""

    fact: Booked
    left: Decimal


def provisional(draft: Draft, key: LedgerId) -> tuple[Provisional, ...]:
    """The bookings of a ledger that wait for a snapshot or a fill, in order of time."""
    waiting = set(draft.expected(key).booked)
    if not waiting:
        return ()
    facts = sorted(draft.facts_of(key), key=in_time)
    left = Allocation.of(facts).booking_left
    return tuple(
        Provisional(fact=fact, left=left[fact.order])
        for fact in facts
        if isinstance(fact, Booked) and fact.order in waiting
    )


def up_to(bookings: Iterable[Provisional], at: datetime) -> tuple[Provisional, ...]:
    """Those that a snapshot as of this time could show; it says nothing about later ones."""
    return tuple(each for each in bookings if each.fact.at <= at)


def total_left(bookings: Iterable[Provisional]) -> Decimal:
    """What all of them still move the position by, signed."""
    total = ZERO
    for each in bookings:
        total = add(total, each.left)
    return total


def not_shown(
    bookings: Iterable[Provisional], missing: Decimal
) -> Iterator[tuple[Provisional, Decimal]]:
    """The part of each booking that the venue does not show, the last booking first.

    `missing` is what they moved the position by and the venue's quantity lacks, signed like them.
    """
    for each in reversed(tuple(bookings)):
        part = common_part(each.left, missing)
        missing = subtract(missing, part)
        yield each, part
