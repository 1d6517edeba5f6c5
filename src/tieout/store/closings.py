"""Realized P&L as lines that are only ever added, so that any period can be summed.

Each line has the time it happened and the time we knew. For every ledger that a run touched:

- Normally its lines are the closings of the run's changes, each at its own time.
- Where its history was folded again (`Commit.pasts`), the closings as they read now are compared
  with the lines that are there. What no longer holds is taken back by a line with the opposite
  figures *at the time of the closing that it takes back*; what is new is added at its own time.
- What the ledger's total grew by beyond that is money without a closing: funding, dividends and
  fees, each at the time of its activity. What not even those explain is one line at the time
  the run's latest news of that ledger happened.

So the lines of a ledger always add up to `Ledger.totals`, and the P&L of a past period changes
exactly when, and by as much as, the closings in it do.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple, TypeVar

from tieout.core.activity import Activity
from tieout.core.codec import from_plain, to_text
from tieout.core.facts import Happened
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.journal import Entry
from tieout.core.numbers import ZERO, Amount, money, negate, subtract
from tieout.core.plan import Change
from tieout.core.pnl import (
    NO_FIGURES,
    NO_TOTALS,
    BaseFigure,
    Closing,
    Figures,
    Totals,
    total_of,
)
from tieout.core.position import Episode, Ledger
from tieout.ports import Commit, Realized
from tieout.store.codec import number_text, time_of, time_text


class ClosingRow(NamedTuple):
    """One line of realized P&L; `gross` and `net` are None where they are not known."""

    account: str
    sequence: int
    number: int
    ledger: str
    episode: str | None
    run: str
    known_at: str
    happened_at: str
    caused_by: str
    currency: str
    quantity: str | None
    price: str | None
    gross: str | None
    gross_quotient: str
    fees: str
    fees_quotient: str
    net: str | None
    funding: str
    income: str
    closings: int
    incomplete: int
    estimated: int
    base: str | None = None


Stored = Callable[[LedgerId], Sequence[Realized]]
_Of = TypeVar("_Of", Change, Happened)


def closing_rows(
    commit: Commit, before: Mapping[LedgerId, Ledger], stored: Stored
) -> list[ClosingRow]:
    """The lines that a commit adds; `stored` gives the lines that a ledger has by now."""
    entries = {entry.ledger: entry for entry in commit.entries}
    grown = _grown(commit, before)
    changes = _by_ledger(change for change in commit.plan.changes if change.closings)
    happened = _by_ledger(fact for fact in commit.plan.facts if isinstance(fact, Happened))
    ended = _ended_by_ledger(commit)
    numbers: Counter[int] = Counter()
    rows: list[ClosingRow] = []
    for ledger in {**grown, **changes, **commit.pasts}:
        entry = entries.get(ledger, commit.entries[-1])
        blank = _blank(ledger, entry)
        past = commit.pasts.get(ledger)
        if past is None:
            episodes = _Episodes.of(ended.get(ledger, []), commit.plan.ledgers.get(ledger))
            lines = [
                _closing(blank, episodes.of_closing(closing), closing)
                for closing in _closings(changes.get(ledger, []))
            ]
        else:
            now = [_closing(blank, *each) for each in past.closings]
            lines = list(_difference(blank, now, stored(ledger)))
        known = commit.plan.ledgers.get(ledger)
        arrived = _received(blank, happened.get(ledger, []), known) if known else []
        rest = grown.get(ledger, NO_TOTALS).minus(_total(lines))
        for line in (*lines, *_without_closing(blank, rest, arrived)):
            numbers[entry.sequence] += 1
            rows.append(_row(line, entry, numbers[entry.sequence]))
    return sorted(rows)


@dataclass(frozen=True, slots=True)
class _Episodes:
    """The episodes of a ledger that a run ended, and the one it left open."""

    ended: Sequence[Episode]
    held: str | None

    @classmethod
    def of(cls, ended: Sequence[Episode], ledger: Ledger | None) -> "_Episodes":
        return cls(ended, ledger.position.opened_by if ledger and ledger.position else None)

    def of_closing(self, closing: Closing) -> str | None:
        """The episode that a closing belongs to: the one it ended, else by its time."""
        for episode in self.ended:
            if episode.closed_by == closing.by:
                return episode.opened_by
        for episode in self.ended:
            if closing.at <= episode.closed_at:
                return episode.opened_by
        return self.held


def _ended_by_ledger(commit: Commit) -> dict[LedgerId, list[Episode]]:
    grouped: dict[LedgerId, list[Episode]] = {}
    for key, episode in commit.plan.ended:
        grouped.setdefault(key, []).append(episode)
    return grouped


def _closings(changes: Iterable[Change]) -> Iterator[Closing]:
    """The closings of some changes, each once, though two changes may tell it."""
    told: set[Closing] = set()
    for change in changes:
        yield from (closing for closing in change.closings if closing not in told)
        told.update(change.closings)


def _grown(commit: Commit, before: Mapping[LedgerId, Ledger]) -> dict[LedgerId, Totals]:
    """What was realized in the ledgers that changed, by their totals before and after."""
    grown = {}
    for key, ledger in commit.plan.ledgers.items():
        known = before.get(key)
        was = known.totals if known is not None else NO_TOTALS
        if ledger.totals is not was and ledger.totals != was:
            grown[key] = ledger.totals.minus(was)
    return grown


def _by_ledger(items: Iterable[_Of]) -> dict[LedgerId, list[_Of]]:
    grouped: dict[LedgerId, list[_Of]] = {}
    for item in items:
        grouped.setdefault(item.ledger, []).append(item)
    return grouped


def _blank(ledger: LedgerId, entry: Entry) -> Realized:
    return Realized(
        ledger=ledger,
        run=entry.run,
        known_at=entry.known_at,
        happened_at=entry.happened_at,
        currency="",
        figures=NO_FIGURES,
    )


def _closing(blank: Realized, episode: str | None, closing: Closing) -> Realized:
    return replace(
        blank,
        happened_at=closing.at,
        currency=closing.currency,
        figures=closing.figures,
        by=closing.by,
        episode=episode,
        quantity=closing.quantity,
        price=closing.price,
        is_estimated=closing.is_estimated,
        base=closing.base,
    )


def _difference(
    blank: Realized, now: Iterable[Realized], stored: Iterable[Realized]
) -> Iterator[Realized]:
    """What takes the stored closings to those of now: first what goes, then what comes."""
    standing: Counter[Realized] = Counter()
    for line in stored:
        if not line.figures.closings:
            continue
        is_taken_back = line.figures.closings < 0
        original = _reversed(line) if is_taken_back else line
        standing[_seen_now(original, blank)] += -1 if is_taken_back else 1
    wanted = Counter(now)
    for line, count in (standing - wanted).items():
        yield from [_reversed(line)] * count
    for line, count in (wanted - standing).items():
        yield from [line] * count


def _seen_now(line: Realized, blank: Realized) -> Realized:
    """The line as this run would write it, so that equal closings are equal."""
    return replace(line, run=blank.run, known_at=blank.known_at)


def _reversed(line: Realized) -> Realized:
    quantity = None if line.quantity is None else negate(line.quantity)
    base = line.base.negated() if line.base is not None else None
    return replace(line, quantity=quantity, figures=NO_FIGURES.minus(line.figures), base=base)


def _total(lines: Iterable[Realized]) -> Totals:
    return total_of(Totals({line.currency: line.figures}) for line in lines)


def _without_closing(
    blank: Realized, rest: Totals, arrived: Sequence[Realized]
) -> Iterator[Realized]:
    """What was realized beyond the closings: by the activities behind it, else as one line."""
    for currency, figures in rest.by_currency.items():
        if figures.is_nothing:
            continue
        mine = [line for line in arrived if line.currency == currency]
        if mine and figures.minus(_total(mine).of(currency)).is_nothing:
            yield from mine
        else:
            yield replace(blank, currency=currency, figures=figures)


def _received(blank: Realized, facts: Iterable[Happened], ledger: Ledger) -> list[Realized]:
    """Money that the new activities of a ledger brought or took without closing anything."""
    lines = []
    for fact in facts:
        currency, figures = _money_of(fact.activity, ledger.instrument)
        if not figures.is_nothing:
            line = replace(blank, happened_at=fact.activity.at, by=fact.activity.id)
            lines.append(replace(line, currency=currency, figures=figures))
    return lines


def _money_of(activity: Activity, instrument: Instrument) -> tuple[str, Figures]:
    own = instrument.base if instrument.inverse else instrument.currency
    currency = activity.currency or own
    cash = activity.cash if activity.cash is not None else ZERO
    match activity.type:
        case "funding":
            return currency, Figures(funding=cash)
        case "dividend":
            return currency, Figures(income=cash)
        case "fee":
            return currency, Figures(fees=money(negate(cash)))
        case "fill" | "liquidation" if activity.fee and activity.fee_currency not in (None, own):
            return activity.fee_currency, Figures(fees=money(activity.fee))
        case _:
            return currency, NO_FIGURES


def _row(line: Realized, entry: Entry, number: int) -> ClosingRow:
    figures = line.figures
    is_known = not figures.unknown or bool(figures.gross.value)
    return ClosingRow(
        account=entry.account,
        sequence=entry.sequence,
        number=number,
        ledger=line.ledger,
        episode=line.episode,
        run=line.run,
        known_at=time_text(line.known_at),
        happened_at=time_text(line.happened_at),
        caused_by=line.by,
        currency=line.currency,
        quantity=None if line.quantity is None else number_text(line.quantity),
        price=None if line.price is None else number_text(line.price),
        gross=number_text(figures.gross.value) if is_known else None,
        gross_quotient=number_text(figures.gross.quotient),
        fees=number_text(figures.fees.value),
        fees_quotient=number_text(figures.fees.quotient),
        net=number_text(figures.net.value) if is_known else None,
        funding=number_text(figures.funding),
        income=number_text(figures.income),
        closings=figures.closings,
        incomplete=figures.unknown,
        estimated=int(line.is_estimated),
        base=None if line.base is None else to_text(line.base),
    )


def as_digested(row: ClosingRow) -> tuple[object, ...]:
    """A row as runs note it; one without a base figure as it was before there were any."""
    return row if row.base is not None else row[:-1]


def realized_of(row: ClosingRow) -> Realized:
    """The line a row stands for."""
    return Realized(
        ledger=LedgerId(row.ledger),
        run=row.run,
        known_at=time_of(row.known_at),
        happened_at=time_of(row.happened_at),
        currency=row.currency,
        figures=Figures(
            gross=_amount(row.gross or "0", row.gross_quotient),
            fees=_amount(row.fees, row.fees_quotient),
            funding=Decimal(row.funding),
            income=Decimal(row.income),
            closings=row.closings,
            unknown=row.incomplete,
        ),
        by=row.caused_by,
        episode=row.episode,
        quantity=None if row.quantity is None else Decimal(row.quantity),
        price=None if row.price is None else Decimal(row.price),
        is_estimated=bool(row.estimated),
        base=None if row.base is None else from_plain(BaseFigure, json.loads(row.base)),
    )


def _amount(value: str, quotient: str) -> Amount:
    rounded = Decimal(quotient)
    return Amount(subtract(Decimal(value), rounded), rounded)
