"""What came of a file, counted as it is folded: closings, differences, money, positions."""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Literal

from tieout.cases.written import NOTHING_WRITTEN, Written
from tieout.core.instrument import LedgerId
from tieout.core.numbers import ZERO, add
from tieout.core.pnl import NO_TOTALS, Closing, Totals
from tieout.core.position import Ledger
from tieout.replay.continuity import Gap
from tieout.replay.export import Fill
from tieout.replay.judging import Judge, Verdict

By = Literal["symbol", "day", "closing"]


@dataclass(slots=True)
class Counts:
    """Closings whose entry is known, those of them that agree with the venue, and the others.

    `judged` counts those the venue gave a figure for; `sums` adds up their figures by currency.
    """

    known: int = 0
    judged: int = 0
    agree: int = 0
    unknown_entry: int = 0
    sums: dict[str, "Sums"] = field(default_factory=dict)

    def add(self, other: "Counts") -> None:
        """Add the numbers of others; sums stay with those they were counted for."""
        self.known += other.known
        self.judged += other.judged
        self.agree += other.agree
        self.unknown_entry += other.unknown_entry

    def count(self, closing: Closing, verdict: Verdict | None) -> None:
        """Count one closing."""
        if closing.gross is None:
            self.unknown_entry += 1
            return
        self.known += 1
        if verdict is not None:
            self.judged += 1
            self.agree += verdict.agrees
            before = self.sums.get(closing.currency, NO_SUMS)
            self.sums[closing.currency] = before.plus(verdict)


@dataclass(frozen=True, slots=True)
class Sums:
    """What closings made by the venue's method, by the venue's figures, and exactly."""

    ours: Decimal = ZERO
    theirs: Decimal = ZERO
    exact: Decimal = ZERO

    def plus(self, found: Verdict) -> "Sums":
        return Sums(
            add(self.ours, found.ours), add(self.theirs, found.theirs), add(self.exact, found.exact)
        )


NO_SUMS = Sums()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A closing on which we and the venue differ."""

    row: int
    symbol: str
    verdict: Verdict


@dataclass(slots=True, kw_only=True)
class Line:
    """A ledger or a day: its fills and closings, what it realized, what the venue says it did."""

    account: str | None = None
    name: str
    fills: int = 0
    gaps: int = 0
    counts: Counts = field(default_factory=Counts)
    totals: Totals = NO_TOTALS
    venue: dict[str, Decimal] = field(default_factory=dict)

    def add(self, other: "Line") -> None:
        """Add the counts and the money of another line."""
        self.fills += other.fills
        self.gaps += other.gaps
        self.counts.add(other.counts)
        self.totals = self.totals.plus(other.totals)
        for currency, amount in other.venue.items():
            self.add_venue(currency, amount)

    def add_venue(self, currency: str, amount: Decimal) -> None:
        """Add a figure of the venue's own."""
        self.venue[currency] = add(self.venue.get(currency, ZERO), amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingLine:
    """One closing, for those who want all of them."""

    row: int | None
    account: str | None
    symbol: str
    closing: Closing
    verdict: Verdict | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An open position at the end of the file."""

    account: str | None
    ledger: Ledger

    @property
    def order(self) -> tuple[str, str, str, str]:
        """By account, symbol and side."""
        ledger = self.ledger
        return (self.account or "", ledger.instrument.symbol, ledger.side or "", ledger.id)


@dataclass(slots=True, kw_only=True)
class Result:
    """Everything about a replayed file: `line` is the whole of it, spot sales included.

    `counts` are the closings, `apart` the spot sales that are counted apart from them. `refused`
    could not be applied; `passed_over` counts the rows that trade something and were not used;
    `written` is how many decimals the file has.
    """

    name: str
    judge: Judge
    zone: tzinfo
    cost_basis: str = "average"
    by: By | None = None
    fills: int = 0
    accounts: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    counts: Counts = field(default_factory=Counts)
    apart: Counts = field(default_factory=Counts)
    gaps: list[Gap] = field(default_factory=list)
    differ: list[Difference] = field(default_factory=list)
    apart_differ: list[Difference] = field(default_factory=list)
    positions: list[Held] = field(default_factory=list)
    line: Line = field(default_factory=lambda: Line(name=""))
    symbols: dict[LedgerId, Line] = field(default_factory=dict)
    days: dict[str, Line] = field(default_factory=dict)
    closings: list[ClosingLine] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    passed_over: int = 0
    written: Written = NOTHING_WRITTEN
    refused: list[tuple[Fill, str]] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether there are no gaps, no differences, and nothing that could not be used."""
        is_whole = not (self.refused or self.passed_over)
        return is_whole and not (self.gaps or self.differ or self.apart_differ)

    @property
    def incomplete(self) -> frozenset[str]:
        """The currencies in which something was realized that is not known.

        What was traded in a gap realized something too, whether or not a closing followed.
        """
        unknown = {name for name, each in self.line.totals.by_currency.items() if each.unknown}
        return frozenset(unknown | {gap.currency for gap in self.gaps})
