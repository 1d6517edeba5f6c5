"""What was held at a time in the past, rebuilt from the journal."""

from litestar import Response, get

from tieout.web import examples
from tieout.web.auth import needs
from tieout.web.context import AccountName, Asking, DecimalsAs, accounts_of, service_of
from tieout.web.encoding import reply
from tieout.web.moments import MomentText, moment
from tieout.web.openapi import described
from tieout.web.paging import Cursor, Limit, page_after
from tieout.web.shapes import PastPositions
from tieout.wiring.material import lines_of, position_json


@get(
    "/api/positions/past",
    guards=[needs("read")],
    sync_to_thread=True,
    **described(
        "positions",
        "What was open at a time in the past, as known then or by now",
        PastPositions,
        example=examples.PAST_POSITIONS,
        problems=(404,),
    ),
)
def list_past(
    request: Asking,
    account: AccountName = None,
    as_of: MomentText = None,
    known_at: MomentText = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    decimals: DecimalsAs = "number",
) -> Response[PastPositions]:
    service = service_of(request)
    now = service.timer.now()
    held_at, told_at = moment(as_of) or now, moment(known_at) or now
    lines = []
    for each in accounts_of(service, account):
        ledgers = service.desk.ledgers_as_of(each, as_of=held_at, known_at=told_at)
        lines += lines_of(each.id, ledgers.values(), {}, name=service.desk.name_of(each.id))
    rows = sorted((f"{line.account}\t{line.ledger.id}", line) for line in lines)
    page, following = page_after(rows, cursor, limit, key=lambda row: row[0])
    material = {
        "as_of": held_at,
        "known_at": told_at,
        # No prices are kept, and whether both sides agreed is told by the runs of that time.
        "positions": [{**position_json(line), "reconciliation": None} for _, line in page],
        "next_cursor": following,
    }
    return reply(material, PastPositions, decimals=decimals)


routes = [list_past]
