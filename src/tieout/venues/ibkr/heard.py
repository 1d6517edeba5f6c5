"""What came over one connection, as far as a reading needs it. No socket, no time of its own."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tieout.core.book import AccountId
from tieout.venues.ibkr import wire
from tieout.venues.ibkr.wire import (
    CommissionRow,
    ErrorRow,
    ExecutionRow,
    PortfolioRow,
    PositionRow,
    RowInvalid,
)

Frame = Sequence[str]
Key = tuple[str, str]  # account and contract id

# IBKR's own connection is gone (1100, 2110), is back with data lost (1101) or kept (1102).
LINK_DOWN = (1100, 2110)
LINK_UP = (1101, 1102)
STATUS_ONLY = range(2100, 2200)
TAKEN_NUMBER, TOO_FAST, PORT_CHANGED = 326, 100, 1300
WORDS_MAX = 80

# What comes between two readings, which may be far apart.
FRAMES_MAX = 200_000
PROBLEMS_MAX = 1_000

# Where the account stands in a message.
_ACCOUNT_AT = {
    wire.POSITION: 2, wire.PORTFOLIO: -1, wire.ACCOUNT_VALUE: -1, wire.ACCOUNT_END: -1,
    wire.EXECUTION: 16, wire.SUMMARY: 3,
}  # fmt: skip


class Problem(NamedTuple):
    """Something that could not be read; of no account where that cannot be told."""

    account: str | None
    message: str


@dataclass
class Download:
    """One complete list of positions: every row of every contract, in the order they came."""

    rows: dict[Key, list[PositionRow]] = field(default_factory=dict)
    is_open: bool = True

    def add(self, row: PositionRow) -> None:
        self.rows.setdefault((row.account, row.contract.con_id), []).append(row)

    @property
    def last(self) -> dict[Key, PositionRow]:
        """The row that counts of each contract: a change within the list comes after it."""
        return {key: rows[-1] for key, rows in self.rows.items()}

    @property
    def repeated(self) -> frozenset[Key]:
        """The contracts with more than one row."""
        return frozenset(key for key, rows in self.rows.items() if len(rows) > 1)

    def moved_since(self, other: "Download") -> frozenset[str]:
        """The accounts of which two lists say different things; flat rows may come and go."""
        ours, theirs = self._sizes(), other._sizes()
        moved = {key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)}
        return frozenset(account for account, _ in moved)

    def _sizes(self) -> dict[Key, tuple[object, ...]]:
        found: dict[Key, tuple[object, ...]] = {}
        for key, row in self.last.items():
            quantity = wire.number(row.quantity)
            if quantity != 0:
                cost = wire.number(row.average_cost)
                size = row.quantity if quantity is None else quantity
                found[key] = (size, cost, row.contract)
        return found


def account_in(fields: Frame) -> str | None:
    """Whose a message is; None for what is of all, or of nobody that can be told."""
    place = _ACCOUNT_AT.get(fields[0]) if fields else None
    return fields[place] if place is not None and len(fields) > max(place, 0) else None


class Heard:
    """Takes in messages. `hint` gets the account of a change that nobody asked about."""

    def __init__(
        self, *, hint: Callable[[AccountId], None], notice: Callable[[ErrorRow], None]
    ) -> None:
        self._hint = hint
        self._notice = notice
        self.version = 0
        self.accounts: tuple[str, ...] = ()
        self.ended: Callable[[str, str], None] = lambda _kind, _of: None
        self.download: Download | None = None
        self.is_asking = False  # executions were asked for: those that come are no news
        self.positions: dict[Key, PositionRow] = {}
        self.portfolio: dict[str, dict[str, PortfolioRow]] = {}
        self.executions: dict[str, ExecutionRow] = {}
        self.commissions: dict[str, CommissionRow] = {}
        self.currencies: dict[str, str] = {}
        self.problems: list[Problem] = []
        self.last_error: ErrorRow | None = None
        self.is_down = False
        self.outages = 0
        self._is_noted = False
        self._frames: deque[Frame] = deque(maxlen=FRAMES_MAX)
        self._takers = {
            wire.ERROR: self._error,
            wire.PORTFOLIO: self._portfolio,
            wire.EXECUTION: self._execution,
            wire.COMMISSION: self._commission,
            wire.POSITION: self._position,
            wire.SUMMARY: self._summary,
            wire.MANAGED_ACCOUNTS: self._managed,
        }
        self._ends = {
            wire.POSITION_END: 0, wire.EXECUTIONS_END: 2, wire.ACCOUNT_END: 2, wire.SUMMARY_END: 2,
            wire.CURRENT_TIME: 2, wire.OPEN_ORDERS_END: 0,
        }  # fmt: skip

    def take(self, fields: Frame) -> None:
        """One message, as it came."""
        self._frames.append(fields)
        kind = fields[0] if fields else ""
        taker = self._takers.get(kind)
        self._is_noted = False
        if taker is not None:
            try:
                taker(fields)
            except RowInvalid as error:
                self._note(error.account, str(error))
        if kind == wire.POSITION_END and self.download is not None:
            self.download.is_open = False
        if kind in self._ends:
            of = self._ends[kind]
            self.ended(kind, fields[of] if 0 < of < len(fields) else "")

    def dropped(self, fields: Frame) -> None:
        """ib_async could not decode a message. What was noted of it already is not said twice."""
        if not self._is_noted:
            words = " ".join(fields)[:WORDS_MAX]
            self._note(self._account_in(fields), f"a message could not be decoded: {words}")

    def _note(self, account: str | None, message: str) -> None:
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(Problem(account, message))
        self._is_noted = True

    def _account_in(self, fields: Frame) -> str | None:
        """Whose a message is, as far as it can be told."""
        if fields and fields[0] == wire.COMMISSION and len(fields) > 2:
            known = self.executions.get(fields[2])
            return known.account if known else None
        return account_in(fields)

    def frames(self) -> list[Frame]:
        """What came since this was last asked."""
        found = list(self._frames)
        self._frames.clear()
        return found

    def _position(self, fields: Frame) -> None:
        row = wire.position_in(fields)
        key = (row.account, row.contract.con_id)
        before = self.positions.get(key)
        self.positions[key] = row
        if self.download is not None and self.download.is_open:
            self.download.add(row)
        elif before is None or before[2:] != row[2:]:
            self._hint(AccountId(row.account))

    def _portfolio(self, fields: Frame) -> None:
        row = wire.portfolio_in(fields)
        rows = self.portfolio.setdefault(row.account, {})
        before = rows.get(row.contract.con_id)
        rows[row.contract.con_id] = row
        if before is not None and before.quantity != row.quantity:
            self._hint(AccountId(row.account))

    def _execution(self, fields: Frame) -> None:
        row = wire.execution_in(fields, version=self.version)
        is_new = row.id not in self.executions
        self.executions[row.id] = row._replace(request="")
        if is_new and row.request == wire.PUSHED:
            self._hint(AccountId(row.account))

    def _commission(self, fields: Frame) -> None:
        row = wire.commission_in(fields)
        self.commissions[row.execution_id] = row
        self.ended(wire.COMMISSION, row.execution_id)

    def _summary(self, fields: Frame) -> None:
        if len(fields) == 7 and fields[6]:
            self.currencies[fields[3]] = fields[6]

    def _managed(self, fields: Frame) -> None:
        self.accounts = tuple(name for name in (fields[2:3] or [""])[0].split(",") if name)
        self.ended(wire.MANAGED_ACCOUNTS, "")

    def _error(self, fields: Frame) -> None:
        row = wire.error_in(fields)
        if row.code in LINK_DOWN:
            self.is_down = True
            self.outages += 1
        elif row.code in LINK_UP:
            self.is_down = False
            self.outages += 1
        elif row.code not in STATUS_ONLY:
            self.last_error = row
            if row.request == wire.PUSHED:  # a request of ours fails by itself
                self._note(None, f"the gateway said {row.code} meanwhile: {row.text}")
        self._notice(row)
