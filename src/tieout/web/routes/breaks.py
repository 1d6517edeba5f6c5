"""Where the broker disagrees, and what a person decides about it."""

from typing import Literal

from litestar import Response, get, post

from tieout.core.book import AccountId
from tieout.core.breaks import Break
from tieout.core.snapshot import LocalAction
from tieout.web import examples
from tieout.web.auth import needs
from tieout.web.context import AccountName, Asking, DecimalsAs, accounts_of, service_of
from tieout.web.encoding import reply
from tieout.web.kept import kept
from tieout.web.openapi import described
from tieout.web.paging import Cursor, Limit, page_after
from tieout.web.problems import Problem, not_found
from tieout.web.shapes import Breaks, BreakShape, Run
from tieout.wiring.material import break_json, record_json
from tieout.wiring.service import Service

Action = Literal["accept-broker", "keep-book", "ignore"]
ACTIONS: dict[Action, LocalAction] = {
    "accept-broker": "accept_broker",
    "keep-book": "keep_book",
    "ignore": "ignore_break",
}


def _found(service: Service, name: str | None, *, every: bool) -> list[tuple[AccountId, Break]]:
    found = [
        (account.id, each)
        for account in accounts_of(service, name)
        for each in service.store.breaks(account.id, every=every)
    ]
    return sorted(found, key=_key)


def _key(item: tuple[AccountId, Break]) -> str:
    return f"{item[0]}\t{item[1].id}"


@get(
    "/api/breaks",
    guards=[needs("read")],
    middleware=[kept()],
    sync_to_thread=True,
    **described(
        "breaks",
        "Open breaks, or every one that ever was",
        Breaks,
        example=examples.BREAKS,
        problems=(404,),
    ),
)
def list_breaks(
    request: Asking,
    account: AccountName = None,
    every: bool = False,
    limit: Limit = 100,
    cursor: Cursor = None,
    decimals: DecimalsAs = "number",
) -> Response[Breaks]:
    found = _found(service_of(request), account, every=every)
    page, following = page_after(found, cursor, limit, key=_key)
    shown = [break_json(owner, each) for owner, each in page]
    return reply({"breaks": shown, "next_cursor": following}, Breaks, decimals=decimals)


@get(
    "/api/breaks/{break_id:str}",
    guards=[needs("read")],
    sync_to_thread=False,
    **described("breaks", "One break", BreakShape, example=examples.BREAK, problems=(404, 409)),
)
def show_break(
    request: Asking,
    break_id: str,
    account: AccountName = None,
    decimals: DecimalsAs = "number",
) -> Response[BreakShape]:
    owner, found = _one(service_of(request), break_id, account, every=True)
    return reply(break_json(owner, found), BreakShape, decimals=decimals)


@post(
    "/api/breaks/{break_id:str}/{action:str}",
    guards=[needs("positions:write")],
    status_code=200,
    **described(
        "breaks",
        "Decide about an open break: accept-broker, keep-book or ignore",
        Run,
        example=examples.RUN,
        problems=(404, 409),
    ),
)
async def decide(
    request: Asking, break_id: str, action: Action, account: AccountName = None
) -> Response[Run]:
    service = service_of(request)
    owner, found = _one(service, break_id, account, every=False)
    finished = await service.settle(owner, found.id, ACTIONS[action])
    return reply(record_json(finished.record), Run)


def _one(
    service: Service, break_id: str, account: str | None, *, every: bool
) -> tuple[AccountId, Break]:
    """The break of this id. Every account counts its own, so the account may be needed too."""
    found = [each for each in _found(service, account, every=every) if each[1].id == break_id]
    if len(found) > 1:
        owners = ", ".join(owner for owner, _ in found)
        raise Problem(409, "Several accounts have a break of this id", f"name one: {owners}")
    if not found:
        raise not_found("such break", "GET /api/breaks lists them")
    return found[0]


routes = [list_breaks, show_break, decide]
