"""The book: what we hold for one account, with what is needed to tie it out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NewType

from tieout.core.activity import ActivityId, Side
from tieout.core.breaks import Break
from tieout.core.facts import Fact
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.numbers import ZERO
from tieout.core.plan import AccountState, Plan
from tieout.core.pnl import Totals, total_of
from tieout.core.position import Basis, Ledger, Status
from tieout.core.snapshot import Holding

AccountId = NewType("AccountId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account at a venue. `history` says whether all its activities since it was empty come."""

    id: AccountId
    venue: str
    currency: str = "USD"
    history: Literal["full", "partial"] = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowLot:
    """A lot of a row that the book starts with; quantity signed like the position."""

    quantity: Decimal
    price: Decimal
    at: datetime
    fees: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRow:
    """A position the book starts with, before anything we know of happened.

    With `lots` the basis is `actual`. `realized` is the net of this episode so far, which counts
    in the episode and not in what is realized from now on.
    """

    symbol: str
    quantity: Decimal
    average_price: Decimal | None = None
    status: Status = "OPEN"
    opened_at: datetime | None = None
    basis: Basis = "venue"
    lots: tuple[RowLot, ...] = ()
    side: Side | None = None
    venue_id: str | None = None
    multiplier: Decimal | None = None
    currency: str | None = None
    realized: Decimal | None = None
    expires: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Everything known about one account before a run.

    `facts` holds the history of the ledgers that `history_needed` names, and may hold more.
    `digests` holds the content of the activities already known, at least for the ids that
    arrive. `marks` are the venue's last rows by ledger. `open_breaks` are by break id.
    """

    account: Account
    ledgers: Mapping[LedgerId, Ledger] = field(default_factory=dict)
    marks: Mapping[LedgerId, Holding] = field(default_factory=dict)
    facts: Mapping[LedgerId, tuple[Fact, ...]] = field(default_factory=dict)
    digests: Mapping[ActivityId, str] = field(default_factory=dict)
    open_breaks: Mapping[str, Break] = field(default_factory=dict)
    instruments: tuple[Instrument, ...] = ()
    state: AccountState = field(default_factory=AccountState)

    @property
    def realized(self) -> Totals:
        """All that was ever realized in the account; currencies without figures left out."""
        total = total_of(ledger.totals for ledger in self.ledgers.values())
        kept = {name: each for name, each in total.by_currency.items() if not each.is_nothing}
        return Totals(kept)

    def after(self, plan: Plan) -> "Book":
        """The book once the plan is applied."""
        facts = dict(self.facts)
        for fact in plan.facts:
            facts[fact.ledger] = (*facts.get(fact.ledger, ()), fact)
        return replace(
            self,
            ledgers={**self.ledgers, **plan.ledgers},
            marks=self.marks if plan.marks is None else plan.marks,
            facts=facts,
            digests={**self.digests, **plan.digests},
            open_breaks=plan.open_breaks,
            state=plan.account,
        )


def ledger_id(symbol: str, *, side: Side | None, venue_id: str | None = None) -> LedgerId:
    """The name of a ledger: its first symbol, with the venue's id where the symbol was taken."""
    text = symbol.strip() if venue_id is None else f"{symbol.strip()}#{venue_id}"
    return LedgerId(text if side is None else f"{text}|{side}")
