"""Tables that are read at seven in the morning: what is wrong first, in words."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from tieout.cli.moments import in_full
from tieout.cli.words import (
    break_sentence,
    clean,
    count,
    money,
    net_words,
    price,
    quantity,
    since,
    span,
    time_of_day,
)
from tieout.core.book import AccountId
from tieout.core.breaks import Break
from tieout.core.errors import NumberError
from tieout.core.instrument import LedgerId
from tieout.core.numbers import NOTHING, ZERO, Amount, exact
from tieout.core.position import Episode, Ledger
from tieout.core.snapshot import Holding
from tieout.ports import RunRecord

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from tieout.runs import Finished

WORST_FIRST = ("FAILED", "DRIFT", "PENDING", "SYNCED")
STYLES = {"FAILED": "bold red", "DRIFT": "red", "PENDING": "yellow", "SYNCED": "green"}
GOOD, BAD, DOUBT, QUIET = "bold green", "bold red", "bold yellow", "dim"


def text(words: str, style: str = "") -> "Text":
    """Words exactly as they are, in a style."""
    from rich.text import Text

    return Text(words, style=style)


def table(*columns: str, title: str = "") -> "Table":
    """An airy table; columns that start with > stand to the right."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    for name in columns:
        is_number = name.startswith(">")
        made.add_column(
            name.lstrip(">"),
            justify="right" if is_number else "left",
            no_wrap=is_number,
            header_style="bold",
        )
    return made


# Positions


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One open position with what the venue last said about it."""

    account: str
    ledger: Ledger
    mark: Holding | None

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
    def order(self) -> tuple[str, int, str, str]:
        """By account, what is wrong first, then by symbol."""
        rank = WORST_FIRST.index(self.ledger.reconciliation)
        return (self.account, rank, self.ledger.instrument.symbol, self.ledger.side or "")


def lines_of(
    account: str, ledgers: Iterable[Ledger], marks: Mapping[LedgerId, Holding]
) -> list[Line]:
    """The open positions among the ledgers, what is wrong first."""
    lines = [
        Line(account=account, ledger=each, mark=marks.get(each.id))
        for each in ledgers
        if each.position is not None
    ]
    return sorted(lines, key=lambda line: line.order)


def positions_table(lines: Sequence[Line], *, has_accounts: bool) -> "Table":
    """Open positions, and what they would make at the last price."""
    made = table(
        *(["Account"] if has_accounts else []),
        "Symbol", ">Quantity", ">Average", ">Price", ">Unrealized", "Status", "Reconciled",
    )  # fmt: skip
    for line in lines:
        position, instrument = line.ledger.position, line.ledger.instrument
        assert position is not None, line.ledger.id
        unrealized = line.unrealized
        side = f" {line.ledger.side}" if line.ledger.side else ""
        gain = unrealized.value if unrealized is not None else None
        made.add_row(
            *([text(line.account)] if has_accounts else []),
            text(clean(instrument.symbol) + side, "bold"),
            text(quantity(position.quantity)),
            text(_average_words(line)),
            text(price(line.price)),
            text(_gain_words(gain, instrument.currency), _gain_style(gain)),
            text(position.status),
            text(_reconciled_words(line), STYLES[line.ledger.reconciliation]),
        )
    return made


def past_table(lines: Sequence[Line], *, has_accounts: bool) -> "Table":
    """Positions at a time in the past, for which no prices are kept."""
    made = table(*(["Account"] if has_accounts else []), "Symbol", ">Quantity", ">Average", "Since")
    for line in lines:
        position, instrument = line.ledger.position, line.ledger.instrument
        assert position is not None, line.ledger.id
        side = f" {line.ledger.side}" if line.ledger.side else ""
        made.add_row(
            *([text(line.account)] if has_accounts else []),
            text(clean(instrument.symbol) + side, "bold"),
            text(quantity(position.quantity)),
            text(_average_words(line)),
            text(in_full(position.opened_at)),
        )
    return made


def ended_table(
    episodes: Sequence[tuple[str, Episode]], *, now: datetime, has_accounts: bool
) -> "Table":
    """Positions that have ended, and what each of them made from flat to flat."""
    made = table(
        *(["Account"] if has_accounts else []),
        "Ended", "Opened", "Closed", "Reason", ">Realized net",
        title="Ended positions",
    )  # fmt: skip
    for account, episode in episodes:
        side = f" {episode.side}" if episode.side else ""
        estimated = " (estimated)" if episode.is_estimated else ""
        made.add_row(
            *([text(account)] if has_accounts else []),
            text(clean(episode.symbol) + side, "bold"),
            text(time_of_day(episode.opened_at, now=now)),
            text(time_of_day(episode.closed_at, now=now)),
            text(episode.reason),
            text((net_words(episode.totals) or money(ZERO, episode.currency)) + estimated),
        )
    return made


def _average_words(line: Line) -> str:
    """The average; a tilde says that it is the venue's own figure."""
    position = line.ledger.position
    is_ours = position is not None and position.basis == "actual"
    return price(line.average) if is_ours or line.average is None else f"~{price(line.average)}"


def _gain_words(gain: Decimal | None, currency: str) -> str:
    return "-" if gain is None else money(gain, currency)


def _gain_style(gain: Decimal | None) -> str:
    return "" if not gain else "green" if gain > 0 else "red"


def _reconciled_words(line: Line) -> str:
    misses = line.ledger.misses
    suffix = f", missing {count(misses, 'time')}" if misses else ""
    return f"{line.ledger.reconciliation}{suffix}"


