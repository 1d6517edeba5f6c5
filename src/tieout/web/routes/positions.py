"""Open positions, read from the book."""

from collections import OrderedDict

from litestar import Response, get

from tieout.core.book import Account
from tieout.web import examples
from tieout.web.auth import needs
from tieout.web.context import AccountName, Asking, DecimalsAs, accounts_of, service_of
from tieout.web.encoding import JSON, Decimals, encoded
from tieout.web.kept import kept
from tieout.web.openapi import described
from tieout.web.paging import Cursor, Limit, page_after
from tieout.web.shapes import Positions
from tieout.wiring.material import Line, lines_of, position_json
from tieout.wiring.service import Service

BOOKS_KEPT = 256
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
        lines = lines_of(account.id, book.ledgers.values(), book.marks, name=name)
        rows = tuple(
            sorted((_key(line), encoded(position_json(line), decimals=decimals)) for line in lines)
        )
        self._kept[key] = (stored.version, rows)
        while len(self._kept) > BOOKS_KEPT:
            self._kept.popitem(last=False)
        return rows


def _key(line: Line) -> str:
    return f"{line.account} {line.ledger.instrument.symbol} {line.ledger.id}"


@get(
    "/api/positions",
    guards=[needs("read")],
    middleware=[kept(Service.page_opened)],
    sync_to_thread=False,
    **described(
        "positions",
        "Open positions; a book that is too old is synced meanwhile",
        Positions,
        example=examples.POSITIONS,
        problems=(404,),
    ),
)
def list_positions(
    request: Asking,
    account: AccountName = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    decimals: DecimalsAs = "number",
) -> Response[Positions]:
    service = service_of(request)
    books: EncodedBooks = request.app.state.books
    rows = [
        row for each in accounts_of(service, account) for row in books.rows(service, each, decimals)
    ]
    page, following = page_after(rows, cursor, limit, key=lambda row: row[0])
    service.page_opened()
    body = b"".join((b'{"positions":[', b",".join(row for _, row in page), b'],"next_cursor":'))
    return Response(body + encoded(following) + b"}", media_type=JSON)  # type: ignore[arg-type]


routes = [list_positions]
