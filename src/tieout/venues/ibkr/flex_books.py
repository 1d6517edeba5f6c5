"""All statements of an account together: activities, each once, and the last positions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from ibflex import Types

from tieout.core.activity import Activity
from tieout.core.instrument import Instrument
from tieout.core.snapshot import Holding
from tieout.venues.ibkr.flex_actions import add_actions, add_trade_transfers, add_transfers
from tieout.venues.ibkr.flex_files import Statement
from tieout.venues.ibkr.flex_names import Booked
from tieout.venues.ibkr.flex_positions import holdings_of
from tieout.venues.ibkr.flex_rows import rows_in
from tieout.venues.ibkr.flex_trades import Trades
from tieout.venues.ibkr.flex_words import day_end, version_of

POSITIONS = "OpenPositions"
Row = TypeVar("Row", bound=Types.FlexElement)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The statements of an account. `source` says which statement an activity is from."""

    statements: tuple[Statement, ...]
    activities: tuple[Activity, ...]
    source: dict[str, Statement]
    instruments: tuple[Instrument, ...]
    problems: tuple[str, ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The positions of a statement at the end of its last day."""

    statement: Statement
    as_of: datetime
    holdings: tuple[Holding, ...]
    costs: dict[str, Decimal]
    instruments: tuple[Instrument, ...]
    problems: tuple[str, ...]
    ignored: tuple[str, ...]


class Library:
    """Reads statements, and those that it has read before not once more."""

    def __init__(self) -> None:
        self._told: dict[str, Told] = {}

    def told_by(self, account: str, statements: Sequence[Statement]) -> Told:
        """What the statements of an account tell; files that did not change give the same ones."""
        known = self._told.get(account)
        if known is None or [*map(id, known.statements)] != [*map(id, statements)]:
            known = self._told[account] = told_by(statements)
        return known


class Reader:
    """Reads rows, and keeps what is wrong with some."""

    def __init__(self, booked: Booked) -> None:
        self._booked = booked

    def rows(self, statement: Statement, section: str, kind: type[Row]) -> tuple[Row, ...]:
        found, problems = rows_in(statement.section(section), kind)
        self._booked.problems += [f"{each} [{statement.file}]" for each in problems]
        return found


def told_by(statements: Sequence[Statement]) -> Told:
    """The activities of an account over all of its statements, the oldest of which come first."""
    booked = Booked()
    reader, trades = Reader(booked), Trades(booked)
    base = stated_currency(statements)
    for number, statement in enumerate(statements):
        is_own = base is not None and stated_currency((statement,)) == base
        rows = reader.rows(statement, "Trades", Types.Trade)
        trades.add(rows, file=number, base=base if is_own else None)
    for number, statement in enumerate(statements):
        trades.add_lots(reader.rows(statement, "Trades", Types.Lot))
        trades.add_events(reader.rows(statement, "OptionEAE", Types.OptionEAE), file=number)
        actions = reader.rows(statement, "CorporateActions", Types.CorporateAction)
        add_actions(actions, booked, file=number)
        add_transfers(reader.rows(statement, "Transfers", Types.Transfer), booked, file=number)
        delivered = reader.rows(statement, "TradeTransfers", Types.TradeTransfer)
        add_trade_transfers(delivered, booked, file=number)
    found = sorted(_effective(booked), key=lambda each: each.at)
    return Told(
        statements=tuple(statements),
        activities=tuple(found),
        source={key: statements[number] for key, number in booked.files.items()},
        instruments=tuple(booked.instruments.values()),
        problems=tuple(dict.fromkeys(booked.problems)),
        ignored=tuple(booked.ignored()),
    )


def _effective(booked: Booked) -> list[Activity]:
    """Without rows that take back a version which its correction has replaced anyway."""
    last: dict[str, int] = {}
    for key in booked.activities:
        name, version = version_of(key)
        last[name] = max(version, last.get(name, 0))
    found = []
    for each in booked.activities.values():
        name, version = version_of(each.cancels or "")
        if last.get(name, version) > version:
            booked.left_out["Flex rows that take back a corrected execution"] += 1
        else:
            found.append(each)
    return found


def standing_in(statements: Sequence[Statement], *, now: datetime) -> Standing | None:
    """The positions of the statement with the latest last day that has any section of them."""
    having = [each for each in statements if each.section(POSITIONS) is not None]
    if not having:
        return None
    last = max(having, key=lambda each: (each.last_day, each.made_at))
    booked = Booked()
    rows = Reader(booked).rows(last, POSITIONS, Types.OpenPosition)
    holdings = holdings_of(rows, booked)
    return Standing(
        statement=last,
        as_of=min(day_end(last.last_day), last.made_at, now),
        holdings=holdings,
        costs=booked.costs,
        instruments=tuple(booked.instruments.values()),
        problems=tuple(dict.fromkeys(booked.problems)),
        ignored=tuple(booked.ignored()),
    )


def currency_of(statements: Sequence[Statement]) -> str:
    """The currency that the account counts in, dollars where no statement says it."""
    return stated_currency(statements) or "USD"


def stated_currency(statements: Sequence[Statement]) -> str | None:
    """The currency that the account counts in, as the last statement that says it has it."""
    for statement in reversed(statements):
        found = statement.section("AccountInformation")
        currency = found.get("currency") if found is not None else None
        if currency:
            return currency
    return None
