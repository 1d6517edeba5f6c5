"""What a run did to each position, told as one change per position and episode."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from tieout.core.activity import Activity, ActivityId
from tieout.core.draft import Draft
from tieout.core.facts import Observed
from tieout.core.instrument import LedgerId
from tieout.core.numbers import ZERO, magnitude
from tieout.core.plan import Change, ChangeKind
from tieout.core.pnl import NO_TOTALS, Closing, Totals
from tieout.core.position import Episode, Position, Reason
from tieout.core.working import Folded


def changes_of(draft: Draft, key: LedgerId) -> tuple[list[Change], list[Episode]]:
    """The changes of one ledger between the beginning of the run and now, endings first."""
    before, after = draft.before(key), draft.expected(key)
    if draft.ledger(key).joined is not None:
        return [], []
    for joined in draft.joined_to(key):
        before = _together(before, draft.before(joined))
    known = {episode.opened_by for episode in before.ended}
    ended = [episode for episode in after.ended if episode.opened_by not in known]
    restated = [
        episode
        for episode in after.ended
        if episode.opened_by in known and episode not in before.ended
    ]
    teller = _Teller(draft, key, before, after)
    changes = teller.endings(ended)
    last = teller.last(has_told=bool(changes))
    if last is not None:
        changes.append(last)
    return changes, [*ended, *restated]


def _together(ledger: Folded, joined: Folded) -> Folded:
    """What two ledgers held that turned out to be one; the open position of either."""
    return replace(
        ledger,
        position=ledger.position if ledger.quantity else joined.position,
        totals=ledger.totals.plus(joined.totals),
        ended=(*ledger.ended, *joined.ended),
        closings=(*ledger.closings, *joined.closings),
        applied=(*ledger.applied, *joined.applied),
    )


class _Teller:
    """Compares a ledger before and after a run."""

    def __init__(self, draft: Draft, key: LedgerId, before: Folded, after: Folded) -> None:
        self.ledger = draft.ledger(key)
        self.before = before
        self.after = after
        self.symbol = after.instrument.symbol
        self.currency = after.instrument.settled_in
        old = set(before.applied)
        self.applied = tuple(each for each in after.applied if each not in old)
        self.crossing: ActivityId | None = None
        self.draft = draft
        self.is_late = draft.is_late(key)
        self.observed = [fact for fact in draft.new_facts(key) if isinstance(fact, Observed)]
        self.left = after.totals.minus(before.totals)
        self.reported = 0
        self.confirmed = False

    @cached_property
    def activities(self) -> Mapping[ActivityId, Activity]:
        return self.draft.activities_of(self.ledger.id)

    def endings(self, ended: Sequence[Episode]) -> list[Change]:
        """One change for each episode that ended in this run."""
        changes: list[Change] = []
        if self.is_late:
            return changes  # what comes late is told as the net movement
        position, arrived = self.before.position, self.applied
        is_old = position is not None and bool(position.quantity)
        for place, episode in enumerate(ended):
            is_first = is_old and place == 0
            start = self.before.quantity if is_first else ZERO
            following = ended[place + 1] if place + 1 < len(ended) else None
            if is_first and self._is_flip(episode, following):
                changes.append(self._flip(episode, following))
                continue
            change = self._change("closed", before=start, after=ZERO, episode=episode)
            self.crossing = next((each for each in arrived if each == episode.closed_by), None)
            is_closing = position is not None and position.status == "CLOSING"
            if place == 0 and is_closing and not self.before.quantity:
                # Our own booking had closed it already; only another figure is news.
                change = replace(change, kind="restated", reason=None)
                if change.realized is None:
                    self.confirmed = True
                    continue
            changes.append(change)
        return changes

    def _is_flip(self, episode: Episode, following: Episode | None) -> bool:
        """Whether the movement that ended the episode opened the next one."""
        opened_by = following.opened_by if following is not None else None
        if opened_by is None and self.after.position is not None:
            opened_by = self.after.position.opened_by
        return opened_by == episode.closed_by

    def _flip(self, episode: Episode, following: Episode | None) -> Change:
        change = self._change("flipped", before=self.before.quantity, after=ZERO, episode=episode)
        change = replace(change, reason=None)
        if following is not None or self.after.position is None:
            return change
        self.reported = 1
        position = self.after.position
        realized = self.left if change.realized is None else change.realized.plus(self.left)
        closings = self._new_closings(None)
        return replace(
            change,
            realized=None if realized.is_nothing else realized,
            is_estimated=any(closing.is_estimated for closing in closings),
            closings=closings,
            explained_by=(*change.explained_by, *self.applied),
            after=position.quantity,
            average_price=position.average_price(self.after.instrument),
            status=position.status,
            reason=None,
            opened_at=position.opened_at,
        )

    def _change(
        self, kind: ChangeKind, *, before: Decimal, after: Decimal, episode: Episode
    ) -> Change:
        """An ending, with what its episode realized in this run."""
        realized = episode.totals.minus(self._realized_before(episode))
        self.left = self.left.minus(realized)
        closings = self._new_closings(episode.opened_by)
        ids = (*self._crossed_into(episode.opened_by), *self._ids_until(episode))
        return Change(
            kind=kind,
            ledger=self.ledger.id,
            symbol=episode.symbol,
            side=self.ledger.side,
            before=before,
            after=after,
            average_price=None,
            status=episode.status,
            reconciliation=self.ledger.reconciliation,
            currency=self.currency,
            realized=None if realized.is_nothing else realized,
            is_estimated=any(closing.is_estimated for closing in closings),
            explained_by=ids,
            reason=episode.reason,
            closings=closings,
            episode=episode.opened_by,
        )

    def _realized_before(self, episode: Episode) -> Totals:
        position = self.before.position
        if position is not None and position.opened_by == episode.opened_by:
            return position.totals
        return NO_TOTALS

    def _new_closings(self, opened_by: str | None) -> tuple[Closing, ...]:
        """The closings that this run added or changed; of one episode, or of all for None."""
        old = set(self.before.closings)
        return tuple(
            closing
            for episode, closing in self.after.closings
            if (episode, closing) not in old and opened_by in (None, episode)
        )

    def _ids_until(self, episode: Episode) -> tuple[ActivityId, ...]:
        """The activities of this run that belong to an episode: those up to its end."""
        told: list[ActivityId] = []
        rest = list(self.applied)
        while rest:
            told.append(rest.pop(0))
            if told[-1] == episode.closed_by:
                break
        else:
            told = [each for each in told if self._at(each) <= episode.closed_at]
            rest = [each for each in self.applied if each not in told]
        self.applied = tuple(rest)
        return tuple(told)

    def _crossed_into(self, opened_by: str) -> tuple[ActivityId, ...]:
        """What went through zero ended one episode, which was told, and opened this one."""
        return (self.crossing,) if self.crossing is not None and opened_by == self.crossing else ()

    def _at(self, activity: ActivityId) -> datetime:
        return self.activities[activity].at

    def last(self, *, has_told: bool) -> Change | None:
        """The change of the position that is open now, or of figures alone."""
        position = self.after.position
        if self.reported:
            return None
        if has_told or self.confirmed:
            if position is not None and position.quantity:
                return self._open_change("created", ZERO, position)
            is_told = self.left.is_nothing or self.left.same_money(NO_TOTALS)
            return None if is_told else self._open_change("restated", ZERO, position)
        kind = self._kind()
        if kind is None:
            return None
        return self._open_change(kind, self.before.quantity, position)

    def _kind(self) -> ChangeKind | None:
        """What to call a change that ended no episode; None where nothing a person sees moved."""
        before, after = self.before.quantity, self.after.quantity
        is_renamed = self.before.instrument.symbol != self.symbol
        if before == after:
            if is_renamed:
                return "renamed"
            return "restated" if self._is_restated() else None
        if not before:
            return "created"
        if self._is_only_split():
            return "split"
        if not after:
            return "closed"
        if (before > 0) != (after > 0):
            return "flipped"
        return "increased" if magnitude(after) > magnitude(before) else "reduced"

    def _is_only_split(self) -> bool:
        types = {self.activities[each].type for each in self.applied if each in self.activities}
        is_inferred = any(fact.ratio is not None for fact in self.observed)
        is_followed = any(
            fact.movement and fact.ratio is None and not fact.is_rounding for fact in self.observed
        )
        return types <= {"split"} and (bool(types) or is_inferred) and not is_followed

    def _is_restated(self) -> bool:
        old, new = self.before.position, self.after.position
        if not self.before.totals.same_money(self.after.totals):
            return True
        if old is None or new is None:
            return False
        instrument = self.after.instrument
        return old.average_price(instrument) != new.average_price(instrument)

    def _open_change(self, kind: ChangeKind, before: Decimal, position: Position | None) -> Change:
        instrument = self.after.instrument
        is_renamed = self.before.instrument.symbol != self.symbol
        closings = self._new_closings(None if kind != "created" else "")
        crossed: tuple[ActivityId, ...] = ()
        if kind == "created" and position is not None:
            closings = self._new_closings(position.opened_by)
            crossed = self._crossed_into(position.opened_by)
        reason: Reason | None = None
        if position is None and self.after.ended:
            reason = self.after.ended[-1].reason
        if kind == "reduced":
            reason = self._liquidation() or reason
        if kind == "closed" and position is not None:
            reason = "local"
        status = position.status if position is not None else "CLOSED"
        if position is None and self.after.ended:
            status = self.after.ended[-1].status
        return Change(
            kind=kind,
            ledger=self.ledger.id,
            symbol=self.symbol,
            side=self.ledger.side,
            before=before,
            after=position.quantity if position is not None else ZERO,
            average_price=position.average_price(instrument) if position is not None else None,
            status=status,
            reconciliation=self.ledger.reconciliation,
            currency=self.currency,
            realized=None if self.left.is_nothing else self.left,
            is_estimated=any(closing.is_estimated for closing in closings),
            explained_by=(*crossed, *self.applied),
            reason=reason if kind in ("closed", "reduced") else None,
            renamed_from=self.before.instrument.symbol if is_renamed else None,
            opened_at=position.opened_at if kind == "flipped" and position is not None else None,
            closings=closings,
            episode=position.opened_by if position is not None else None,
        )

    def _liquidation(self) -> Reason | None:
        """Why the venue itself reduced the position in this run, if it did."""
        for each in reversed(self.applied):
            activity = self.activities.get(each)
            if activity is not None and activity.type == "liquidation":
                return "deleveraged" if activity.deleveraged else "liquidation"
        return None


def order_of(change: Change) -> tuple[str, str, int]:
    """Changes are listed by symbol and side, endings before beginnings."""
    return (change.symbol, change.side or "", 1 if change.kind == "created" else 0)
