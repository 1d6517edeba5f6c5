"""The first complete snapshot of an account without history: the book takes it over."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from tieout.core.bookings import provisional, up_to
from tieout.core.breaks import Break
from tieout.core.comparison import row_quantity
from tieout.core.draft import Draft
from tieout.core.facts import Adopted, Confirmed
from tieout.core.instrument import LedgerId
from tieout.core.matching import known_number
from tieout.core.numbers import ZERO
from tieout.core.planning import Outlook
from tieout.core.reading import ledger_of_row, read_rows, refused_for_size
from tieout.core.snapshot import Holding, Snapshot


def is_adoption(draft: Draft, snapshot: Snapshot) -> bool:
    """Whether nothing was ever booked in this account, and the broker is to be believed."""
    is_new = not draft.book.state.has_history
    return is_new and snapshot.complete and draft.policy.truth == "broker"


def adopt(draft: Draft, snapshot: Snapshot, decided: dict[str, Break]) -> Outlook:
    """Create every holding; what is known to have happened before gives it its history."""
    reading = read_rows(draft, list(enumerate(snapshot.holdings, start=1)))
    adopted: dict[LedgerId, Holding] = {}
    for number, row in reading.valid:
        key = ledger_of_row(draft, row, adopts=True)
        if key is None:
            continue
        refused = refused_for_size(draft, key, row, number=number)
        if refused is None:
            adopted[key] = row
        else:
            reading = replace(reading, invalid=(*reading.invalid, refused))
    unread = {finding.ledger for finding in reading.invalid}
    early = {
        key
        for key, activities in draft.arrived.items()
        if key not in unread
        and any(activity.starts_at <= snapshot.as_of for activity in activities)
    }
    for key in {**dict.fromkeys(adopted), **dict.fromkeys(sorted(early))}:
        known = adopted.get(key)
        draft.add(
            Adopted(
                ledger=key,
                order=draft.order(),
                at=snapshot.as_of,
                quantity=row_quantity(known) if known is not None else ZERO,
                average=known_number(known.average_price) if known is not None else None,
                history=draft.book.account.history,
            )
        )
        draft.set_status(key, "SYNCED")
    draft.set_touched("SYNCED")
    _judge_bookings(draft, adopted, at=snapshot.as_of)
    return Outlook(
        outcome="partial" if reading.invalid else "applied",
        tied_out=True,
        found=reading.found,
        reading=reading.with_seen(adopted),
        decided=decided,
        at=snapshot.as_of,
        counts=True,
        applies=True,
        adopts=True,
    )


def _judge_bookings(draft: Draft, adopted: Mapping[LedgerId, Holding], *, at: datetime) -> None:
    """Our own bookings of this run: shown by the venue, or waiting for it."""
    for key in list(draft.touched()):
        bookings = provisional(draft, key)
        shown = up_to(bookings, at) if key in adopted else ()
        for booking in shown:
            order = draft.order()
            draft.add(Confirmed(ledger=key, order=order, at=at, booking=booking.fact.order))
        if len(shown) < len(bookings):
            draft.set_status(key, "PENDING")
