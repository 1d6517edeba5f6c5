"""Renames and the names they take: what they join, and what had the name before.

From a rename on, its new name means what was renamed. A ledger that only began under that name
afterwards was the same instrument all along, and is joined. One that had the name before is another
instrument (a re-used ticker): it stays apart and keeps its position, and the name means it only for
what happened before the rename.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from tieout.core.activity import Activity
from tieout.core.draft import Draft
from tieout.core.explaining import taken_back
from tieout.core.facts import Happened, is_joining
from tieout.core.instrument import LedgerId, spelling_key


def joined_by(draft: Draft, activity: Activity, key: LedgerId) -> LedgerId | None:
    """The ledger that a rename of `key` shows to be the same; the others lose the name to it."""
    assert activity.to is not None, activity.id
    named = [each for each in draft.names.called(activity.to, side=activity.side) if each != key]
    same = [each for each in named if _is_same(draft, each, activity, key)]
    chosen = draft.names.of_open(same)
    for each in named:
        if each != chosen:
            _lose_name(draft, each, activity)
    _regain_names(draft, [key], activity)
    if chosen is not None:
        draft.join(chosen, into=key)
    return chosen


def _is_same(draft: Draft, found: LedgerId, activity: Activity, key: LedgerId) -> bool:
    """Whether a ledger began under the new name, and the venue's ids do not say otherwise."""
    ledger = draft.ledger(found)
    if ledger.first_at is None or ledger.first_at < activity.starts_at:
        return False
    theirs = set(ledger.instrument.venue_ids)
    ours = set(draft.ledger(key).instrument.venue_ids)
    return not theirs or not ours or bool(theirs & ours)


def _lose_name(draft: Draft, key: LedgerId, activity: Activity) -> None:
    assert activity.to is not None, activity.id
    ledger = draft.ledger(key)
    name = spelling_key(activity.to)
    if name not in dict(ledger.lost_names):
        lost = (*ledger.lost_names, (name, activity.starts_at))
        draft.put(replace(ledger, lost_names=lost))
        draft.names.add(draft.ledger(key))


def _regain_names(
    draft: Draft, keys: Iterable[LedgerId], activity: Activity, *, since: datetime | None = None
) -> None:
    """A rename gives a name back, or its end does to those that lost it then (`since`)."""
    name = spelling_key(activity.to or "")
    for key in keys:
        ledger = draft.ledger(key)
        lost_at = dict(ledger.lost_names).get(name)
        if lost_at is not None and since in (None, lost_at):
            kept = tuple(each for each in ledger.lost_names if each[0] != name)
            draft.put(replace(ledger, lost_names=kept))
            draft.names.add(draft.ledger(key))


def settle_renames(draft: Draft, key: LedgerId) -> None:
    """Something was taken back: join and part the ledgers by the renames that still count."""
    happened = draft.happened_to(key)
    dropped = taken_back(happened).dropped
    for fact in sorted(happened, key=lambda each: each.order):
        if fact.activity.type != "rename" or fact.activity.to is None:
            continue
        is_dropped = fact.activity.id in dropped
        if is_dropped:
            named = draft.names.called(fact.activity.to, side=fact.activity.side)
            _regain_names(draft, named, fact.activity, since=fact.activity.starts_at)
        if is_joining(fact):
            _settle_joint(draft, fact, is_dropped=is_dropped)


def _settle_joint(draft: Draft, fact: Happened, *, is_dropped: bool) -> None:
    assert fact.partner is not None, fact.activity.id
    partner = draft.ledger(fact.partner)
    if is_dropped and partner.joined == fact.ledger:
        draft.put(replace(partner, joined=None))
        draft.names.add(draft.ledger(fact.partner))
    is_free = partner.joined is None and draft.names.joined(fact.ledger) != fact.partner
    if not is_dropped and is_free:
        draft.join(fact.partner, into=fact.ledger)
