"""A cancellation and what it takes back are folded together, wherever the two stand.

An activity's id is unique in an account, so its target may stand under another symbol.
"""

from tieout.core.activity import Activity, ActivityId
from tieout.core.draft import Draft
from tieout.core.facts import Happened
from tieout.core.instrument import LedgerId


class Cancellations:
    """What is taken back by what, in one run: the targets that stand, and those waited for."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._standing: dict[ActivityId, LedgerId] = {}
        self._is_book_read = False
        self._wanted: dict[ActivityId, dict[LedgerId, None]] = {}
        for key in draft.book.state.restless:
            if draft.book.ledgers[key].has_waiting:
                self._want_all(key)

    def _want_all(self, key: LedgerId) -> None:
        for fact in self._draft.happened_to(key):
            if fact.activity.cancels is not None:
                self._wanted.setdefault(fact.activity.cancels, {})[fact.ledger] = None

    def take(self, activity: Activity, key: LedgerId) -> bool:
        """Tie an activity of this ledger to what it takes back, and to what takes it back."""
        self._standing[activity.id] = key
        tied = dict(self._wanted.get(activity.id, {}))
        if activity.cancels is not None:
            self._wanted.setdefault(activity.cancels, {})[key] = None
            target = self._ledger_of(activity.cancels)
            if target is not None:
                tied[target] = None
        for other in tied:
            if other != key:
                self._draft.link(key, other)
        return bool(tied)

    def _ledger_of(self, activity: ActivityId) -> LedgerId | None:
        if not self._is_book_read:
            self._is_book_read = True
            known = (fact for facts in self._draft.book.facts.values() for fact in facts)
            for fact in known:
                if isinstance(fact, Happened) and not fact.is_receiving:
                    self._standing.setdefault(fact.activity.id, fact.ledger)
        return self._standing.get(activity)
