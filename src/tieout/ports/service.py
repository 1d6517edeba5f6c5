"""What keeping accounts tied out by itself asks of the store, and of time."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tieout.core.book import AccountId
from tieout.core.errors import StoreError
from tieout.ports.access import AccessStore
from tieout.ports.books import BookStore, Clock, Event, RunRecord


class AlreadyServed(StoreError):
    """Another service keeps this book; the message says which process, and since when."""

    code = "already_served"


class Timer(Clock, Protocol):
    """A clock that can be waited on, so that tests turn it by hand and nothing sleeps."""

    async def until(self, moment: datetime) -> None:
        """Return when this moment has come; at once where it is past.

        Also when the clock was set back meanwhile: the moment may be far off then, and whoever
        waits has to look at the time anew.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTotals:
    """All stored runs of an account, or of all accounts, counted. Decisions of a person are none.

    A run is successful when it was applied without an error for any symbol. Every other one,
    partial, held and rejected included, is failed: the account is not known to be right then.
    `created`, `updated` and `removed` count positions over all runs.
    """

    total: int = 0
    successful: int = 0
    failed: int = 0
    created: int = 0
    updated: int = 0
    removed: int = 0
    last: RunRecord | None = None
    last_success_at: datetime | None = None


class ServiceStore(Protocol):
    """What the service keeps beside the books. Every method is one transaction."""

    def check(self) -> None:
        """See that the store can be read and written. Raises StoreError where it cannot."""
        ...

    def serving(self, since: datetime) -> AbstractContextManager[None]:
        """Be the only service of this book on this machine. Raises AlreadyServed at once.

        It ends with the context or with the process, however that dies.
        """
        ...

    def changes(self) -> int | None:
        """A number that is another one once anybody has written anything; None for not known.

        What was read after asking for it can be used again for as long as it stays the same.
        """
        ...

    def run_totals(self, account: AccountId | None = None) -> RunTotals:
        """The stored runs of an account counted; of all accounts for None."""
        ...

    def runtime_settings(self) -> Mapping[str, str]:
        """What was changed while the program ran: dotted keys of tieout.toml to JSON texts."""
        ...

    def put_runtime_settings(self, changed: Mapping[str, str | None]) -> None:
        """Change settings, all or none; None takes a change back."""
        ...

    def deliveries(self) -> Mapping[str, "Delivery"]:
        """How far each target has been told, by its name."""
        ...

    def put_delivery(self, delivery: "Delivery") -> None:
        """Note how far a target has been told."""
        ...

    def notices(self) -> Mapping[str, "Notice"]:
        """What people have been alerted to and is not over yet, by key."""
        ...

    def put_notice(self, notice: "Notice") -> None:
        """Keep what people were alerted to."""
        ...

    def drop_notices(self, keys: Sequence[str]) -> None:
        """Forget what is over."""
        ...

    def add_event(self, event: Event, *, account: AccountId | None) -> int:
        """Publish something that belongs to no run (a run that starts, a setting); its id."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How far one target (a webhook, a chat) has been told.

    Every event up to `event` is done. `attempts` count failures of the one after it, which is
    tried again at `next_at`; `last_error` says why in words without secrets.
    """

    target: str
    event: int
    attempts: int = 0
    next_at: datetime | None = None
    last_error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something wrong that people were told of: once, again on change or after a while, and over.

    `key` names the matter (`break/ID`, `run/ACCOUNT`), `digest` what it was when last told.
    """

    key: str
    account: AccountId
    digest: str
    first_at: datetime
    told_at: datetime
    times: int = 1


class Store(BookStore, AccessStore, ServiceStore, Protocol):
    """One database with everything in it."""
