"""What a venue and a store of books promise, and the values that cross."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

from tieout.core.activity import Activity, ActivityId
from tieout.core.book import Account, AccountId, Book
from tieout.core.breaks import Break
from tieout.core.errors import StoreError, TieoutError
from tieout.core.facts import Fact
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.journal import Entry
from tieout.core.plan import Plan
from tieout.core.pnl import BaseFigure, Closing, Figures
from tieout.core.position import Episode, Ledger
from tieout.core.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class RawReply:
    """One reply of a venue as it came over the wire, without any secret, kept as evidence."""

    call: str
    status: int | None
    received_at: datetime
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One reading of an account: the snapshot, the activities, and the raw replies behind them.

    `instruments` are what the venue told about the things it lists (multiplier, ids, class).
    `ignored` says in words what was reported and deliberately not used. `cursor` is where the
    next reading of activities starts; the caller stores it with the run and passes it back.
    `contract_costs` are, by the venue's id, what one contract cost with its size inside, from a
    venue that has averages like that: where the size comes from elsewhere, so does the average.
    """

    snapshot: Snapshot
    activities: tuple[Activity, ...]
    evidence: tuple[RawReply, ...]
    instruments: tuple[Instrument, ...] = ()
    ignored: tuple[str, ...] = ()
    cursor: str | None = None
    contract_costs: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a venue's stream says. It is a hint: what happened is read, never taken from here.

    `connected` comes after every connect, as messages may have been missed before it; `changed`
    when something happened; `lost`, with a reason, when the connection ended or none came about;
    `refused`, with a reason that says what to do, when the venue turned down the login, the client
    id or a subscription: that does not pass by itself; `unheard`, with a reason, when there is a
    part of it that the stream does not tell of, while the others go on.
    `account` is the venue's name for the one it is about, None for all of the connection.
    """

    kind: Literal["connected", "changed", "lost", "refused", "unheard"]
    account: AccountId | None = None
    reason: str = ""


class Tell(Protocol):
    """Takes news. It returns at once and never raises."""

    def __call__(self, news: News) -> None: ...


class Venue(Protocol):
    """One login at a venue. A module behind this translates and decides nothing."""

    name: str

    async def accounts(self) -> Sequence[Account]:
        """The accounts this login reaches, as the venue names them."""
        ...

    async def read(self, account: AccountId, *, cursor: str | None) -> Read:
        """Positions and activities of one account, complete or saying why not.

        Raises VenueUnavailable, VenueRefused or VenueReplyInvalid when nothing can be trusted;
        the raw replies that did arrive hang on the error as `evidence`.
        """
        ...

    async def listen(self, tell: Tell) -> None:
        """Tell of news until cancelled, over every reconnect; returns where there is no stream."""
        ...

    async def check(self) -> Sequence["Finding"]:
        """What `doctor` shows for this login, good news included."""
        ...

    async def aclose(self) -> None:
        """Let go of every connection."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of `doctor`: what was looked at, how it is, and what to do about it."""

    subject: str
    level: Literal["ok", "warning", "error"]
    message: str
    advice: str = ""


class Clock(Protocol):
    """The time, as a part of the outside world."""

    def now(self) -> datetime:
        """This moment, aware, in UTC."""
        ...