def totals_words(lines: Iterable[Line]) -> str:
    """Unrealized P&L by currency, and how many positions it leaves out."""
    sums: dict[str, Amount] = {}
    unpriced = 0
    for line in lines:
        unrealized = line.unrealized
        if unrealized is None:
            unpriced += 1
            continue
        currency = line.ledger.instrument.currency
        sums[currency] = sums.get(currency, NOTHING).plus(unrealized)
    words = [money(each.value, currency) for currency, each in sorted(sums.items())]
    if unpriced:
        words.append(f"without {count(unpriced, 'position')} that has no price or cost")
    return ", ".join(words)


# Whether all is well


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an account stands: what its last run said, and how many breaks are open."""

    name: str
    venue: str
    outcome: str | None
    reason: str | None
    tied_out: bool | None
    at: datetime | None
    breaks: int


def standing_of(finished: "Finished", *, name: str) -> Standing:
    """How an account stands after a run."""
    record = finished.record
    return Standing(
        name=name,
        venue=finished.after.account.venue,
        outcome=record.outcome,
        reason=record.reason,
        tied_out=record.tied_out,
        at=record.finished_at,
        breaks=sum(each.prevents_tie_out for each in finished.plan.open_breaks.values()),
    )


def standing_line(standing: Standing, *, now: datetime, is_plan: bool = False) -> "Text":
    """One line for an account: tied out or not, and when we knew that."""
    words, style = _standing_words(standing, is_plan=is_plan)
    if standing.at is not None and not is_plan:
        words = f"{words}, {time_of_day(standing.at, now=now)}"
    line = text(clean(f"{standing.name} ({standing.venue}): "), "bold")
    return line.append(clean(words), style=style)


def _standing_words(standing: Standing, *, is_plan: bool) -> tuple[str, str]:
    would = "would be " if is_plan else ""
    match standing.outcome:
        case None:
            return "not synced yet", DOUBT
        case "held":
            return f"{would}HELD: {standing.reason}", DOUBT
        case "failed":
            return f"NOT READ: {standing.reason}", BAD
        case "rejected":
            return f"{would}REJECTED: {standing.reason}", DOUBT
        case _:
            pass
    if standing.tied_out:
        return f"{would}tied out", GOOD
    if standing.tied_out is None:
        return "not compared with the broker in the last run", DOUBT
    settled = "nothing is open any more, sync to compare again"
    why = count(standing.breaks, "break") if standing.breaks else standing.reason or settled
    return f"{would}NOT TIED OUT: {why}", BAD


def break_lines(
    breaks: Iterable[Break], ledgers: Mapping[LedgerId, Ledger], *, now: datetime
) -> list["Text"]:
    """Every open break as a sentence."""
    lines: list[Text] = []
    for found in breaks:
        ledger = ledgers.get(found.ledger) if found.ledger is not None else None
        instrument = ledger.instrument if ledger is not None else None
        sentence = break_sentence(found, instrument, now=now)
        lines.append(text(f"  {sentence}", "red" if found.prevents_tie_out else "yellow"))
    return lines


def breaks_table(
    rows: Sequence[tuple[str, Break, Ledger | None]], *, now: datetime, has_accounts: bool
) -> "Table":
    """Breaks with their ids, for deciding about them."""
    made = table(*(["Account"] if has_accounts else []), "Id", "Kind", "What", ">Seen", "Since")
    for account, found, ledger in rows:
        instrument = ledger.instrument if ledger is not None else None
        made.add_row(
            *([text(account)] if has_accounts else []),
            text(found.id),
            text(found.kind.replace("_", " ")),
            text(break_sentence(found, instrument, now=now)),
            text(str(found.seen)),
            text(since(found.first_at, now=now)),
        )
    return made


# Runs

OUTCOME_STYLES = {"applied": "green", "partial": "yellow", "held": "bold yellow",
                  "rejected": "yellow", "failed": "bold red"}  # fmt: skip


def runs_table(
    records: Sequence[RunRecord], names: Mapping[AccountId, str], *, now: datetime
) -> "Table":
    """Runs, newest first."""
    has_accounts = len(names) > 1
    made = table(
        *(["Account"] if has_accounts else []),
        "Started", "Run", "Outcome", "Tied out", "What", ">Calls", ">Took",
    )  # fmt: skip
    for record in records:
        made.add_row(
            *([text(clean(names[record.account]))] if has_accounts else []),
            text(time_of_day(record.started_at, now=now)),
            text(record.id),
            text(record.outcome, OUTCOME_STYLES.get(record.outcome, "")),
            text(_yes_or_no(record.tied_out), "" if record.tied_out else "yellow"),
            text(clean(run_words(record))),
            text(str(record.venue_calls)),
            text(span((record.finished_at - record.started_at).total_seconds())),
        )
    return made


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
    counts = [f"{amount} {name}" for name, amount in record.counts.items() if amount]
    lines.append(text(f"  counts    {', '.join(counts) or 'nothing'}"))
    lines.append(text(f"  calls     {record.venue_calls}"))
    lines += [text(clean(f"  error     {each}"), "red") for each in record.errors]
    statement = json.loads(record.statement)
    for change in statement.get("changes", ()):
        moved = f"{change['from']} -> {change['to']}"
        lines.append(text(clean(f"  {change['kind']:<9} {change['symbol']} {moved}")))
    for found in statement.get("breaks", ()):
        words = f"  break     {found['kind']} {found['symbol'] or ''} {found['status']}"
        lines.append(text(clean(words), "red" if found["status"] == "open" else ""))
    lines += [text(clean(f"  not used  {each}"), QUIET) for each in statement.get("ignored", ())]
    return lines
