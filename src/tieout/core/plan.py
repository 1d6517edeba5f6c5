"""What one run will do, and why: changes, breaks, errors and the facts to be written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from tieout.core.activity import ActivityId, Side
from tieout.core.breaks import Break
from tieout.core.facts import Fact
from tieout.core.instrument import LedgerId
from tieout.core.pnl import BaseFigure, Closing, Totals, base_of
from tieout.core.policy import CostBasis
from tieout.core.position import Episode, Ledger, Reason, Reconciliation, Status
from tieout.core.snapshot import Holding, Snapshot

Outcome = Literal["applied", "partial", "held", "rejected", "failed"]
ChangeKind = Literal[
    "created", "increased", "reduced", "closed", "flipped", "split", "renamed", "restated",
    "missing", "invalid",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a run did to one position: `before` and `after` are signed quantities.

    `realized` is the sum of what its closings locked in during this run, None where there were
    none. `average_price` is that after the change, None when flat or not known. `opened_at` is
    given for a flip: that of the new side. `closings` are the realizations behind the figure.
    """

    kind: ChangeKind
    ledger: LedgerId
    symbol: str
    side: Side | None
    before: Decimal
    after: Decimal
    average_price: Decimal | None
    status: Status
    reconciliation: Reconciliation
    currency: str
    realized: Totals | None = None
    is_estimated: bool = False
    explained_by: tuple[ActivityId, ...] = ()
    reason: Reason | None = None
    renamed_from: str | None = None
    opened_at: datetime | None = None
    closings: tuple[Closing, ...] = ()
    episode: str | None = None

    @property
    def base(self) -> BaseFigure | None:
        """Its net in the account's own currency, where its closings say all of it."""
        if self.realized is None:
            return None
        return base_of(self.closings, self.realized.of(self.currency))


@dataclass(frozen=True, slots=True, kw_only=True)
class StepError:
    """Something that could not be used: an activity, or a row of the snapshot."""

    message: str
    symbol: str | None = None
    activity: ActivityId | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What a person should look at now: `held` for a quarantined run, `break` for a lasting one."""

    kind: Literal["held", "break"]
    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A quarantined snapshot, waiting for a person, and the positions that it would close."""

    snapshot: Snapshot
    ledgers: tuple[LedgerId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """What the book knows of the account as a whole.

    `is_partly_adopted` says that a row could not be read when the account was adopted;
    `open_positions` is how many ledgers hold something; `restless` those that need a look even
    when their row has not changed; `cost_bases` the cost bases it has had, and since when.
    """

    as_of: datetime | None = None
    adopted_at: datetime | None = None
    is_partly_adopted: bool = False
    has_history: bool = False
    open_positions: int = 0
    restless: tuple[LedgerId, ...] = ()
    cost_bases: tuple[tuple[datetime, CostBasis], ...] = ()
    next_order: int = 1
    next_break: int = 1
    held: Held | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The whole result of one tie-out, and all that must be written to make it so.

    `ledgers` are the ledgers that changed, whole; `facts` the new facts in order; `digests` the
    content of the activities that are new; `breaks` all that are listed in this run (the open
    ones and those resolved in it); `marks` the latest rows of the snapshot by ledger, None where
    no snapshot was applied. `tied_out` is None for a run without a snapshot.
    """

    outcome: Outcome
    reason: str | None
    tied_out: bool | None
    at: datetime
    changes: tuple[Change, ...] = ()
    breaks: tuple[Break, ...] = ()
    errors: tuple[StepError, ...] = ()
    alerts: tuple[Alert, ...] = ()
    events: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    marked: int = 0
    unchanged: int = 0
    ended: tuple[tuple[LedgerId, Episode], ...] = ()
    facts: tuple[Fact, ...] = ()
    ledgers: Mapping[LedgerId, Ledger] = field(default_factory=dict)
    marks: Mapping[LedgerId, Holding] | None = None
    digests: Mapping[ActivityId, str] = field(default_factory=dict)
    closed_breaks: tuple[str, ...] = ()
    open_breaks: Mapping[str, Break] = field(default_factory=dict)
    account: AccountState = field(default_factory=AccountState)
