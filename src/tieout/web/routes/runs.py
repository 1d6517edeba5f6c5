"""Past runs, held ones that wait for a person, and the evidence of each."""

from typing import Annotated

from litestar import Response, get, post

from tieout.core.book import AccountId
from tieout.web import examples
from tieout.web.auth import needs
from tieout.web.context import AccountName, Asking, DecimalsAs, accounts_of, service_of
from tieout.web.encoding import JSON, reply
from tieout.web.kept import kept
from tieout.web.openapi import described
from tieout.web.paging import Limit, cursor_like
from tieout.web.problems import not_found
from tieout.web.shapes import CaseFile, Run, Runs
from tieout.wiring.material import record_json
from tieout.wiring.service import Service

RunCursor = Annotated[str | None, cursor_like("^[!-~]+$")]


@get(
    "/api/runs",
    guards=[needs("read")],
    middleware=[kept()],
    sync_to_thread=True,
    **described("runs", "Runs, newest first", Runs, example=examples.RUNS, problems=(404,)),
)
def list_runs(
    request: Asking,
    account: AccountName = None,
    limit: Limit = 50,
    cursor: RunCursor = None,
    decimals: DecimalsAs = "number",
) -> Response[Runs]:
    service = service_of(request)
    owner: AccountId | None = None
    if account is not None:
        owner = accounts_of(service, account)[0].id
    if cursor is not None and service.store.run(cursor) is None:
        raise not_found("run that the cursor names", "send next_cursor as it was given")
    found = service.store.runs(owner, limit=limit + 1, before=cursor)
    page = found[:limit]
    following = page[-1].id if len(found) > limit else None
    shown = [record_json(each) for each in page]
    return reply({"runs": shown, "next_cursor": following}, Runs, decimals=decimals)


@get(
    "/api/runs/{run_id:str}",
    guards=[needs("read")],
    sync_to_thread=False,
    **described("runs", "One run", Run, example=examples.RUN, problems=(404,)),
)
def show_run(request: Asking, run_id: str, decimals: DecimalsAs = "number") -> Response[Run]:
    record = service_of(request).store.run(run_id)
    if record is None:
        raise not_found("such run", "GET /api/runs lists them")
    return reply(record_json(record), Run, decimals=decimals)


@get(
    "/api/runs/{run_id:str}/evidence",
    guards=[needs("read")],
    sync_to_thread=True,
    **described(
        "runs",
        "A run as a case file, which `tieout case` runs again",
        CaseFile,
        example=examples.CASE,
        problems=(404,),
    ),
)
def evidence(request: Asking, run_id: str) -> Response[CaseFile]:
    service = service_of(request)
    if service.store.run(run_id) is None:
        raise not_found("such run", "GET /api/runs lists them")
    text = service.desk.case_file(run_id)
    return Response(text.encode(), media_type=JSON)  # type: ignore[arg-type]


@post(
    "/api/runs/{run_id:str}/approve",
    guards=[needs("positions:write")],
    status_code=200,
    **described(
        "runs",
        "Approve a held run: believe the broker",
        Run,
        example=examples.RUN,
        problems=(404, 409),
    ),
)
async def approve(request: Asking, run_id: str) -> Response[Run]:
    service = _holding(request, run_id)
    finished = await service.approve(run_id)
    return reply(record_json(finished.record), Run)


@post(
    "/api/runs/{run_id:str}/reject",
    guards=[needs("positions:write")],
    status_code=200,
    **described(
        "runs",
        "Reject a held run: keep the book",
        Run,
        example=examples.RUN,
        problems=(404, 409),
    ),
)
async def reject(request: Asking, run_id: str) -> Response[Run]:
    service = _holding(request, run_id)
    finished = await service.reject(run_id)
    return reply(record_json(finished.record), Run)


def _holding(request: Asking, run_id: str) -> Service:
    service = service_of(request)
    if service.store.run(run_id) is None:
        raise not_found("such run", "GET /api/runs lists them")
    return service


routes = [list_runs, show_run, evidence, approve, reject]
