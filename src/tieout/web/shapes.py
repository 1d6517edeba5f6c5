"""What requests and replies look like, for the OpenAPI document and for reading requests."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from tieout.ports import Capability

# For the document alone: a number literal with all its digits, or a string where one is asked for.
# Nothing is ever read into a float.
Number = float | str
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Stats(msgspec.Struct, kw_only=True, rename="camel"):
    """Seed 000's `positionReconciliation`."""

    enabled: bool
    schedule: str
    is_running: bool
    last_run_time: str | None
    last_run_duration: int | None
    next_run_time: str | None
    total_runs: int
    successful_runs: int
    failed_runs: int
    last_error: str | None
    last_result: "Result | None"


class Result(msgspec.Struct, kw_only=True):
    """Symbols that a run created, updated and removed, and its errors."""

    created: list[str]
    updated: list[str]
    removed: list[str]
    errors: list[str]


class JobsStatus(msgspec.Struct, kw_only=True):
    """Seed 000's job status."""

    position_reconciliation: Stats = msgspec.field(name="positionReconciliation")


class Summary(msgspec.Struct, kw_only=True, rename="camel"):
    """How many of each."""

    total_changes: int
    created_count: int
    updated_count: int
    removed_count: int
    error_count: int


class SyncResult(Result, kw_only=True):
    """A result with its counts."""

    summary: Summary


class SyncDone(msgspec.Struct, kw_only=True):
    """Seed 000's answer to a manual sync."""

    success: bool
    message: str
    result: SyncResult


class SyncStats(msgspec.Struct, kw_only=True):
    """Seed 002's statistics."""

    total_syncs: int
    successful_syncs: int
    failed_syncs: int
    positions_created: int
    positions_updated: int
    positions_closed: int
    last_sync_time: str | None


class PositionSync(msgspec.Struct, kw_only=True):
    """Seed 002's `position_sync`."""

    enabled: bool
    sync_interval: int
    stats: SyncStats


class SchedulerStatus(msgspec.Struct, kw_only=True):
    """How the schedule stands."""

    running: bool
    paused: bool
    next_run_time: str | None
    position_sync: PositionSync


class SyncStatus(PositionSync, kw_only=True):
    """Seed 001's sync status: the same, and the accounts."""

    is_running: bool
    last_synced_at: str | None
    accounts: list["AccountStatus"]


class AccountStatus(msgspec.Struct, kw_only=True):
    """How one account stands; or a connection that was never reached, under its own name.

    One that is `retired` by its settings is not read any more.
    """

    account: str
    name: str
    venue: str
    currency: str
    tied_out: bool | None
    outcome: str | None
    reason: str | None
    last_run: str | None
    last_synced_at: str | None
    open_breaks: int
    retired: bool
    policy: dict[str, Any]


class Accounts(msgspec.Struct, kw_only=True):
    """Every account of the book, and every connection that was never reached."""

    accounts: list[AccountStatus]


class Money(msgspec.Struct, kw_only=True):
    """Realized money in one currency; null where it is not known."""

    gross: Number | None
    fees: Number
    net: Number | None
    funding: Number
    income: Number
    incomplete: bool


class PnlBase(msgspec.Struct, kw_only=True):
    """A net in the account's own currency: what the price made of it, and the exchange rate."""

    net: Number
    price: Number
    exchange: Number
    currency: str


class Position(msgspec.Struct, kw_only=True):
    """A position. `quantity` is signed: short is negative, ended is 0.

    `realized_pnl` is net, in `currency`, of this position so far; null where it is not known.
    The ids of trades are the venue's, null where it told of none. `base` is there where `currency`
    is not the account's own and the rates of all that was closed are known.
    """

    account: str
    name: str
    symbol: str
    side: str | None
    asset_class: str
    currency: str
    quantity: Number
    average_price: Number | None
    basis: str | None
    current_price: Number | None
    unrealized_pnl: Number | None
    unrealized_pnl_pct: float | None
    realized_pnl: Number | None
    realized: dict[str, Money]
    status: str
    reconciliation: str | None
    opened_at: str
    closed_at: str | None
    reason: str | None
    estimated: bool | None
    entry_trade_id: str | None
    exit_trade_id: str | None
    last_synced_at: str | None
    base: PnlBase | msgspec.UnsetType = msgspec.UNSET


