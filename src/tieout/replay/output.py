"""What came of a replay as JSON, in the shape of the case format: the same bytes always.

Decimals are texts; `row` counts the rows of the file from 1, a heading apart. `agree` is null
where the file has no figures of the venue's to agree with. The default result counts closings;
spot sales of Hyperliquid, which are counted apart, and everything else by instrument, day or
closing are added by `--by`.
"""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal

from tieout.cases.output import (
    Json,
    decimal_text,
    file_totals_json,
    plain_text,
    time_text,
)
from tieout.core.instrument import LedgerId
from tieout.core.numbers import normal, plain, printed
from tieout.core.pnl import Totals
from tieout.replay.continuity import Gap
from tieout.replay.judging import Judge
from tieout.replay.result import ClosingLine, Counts, Difference, Held, Line, Result

REFUSED_SHOWN_MAX = 10


def json_text(result: Result) -> str:
    """The bytes that a program reads."""
    return json.dumps(result_json(result), indent=2, ensure_ascii=False) + "\n"


def result_json(result: Result) -> Json:
    """The whole result, without trailing zeros that nobody wrote."""
    material: Json = {
        "fills": result.fills,
        "gaps": [gap_json(gap) for gap in result.gaps],
        "closings": counts_json(result.counts)
        | {"differ": [difference_json(each, result.judge) for each in result.differ]},
        "positions": [held_json(held) for held in result.positions],
        "realized": totals_json(result.line.totals, incomplete=result.incomplete),
        "venue_realized": venue_json(result.line.venue),
    }
    match result.by:
        case "symbol":
            material["by_symbol"] = [symbol_json(line) for _, line in in_order(result)]
        case "day":
            material["by_day"] = [day_json(result.days[day]) for day in sorted(result.days)]
        case "closing":
            material["by_closing"] = [closing_json(line) for line in result.closings]
        case None:
            pass
    shown: Json = result.written.cut(material)
    return shown


def in_order(result: Result) -> list[tuple[LedgerId, Line]]:
    """The instruments by account, symbol and side."""
    lines = result.symbols.items()
    return sorted(lines, key=lambda each: (each[1].account or "", each[1].name, each[0]))


def gap_json(gap: Gap) -> Json:
    return of_account(gap.account) | {
        "symbol": gap.symbol,
        "row": gap.row,
        "expected": plain(normal(gap.expected)),
        "reported": plain(gap.reported),
    }


def counts_json(counts: Counts) -> Json:
    has_figures = counts.judged > 0 or not counts.known
    return {
        "known": counts.known,
        "agree": counts.agree if has_figures else None,
        "unknown_entry": counts.unknown_entry,
    }


def difference_json(each: Difference, judge: Judge) -> Json:
    """Ours by the venue's method, and the exact figure beside it where the two may differ."""
    found = each.verdict
    item: Json = {
        "row": each.row,
        "symbol": each.symbol,
        "ours": figure_text(found.ours),
        "theirs": plain(found.theirs),
        "difference": figure_text(found.difference),
    }
    return item | ({"exact": figure_text(found.exact)} if judge.has_method else {})


def held_json(held: Held) -> Json:
    """An open position; its average is null where the cost of a unit is not known."""
    ledger = held.ledger
    position = ledger.position
    assert position is not None, ledger.id
    item = of_account(held.account) | {"symbol": ledger.instrument.symbol}
    if ledger.side is not None:
        item["side"] = ledger.side
    return item | {
        "quantity": plain_text(position.quantity),
        "average_price": decimal_text(position.average_price(ledger.instrument)),
        "currency": ledger.instrument.currency,
        "status": position.status,
        "opened_at": time_text(position.opened_at),
    }


def totals_json(totals: Totals, *, incomplete: Iterable[str] = ()) -> Json:
    """Realized money by currency; a gap hides what was realized in it."""
    material = file_totals_json(totals)
    for currency in incomplete:
        material.setdefault(currency, {"gross": "0", "fees": "0", "net": "0"})
        material[currency]["incomplete"] = True
    return dict(sorted(material.items()))


def venue_json(venue: Mapping[str, Decimal]) -> Json:
    return {currency: plain(amount) for currency, amount in sorted(venue.items())}


def symbol_json(line: Line) -> Json:
    item = of_account(line.account) | {"symbol": line.name, "gaps": line.gaps} | line_json(line)
    if line.gaps:
        item["realized"] = totals_json(line.totals, incomplete=line.totals.by_currency)
    return item


def day_json(line: Line) -> Json:
    return {"day": line.name} | line_json(line)


def line_json(line: Line) -> Json:
    return {
        "fills": line.fills,
        "closings": counts_json(line.counts),
        "realized": totals_json(line.totals),
        "venue_realized": venue_json(line.venue),
    }


def closing_json(line: ClosingLine) -> Json:
    """One closing; gross and net are null where its entry is not known."""
    closing, found = line.closing, line.verdict
    gross = closing.gross
    item: Json = {"row": line.row} | of_account(line.account)
    item |= {
        "symbol": line.symbol,
        "at": time_text(closing.at),
        "quantity": plain_text(closing.quantity),
        "price": decimal_text(closing.price),
        "gross": gross.text() if gross is not None else None,
        "fees": closing.fees.text(),
        "net": gross.minus(closing.fees).text() if gross is not None else None,
        "currency": closing.currency,
    }
    if found is not None:
        item |= {
            "ours": figure_text(found.ours),
            "theirs": plain(found.theirs),
            "agrees": found.agrees,
        }
    return item


def of_account(account: str | None) -> Json:
    """The account, left out where the file tells none."""
    return {} if account is None else {"account": account}


def figure_text(value: Decimal) -> str:
    """Money with all its digits, at most 18 decimals."""
    return printed(value)


def remarks(result: Result, *, is_full: bool = True) -> list[str]:
    """What was not used or not applied; in full also what the JSON has no place for."""
    lines = [f"{result.name}: {remark}" for remark in result.remarks]
    for fill, why in result.refused[:REFUSED_SHOWN_MAX]:
        lines.append(f"{result.name}, row {fill.row}: not applied: {why}")
    more = len(result.refused) - REFUSED_SHOWN_MAX
    if more > 0:
        lines.append(f"{result.name}: {more} more could not be applied")
    if is_full and result.apart_differ:
        apart = result.apart
        lines.append(
            f"{result.name}: {apart.agree} of {apart.judged} spot sales agree with the venue; "
            "--by closing lists them"
        )
    return lines
