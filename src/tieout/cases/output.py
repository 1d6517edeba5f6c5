"""What came of a case as JSON: decimals as strings, one order of keys, the same bytes always."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tieout.cases.case import CASE_VERSION
from tieout.core.book import Book
from tieout.core.breaks import Break
from tieout.core.errors import NumberError
from tieout.core.instrument import LedgerId
from tieout.core.numbers import exact, figure_text, plain
from tieout.core.plan import Change, Plan, StepError
from tieout.core.pnl import BaseFigure, Figures, Totals
from tieout.core.position import Episode, Ledger

Json = dict[str, Any]


def result_json(
    plans: Iterable[Plan], book: Book, closed: Iterable[tuple[LedgerId, Episode]]
) -> Json:
    """Everything that came of a case: step by step, then what it all adds up to."""
    steps = list(plans)
    return {
        "case": CASE_VERSION,
        "tied_out": tied_out(steps),
        "steps": [step_json(plan) for plan in steps],
        "book": book_json(book),
        "closed": [episode_json(episode) for _, episode in closed],
        "realized": file_totals_json(book.realized),
    }


def json_text(result: Json) -> str:
    """The bytes that a program reads."""
    return json.dumps(result, indent=2, ensure_ascii=False) + "\n"


def tied_out(plans: Iterable[Plan]) -> bool | None:
    """Whether the last snapshot agreed; None where there was none."""
    answer = None
    for plan in plans:
        answer = answer if plan.tied_out is None else plan.tied_out
    return answer


def step_json(plan: Plan) -> Json:
    """One step. The counts of what is not listed are given where there are any."""
    step: Json = {
        "outcome": plan.outcome,
        "reason": plan.reason,
        "tied_out": plan.tied_out,
        "changes": [change_json(change) for change in plan.changes],
        "breaks": [break_json(found) for found in plan.breaks],
        "errors": [error_json(error) for error in plan.errors],
        "alerts": [{"kind": each.kind, "symbols": list(each.symbols)} for each in plan.alerts],
        "events": list(plan.events),
        "created": list(plan.created),
        "updated": list(plan.updated),
        "removed": list(plan.removed),
    }
    if plan.marked:
        step["marked"] = plan.marked
    if plan.unchanged:
        step["unchanged"] = plan.unchanged
    return step


def change_json(change: Change) -> Json:
    """What a step did to one position."""
    item: Json = {"kind": change.kind, "symbol": change.symbol}
    if change.side is not None:
        item["side"] = change.side
    if change.renamed_from is not None:
        item["renamed_from"] = change.renamed_from
    item |= {
        "from": plain_text(change.before),
        "to": plain_text(change.after),
        "average_price": decimal_text(change.average_price),
        "status": change.status,
        "reconciliation": change.reconciliation,
        "realized": realized_json(
            change.realized, currency=change.currency, is_estimated=change.is_estimated
        ),
        "explained_by": list(change.explained_by),
    }
    add_base(item, change.base)
    add_other_fees(item, change.realized, change.currency)
    if change.reason is not None:
        item["reason"] = change.reason
    if change.opened_at is not None:
        item["opened_at"] = time_text(change.opened_at)
    return item


def realized_json(totals: Totals | None, *, currency: str, is_estimated: bool) -> Json | None:
    """What was realized in the instrument's currency, None where nothing was.

    Where that is nothing and money came in one other currency, it is told in that.
    """
    if totals is None:
        return None
    figures = totals.of(currency)
    others = [name for name, other in totals.by_currency.items() if _is_more_than_fees(other)]
    if figures.is_nothing and len(others) == 1:
        currency = others[0]
        figures = totals.of(currency)
    if figures.is_nothing:
        return None
    item = figures_json(figures)
    item |= {"currency": currency, "estimated": is_estimated}
    if figures.unknown > 0:
        item["incomplete"] = True
    return item


def _is_more_than_fees(figures: Figures) -> bool:
    """Whether this is more than fees in a third currency, which are told apart."""
    return bool(figures.gross.value or figures.funding or figures.income)


def figures_json(figures: Figures) -> Json:
    """Money of one currency; gross and net are null where a closing's are not known."""
    known = figures.unknown <= 0
    item: Json = {
        "gross": figures.gross.text() if known else None,
        "fees": figures.fees.text(),
        "net": figures.net.text() if known else None,
    }
    return item | funding_and_income(figures)


def funding_and_income(figures: Figures) -> Json:
    """Funding and dividends, left out where there are none."""
    lines = {"funding": figures.funding, "income": figures.income}
    return {name: plain(value) for name, value in lines.items() if value}


