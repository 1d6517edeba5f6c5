"""The journal, page by page, and what was realized."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import islice
from operator import itemgetter
from typing import Annotated, Any, Literal

from litestar import Response, get
from litestar.params import Parameter

from tieout.core.instrument import LedgerId
from tieout.core.pnl import NO_FIGURES, BaseSum, Figures
from tieout.ports import Realized
from tieout.web import examples
from tieout.web.auth import needs
from tieout.web.context import AccountName, Asking, DecimalsAs, accounts_of, service_of
from tieout.web.encoding import reply
from tieout.web.kept import kept
from tieout.web.moments import MomentText, moment
from tieout.web.openapi import described
from tieout.web.paging import Limit, NumberCursor
from tieout.web.shapes import Journal, Pnl
from tieout.wiring.material import base_json, entry_json

# Key and currency to the figures, how many estimated closings are among them, and base currency.
Sums = dict[tuple[str, str], tuple[Figures, int, BaseSum]]
By = Literal["day", "symbol", "account"]
Ledger = Annotated[
    str | None, Parameter(max_length=300, description="Only this position's entries.")
]
OneAccount = Annotated[
    str, Parameter(query="account", max_length=300, description="The account: its name, or its id.")
]


@get(
    "/api/journal",
    guards=[needs("read")],
    middleware=[kept()],
    sync_to_thread=True,
    **described(
        "journal",
        "The journal of an account, oldest first",
        Journal,
        example=examples.JOURNAL,
        problems=(404,),
    ),
)
def list_entries(
    request: Asking,
    account: OneAccount,
    ledger: Ledger = None,
    limit: Limit = 100,
    cursor: NumberCursor = None,
) -> Response[Journal]:
    service = service_of(request)
    (owner,) = accounts_of(service, account)
    wanted = None if ledger is None else LedgerId(ledger)
    entries = service.store.entries(owner.id, after=int(cursor or 0), ledger=wanted)
    page = list(islice(entries, limit + 1))
    following = str(page[limit - 1].sequence) if len(page) > limit else None
    shown = [entry_json(each) for each in page[:limit]]
    return reply({"entries": shown, "next_cursor": following}, Journal)


@get(
    "/api/pnl",
    guards=[needs("read")],
    sync_to_thread=True,
    **described(
        "pnl",
        "Realized profit and loss over a time, currencies apart",
        Pnl,
        example=examples.PNL,
        problems=(404,),
    ),
)
def realized(
    request: Asking,
    account: AccountName = None,
    since: MomentText = None,
    until: MomentText = None,
    known_at: MomentText = None,
    by: By = "day",
    decimals: DecimalsAs = "number",
) -> Response[Pnl]:
    service = service_of(request)
    sums: Sums = {}
    span = {"since": moment(since), "until": moment(until), "known_at": moment(known_at)}
    for owner in accounts_of(service, account):
        lines = service.store.realized(owner.id, **span)
        ledgers = service.store.load(owner).book.ledgers if by == "symbol" else {}
        name = service.desk.name_of(owner.id)
        _add(sums, ((_key_of(each, by, name, ledgers), each) for each in lines))
    rows = [
        {"key": key, "currency": currency, **_figures(figures), "estimated": estimates > 0}
        | base_json(base.known)
        for (key, currency), (figures, estimates, base) in sorted(sums.items(), key=itemgetter(0))
    ]
    return reply({"by": by, "rows": rows}, Pnl, decimals=decimals)


def _key_of(line: Realized, by: By, name: str, ledgers: Any) -> str:
    match by:
        case "day":
            return line.happened_at.date().isoformat()
        case "symbol":
            known = ledgers.get(line.ledger)
            return str(known.instrument.symbol) if known is not None else line.ledger
        case _:
            return name


def _add(sums: Sums, lines: Iterable[tuple[str, Realized]]) -> None:
    for key, line in lines:
        none = (NO_FIGURES, 0, BaseSum())
        known, estimates, base = sums.get((key, line.currency), none)
        if line.is_estimated:
            estimates += line.figures.closings  # one that was replaced is taken back: -1
        base = base.plus(line.figures, line.base)
        sums[key, line.currency] = (known.plus(line.figures), estimates, base)


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        "gross": Decimal(figures.gross.text()),
        "fees": Decimal(figures.fees.text()),
        "net": Decimal(figures.net.text()),
        "funding": figures.funding,
        "income": figures.income,
        "closings": figures.closings,
        "incomplete": figures.unknown,
    }


routes = [list_entries, realized]
