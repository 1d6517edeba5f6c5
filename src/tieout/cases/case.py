"""A case file as a value: what we held, what happened, what the broker said, step by step."""

from dataclasses import dataclass
from datetime import UTC, datetime

from tieout.core.activity import Activity
from tieout.core.book import Account, BookRow
from tieout.core.instrument import Instrument
from tieout.core.policy import Policy
from tieout.core.snapshot import Failure, Local, Snapshot

CASE_VERSION = 1
BEFORE_EVERYTHING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One run: what arrived by `at`. Without a snapshot only activities or bookings arrived."""

    at: datetime
    activities: tuple[Activity, ...] = ()
    local: tuple[Local, ...] = ()
    snapshot: Snapshot | Failure | None = None
    approve: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One account from a given book on: every value the core needs to run it again."""

    account: Account
    policy: Policy
    instruments: tuple[Instrument, ...] = ()
    book: tuple[BookRow, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def starts_at(self) -> datetime:
        """The first moment the file knows of; the book is what was held before it."""
        times = [step.at for step in self.steps[:1]]
        for step in self.steps:
            times += [step.snapshot.as_of] if isinstance(step.snapshot, Snapshot) else []
            times += [activity.at for activity in step.activities]
            times += [booking.at for booking in step.local]
        return min(times, default=BEFORE_EVERYTHING)
