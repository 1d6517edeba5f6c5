"""Counts what is folded, portion by portion, so that nothing but the sums is kept."""

from tieout.core.instrument import LedgerId
from tieout.replay.continuity import Gap, Step
from tieout.replay.export import Export, Fill
from tieout.replay.folding import Book, Closed, Portion
from tieout.replay.judging import Verdict, verdict
from tieout.replay.ledgers import Ledgers
from tieout.replay.order import Survey
from tieout.replay.result import By, ClosingLine, Difference, Held, Line, Result


class Counting:
    """The result as it grows. Days are kept apart only where they are asked for."""

    def __init__(self, export: Export, ledgers: Ledgers, *, by: By | None) -> None:
        self.name = export.name
        self._export = export
        self._ledgers = ledgers
        self._by = by
        self._day = ""
        self._result = Result(name=export.name, judge=export.judge, zone=export.zone, by=by)

    def is_new_day(self, fill: Fill) -> bool:
        """Whether a fill is of another day than those before it, where days are counted."""
        return self._by == "day" and bool(self._day) and self._day_of(fill) != self._day

    def begin(self, fill: Fill) -> None:
        """What is counted from here on is of this fill's day."""
        if self._by == "day":
            self._day = self._day_of(fill)

    def _day_of(self, fill: Fill) -> str:
        return fill.at.astimezone(self._export.zone).date().isoformat()

    def see(self, step: Step) -> None:
        """Count a step that is about to be folded."""
        if step.fill is None:
            return
        self._result.written = self._result.written.with_activity(step.activity)
        lines = [self._symbol_line(step.ledger), *self._day_lines()]
        figure = step.activity.realized_pnl
        for line in lines:
            line.fills += step.fill.is_trade
            if figure is not None:
                line.add_venue(self._currency(step.ledger), figure)

    def count(self, portion: Portion) -> None:
        """Count what came of a portion."""
        for closed in portion.closed:
            self._count_closing(closed)
        for ledger, totals in portion.totals.items():
            for line in (self._symbol_line(ledger), *self._day_lines()):
                line.totals = line.totals.plus(totals)
        self._result.refused.extend(portion.refused)

    def result(self, survey: Survey, *, gaps: list[Gap], book: Book, cost_basis: str) -> Result:
        """Everything, once the whole file is folded."""
        found = self._result
        found.cost_basis = cost_basis
        found.accounts = len(survey.accounts)
        found.first_at, found.last_at = survey.first_at, survey.last_at
        found.gaps = gaps
        for gap in gaps:
            self._symbol_line(gap.ledger).gaps += 1
        for key, line in found.symbols.items():
            line.name = book.ledgers[key].instrument.symbol  # it may have been renamed
            found.line.add(line)
        found.fills = found.line.fills
        found.positions = self._positions(book)
        found.passed_over = self._export.passed_over
        found.remarks = [*self._export.remarks(), *survey.remarks]
        return found

    def _positions(self, book: Book) -> list[Held]:
        """What is held at the end, by account, symbol and side."""
        held = [
            Held(account=self._ledgers.accounts[key], ledger=ledger)
            for key, ledger in book.ledgers.items()
            if not ledger.is_flat
        ]
        return sorted(held, key=lambda each: each.order)

    def _count_closing(self, closed: Closed) -> None:
        instrument = self._ledgers.found[closed.ledger].instrument
        judged = self._verdict(closed)
        is_apart = self._export.judge.is_apart(instrument)
        result = self._result
        for counts in (
            result.apart if is_apart else result.counts,
            *(line.counts for line in (self._symbol_line(closed.ledger), *self._day_lines())),
        ):
            counts.count(closed.closing, judged)
        row = closed.fill.row if closed.fill is not None else None
        symbol = instrument.symbol
        if judged is not None and not judged.agrees and row is not None:
            into = result.apart_differ if is_apart else result.differ
            into.append(Difference(row=row, symbol=symbol, verdict=judged))
        if self._by == "closing":
            account = self._ledgers.accounts[closed.ledger]
            result.closings.append(
                ClosingLine(
                    row=row, account=account, symbol=symbol, closing=closed.closing, verdict=judged
                )
            )

    def _verdict(self, closed: Closed) -> Verdict | None:
        if closed.fill is None:
            return None
        return verdict(
            self._export.judge,
            exact=closed.closing,
            by_method=closed.by_method,
            activity=closed.fill.activity,
            instrument=self._ledgers.found[closed.ledger].instrument,
        )

    def _symbol_line(self, ledger: LedgerId) -> Line:
        known = self._result.symbols.get(ledger)
        if known is None:
            account = self._ledgers.accounts[ledger]
            known = Line(account=account, name=self._ledgers.found[ledger].instrument.symbol)
            self._result.symbols[ledger] = known
        return known

    def _day_lines(self) -> list[Line]:
        if self._by != "day":
            return []
        return [self._result.days.setdefault(self._day, Line(name=self._day))]

    def _currency(self, ledger: LedgerId) -> str:
        return self._ledgers.found[ledger].instrument.settled_in
