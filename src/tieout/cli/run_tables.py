"""Tables and lines about runs: what was done when, and what came of it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tieout.cli.moments import in_full
from tieout.cli.output import WIDTH_OF_NO_TERMINAL
from tieout.cli.tables import QUIET, table, text
from tieout.cli.words import clean, count, money, span, time_of_day
from tieout.core.book import AccountId
from tieout.core.numbers import ZERO, add, exact, negate
from tieout.ports import RunRecord

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

OUTCOME_STYLES = {"applied": "green", "partial": "yellow", "held": "bold yellow",
                  "rejected": "yellow", "failed": "bold red"}  # fmt: skip


def runs_table(
    records: Sequence[RunRecord],
    names: Mapping[AccountId, str],
    *,
    now: datetime,
    width: int = WIDTH_OF_NO_TERMINAL,
) -> "Table":
    """Runs, newest first. On a narrow screen the columns go that one misses least."""
    shown = [
        name
        for name, width_min in COLUMNS.items()
        if width >= width_min and (len(names) > 1 or name != "Account")
    ]
    made = table(*shown, whole=("Run",))
    for record in records:
        cells = _cells(record, clean(names[record.account]), now=now)
        made.add_row(*(cells[name] for name in shown))
    return made


# What a terminal must have for a column to be shown.
COLUMNS = {
    "Account": 90, "Started": 0, "Run": 80, "Outcome": 0, "Tied out": 55, "What": 0,
    ">Calls": 100, ">Took": 70,
}  # fmt: skip


def _cells(record: RunRecord, name: str, *, now: datetime) -> dict[str, "Text"]:
    return {
        "Account": text(name),
        "Started": text(time_of_day(record.started_at, now=now)),
        "Run": text(record.id),
        "Outcome": text(record.outcome, OUTCOME_STYLES.get(record.outcome, "")),
        "Tied out": text(_yes_or_no(record.tied_out), "" if record.tied_out else "yellow"),
        "What": text(clean(run_words(record))),
        ">Calls": text(str(record.venue_calls)),
        ">Took": text(span((record.finished_at - record.started_at).total_seconds())),
    }


def _yes_or_no(tied_out: bool | None) -> str:
    return "-" if tied_out is None else "yes" if tied_out else "NO"


def run_words(record: RunRecord) -> str:
    """What a run did, in a few words."""
    if record.outcome in ("failed", "held", "rejected"):
        return record.reason or record.outcome
    counts = record.counts
    words = [
        count(counts.get("breaks", 0), "break"),
        *(f"{counts.get(name, 0)} {name}" for name in ("created", "updated", "removed")),
        count(counts.get("errors", 0), "error"),
    ]
    kept = [each for each in words if not each.startswith("0 ")]
    return ", ".join([*kept, *([record.reason] if record.reason else [])]) or "nothing new"


def run_lines(record: RunRecord, *, name: str) -> list["Text"]:
    """One run in full."""
    took_s = (record.finished_at - record.started_at).total_seconds()
    lines = [
        text(clean(f"Run {record.id} of {name}"), "bold"),
        text(f"  started   {in_full(record.started_at)}, {record.trigger}, took {span(took_s)}"),
        text(f"  outcome   {record.outcome}", OUTCOME_STYLES.get(record.outcome, "")),
        text(f"  tied out  {_yes_or_no(record.tied_out)}"),
    ]
    if record.reason:
        lines.append(text(clean(f"  reason    {record.reason}")))
    counts = [f"{name} {amount}" for name, amount in record.counts.items() if amount]
    lines.append(text(f"  counts    {', '.join(counts) or 'nothing'}"))
    lines.append(text(f"  calls     {record.venue_calls}"))
    lines += [text(clean(f"  error     {each}"), "red") for each in record.errors]
    statement = json.loads(record.statement)
    changes = statement.get("changes", ())
    realized = realized_sums(changes)
    if realized:
        lines.append(text(clean(f"  realized  {realized}")))
    for change in changes:
        moved = f"{change['from']} -> {change['to']}"
        words = f"  {change['kind']:<9} {change['symbol']} {moved}"
        made = realized_sums((change,))
        lines.append(text(clean(f"{words}, realized {made}" if made else words)))
    for found in statement.get("breaks", ()):
        words = f"  break     {found['kind']} {found['symbol'] or ''} {found['status']}"
        lines.append(text(clean(words), "red" if found["status"] == "open" else ""))
    lines += [text(clean(f"  not used  {each}"), QUIET) for each in statement.get("ignored", ())]
    return lines


def realized_sums(changes: Sequence[Mapping[str, Any]]) -> str:
    """What changes of a stored statement realized, currency by currency; empty for nothing.

    >>> won = {"net": "31.00", "fees": "0", "currency": "USD", "estimated": True}
    >>> lost = {"net": None, "fees": "1.00", "currency": "EUR", "estimated": False}
    >>> realized_sums([{"realized": won}, {"realized": lost | {"incomplete": True}}])
    '-1.00 EUR (incomplete) and +31.00 USD (estimated)'
    """
    sums: dict[str, Decimal] = {}
    marks: dict[str, list[str]] = {}
    for change in changes:
        for currency, received in _received(change).items():
            sums[currency] = add(sums.get(currency, ZERO), received)
        made = change.get("realized")
        if made:
            mark = "incomplete" if made.get("incomplete") else "estimated"
            is_marked = made.get("incomplete") or made["estimated"]
            marks.setdefault(made["currency"], []).append(mark if is_marked else "")
    found = []
    for currency, received in sorted(sums.items()):
        marked = _mark_words(marks.get(currency, []))
        found.append(f"{money(received, currency)}{marked}")
    return " and ".join(found)


def _received(change: Mapping[str, Any]) -> dict[str, Decimal]:
    """Money of one change by currency, after fees; of a closing that is not known, its fees."""
    found = {name: negate(exact(fee)) for name, fee in change.get("other_fees", {}).items()}
    made = change.get("realized")
    if made:
        net = negate(exact(made["fees"])) if made["net"] is None else exact(made["net"])
        for line in ("funding", "income"):
            net = add(net, exact(made.get(line, "0")))
        found[made["currency"]] = net
    return found


def _mark_words(marks: Sequence[str]) -> str:
    """What to know about a sum: that some of it is not known, that it or some is estimated."""
    words = ["incomplete"] if "incomplete" in marks else []
    if "estimated" in marks:
        words.append("estimated" if all(marks) else "partly estimated")
    return f" ({', '.join(words)})" if words else ""
