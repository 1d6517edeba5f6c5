"""Tables that are read at seven in the morning: what is wrong first, in words."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from tieout.cli.moments import in_full
from tieout.cli.words import (
    break_sentence,
    clean,
    count,
    in_base,
    money,
    net_words,
    price,
    quantity,
    time_of_day,
)
from tieout.core.breaks import Break
from tieout.core.instrument import LedgerId
from tieout.core.numbers import NOTHING, ZERO, Amount
from tieout.core.position import Episode, Ledger
from tieout.wiring.material import Line

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from tieout.runs import Finished

STYLES = {"FAILED": "bold red", "DRIFT": "red", "PENDING": "yellow", "SYNCED": "green"}
GOOD, BAD, DOUBT, QUIET = "bold green", "bold red", "bold yellow", "dim"


def text(words: str, style: str = "") -> "Text":
    """Words exactly as they are, in a style."""
    from rich.text import Text

    return Text(words, style=style)


def table(*columns: str, title: str = "", whole: Collection[str] = ()) -> "Table":
    """An airy table; columns that start with > stand to the right.

    Those in `whole` are for copying: where there is no room, the others are cut first.
    """
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    for name in columns:
        is_number = name.startswith(">")
        made.add_column(
            name.lstrip(">"),
            justify="right" if is_number else "left",
            no_wrap=is_number or name in whole,
            header_style="bold",
        )
    return made


# Positions


def positions_table(lines: Sequence[Line], *, has_accounts: bool, width: int) -> "Table":
    """Open positions, and what they would make at the last price.

    On a narrow screen the columns go that one misses least.
    """
    shown = [
        column
        for column in COLUMNS
        if width >= column.width_min and (has_accounts or column.name != "Account")
    ]
    made = table(*(column.name for column in shown))
    for line in lines:
        made.add_row(*(column.cell(line) for column in shown))
    return made


def _symbol_cell(line: Line) -> "Text":
    side = f" {line.ledger.side}" if line.ledger.side else ""
    return text(clean(line.ledger.instrument.symbol) + side, "bold")


def _unrealized_cell(line: Line) -> "Text":
    unrealized = line.unrealized
    gain = unrealized.value if unrealized is not None else None
    return text(_gain_words(gain, line.ledger.instrument.currency), _gain_style(gain))


def _status_cell(line: Line) -> "Text":
    assert line.ledger.position is not None, line.ledger.id
    return text(line.ledger.position.status)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of positions, and how wide the screen must be for it."""

    name: str
    width_min: int
    cell: "Callable[[Line], Text]"


COLUMNS = (
    Column("Account", 0, lambda line: text(clean(line.name))),
    Column("Symbol", 0, _symbol_cell),
    Column(">Quantity", 0, lambda line: text(quantity(line.ledger.quantity))),
    Column(">Average", 80, lambda line: text(_average_words(line))),
    Column(">Price", 70, lambda line: text(price(line.price))),
    Column(">Unrealized", 0, _unrealized_cell),
    Column("Status", 90, _status_cell),
    Column(
        "Reconciled",
        0,
        lambda line: text(_reconciled_words(line), STYLES[line.ledger.reconciliation]),
    ),
)


def past_table(lines: Sequence[Line], *, has_accounts: bool) -> "Table":
    """Positions at a time in the past, for which no prices are kept."""
    made = table(*(["Account"] if has_accounts else []), "Symbol", ">Quantity", ">Average", "Since")
    for line in lines:
        position, instrument = line.ledger.position, line.ledger.instrument
        assert position is not None, line.ledger.id
        side = f" {line.ledger.side}" if line.ledger.side else ""
        made.add_row(
            *([text(clean(line.name))] if has_accounts else []),
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
            text(
                (net_words(episode.totals) or money(ZERO, episode.currency))
                + estimated
                + in_base(episode.base, of=episode.totals)
            ),
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
        words.append(f"not counting {count(unpriced, 'position')} without price or cost")
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
    errors: tuple[str, ...] = ()
    is_retired: bool = False


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
        errors=record.errors,
    )


def standing_line(standing: Standing, *, now: datetime, is_plan: bool = False) -> "Text":
    """One line for an account: tied out or not, and when we knew that."""
    words, style = _standing_words(standing, is_plan=is_plan)
    if standing.at is not None and not is_plan:
        at = time_of_day(standing.at, now=now)
        # The reason of a rejection ends with a time of its own.
        words = f"{words} ({at})" if standing.outcome == "rejected" else f"{words}, {at}"
    line = text(clean(f"{standing.name} ({standing.venue}): "), "bold")
    return line.append(clean(words), style=style)


def _standing_words(standing: Standing, *, is_plan: bool) -> tuple[str, str]:
    would = "would be " if is_plan else ""
    if standing.is_retired:
        return "retired, this is what was last known", QUIET
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
    not_tied_out = "would NOT be tied out" if is_plan else "NOT TIED OUT"
    return f"{not_tied_out}: {_why(standing)}", BAD


def _why(standing: Standing) -> str:
    """What keeps an account from being tied out."""
    counts = (count(standing.breaks, "break"), count(len(standing.errors), "error"))
    found = [each for each in counts if not each.startswith("0 ")]
    if standing.reason:
        found.append(standing.reason)
    return ", ".join(found) or "nothing is open any more, sync to compare again"


def error_lines(errors: Iterable[str]) -> list["Text"]:
    """What could not be used, one line each."""
    return [text(f"  {clean(each)}", "red") for each in errors]


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
    made = table(*(["Account"] if has_accounts else []), "Id", "Kind", "What", ">Seen")
    for account, found, ledger in rows:
        instrument = ledger.instrument if ledger is not None else None
        made.add_row(
            *([text(account)] if has_accounts else []),
            text(found.id),
            text(found.kind.replace("_", " ")),
            text(break_sentence(found, instrument, now=now)),
            text(str(found.seen)),
        )
    return made