RunTrigger = Literal[
    "schedule", "stream", "trade", "reconnect", "manual", "page", "approval", "decision"
]
# What a person decided: a run that is kept, but no sync, as no venue was asked.
DECISIONS: tuple[RunTrigger, ...] = ("approval", "decision")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run, kept for ever: what started it, what came of it, how long it took."""

    id: str
    account: AccountId
    trigger: RunTrigger
    started_at: datetime
    finished_at: datetime
    outcome: str
    reason: str | None
    tied_out: bool | None
    counts: Mapping[str, int] = field(default_factory=dict)
    venue_calls: int = 0
    errors: tuple[str, ...] = ()
    statement: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """All that ended and all that was realized in one ledger, as it reads now, oldest first.

    `closings` go with the id (`opened_by`) of the episode they belong to.
    """

    ended: tuple[Episode, ...] = ()
    closings: tuple[tuple[str, Closing], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """All that one run writes, in one transaction, if the book is still at `version`.

    `entries` continue the account's journal; `plan` carries ledgers, marks, breaks, digests and
    the account's state; `events` go to the outbox; `evidence` is compressed and kept. `cursor`
    and `instruments` stay as they are where nothing is given.

    `pasts` are the ledgers whose whole history was folded again because something came late:
    what the store keeps of their ended episodes and closings becomes exactly that. Where a
    ledger in `deleted` has an episode that ended as `missing` in this run, that episode leaves
    the positions (`on_missing = "delete"`); its journal stays.
    """

    account: Account
    version: int
    plan: Plan
    entries: tuple[Entry, ...]
    run: RunRecord
    instruments: tuple[Instrument, ...] = ()
    cursor: str | None = None
    evidence: tuple[RawReply, ...] = ()
    events: tuple["Event", ...] = ()
    pasts: Mapping[LedgerId, Past] = field(default_factory=dict)
    deleted: frozenset[LedgerId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something to tell the world: stored with the run, published after it."""

    type: str
    at: datetime
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event of the outbox. Ids only grow, in the order of the commits.

    `account` and `run` are None for what belongs to none.
    """

    id: int
    account: AccountId | None
    run: str | None
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Realized:
    """One line of realized P&L, when it happened and when we knew.

    A line is a closing, or money that came without one (funding, a dividend, a fee). Lines are
    only ever added: what later news changed is taken back by a line with the opposite figures,
    at the time of the closing it takes back, and said anew. The P&L of a period is therefore the
    sum of the lines that happened in it; leave out what became known later for the P&L as it
    was known then. `by` is what caused it, "" for a correction that no closing stands for. `base`
    is its net in the account's own currency, where that is another and the rates are known.
    """

    ledger: LedgerId
    run: str
    known_at: datetime
    happened_at: datetime
    currency: str
    figures: Figures
    by: str = ""
    episode: str | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    is_estimated: bool = False
    base: BaseFigure | None = None


class ServiceStopping(TieoutError):
    """The service ends, so nothing new is begun and nobody is waited for any longer."""

    code = "stopping"


class AccountBusy(StoreError):
    """Another run of this account is in progress, here or in another process."""

    code = "account_busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBook:
    """A book as read, with the version that fences the next commit."""

    book: Book
    version: int
    cursor: str | None
    head: str
    sequence: int


class BookStore(Protocol):
    """Where books live. Every method is one transaction; a failed one changes nothing."""

    def accounts(self) -> Sequence[Account]:
        """Every account with a book."""
        ...

    def load(self, account: Account, *, activity_ids: Iterable[ActivityId] = ()) -> StoredBook:
        """The book of an account (empty if new), knowing the digests of `activity_ids`."""
        ...

    def history(
        self, account: AccountId, ledgers: Iterable[LedgerId] | None = None
    ) -> Mapping[LedgerId, tuple[Fact, ...]]:
        """The facts of these ledgers (all of them for None), in order of arrival."""
        ...

    def commit(self, commit: Commit) -> int:
        """Write all or nothing; the new version. Raises StaleVersion if somebody was first."""
        ...

    def record_run(self, account: Account, run: RunRecord, evidence: Iterable[RawReply]) -> None:
        """Keep a run that wrote nothing else (the store was the problem, or the lock)."""
        ...

    def entries(
        self, account: AccountId, *, after: int = 0, ledger: LedgerId | None = None
    ) -> Iterable[Entry]:
        """The journal in order, from the entry after `after`."""
        ...

    def runs(
        self, account: AccountId | None = None, *, limit: int = 50, before: str | None = None
    ) -> Sequence[RunRecord]:
        """The latest runs, newest first; those older than the run `before`, if one is named."""
        ...

    def run(self, run_id: str) -> RunRecord | None:
        """One run by its id."""
        ...

    def evidence(self, run_id: str) -> Sequence[RawReply]:
        """The raw replies behind a run, as long as they are kept."""
        ...

    def breaks(self, account: AccountId | None = None, *, every: bool = False) -> Sequence[Break]:
        """The open breaks, or every one that ever was."""
        ...

    def lease(self, account: AccountId) -> AbstractContextManager[None]:
        """Be the only run of this account on this machine. Raises AccountBusy at once.

        It ends with the context or with the process, however that dies. It spares two runs the
        work; what keeps them from both writing is the version that `commit` checks.
        """
        ...

    def ledgers_as_of(self, account: AccountId, known_at: datetime) -> Mapping[LedgerId, Ledger]:
        """The ledgers as we knew them at a time, whatever came to light since."""
        ...

    def facts_until(
        self, account: AccountId, at: datetime, *, known_at: datetime | None = None
    ) -> Mapping[LedgerId, tuple[Fact, ...]]:
        """What had happened by `at`, as known now or at `known_at`, for folding a past state."""
        ...

    def ended(
        self, account: AccountId, *, ledger: LedgerId | None = None, limit: int = 1000
    ) -> Sequence[tuple[LedgerId, Episode]]:
        """The episodes that ended and are still kept, the latest to close first."""
        ...

    def realized(
        self,
        account: AccountId,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        known_at: datetime | None = None,
    ) -> Sequence[Realized]:
        """The lines of realized P&L with since <= happened_at < until, oldest first."""
        ...

    def events(self, *, after: int = 0, limit: int = 1000) -> Sequence[StoredEvent]:
        """What was published after the event with this id, oldest first."""
        ...

    def last_event(self) -> int:
        """The id of the latest event, 0 before the first."""
        ...

    def clear_ended(self, before: datetime, *, account: AccountId | None = None) -> int:
        """Let go of episodes that closed before a time; how many. The journal keeps them."""
        ...

    def forget_evidence(self, before: datetime) -> int:
        """Delete raw replies that came in before a time; how many."""
        ...

    def forget_events(self, before: datetime) -> int:
        """Delete events older than a time; how many. Ids are not used again."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
