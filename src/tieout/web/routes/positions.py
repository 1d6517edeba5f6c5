"""Open positions, read from the book."""

from collections import OrderedDict
from typing import Annotated, Literal

from litestar import Response, get
from litestar.params import Parameter

from tieout.core.book import Account
from tieout.web import examples
from tieout.web.auth import needs
from tieout.web.context import AccountName, Asking, DecimalsAs, accounts_of, service_of
from tieout.web.encoding import JSON, Decimals, encoded
from tieout.web.kept import kept
from tieout.web.openapi import described
from tieout.web.paging import Cursor, Limit, page_after
from tieout.web.shapes import Positions
from tieout.wiring.material import Line, ended_of, lines_of, position_json
from tieout.wiring.service import Service

BOOKS_KEPT = 256
ENDED_MAX = 100_000
WhichStatus = Annotated[
    Literal["open", "closed", "all"],
    Parameter(description="Open positions, those that have ended, or both."),
]
Rows = tuple[tuple[str, bytes], ...]


class EncodedBooks:
    """The rows of each book as JSON, until its version changes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, Decimals], tuple[int, Rows]] = OrderedDict()

    def rows(self, service: Service, account: Account, decimals: Decimals) -> Rows:
        """Key and JSON of every open position of an account, in the order of keys."""
        stored = service.store.load(account)
        key = (account.id, decimals)
        known = self._kept.get(key)
        if known is not None and known[0] == stored.version:
            self._kept.move_to_end(key)
            return known[1]
        book, name = stored.book, service.desk.name_of(account.id)
        lines = lines_of(
            account.id, book.ledgers.values(), book.marks, name=name, synced_at=book.state.as_of
        )
        rows = tuple(
            sorted((_key(line), encoded(position_json(line), decimals=decimals)) for line in lines)
        )
        self._kept[key] = (stored.version, rows)
        while len(self._kept) > BOOKS_KEPT:
            self._kept.popitem(last=False)
        return rows


def _key(line: Line) -> str:
    """What a cursor goes by; a tab sorts before anything an account may be called."""
    return f"{line.account}\t{line.ledger.instrument.symbol} {line.ledger.id}"


def _ended(service: Service, account: Account, decimals: Decimals) -> Rows:
    """Key and JSON of what has ended, after everything that is open."""
    ended = ended_of(service.store, account, service.desk.name_of(account.id), limit=ENDED_MAX)
    keyed = (
        (f"~{account.id} {each['closed_at'].isoformat()} {number:09d}", each)
        for number, each in enumerate(reversed(ended))
    )
    return tuple(sorted((key, encoded(each, decimals=decimals)) for key, each in keyed))


@get(
    "/api/positions",
    guards=[needs("read")],
    middleware=[kept(Service.page_opened)],
    sync_to_thread=False,
    **described(
        "positions",
        "Positions, open ones first; a book that is too old is synced meanwhile",
        Positions,
        example=examples.POSITIONS,
        problems=(404,),
    ),
)
def list_positions(
    request: Asking,
    account: AccountName = None,
    status: WhichStatus = "open",
    limit: Limit = 100,
    cursor: Cursor = None,
    decimals: DecimalsAs = "number",
) -> Response[Positions]:
    service = service_of(request)
    books: EncodedBooks = request.app.state.books
    chosen = accounts_of(service, account)
    rows: list[tuple[str, bytes]] = []
    if status != "closed":
        rows += (row for each in chosen for row in books.rows(service, each, decimals))
    if status != "open":
        rows += (row for each in chosen for row in _ended(service, each, decimals))
    page, following = page_after(rows, cursor, limit, key=lambda row: row[0])
    service.page_opened()
    body = b"".join((b'{"positions":[', b",".join(row for _, row in page), b'],"next_cursor":'))
    return Response(body + encoded(following) + b"}", media_type=JSON)  # type: ignore[arg-type]


routes = [list_positions]
