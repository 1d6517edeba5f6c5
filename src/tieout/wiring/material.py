"""Positions, runs, breaks and entries as JSON material: exact decimals, keys in snake case."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from tieout.core.book import Account, AccountId
from tieout.core.breaks import Break
from tieout.core.errors import NumberError
from tieout.core.instrument import LedgerId
from tieout.core.journal import Entry
from tieout.core.lots import total_cost
from tieout.core.numbers import ZERO, Amount, divide, exact, figure_text, magnitude
from tieout.core.pnl import BaseFigure, Figures
from tieout.core.position import Episode, Ledger
from tieout.core.snapshot import Holding
from tieout.ports import BookStore, Finding, RunRecord

# What opens or closes a position without an activity: the core's words for it.
NO_ACTIVITY = ("adopted:", "book:", "booked:", "observed:", "withdrawn:")
WORST_FIRST = ("FAILED", "DRIFT", "PENDING", "SYNCED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One open position with what the venue last said about it, and when it was last compared."""

    account: AccountId
    name: str
    ledger: Ledger
    mark: Holding | None
    synced_at: datetime | None = None

    @property
    def price(self) -> Decimal | None:
        """The last price, if it is a number."""
        if self.mark is None or self.mark.price is None:
            return None
        try:
            return exact(self.mark.price)
        except NumberError:
            return None

    @property
    def average(self) -> Decimal | None:
        position = self.ledger.position
        return position.average_price(self.ledger.instrument) if position else None

    @property
    def unrealized(self) -> Amount | None:
        position = self.ledger.position
        return position.unrealized_pnl(self.ledger.instrument, self.price) if position else None

    @property
    def unrealized_pct(self) -> float | None:
        """The same as a percentage of what the position cost."""
        position, unrealized = self.ledger.position, self.unrealized
        cost = total_cost(position.lots) if position else None
        if cost is None or unrealized is None or not cost.value or self.ledger.instrument.inverse:
            return None
        return round(float(divide(unrealized.value, magnitude(cost.value)) * 100), 6)

    @property
    def order(self) -> tuple[str, int, str, str]:
        """By account, what is wrong first, then by symbol."""
        rank = WORST_FIRST.index(self.ledger.reconciliation)
        return (self.name, rank, self.ledger.instrument.symbol, self.ledger.side or "")


def lines_of(
    account: AccountId,
    ledgers: Iterable[Ledger],
    marks: Mapping[LedgerId, Holding],
    *,
    name: str,
    synced_at: datetime | None = None,
) -> list[Line]:
    """The open positions among the ledgers, what is wrong first."""
    lines = [
        Line(account=account, name=name, ledger=each, mark=marks.get(each.id), synced_at=synced_at)
        for each in ledgers
        if each.position is not None
    ]
    return sorted(lines, key=lambda line: line.order)


def record_json(record: RunRecord) -> dict[str, Any]:
    """A run, with what it did."""
    took_s = (record.finished_at - record.started_at).total_seconds()
    return {
        "id": record.id,
        "account": record.account,
        "trigger": record.trigger,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "duration_ms": round(took_s * 1000),
        "outcome": record.outcome,
        "reason": record.reason,
        "tied_out": record.tied_out,
        "venue_calls": record.venue_calls,
        "counts": dict(record.counts),
        "errors": list(record.errors),
        "statement": with_numbers(json.loads(record.statement)),
    }


NUMBERS = (
    "from", "to", "quantity", "average_price", "price", "cash", "fee", "remainder",
    "gross", "fees", "net", "funding", "income", "exchange", "multiplier",
)  # fmt: skip
OF_NUMBERS = ("other_fees",)  # currency to amount


def with_numbers(material: Any) -> Any:
    """A stored statement, whose decimals are strings as in a case file, with decimals.

    A key tells which string is one: a symbol may be all digits as well.
    """
    if isinstance(material, list):
        return [with_numbers(each) for each in material]
    if not isinstance(material, dict):
        return material
    return {
        key: {name: _number(text) for name, text in value.items()}
        if key in OF_NUMBERS
        else _number(value)
        if key in NUMBERS and isinstance(value, str)
        else with_numbers(value)
        for key, value in material.items()
    }


def _number(text: str) -> Any:
    try:
        return exact(text)
    except NumberError:
        return text


