"""What the seeds' status pages show, from the runs that are stored: right after a restart too."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tieout.core.snapshot import FAILURE_KINDS
from tieout.ports import RunRecord, RunTotals


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """How the schedule stands. `next_run_at` is None while nothing is due."""

    is_enabled: bool
    schedule: str
    interval_s: int
    is_running: bool
    next_run_at: datetime | None


def position_reconciliation(
    state: JobState, totals: RunTotals, latest: Collection[RunRecord]
) -> dict[str, Any]:
    """Seed 000's `positionReconciliation`. `latest` is the last run of each account: an error
    stays the last one until its own account is read well.
    """
    last = totals.last
    newest_first = sorted(latest, key=lambda run: run.finished_at, reverse=True)
    errors = (error_of(run) for run in newest_first)
    return {
        "enabled": state.is_enabled,
        "schedule": state.schedule,
        "isRunning": state.is_running,
        "lastRunTime": None if last is None else timestamp(last.started_at),
        "lastRunDuration": None if last is None else duration_ms(last),
        "nextRunTime": None if state.next_run_at is None else timestamp(state.next_run_at),
        "totalRuns": totals.total,
        "successfulRuns": totals.successful,
        "failedRuns": totals.failed,
        "lastError": next((each for each in errors if each is not None), None),
        "lastResult": None if last is None else result_of(latest),
    }


def position_sync(state: JobState, totals: RunTotals) -> dict[str, Any]:
    """Seed 002's `position_sync`."""
    last = totals.last
    return {
        "enabled": state.is_enabled,
        "sync_interval": state.interval_s,
        "stats": {
            "total_syncs": totals.total,
            "successful_syncs": totals.successful,
            "failed_syncs": totals.failed,
            "positions_created": totals.created,
            "positions_updated": totals.updated,
            "positions_closed": totals.removed,
            "last_sync_time": None if last is None else timestamp(last.finished_at),
        },
    }


def result_of(runs: Iterable[RunRecord]) -> dict[str, list[str]]:
    """What some runs did together: symbols created, updated and removed, and errors in words."""
    result: dict[str, list[str]] = {"created": [], "updated": [], "removed": [], "errors": []}
    for run in runs:
        statement = json.loads(run.statement)
        for name in ("created", "updated", "removed"):
            result[name] += statement.get(name, [])
        result["errors"] += run.errors
    return result


def summary_of(result: dict[str, list[str]]) -> dict[str, int]:
    """Seed 000's counts of a result."""
    counts = {f"{name}Count": len(result[name]) for name in ("created", "updated", "removed")}
    return {
        "totalChanges": sum(counts.values()),
        **counts,
        "errorCount": len(result["errors"]),
    }


def error_of(run: RunRecord) -> str | None:
    """Why a run is not counted as successful; None for a good one."""
    if run.outcome == "applied":
        return None
    return run.reason or "; ".join(run.errors) or run.outcome


def error_class_of(run: RunRecord) -> str | None:
    """What kind of thing a failed run failed by: the venue's kinds, or `other`."""
    if run.outcome != "failed":
        return None
    kind, _, _ = (run.reason or "").partition(": ")
    return kind if kind in FAILURE_KINDS else "other"


def duration_ms(run: RunRecord) -> int:
    """How long a run took."""
    return round((run.finished_at - run.started_at).total_seconds() * 1000)


def timestamp(moment: datetime) -> str:
    """A time as JavaScript writes it: milliseconds and Z."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
