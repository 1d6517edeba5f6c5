"""Seed 000's admin jobs, seed 001's sync, seed 002's scheduler."""

from typing import Any

from litestar import Response, get, post

from tieout.core.errors import SettingsError, StoreError
from tieout.runs.statistics import (
    error_of,
    position_reconciliation,
    position_sync,
    result_of,
    summary_of,
    timestamp,
)
from tieout.web import examples
from tieout.web.auth import needs
from tieout.web.context import AccountName, Asking, service_of
from tieout.web.encoding import reply
from tieout.web.openapi import described
from tieout.web.problems import Problem, not_found, problem_of
from tieout.web.routes.accounts import account_material
from tieout.web.shapes import (
    Done,
    JobsStatus,
    SchedulerStatus,
    SyncDone,
    SyncStatus,
)
from tieout.wiring.desk import Answer
from tieout.wiring.service import Service

NOT_USED = (
    "Position sync HELD: what the broker said was not booked; look at GET /api/runs, then approve"
    " or reject a held run"
)


@get(
    "/api/admin/jobs/status",
    guards=[needs("read")],
    sync_to_thread=False,
    **described(
        "jobs",
        "Status and statistics of the job",
        JobsStatus,
        example=examples.JOBS_STATUS,
    ),
)
def jobs_status(request: Asking) -> Response[JobsStatus]:
    service = service_of(request)
    stats = position_reconciliation(service.state(), service.totals(), service.latest_runs())
    return reply({"positionReconciliation": stats}, JobsStatus)


@post(
    "/api/admin/jobs/sync-positions",
    guards=[needs("admin:write")],
    status_code=200,
    **described(
        "jobs",
        "Sync now; does not affect the schedule",
        SyncDone,
        example=examples.SYNC_DONE,
        problems=(404, 409, 500),
    ),
)
async def sync_positions(request: Asking, account: AccountName = None) -> Response[SyncDone]:
    return reply(await _synced(service_of(request), account), SyncDone)


@post(
    "/api/sync/positions",
    guards=[needs("admin:write")],
    status_code=200,
    **described(
        "sync",
        "Sync now",
        SyncDone,
        example=examples.SYNC_DONE,
        problems=(404, 409, 500),
    ),
)
async def sync_now(request: Asking, account: AccountName = None) -> Response[SyncDone]:
    return reply(await _synced(service_of(request), account), SyncDone)


async def _synced(service: Service, account: str | None) -> dict[str, Any]:
    if account is not None and not service.is_known(account):
        raise not_found("such account", "GET /api/accounts lists them")
    try:
        answers = await service.sync(account)
    except SettingsError as error:  # its connection, or every one, is not set up (any more)
        raise not_found("account to sync", str(error)) from None
    _refuse_failed(answers)
    result = result_of(each.finished.record for each in answers if each.finished is not None)
    result["errors"] += [str(each.error) for each in answers if each.error is not None]
    unused = [line for each in answers if (line := _unused(each)) is not None]
    result["errors"] += unused
    return {
        "success": not unused,
        "message": NOT_USED if unused else "Position sync completed successfully",
        "result": {**result, "summary": summary_of(result)},
    }


def _unused(answer: Answer) -> str | None:
    """Why nothing of what the broker said was booked, where it did answer."""
    if answer.finished is None or answer.finished.record.outcome not in ("held", "rejected"):
        return None
    record = answer.finished.record
    return f"{answer.subject}: {record.outcome}: {record.reason} (run {record.id})"


def _refuse_failed(answers: list[Answer]) -> None:
    """A sync in which every account failed is an error; one that read something is a result."""
    faults = [_fault_of(each) for each in answers]
    if faults and all(faults):
        for each in answers:
            if isinstance(each.error, StoreError):
                raise problem_of(each.error)
        raise Problem(
            500,
            "Position sync failed",
            "; ".join(fault for fault in faults if fault),
            errors=[fault for fault in faults if fault],
        )


def _fault_of(answer: Answer) -> str | None:
    if answer.finished is None:
        said = str(answer.error)  # an error of a connection begins with its name
        beginning = f"{answer.subject}: "
        return said if said.startswith(beginning) else f"{beginning}{said}"
    record = answer.finished.record
    return f"{answer.subject}: {error_of(record)}" if record.outcome == "failed" else None


@get(
    "/api/sync/status",
    guards=[needs("read")],
    sync_to_thread=False,
    **described("sync", "How the sync stands", SyncStatus, example=examples.SYNC_STATUS),
)
def sync_status(request: Asking) -> Response[SyncStatus]:
    service = service_of(request)
    state, totals = service.state(), service.totals()
    last = totals.last_success_at
    return reply(
        {
            **position_sync(state, totals),
            "is_running": state.is_running,
            "last_synced_at": None if last is None else timestamp(last),
            "accounts": [account_material(service, each) for each in service.overseen()],
        },
        SyncStatus,
    )


@get(
    "/api/scheduler/status",
    guards=[needs("read")],
    sync_to_thread=False,
    **described(
        "scheduler", "How the schedule stands", SchedulerStatus, example=examples.SCHEDULER_STATUS
    ),
)
def scheduler_status(request: Asking) -> Response[SchedulerStatus]:
    service = service_of(request)
    state = service.state()
    due = state.next_run_at
    return reply(
        {
            "running": due is not None,
            "paused": service.is_paused,
            "next_run_time": None if due is None else timestamp(due),
            "position_sync": position_sync(state, service.totals()),
        },
        SchedulerStatus,
    )


ACTIONS = {
    "pause": "The schedule is paused; events and people still start runs",
    "resume": "The schedule goes on",
    "enable": "The job is enabled",
    "disable": "The job is disabled",
}


def _action(name: str) -> Any:
    @post(
        f"/api/scheduler/{name}",
        guards=[needs("admin:write")],
        status_code=200,
        name=f"scheduler_{name}",
        **described(
            "scheduler",
            f"{name.capitalize()} the schedule; kept over restarts",
            Done,
            operation_id=f"Scheduler{name.capitalize()}",
            example={"success": True, "message": ACTIONS[name]},
        ),
    )
    async def act(request: Asking) -> Response[Done]:
        await getattr(service_of(request), name)()
        return reply({"success": True, "message": ACTIONS[name]}, Done)

    return act


routes = [
    jobs_status,
    sync_positions,
    sync_now,
    sync_status,
    scheduler_status,
    *(_action(name) for name in ACTIONS),
]
