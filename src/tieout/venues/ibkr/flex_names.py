"""What the rows of Flex statements say about instruments: names by contract id, ids of rows."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Protocol

from ibflex import Types
from ibflex.enums import AssetClass as Category

from tieout.core.activity import Activity, ActivityId
from tieout.core.instrument import Instrument
from tieout.core.numbers import plain
from tieout.venues.ibkr.contracts import instrument_of, problem_of, why_left_out
from tieout.venues.ibkr.sizes import shown_by, sized
from tieout.venues.ibkr.wire import Contract

# What Flex calls otherwise than the gateway does.
KINDS = {"FSFOP": "FOP", "FSOPT": "OPT", "FXCFD": "CFD"}
OLD = ".OLD"
PREFIX = "flex:"


class Listed(Protocol):
    """A row about an instrument."""

    @property
    def conid(self) -> str | None: ...
    @property
    def symbol(self) -> str | None: ...
    @property
    def currency(self) -> str | None: ...
    @property
    def assetCategory(self) -> Category | None: ...  # noqa: N802 as ibflex has it
    @property
    def multiplier(self) -> Decimal | None: ...


@dataclass(slots=True)
class Booked:
    """What was made of the rows, what is wrong with some, and what was left out."""

    activities: dict[ActivityId, Activity] = field(default_factory=dict)
    files: dict[ActivityId, int] = field(default_factory=dict)
    instruments: dict[str, Instrument] = field(default_factory=dict)
    costs: dict[str, Decimal] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def symbol_of(self, row: Listed) -> str:
        """The name of a contract as its trades have it; a corporate action adds .OLD."""
        known = self.instruments.get(row.conid or "")
        return known.symbol if known else (row.symbol or "").strip().removesuffix(OLD)

    def learn(self, row: Listed, *, expires: date | None = None) -> bool:
        """Take note of an instrument; False, and said why, where a row is of none that counts."""
        contract = contract_of(row, symbol=self.symbol_of(row), expires=expires)
        why = why_left_out(contract)
        if why is not None or not contract.symbol:
            self.left_out[f"Flex rows left out: {why or 'of no instrument'}"] += 1
            return False
        problem = problem_of(contract)
        if problem is not None:
            self.problems.append(f"a Flex row of {contract.symbol}: {problem}")
            return False
        known = self.instruments.get(contract.con_id)
        if contract.con_id and (known is None or known.multiplier is None):
            self.instruments[contract.con_id] = instrument_of(contract)
        return True

    def ignored(self) -> list[str]:
        return [f"{count} x {why}" for why, count in self.left_out.items()]


def contract_of(row: Listed, *, symbol: str, expires: date | None = None) -> Contract:
    """The row's contract in the gateway's words."""
    kind = row.assetCategory.value if row.assetCategory is not None else ""
    found = Contract(
        con_id=row.conid or "",
        symbol=symbol,
        kind=KINDS.get(kind, kind),
        expires=f"{expires:%Y%m%d}" if expires else "",
        strike="",
        right="",
        multiplier="" if row.multiplier is None else f"{row.multiplier:f}",
        listed_at="",
        currency=row.currency or "",
        local_symbol=symbol,
        trading_class="",
    )
    size = _size_shown(row)
    return sized(found, {found.con_id: plain(size)} if size is not None else {})


def _size_shown(row: Listed) -> Decimal | None:
    """What the money of a row says about the size; a statement's multiplier of a bond is 1."""
    match row:
        case Types.OpenPosition():
            return shown_by(row.positionValue, row.position, row.markPrice)
        case Types.Trade():
            return shown_by(row.tradeMoney, row.quantity, row.tradePrice)
        case _:
            return None


def row_id(*names: str | None, of: tuple[object, ...]) -> ActivityId:
    """An id of a Flex row's own: the first that it has, else one made of what it says."""
    for name in names:
        if name:
            return ActivityId(f"{PREFIX}{name}")
    text = "|".join(str(each) for each in of)
    return ActivityId(f"{PREFIX}{hashlib.sha256(text.encode()).hexdigest()[:20]}")
