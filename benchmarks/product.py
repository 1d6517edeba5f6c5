"""The product's way from a broker's reply to a durable commit, with nothing left out but HTTP."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter
from unittest.mock import patch

from benchmarks.broker import FIRST_AT, Replies
from tieout.cases.output import step_json
from tieout.core.activity import Activity
from tieout.core.book import Account, AccountId
from tieout.core.instrument import Instrument
from tieout.core.journal import entries_of
from tieout.core.plan import Plan
from tieout.core.policy import Policy
from tieout.core.snapshot import Snapshot
from tieout.core.tieout import tie_out
from tieout.ports import Commit, RawReply, Read, RunRecord
from tieout.runs import Order, Parts, run
from tieout.runs.collector import collector_rests
from tieout.store.sqlite import SqliteStore
from tieout.venues.alpaca.activities import translated as activities_of
from tieout.venues.alpaca.limits import DEFAULT
from tieout.venues.alpaca.positions import translated as holdings_of
from tieout.venues.alpaca.wire import activities_in, positions_in

ACCOUNT = Account(id=AccountId("benchmark/PA3BENCHMARK"), venue="alpaca")
POLICY = Policy()
STEPS = ("decode", "load", "tie_out", "journal", "commit")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A reply in the words of the core."""

    snapshot: Snapshot
    activities: tuple[Activity, ...]
    instruments: tuple[Instrument, ...]


def decode(replies: Replies) -> Decoded:
    """What `AlpacaVenue.read` makes of its replies."""
    positions = holdings_of(positions_in(replies.positions), pairs={})
    activities = activities_of(activities_in(replies.fills), now=replies.at)
    return Decoded(
        snapshot=Snapshot(as_of=replies.at, holdings=positions.holdings),
        activities=tuple(activities.activities),
        instruments=positions.instruments,
    )


class Tied:
    """The tie-out of a sync step by step: decode, load, tie out, journal, commit.

    With `is_read_anew` two stores on one file take turns, so that neither ever has the book that
    the other wrote and every sync reads it from disk.
    """

    def __init__(self, path: Path, *, is_read_anew: bool = False) -> None:
        self._stores = [SqliteStore(path) for _ in range(2 if is_read_anew else 1)]
        self._syncs = 0
        self.plan: Plan | None = None
        self.seconds = dict.fromkeys(STEPS, 0.0)

    def close(self) -> None:
        for store in self._stores:
            store.close()

    def sync(self, replies: Replies) -> None:
        """From the reply to the durable commit; `seconds` has what each step took."""
        store = self._stores[self._syncs % len(self._stores)]
        self._syncs += 1
        name = f"{replies.at:%Y%m%d-%H%M%S}-{self._syncs}"
        times = [perf_counter()]
        decoded = decode(replies)
        times.append(perf_counter())
        with collector_rests():  # as a run has it from here on
            self._written(decoded, name, store, times)

    def _written(self, decoded: Decoded, name: str, store: SqliteStore, times: list[float]) -> None:
        at = decoded.snapshot.as_of
        stored = store.load(ACCOUNT, activity_ids=[each.id for each in decoded.activities])
        times.append(perf_counter())
        plan = tie_out(stored.book, decoded.snapshot, decoded.activities, policy=POLICY, now=at)
        times.append(perf_counter())
        entries = entries_of(
            plan,
            account=ACCOUNT.id,
            before=stored.book.ledgers,
            run=name,
            sequence=stored.sequence,
            previous=stored.head,
        )
        times.append(perf_counter())
        record = _record(plan, name)
        store.commit(
            Commit(account=ACCOUNT, version=stored.version, plan=plan, entries=entries, run=record)
        )
        times.append(perf_counter())
        self.plan = plan
        self.seconds = {
            step: after - before
            for step, before, after in zip(STEPS, times, times[1:], strict=False)
        }


def _record(plan: Plan, name: str) -> RunRecord:
    return RunRecord(
        id=name,
        account=ACCOUNT.id,
        trigger="schedule",
        started_at=plan.at,
        finished_at=plan.at,
        outcome=plan.outcome,
        reason=plan.reason,
        tied_out=plan.tied_out,
    )


class _Replayed:
    """A venue that answers with the replies it was given, and a clock that shows their time."""

    name = "benchmark"

    def __init__(self) -> None:
        self.replies = Replies(at=FIRST_AT, positions=b"[]")

    def now(self) -> datetime:
        return self.replies.at

    async def read(self, account: AccountId, *, cursor: str | None) -> Read:
        del account, cursor  # whatever is asked
        decoded = decode(self.replies)
        return Read(
            snapshot=decoded.snapshot,
            activities=decoded.activities,
            evidence=(
                self._evidence("/v2/positions", self.replies.positions),
                self._evidence("/v2/account/activities", self.replies.fills),
            ),
            instruments=decoded.instruments,
            cursor=self.replies.at.isoformat(),
        )

    def _evidence(self, path: str, body: bytes) -> RawReply:
        kept = body[: DEFAULT.evidence_bytes_max]
        return RawReply(call=f"GET {path}", status=200, received_at=self.now(), body=kept)


class Whole:
    """A whole run: the tie-out with its lock, its evidence, its record and its events."""

    def __init__(self, path: Path) -> None:
        self._store = SqliteStore(path)
        self._venue = _Replayed()
        self._syncs = 0
        self._parts = Parts(
            store=self._store, clock=self._venue, name_run=self._name, statement=step_json
        )
        self._order = Order(account=ACCOUNT, policy=POLICY, trigger="schedule")
        self._loop = asyncio.Runner()

    def close(self) -> None:
        self._loop.close()
        self._store.close()

    def latest(self) -> RunRecord:
        """The last run as it is stored."""
        return self._store.runs(ACCOUNT.id, limit=1)[0]

    def sync(self, replies: Replies) -> None:
        """One run, in the loop of a process that goes on running."""
        self._venue.replies = replies
        self._loop.run(self._run())

    async def _run(self) -> None:
        # What a task returns is printed by asyncio when it lets go of Ctrl-C: return nothing.
        await run(self._order, venue=self._venue, parts=self._parts)

    def _name(self, started_at: datetime) -> str:
        self._syncs += 1
        return f"{started_at:%Y%m%d-%H%M%S}-{self._syncs}"


# Statements


class _Counting(sqlite3.Connection):
    """Counts what it is asked to do; one `executemany` is one statement."""

    statements = 0

    def execute(self, *asked: object) -> sqlite3.Cursor:
        _Counting.statements += 1
        return super().execute(*asked)  # type: ignore[arg-type]

    def executemany(self, *asked: object) -> sqlite3.Cursor:
        _Counting.statements += 1
        return super().executemany(*asked)  # type: ignore[arg-type]


@contextmanager
def counting_statements() -> Iterator[type[_Counting]]:
    """Every SQLite connection opened within counts; `statements` can be set back to 0."""
    connect = sqlite3.connect

    def counted(*place: object, **options: object) -> sqlite3.Connection:
        return connect(*place, factory=_Counting, **options)  # type: ignore[call-overload]

    with patch.object(sqlite3, "connect", counted):
        yield _Counting