def add_base(item: Json, base: BaseFigure | None) -> None:
    """The net in the account's own currency: what the price made of it, and the exchange rate."""
    if base is not None:
        item["base"] = {
            "net": base.net.text(),
            "price": base.price.text(),
            "exchange": base.exchange.text(),
            "currency": base.currency,
        }


def add_other_fees(item: Json, totals: Totals | None, currency: str) -> None:
    """Fees in a third currency, kept apart from what was realized."""
    by_currency: Mapping[str, Figures] = totals.by_currency if totals is not None else {}
    if item["realized"] is not None:
        currency = item["realized"]["currency"]
    other = {
        name: figures.fees.text()
        for name, figures in sorted(by_currency.items())
        if name != currency and figures.fees.value
    }
    if other:
        item["other_fees"] = other


def file_totals_json(totals: Totals) -> Json:
    """What the file realized, by currency: the sum of what is known."""
    result: Json = {}
    for currency, figures in sorted(totals.by_currency.items()):
        if figures.is_nothing:
            continue
        result[currency] = {
            "gross": figures.gross.text(),
            "fees": figures.fees.text(),
            "net": figures.net.text(),
            **funding_and_income(figures),
            "incomplete": figures.unknown > 0,
        }
    return result


def break_json(found: Break) -> Json:
    """One difference, what explains a part of it, and what is left."""
    item: Json = {"kind": found.kind, "symbol": found.symbol}
    if found.side is not None:
        item["side"] = found.side
    return item | {
        "before": side_of_break(found.before),
        "ours": side_of_break(found.ours),
        "theirs": side_of_break(found.theirs),
        "explanation": [
            {"cause": each.cause, "id": each.id, "quantity": plain_text(each.quantity)}
            for each in found.explanation
        ],
        "remainder": decimal_text(found.remainder),
        "status": found.status,
        "seen": found.seen,
    }


def side_of_break(fields: Mapping[str, Decimal | str | None] | None) -> Json | None:
    if fields is None:
        return None
    return {
        name: value if isinstance(value, str) else decimal_text(value)
        for name, value in fields.items()
    }


def error_json(error: StepError) -> Json:
    """What could not be used; keys that do not apply are left out."""
    item = {"symbol": error.symbol, "activity": error.activity, "row": error.row}
    return {name: value for name, value in item.items() if value is not None} | {
        "message": error.message
    }


def book_json(book: Book) -> list[Json]:
    """The open episodes, by symbol and side."""
    rows = [row_json(ledger, book) for ledger in book.ledgers.values() if ledger.position]
    return sorted(rows, key=lambda row: (row["symbol"], row.get("side", "")))


def row_json(ledger: Ledger, book: Book) -> Json:
    """One open position, valued at the last price the venue gave."""
    position = ledger.position
    assert position is not None, ledger.id
    price = last_price(book, ledger.id)
    unrealized = position.unrealized_pnl(ledger.instrument, price)
    item: Json = {"symbol": ledger.instrument.symbol}
    if ledger.side is not None:
        item["side"] = ledger.side
    return item | {
        "quantity": plain_text(position.quantity),
        "average_price": decimal_text(position.average_price(ledger.instrument)),
        "status": position.status,
        "reconciliation": ledger.reconciliation,
        "basis": position.basis,
        "price": decimal_text(price),
        "unrealized_pnl": unrealized.text() if unrealized is not None else None,
    }


def last_price(book: Book, ledger: LedgerId) -> Decimal | None:
    """The price in the venue's last row of a position, if that is a number."""
    mark = book.marks.get(ledger)
    if mark is None or mark.price is None:
        return None
    try:
        return exact(mark.price)
    except NumberError:
        return None


def episode_json(episode: Episode) -> Json:
    """A position that ended, with all it realized from flat to flat."""
    item: Json = {"symbol": episode.symbol}
    if episode.side is not None:
        item["side"] = episode.side
    item |= {
        "opened_at": time_text(episode.opened_at),
        "closed_at": time_text(episode.closed_at),
        "reason": episode.reason,
        "realized": realized_json(
            episode.totals, currency=episode.currency, is_estimated=episode.is_estimated
        ),
    }
    add_base(item, episode.base)
    add_other_fees(item, episode.totals, episode.currency)
    return item


def plain_text(value: Decimal) -> str:
    return decimal_text(value) or ""


def decimal_text(value: Decimal | None) -> str | None:
    """All digits of a figure, and null for one that is not known."""
    return None if value is None else figure_text(value)


def time_text(moment: datetime) -> str:
    """A time in UTC, with a fraction only where there is one.

    >>> time_text(datetime(2026, 11, 20, 15, 0, 0, 500000, tzinfo=UTC))
    '2026-11-20T15:00:00.5Z'
    """
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"
