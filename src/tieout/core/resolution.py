"""What we will do about each difference, and why: follow the broker, wait, or leave it."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from tieout.core.activity import ActivityId
from tieout.core.bookings import Provisional, not_shown, provisional, total_left, up_to
from tieout.core.breaks import Cause
from tieout.core.comparison import Finding, Verdict, break_kind, is_in_grace
from tieout.core.decisions import split_observed
from tieout.core.draft import Draft
from tieout.core.facts import Confirmed, Observed, Withdrawn
from tieout.core.matching import known_number
from tieout.core.numbers import ONE, ZERO, add, magnitude, multiply, subtract
from tieout.core.policy import Truth
from tieout.core.position import Ledger, Reconciliation
from tieout.core.tracking import Found

OPTION = "option"


class Resolution:
    """Carries findings out on the draft: new facts, statuses, and the breaks that were found."""

    def __init__(
        self,
        draft: Draft,
        *,
        as_of: datetime,
        is_complete: bool,
        approved: bool = False,
        counts_absences: bool = True,
    ) -> None:
        self.draft = draft
        self.as_of = as_of
        self.is_complete = is_complete
        self.approved = approved
        self.counts_absences = counts_absences
        self.found: list[Found] = []
        self.missing: dict[str, bool] = {}
        self.bookings: tuple[Provisional, ...] = ()

    def resolve(self, finding: Finding) -> None:
        """One finding, by its verdict; what could not be read is none."""
        ledger = self.draft.ledger(finding.ledger)
        self.bookings = up_to(provisional(self.draft, finding.ledger), self.as_of)
        if self._is_about_bookings(finding):
            return
        match finding.verdict:
            case "agrees":
                self._agrees(ledger, finding)
            case "rounding":
                self.draft.add(self._observed(finding, is_rounding=True))
                self._agrees(ledger, finding)
            case "restated" | "cost":
                self._other_average(ledger, finding)
            case "missing":
                self._missing(ledger, finding)
            case "expired":
                self._expired(finding)
            case "side" | "leg":
                self._sum_differs(finding)
            case _:
                self._differs(ledger, finding)

    # Agreement

    def _agrees(self, ledger: Ledger, finding: Finding) -> None:
        self._confirm_bookings(finding)
        self._status(finding, "SYNCED", misses=0)
        if ledger.kept is not None and not self._is_kept(ledger, finding):
            self.draft.put(replace(self.draft.ledger(ledger.id), kept=None))

    def _confirm_bookings(self, finding: Finding) -> None:
        for booking in self.bookings:
            self.draft.add(self._confirmed(finding, booking))

    def _confirmed(self, finding: Finding, booking: Provisional) -> Confirmed:
        return Confirmed(
            ledger=finding.ledger, order=self.draft.order(), at=self.as_of,
            booking=booking.fact.order,
        )  # fmt: skip

    # Differences

    def _differs(self, ledger: Ledger, finding: Finding) -> None:
        is_closing = finding.theirs is not None and _closes(finding.ours, finding.theirs)
        if is_closing and not self.is_complete:
            self._status(finding, "FAILED")
            return
        if self._is_kept(ledger, finding):
            self._status(finding, "SYNCED", misses=0)
            return
        self._break(finding)
        if self._truth(finding) == "broker" and not self._is_ignored(finding):
            self.draft.add(self._observed(finding))
            self._confirm_bookings(finding)
        self._status(finding, "DRIFT", misses=0)

    def _sum_differs(self, finding: Finding) -> None:
        """The legs together are not what the venue says; one break for all of them."""
        symbol = self.draft.ledger(finding.ledger).instrument.symbol
        first = self.draft.ledger(self.draft.names.legs(symbol)[0])
        if self._is_kept(first, finding):
            self._status(finding, "SYNCED")
            return
        if finding.verdict == "side":
            self._break(finding)
        self._status(finding, "DRIFT")

    def _other_average(self, ledger: Ledger, finding: Finding) -> None:
        is_ours = finding.verdict == "restated" and self._truth(finding) == "broker"
        if self._is_kept(ledger, finding):
            self._status(finding, "SYNCED", misses=0)
        elif is_ours:
            self.draft.add(self._observed(finding))
            self._agrees(ledger, finding)
        else:
            self._break(finding)
            self._status(finding, "DRIFT", misses=0)

    def _truth(self, finding: Finding) -> Truth:
        """Who is right about this kind of difference, up to the amount that was set for it."""
        rule = self.draft.policy.by_kind.get(break_kind(finding))
        if rule is None:
            return self.draft.policy.truth
        price = finding.price if finding.price is not None else self._mark(finding)
        if rule.limit is not None:
            if price is None:
                return "manual"
            if self._amount(finding, price) > rule.limit:
                return self.draft.policy.truth
        return rule.truth

    def _amount(self, finding: Finding, price: Decimal) -> Decimal:
        """What a difference is worth, in the instrument's currency."""
        multiplier = self.draft.ledger(finding.ledger).instrument.multiplier or ONE
        if finding.verdict not in ("cost", "restated"):
            return magnitude(multiply(multiply(finding.remainder, price), multiplier))
        ours, theirs = finding.our_average, finding.average
        apart = subtract(theirs if theirs is not None else ZERO, ours if ours is not None else ZERO)
        return magnitude(multiply(multiply(apart, finding.ours), multiplier))

    def _is_kept(self, ledger: Ledger, finding: Finding) -> bool:
        row = finding.row
        theirs = (row.quantity, row.average_price) if row is not None else (None, None)
        return ledger.kept is not None and ledger.kept == theirs

    def _is_ignored(self, finding: Finding) -> bool:
        return finding.ledger in self.draft.ignored

    def _observed(self, finding: Finding, *, is_rounding: bool = False) -> Observed:
        price = finding.price if finding.price is not None else self._mark(finding)
        fact = Observed(
            ledger=finding.ledger,
            order=self.draft.order(),
            at=self.as_of,
            movement=finding.remainder if finding.verdict != "restated" else ZERO,
            price=price,
            average=finding.average,
            reason="flat" if finding.verdict == "flat" else "unexplained",
            is_rounding=is_rounding,
            refused=self._not_counted(finding),
        )
        if finding.ratio is not None and finding.row is not None:
            return split_observed(fact, ours=finding.ours, row=finding.row, ratio=finding.ratio)
        return fact

    def _not_counted(self, finding: Finding) -> tuple[ActivityId, ...]:
        """Activities that are known and refused, or wait: they may explain this one day."""
        is_calm = not self.draft.ledger(finding.ledger).has_waiting
        if is_calm and finding.ledger not in self.draft.arrived:
            return ()
        return self.draft.by_method(finding.ledger, self.draft.method, until=self.as_of).not_counted

    def _mark(self, finding: Finding) -> Decimal | None:
        row = self.draft.book.marks.get(finding.ledger)
        return known_number(row.price) if row is not None else None

    # Missing

    def _missing(self, ledger: Ledger, finding: Finding) -> None:
        policy = self.draft.policy
        misses = ledger.misses + 1 if self.counts_absences else ledger.misses
        if self._is_kept(ledger, finding):
            self._status(finding, "SYNCED", misses=misses)
            return
        self._break(finding, counts=self.counts_absences)
        is_confirmed = self.counts_absences and misses >= policy.missing_confirmations
        acts = is_confirmed and policy.on_missing != "flag" and self._truth(finding) == "broker"
        if self.approved or (acts and not self._is_ignored(finding)):
            self.draft.add(replace(self._observed(self._as_confirmed(finding)), reason="missing"))
            self._status(finding, "DRIFT", misses=misses)
            return
        status: Reconciliation = "DRIFT" if is_confirmed else "PENDING"
        self.missing[finding.ledger] = ledger.reconciliation != status or ledger.misses == 0
        self._status(finding, status, misses=misses)

    def _expired(self, finding: Finding) -> None:
        """What ended with its expiry date: options at 0, futures at the last mark."""
        is_option = self.draft.ledger(finding.ledger).instrument.asset_class == OPTION
        price = ZERO if is_option else self._mark(finding)
        fact = replace(self._observed(finding), reason="expiry", price=price)
        self.draft.add(fact)
        self._status(finding, "SYNCED", misses=0)

    # Bookings of our own

    def _is_about_bookings(self, finding: Finding) -> bool:
        """Judge a ledger with bookings that nobody confirmed; whether that settles the finding."""
        bookings = self.bookings
        if not bookings or finding.verdict not in ("differs", "flat", "missing", "split"):
            return False
        theirs = finding.theirs if finding.theirs is not None else ZERO
        base = subtract(finding.ours, total_left(bookings))
        grace_s = self.draft.policy.grace_s
        is_young = any(
            is_in_grace(each.fact.at, as_of=self.as_of, grace_s=grace_s) for each in bookings
        )
        shown = _nearest(theirs, base, finding.ours)
        if is_young and shown == theirs:
            self._status(finding, "PENDING")
            return True
        if theirs == base:
            self._unconfirmed(finding)
            return True
        ends = _closes(finding.ours, theirs) and not self.is_complete
        if shown == finding.ours or finding.theirs is None or ends:
            return False
        self._shown_in_part(finding, shown=shown)
        return True

    def _unconfirmed(self, finding: Finding) -> None:
        """The venue shows the position as if we had booked nothing, after the grace period."""
        ledger = self.draft.ledger(finding.ledger)
        policy = self.draft.policy
        is_opening = all(each.fact.action == "open" for each in self.bookings)
        misses = ledger.misses + 1
        if not is_opening:
            self._break(replace(finding, verdict="unconfirmed"))
            for each in self.bookings:
                self._withdraw(finding, each, ends=False)
            self._status(finding, "DRIFT", misses=0)
            return
        acts = policy.on_missing != "flag" and misses >= policy.missing_confirmations
        if acts and self.is_complete:
            ends = self._is_opening(finding) and not finding.theirs
            for each in self.bookings:
                self._withdraw(finding, each, ends=ends)
            self._status(finding, "SYNCED", misses=0)
            return
        self._break(replace(finding, verdict="unconfirmed"))
        self._status(finding, "DRIFT", misses=misses)

    def _shown_in_part(self, finding: Finding, *, shown: Decimal) -> None:
        """The venue shows our bookings up to `shown`: that is confirmed, the rest goes back.

        What it reports beyond that is a difference of its own.
        """
        self._break(replace(finding, verdict="unconfirmed", theirs=shown))
        self._take_back(finding, shown=shown)
        self._status(finding, "DRIFT", misses=0)
        if shown != finding.theirs:
            beyond: Verdict = "flat" if finding.verdict == "flat" else "differs"
            ledger = self.draft.ledger(finding.ledger)
            self._differs(ledger, replace(finding, verdict=beyond, ours=shown, ratio=None))

    def _as_confirmed(self, finding: Finding) -> Finding:
        """A missing position without what we booked and nobody ever showed: that has no P&L."""
        shown = _nearest(ZERO, subtract(finding.ours, total_left(self.bookings)), finding.ours)
        self._take_back(finding, shown=shown)
        return replace(finding, ours=shown)

    def _take_back(self, finding: Finding, *, shown: Decimal) -> None:
        """Our bookings are confirmed up to `shown`, the rest of them goes back."""
        ends = self._is_opening(finding) and not shown
        bookings, self.bookings = self.bookings, ()
        for each, part in not_shown(bookings, subtract(finding.ours, shown)):
            if part == each.left:
                self._withdraw(finding, each, ends=ends)
                continue
            if part:
                self._withdraw(finding, each, part=part)
            self.draft.add(self._confirmed(finding, each))

    def _is_opening(self, finding: Finding) -> bool:
        position = self.draft.expected(finding.ledger).position
        return position is not None and position.status == "OPENING"

    def _withdraw(
        self, finding: Finding, booking: Provisional, *, ends: bool = False,
        part: Decimal | None = None,
    ) -> None:  # fmt: skip
        self.draft.add(
            Withdrawn(
                ledger=finding.ledger, order=self.draft.order(), at=self.as_of,
                target=booking.fact.order, ends_unconfirmed=ends, part=part,
            )
        )  # fmt: skip

    # Bookkeeping

    def note(self, finding: Finding) -> None:
        """List a difference without doing anything about it."""
        self._break(finding)

    def _status(
        self, finding: Finding, status: Reconciliation, *, misses: int | None = None
    ) -> None:
        ledger = self.draft.ledger(finding.ledger)
        # An incomplete snapshot counts no absence, but a row in it ends one.
        if misses is None or (misses and not self.is_complete):
            misses = ledger.misses
        if ledger.reconciliation != status or ledger.misses != misses:
            self.draft.put(replace(ledger, reconciliation=status, misses=misses))

    def _break(self, finding: Finding, *, counts: bool = True) -> None:
        ledger = self.draft.ledger(finding.ledger)
        kind = break_kind(finding)
        self.found.append(
            Found(
                kind=kind,
                ledger=ledger.id,
                symbol=self.draft.expected(ledger.id).instrument.symbol,
                side=None if kind == "side" else ledger.side,
                explanation=self._causes(finding),
                row=finding.row,
                counts=counts and self.is_complete,
                seen_if_new=1 if counts else 0,
                **_sides(finding, before=self._before(finding), kind=kind),
            )
        )

    def _before(self, finding: Finding) -> Decimal:
        """What the book held when the run began; of a side break, all legs together."""
        if finding.verdict != "side":
            return self.draft.before(finding.ledger).quantity
        symbol = self.draft.ledger(finding.ledger).instrument.symbol
        total = ZERO
        for key in self.draft.names.legs(symbol):
            total = add(total, self.draft.before(key).quantity)
        return total

    def _causes(self, finding: Finding) -> tuple[Cause, ...]:
        """The activities of this run on this position, with what each moved.

        One that is no movement of its own, as it takes another back, moved what it says.
        """
        arrived = self.draft.arrived.get(finding.ledger, ())
        if not arrived:
            return ()
        folded = self.draft.expected(finding.ledger, until=self.as_of)
        moved = dict(folded.moved)
        return tuple(
            Cause(
                cause=activity.type,
                id=activity.id,
                quantity=moved.get(activity.id, activity.quantity or ZERO),
            )
            for activity in sorted(arrived, key=lambda each: each.at)
            if activity.at <= self.as_of and activity.id not in folded.not_counted
        )


def _sides(finding: Finding, *, before: Decimal, kind: str) -> Any:
    """Before, ours, theirs and the remainder, in the field that differs."""
    if kind == "cost":
        theirs, ours = finding.average, finding.our_average
        remainder = subtract(theirs, ours) if theirs is not None and ours is not None else None
        name = "average_price"
        return {
            "before": {name: ours},
            "ours": {name: ours},
            "theirs": {name: theirs},
            "remainder": remainder,
        }
    return {
        "before": {"quantity": before},
        "ours": {"quantity": finding.ours},
        "theirs": {"quantity": finding.theirs},
        "remainder": finding.remainder,
    }


def _closes(ours: Decimal, theirs: Decimal) -> bool:
    """Whether following the broker would end the episode."""
    return bool(ours) and (not theirs or (ours > 0) != (theirs > 0))


def _nearest(theirs: Decimal, one: Decimal, other: Decimal) -> Decimal:
    """The quantity between two others that is nearest to theirs."""
    return min(max(theirs, min(one, other)), max(one, other))
