"""What moved a wallet without a fill: deposits, withdrawals, rewards and the like.

They are no part of the Advanced API. The older one lists them wallet by wallet, so only wallets
that moved without a reason are asked about; what cannot be read stays a difference.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from tieout.core.activity import Activity, ActivityId
from tieout.core.errors import VenueError
from tieout.core.numbers import ZERO
from tieout.venues.coinbase.exchange import Calls, Question
from tieout.venues.coinbase.products import coin
from tieout.venues.coinbase.rows import TransferPage, TransferRow, Unreadable, WalletRow
from tieout.venues.coinbase.wire import amount_in
from tieout.venues.http.bodies import kind_of, list_of, number, object_in, refuse, texts
from tieout.venues.http.together import together
from tieout.venues.http.trace import Trace
from tieout.venues.moments import moment

ROWS_A_PAGE = 100
OVERLAP = timedelta(days=1)  # they are dated when they were begun
FILL = "advanced_trade_fill"  # told by the fills
DONE = "completed"


class Transfers:
    """What was found out about some wallets."""

    def __init__(self, calls: Calls, *, since: datetime, trace: Trace) -> None:
        self._calls = calls
        self._since = since - OVERLAP
        self._trace = trace
        self.activities: list[Activity] = []
        self.ignored: list[str] = []

    async def read(self, wallets: Iterable[WalletRow]) -> None:
        """The transactions of these wallets, as far as they can be read."""
        most = self._calls.limits.transfers_max
        wanted = list(wallets)
        if len(wanted) > most:
            self.ignored.append(
                f"transfers of {len(wanted) - most} wallets: too many moved at once"
            )
        await together(*map(self._read, wanted[:most]))

    async def _read(self, wallet: WalletRow) -> None:
        path = f"/v2/accounts/{wallet.uuid}/transactions"
        parameters = {"limit": str(ROWS_A_PAGE), "order": "desc"}
        rows: dict[TransferRow, None] = {}
        for _ in range(self._calls.limits.pages_max):
            question = Question(path=path, parameters=dict(parameters))
            try:
                page, _ = await self._calls.ask(question, transfers_in, trace=self._trace)
            except VenueError as error:
                self.ignored.append(f"transfers of {wallet.currency} could not be read ({error})")
                return
            fresh = [row for row in page.rows if isinstance(row, TransferRow) and row not in rows]
            rows.update(dict.fromkeys(fresh))
            if page.after is None or not fresh or self._is_past(fresh[-1]):
                break
            parameters["starting_after"] = page.after
        found = (self._activity(row, wallet) for row in rows)
        self.activities.extend(each for each in found if each is not None)

    def _is_past(self, row: TransferRow) -> bool:
        at = moment(row.at)
        return at is not None and at < self._since

    def _activity(self, row: TransferRow, wallet: WalletRow) -> Activity | None:
        """A transfer of coins; what they cost before is not told."""
        at, amount = moment(row.at), number(row.amount)
        is_other = row.kind == FILL or row.currency not in (None, wallet.currency)
        if is_other or row.status not in (None, DONE) or self._is_past(row):
            return None
        if at is None or amount is None or amount == ZERO:
            return None
        return Activity(
            id=ActivityId(f"transaction/{row.id}"),
            type="transfer",
            symbol=coin(wallet.currency).symbol,
            at=at,
            quantity=amount,
        )


def transfers_in(body: bytes) -> TransferPage:
    """A page of transactions."""
    found = object_in(body, "a page of transactions")
    rows = list_of(found, "data", "a page of transactions")
    pagination = found.get("pagination")
    if not isinstance(pagination, dict):
        refuse(found, "a page of transactions that says whether there are more")
    last = rows[-1] if rows else None
    last_id = texts(last).get("id") if isinstance(last, dict) else None
    return TransferPage(
        rows=tuple(map(_transfer, rows)),
        after=last_id if pagination.get("next_uri") else None,
    )


def _transfer(row: object) -> TransferRow | Unreadable:
    fields = texts(row) if isinstance(row, dict) else {}
    if not isinstance(row, dict) or not fields.get("id"):
        return f"a transaction is {kind_of(row)} without an id"
    amount, currency = amount_in(row.get("amount"))
    if isinstance(row.get("amount"), dict):
        amount = texts(row["amount"]).get("amount") or amount
    return TransferRow(
        id=fields["id"],
        kind=fields.get("type", ""),
        at=fields.get("created_at", ""),
        amount=amount,
        currency=currency,
        status=fields.get("status"),
    )