class Positions(msgspec.Struct, kw_only=True):
    """A page of open positions."""

    positions: list[Position]
    next_cursor: str | None


class PastPositions(msgspec.Struct, kw_only=True):
    """What was open at `as_of`, by what was known at `known_at`. There are no prices of then."""

    as_of: str
    known_at: str
    positions: list[Position]
    next_cursor: str | None


class BreakShape(msgspec.Struct, kw_only=True):
    """A difference that activities do not explain."""

    account: str
    id: str
    kind: str
    symbol: str | None
    side: str | None
    status: str
    seen: int
    first_at: str
    last_at: str
    before: dict[str, Any]
    ours: dict[str, Any]
    theirs: dict[str, Any]
    explanation: list[dict[str, Any]]
    remainder: Number | None
    prevents_tie_out: bool


class Breaks(msgspec.Struct, kw_only=True):
    """A page of breaks."""

    breaks: list[BreakShape]
    next_cursor: str | None


class Run(msgspec.Struct, kw_only=True):
    """A run and what it did."""

    id: str
    account: str
    trigger: str
    started_at: str
    finished_at: str
    duration_ms: int
    outcome: str
    reason: str | None
    tied_out: bool | None
    venue_calls: int
    counts: dict[str, int]
    errors: list[str]
    statement: dict[str, Any]


class Runs(msgspec.Struct, kw_only=True):
    """A page of runs, newest first."""

    runs: list[Run]
    next_cursor: str | None


class CaseFile(msgspec.Struct, kw_only=True):
    """A case file; `tieout case` runs it."""

    case: int
    account: dict[str, Any]
    steps: list[dict[str, Any]]


class Journal(msgspec.Struct, kw_only=True):
    """A page of the journal, oldest first. Entries are as they are hashed."""

    entries: list[dict[str, Any]]
    next_cursor: str | None


class PnlLine(msgspec.Struct, kw_only=True):
    """Realized money of one day, symbol or account in one currency.

    `base` is there where its currency is not the account's own and all rates are known.
    """

    key: str
    currency: str
    gross: Number
    fees: Number
    net: Number
    funding: Number
    income: Number
    closings: int
    incomplete: int
    estimated: bool
    base: PnlBase | msgspec.UnsetType = msgspec.UNSET


class Pnl(msgspec.Struct, kw_only=True):
    """Realized profit and loss over a time, currencies apart."""

    by: str
    rows: list[PnlLine]


class SettingsShape(msgspec.Struct, kw_only=True):
    """What can be changed at run time, as it is now, and what was changed since the start."""

    settings: dict[str, Any]
    changed: dict[str, Any]


# Printable in every terminal; \\w has letters and digits of every script.
KeyName = Annotated[str, msgspec.Meta(pattern=r"^\w[\w .:@/+-]{0,99}$")]


class NewKey(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A key to be made."""

    name: KeyName
    capabilities: Annotated[list[Capability], msgspec.Meta(min_length=1, max_length=3)]


class Key(msgspec.Struct, kw_only=True):
    """An API key without its secret."""

    id: str
    name: str
    capabilities: list[str]
    created_at: str
    last_used_at: str | None
    revoked_at: str | None


class KeyOnce(Key, kw_only=True):
    """A new key; `key` is shown this once."""

    key: str


class Keys(msgspec.Struct, kw_only=True):
    """Every API key."""

    keys: list[Key]


class Login(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Name and password."""

    username: Name
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]


class SignedIn(msgspec.Struct, kw_only=True):
    """Who is signed in."""

    user: str
    capabilities: list[str]
    expires_at: datetime | None = None


class Done(msgspec.Struct, kw_only=True):
    """It was done."""

    success: bool
    message: str


class HealthShape(msgspec.Struct, kw_only=True):
    """Whether the program is alive or ready."""

    status: str