def position_json(line: Line) -> dict[str, Any]:
    """An open position, with all digits. The keys are those of one that ended as well."""
    ledger = line.ledger
    position, instrument = ledger.position, ledger.instrument
    assert position is not None, ledger.id
    unrealized = line.unrealized
    average = line.average
    return {
        "account": line.account,
        "name": line.name,
        "symbol": instrument.symbol,
        "side": ledger.side,
        "asset_class": instrument.asset_class,
        "currency": instrument.currency,
        "quantity": position.quantity,
        "average_price": None if average is None else _decimal(figure_text(average)),
        "basis": position.basis,
        "current_price": line.price,
        "unrealized_pnl": None if unrealized is None else _decimal(unrealized.text()),
        "unrealized_pnl_pct": line.unrealized_pct,
        "realized_pnl": _net(position.totals.by_currency, instrument.currency),
        "realized": figures_json(position.totals.by_currency),
        "status": position.status,
        "reconciliation": ledger.reconciliation,
        "opened_at": position.opened_at,
        "closed_at": None,
        "reason": None,
        "estimated": None,
        "entry_trade_id": _trade(position.opened_by),
        "exit_trade_id": None,
        "last_synced_at": line.synced_at,
    } | base_json(position.base)


def ended_of(
    store: BookStore, account: Account, name: str, *, limit: int = 1000
) -> list[dict[str, Any]]:
    """The positions of an account that have ended, the latest to close first."""
    ledgers = store.load(account).book.ledgers
    return [
        _ended_json(account.id, name, ledgers[key], episode)
        for key, episode in store.ended(account.id, limit=limit)
    ]


def _ended_json(account: AccountId, name: str, ledger: Ledger, episode: Episode) -> dict[str, Any]:
    """A position that has ended, with the keys of an open one."""
    return {
        "account": account,
        "name": name,
        "symbol": episode.symbol,
        "side": episode.side,
        "asset_class": ledger.instrument.asset_class,
        "currency": episode.currency,
        "quantity": ZERO,
        "average_price": None,
        "basis": None,
        "current_price": None,
        "unrealized_pnl": None,
        "unrealized_pnl_pct": None,
        "realized_pnl": _net(episode.totals.by_currency, episode.currency),
        "realized": figures_json(episode.totals.by_currency),
        "status": episode.status,
        "reconciliation": None,
        "opened_at": episode.opened_at,
        "closed_at": episode.closed_at,
        "reason": episode.reason,
        "estimated": episode.is_estimated,
        "entry_trade_id": _trade(episode.opened_by),
        "exit_trade_id": _trade(episode.closed_by),
        "last_synced_at": None,
    } | base_json(episode.base)


def _net(by_currency: Mapping[str, Figures], currency: str) -> Any:
    """What is realized so far in the instrument's currency, after fees; None where not known."""
    figures = by_currency.get(currency)
    if figures is None:
        return ZERO
    return None if figures.unknown else _decimal(figures.net.text())


def _trade(cause: str) -> str | None:
    """The activity behind an opening or closing; None where the broker told of none."""
    return None if cause.startswith(NO_ACTIVITY) else cause


def figures_json(by_currency: Mapping[str, Figures]) -> dict[str, Any]:
    """Realized money by currency; what is not known is null, and says so."""
    return {
        currency: {
            "gross": None if each.unknown else _decimal(each.gross.text()),
            "fees": _decimal(each.fees.text()),
            "net": None if each.unknown else _decimal(each.net.text()),
            "funding": each.funding,
            "income": each.income,
            "incomplete": each.unknown > 0,
        }
        for currency, each in sorted(by_currency.items())
        if not each.is_nothing
    }


def base_json(base: BaseFigure | None) -> dict[str, Any]:
    """A net in the account's own currency under its key, left out where it is not known."""
    if base is None:
        return {}
    parts = {"net": base.net, "price": base.price, "exchange": base.exchange}
    figures = {name: _decimal(amount.text()) for name, amount in parts.items()}
    return {"base": {**figures, "currency": base.currency}}


def _decimal(text: str) -> Any:
    return Decimal(text)


def break_json(account: str, found: Break) -> dict[str, Any]:
    """A break with its identity, its explanation and what is left."""
    return {
        "account": account,
        "id": found.id,
        "kind": found.kind,
        "symbol": found.symbol,
        "side": found.side,
        "status": found.status,
        "seen": found.seen,
        "first_at": found.first_at,
        "last_at": found.last_at,
        "before": found.before,
        "ours": found.ours,
        "theirs": found.theirs,
        "explanation": [
            {"cause": each.cause, "id": each.id, "quantity": each.quantity}
            for each in found.explanation
        ],
        "remainder": found.remainder,
        "prevents_tie_out": found.prevents_tie_out,
    }


def entry_json(entry: Entry) -> dict[str, Any]:
    """A line of the journal, with what it says."""
    return {
        "sequence": entry.sequence,
        "run": entry.run,
        "kind": entry.kind,
        "ledger": entry.ledger,
        "happened_at": entry.happened_at,
        "known_at": entry.known_at,
        "hash": entry.hash,
        **json.loads(entry.payload),
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """A line of `doctor`."""
    return {
        "subject": finding.subject,
        "level": finding.level,
        "message": finding.message,
        "advice": finding.advice,
    }
