"""The runs of an account counted, without reading them one by one each time they are asked for."""

import json
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from tieout.core.book import AccountId
from tieout.ports import DECISIONS, RunRecord, RunTotals
from tieout.store import statements
from tieout.store.codec import time_of
from tieout.store.rows import RunRow, run_of

APPLIED = "applied"
SINCE = (
    "SELECT account, count(*), sum(outcome = 'applied'),"
    " sum(coalesce(json_extract(counts, '$.created'), 0)),"
    " sum(coalesce(json_extract(counts, '$.updated'), 0)),"
    " sum(coalesce(json_extract(counts, '$.removed'), 0)),"
    " max(CASE WHEN outcome = 'applied' THEN finished_at END), max(rowid)"
    " FROM runs WHERE rowid > ? AND started_by NOT IN (SELECT value FROM json_each(?))"
    " GROUP BY account"
)


class RunCounts:
    """The sums up to a row of the table. Rows are only ever added, so the rest is added too."""

    def __init__(self) -> None:
        self._by_account: dict[str, RunTotals] = {}
        self._last_row = 0
        self._one_at_a_time = threading.Lock()

    def read(self, connection: sqlite3.Connection, account: AccountId | None) -> RunTotals:
        """The totals by now, but for the last run."""
        with self._one_at_a_time:
            for key, total, good, created, updated, removed, at, row in connection.execute(
                SINCE, (self._last_row, json.dumps(DECISIONS))
            ).fetchall():
                news = RunTotals(
                    total=total,
                    successful=good,
                    failed=total - good,
                    created=created,
                    updated=updated,
                    removed=removed,
                    last_success_at=None if at is None else time_of(at),
                )
                self._by_account[key] = plus(self._by_account.get(key, RunTotals()), news)
                self._last_row = max(self._last_row, row)
            if account is not None:
                return self._by_account.get(account, RunTotals())
            total_of_all = RunTotals()
            for each in self._by_account.values():
                total_of_all = plus(total_of_all, each)
            return total_of_all


def last_sync(connection: sqlite3.Connection, account: AccountId | None) -> RunRecord | None:
    """The last run of an account, or of all, that was none of a person's decisions."""
    decisions = json.dumps(DECISIONS)
    if account is None:
        found = connection.execute(statements.LAST_SYNC, (decisions,)).fetchone()
    else:
        asked = (decisions, account)
        found = connection.execute(statements.LAST_SYNC_OF_ACCOUNT, asked).fetchone()
    return None if found is None else run_of(RunRow._make(found))


def plus(one: RunTotals, other: RunTotals) -> RunTotals:
    """Two counts together."""
    return RunTotals(
        total=one.total + other.total,
        successful=one.successful + other.successful,
        failed=one.failed + other.failed,
        created=one.created + other.created,
        updated=one.updated + other.updated,
        removed=one.removed + other.removed,
        last_success_at=_later(one.last_success_at, other.last_success_at),
    )


def totals_of(runs: Iterable[RunRecord]) -> RunTotals:
    """The same from the runs themselves, newest first."""
    totals, last = RunTotals(), None
    for run in runs:
        if run.trigger in DECISIONS:
            continue
        last = last or run
        is_good = run.outcome == APPLIED
        news = RunTotals(
            total=1,
            successful=int(is_good),
            failed=int(not is_good),
            created=run.counts.get("created", 0),
            updated=run.counts.get("updated", 0),
            removed=run.counts.get("removed", 0),
            last_success_at=run.finished_at if is_good else None,
        )
        totals = plus(totals, news)
    return replace(totals, last=last)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((each for each in (one, other) if each is not None), default=None)
