"""What came of a file, counted as it is folded: closings, differences, money, positions."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from tieout.core.instrument import Instrument, LedgerId
from tieout.core.numbers import add
from tieout.core.pnl import NO_TOTALS, Closing, Totals
from tieout.core.position import Ledger
from tieout.replay.continuity import Gap
from tieout.replay.export import Fill
from tieout.replay.judging import Judge, Verdict

By = Literal["symbol", "day", "closing"]


@dataclass(slots=True)
class Counts:
    """Closings whose entry is known, those of them that agree with the venue, and the others.

    `judged` counts those the venue gave a figure for.
    """

    known: int = 0
    judged: int = 0
    agree: int = 0
    unknown_entry: int = 0

    def count(self, closing: Closing, verdict: Verdict | None) -> None:
        """Count one closing."""
        if closing.gross is None:
            self.unknown_entry += 1
            return
        self.known += 1
        if verdict is not None:
            self.judged += 1
            self.agree += verdict.agrees


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

    def add_venue(self, currency: str, amount: Decimal) -> None:
        """Add a figure of the venue's own."""
        self.venue[currency] = add(self.venue.get(currency, Decimal(0)), amount)


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


@dataclass(slots=True, kw_only=True)
class Result:
    """Everything about a replayed file. `apart` are the spot sales that are counted apart."""

    name: str
    judge: Judge
    cost_basis: str
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
    totals: Totals = NO_TOTALS
    venue: dict[str, Decimal] = field(default_factory=dict)
    symbols: dict[LedgerId, Line] = field(default_factory=dict)
    days: dict[str, Line] = field(default_factory=dict)
    closings: list[ClosingLine] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    refused: list[tuple[Fill, str]] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether there are no gaps, no differences, and nothing that could not be applied."""
        return not (self.gaps or self.differ or self.apart_differ or self.refused)

    @property
    def incomplete(self) -> frozenset[str]:
        """The currencies in which something was realized that is not known.

        What was traded in a gap realized something too, whether or not a closing followed.
        """
        unknown = {name for name, each in self.totals.by_currency.items() if each.unknown}
        return frozenset(unknown | {gap.currency for gap in self.gaps})


def instrument_name(instrument: Instrument, side: str | None) -> str:
    """The name of a ledger for people."""
    return instrument.symbol if side is None else f"{instrument.symbol} {side}"
