"""`tieout replay FILE`: positions and realized P&L from a file of fills."""

from collections.abc import Iterable, Iterator, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from tieout.replay.result import ClosingLine, Line, Result

AGREES, DIFFERS, WRONG = 0, 1, 2
QUIET_S = 2.0
"""Seconds without a word on stderr, at the start and between two reports of progress."""

ROWS_SHOWN_MAX = 10
UNKNOWN = "unknown"
COUNT_COLUMNS = (">Fills", ">Closings", ">Not known")
CLOSING_COLUMNS = (">Closed", ">Price", ">Gross", ">Fees", ">Net", ">The venue's", "Agrees")

VenueName = Literal["hyperliquid", "alpaca", "ibkr-flex", "coinbase"]
Basis = Literal["average", "fifo", "lifo", "hifo", "specific"]
By = Literal["symbol", "day", "closing"]

File = Annotated[
    str,
    typer.Argument(metavar="FILE", help="CSV, JSON, JSON lines or Flex XML; - reads stdin."),
]
Venue = Annotated[
    VenueName | None,
    typer.Option(
        help="Whose own export the file is. Without it the file has the activity fields of a "
        "case file, and account, asset_class and multiplier where they are needed."
    ),
]
CostBasis = Annotated[Basis, typer.Option(help="Which units a closing takes.")]
ListBy = Annotated[
    By | None, typer.Option("--by", help="Also list realized P&L, one line for each.")
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Write the result as JSON, and nothing else, to stdout.")
]


def replay(
    file: File,
    venue: Venue = None,
    cost_basis: CostBasis = "average",
    by: ListBy = None,
    as_json: AsJson = False,
) -> None:
    """Replay a file of fills: positions, realized P&L, gaps, differences to the venue's figures.

    A gap is a fill whose starting position is not what the fills before it give. What was opened
    across a gap, or before the first fill, has no known cost: what it realizes is incomplete.

    The exit status is 0 when all agrees, 1 when there are gaps or differences or a trade could
    not be used, and 2 when the file cannot be read: the file, row and column are named.

    Examples:

    tieout replay fills.csv

    tieout replay --venue hyperliquid fills.json --by symbol

    tieout replay --venue ibkr-flex statement.xml --cost-basis fifo --json
    """
    from tieout.core.errors import TieoutError
    from tieout.replay.running import replay_file

    try:
        result = replay_file(
            file,
            venue=venue,
            cost_basis=cost_basis,
            by=by,
            stdin=typer.get_binary_stream("stdin"),
            progress=Reporter(),
        )
    except TieoutError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG) from None
    if as_json:
        from tieout.replay.output import json_text, remarks

        typer.echo(json_text(result).encode(), nl=False)
        for line in remarks(result):
            typer.echo(line, err=True)
    else:
        show(result)
    raise typer.Exit(AGREES if result.agrees else DIFFERS)


class Reporter:
    """Tells on stderr how far the work is, once it takes long enough to wonder."""

    def __init__(self) -> None:
        self._said_at = monotonic()

    def __call__(self, doing: str, fills: int) -> None:
        if monotonic() - self._said_at >= QUIET_S:
            self._said_at = monotonic()
            typer.echo(f"{doing}: {fills:,} fills", err=True)


# For people


def show(result: "Result") -> None:
    """The answer first, then what is wrong, then positions and money."""
    from tieout.cli.output import console

    out = console()
    for line in headline(result):
        out.print(line)
    out.print()
    closings = closing_table(result) if result.by == "closing" else None
    shown = (gap_table, difference_table, position_table, realized_table)
    for made in (*(each(result) for each in shown), closings):
        if made is not None:
            out.print(made)
    for line in remark_lines(result):
        out.print(line)


def headline(result: "Result") -> "list[Text]":
    """What was read, and whether it all agrees, in sentences."""
    from tieout.cli import tables
    from tieout.cli.words import clean
    from tieout.replay.words import answer, counted, lost_sentences, sentences

    when = ""
    if result.first_at is not None and result.last_at is not None:
        zone = result.zone
        days = [each.astimezone(zone).date() for each in (result.first_at, result.last_at)]
        when = f", {days[0]}" if days[0] == days[1] else f", {days[0]} to {days[1]}"
    accounts = f" of {result.accounts} accounts" if result.accounts > 1 else ""
    read = f"{clean(result.name)}: {counted(result.fills, 'fill')}{accounts}{when}"
    style = tables.GOOD if result.agrees else tables.BAD
    lines = [tables.text(read), tables.text(answer(result), style), tables.text("")]
    told = [*sentences(result.counts, result.judge), *sum_sentences(result)]
    told += lost_sentences(result.counts, result.apart)
    return [*lines, *(tables.text(sentence) for sentence in told)]


def sum_sentences(result: "Result") -> list[str]:
    """What the closings that could be compared add up to."""
    from tieout.cli.words import money
    from tieout.core.numbers import subtract
    from tieout.replay.words import exact_word

    lines = []
    for currency, sums in sorted(result.counts.sums.items()):
        apart = money(subtract(sums.ours, sums.theirs), currency)
        ours, theirs = money(sums.ours, of=currency), money(sums.theirs, of=currency)
        exact = f"; {exact_word(result)} {money(sums.exact, of=currency)}"
        other = exact if result.judge.has_method else ""
        lines.append(f"In total ours {ours}, the venue's {theirs}: {apart}{other}.")
    return lines


def gap_table(result: "Result") -> "Table | None":
    """Where fills are missing."""
    from tieout.cli import tables
    from tieout.cli.words import quantity

    if not result.gaps:
        return None
    made = tables.table(
        *account_column(result), "Symbol", ">Row", ">Expected", ">The venue says",
        title="Gaps: fills before these rows are missing",
    )  # fmt: skip
    for gap in result.gaps[:ROWS_SHOWN_MAX]:
        made.add_row(
            *account_cell(result, gap.account),
            tables.text(gap.symbol),
            tables.text(f"{gap.row:,}"),
            tables.text(quantity(gap.expected)),
            tables.text(quantity(gap.reported)),
        )
    return with_more(made, len(result.gaps))


def difference_table(result: "Result") -> "Table | None":
    """The closings on which we and the venue differ, the largest differences first."""
    from tieout.cli import tables
    from tieout.cli.words import quantity
    from tieout.core.numbers import magnitude
    from tieout.replay.words import exact_word

    found = [*result.differ, *result.apart_differ]
    if not found:
        return None
    found.sort(key=lambda each: magnitude(each.verdict.difference), reverse=True)
    made = tables.table(
        *("Symbol", ">Row", ">Ours", ">The venue's", ">Difference"),
        f">{exact_word(result).capitalize()}",
        title="Closings that differ, the largest first",
    )
    for each in found[:ROWS_SHOWN_MAX]:
        figures = each.verdict
        made.add_row(
            tables.text(each.symbol),
            tables.text(f"{each.row:,}"),
            *(
                tables.text(quantity(figure))
                for figure in (figures.ours, figures.theirs, figures.difference, figures.exact)
            ),
        )
    return with_more(made, len(found))


def position_table(result: "Result") -> "Table | None":
    """What is held at the end; an average that is not known is a dash."""
    from tieout.cli import tables
    from tieout.cli.words import clean, price, quantity

    if not result.positions:
        return None
    made = tables.table(
        *account_column(result), "Symbol", ">Position", ">Average", "Since",
        title="Positions at the end",
    )  # fmt: skip
    for held in result.positions:
        ledger, position = held.ledger, held.ledger.position
        if position is None:
            continue
        symbol = clean(f"{ledger.instrument.symbol} {ledger.side or ''}".rstrip())
        made.add_row(
            *account_cell(result, held.account),
            tables.text(symbol),
            tables.text(quantity(position.quantity)),
            tables.text(price(position.average_price(ledger.instrument))),
            tables.text(position.opened_at.astimezone(result.zone).date().isoformat()),
        )
    return made


def realized_table(result: "Result") -> "Table | None":
    """Realized P&L by instrument or, where it is asked for, by day; and the sums."""
    from tieout.cli import tables
    from tieout.cli.words import clean
    from tieout.replay.output import in_order

    is_by_day = result.by == "day"
    lines = [line for _, line in in_order(result)]
    if is_by_day:
        lines = [result.days[day] for day in sorted(result.days)]
    if not lines:
        return None
    head = ["Day"] if is_by_day else [*account_column(result), "Symbol"]
    money = columns_of(lines)
    made = tables.table(*head, *COUNT_COLUMNS, *money, title="Realized P&L")
    for line in lines:
        name = tables.text(clean(line.name))
        names = [name] if is_by_day else [*account_cell(result, line.account), name]
        for cells in cells_of(line, money):
            made.add_row(*names, *(tables.text(each) for each in cells))
    made.add_section()
    for cells in cells_of(result.line, money):
        blanks = [""] * (len(head) - 1)
        made.add_row(*map(tables.text, ("Sum", *blanks, *cells)), style="bold")
    return made


def columns_of(lines: "Iterable[Line]") -> list[str]:
    """The columns of money that any line needs."""
    known = list(lines)
    figures = [each for line in known for each in line.totals.by_currency.values()]
    beside = [">Beside"] if any(each.funding or each.income for each in figures) else []
    venue = [">The venue's"] if any(line.venue for line in known) else []
    return [">Gross", ">Fees", ">Net", *beside, *venue, "Currency"]


def cells_of(line: "Line", columns: "Sequence[str]") -> "Iterator[list[str]]":
    """The counts and the money of a line, one row for each currency."""
    from tieout.cli.words import money
    from tieout.core.numbers import add

    counts = line.counts
    numbers = [line.fills, counts.known + counts.unknown_entry, counts.unknown_entry]
    words = [f"{each:,}" if each else "" for each in numbers]
    currencies = sorted({*line.totals.by_currency, *line.venue})
    if not currencies:
        yield [*words, *("" for _ in columns)]
    for currency in currencies:
        figures = line.totals.of(currency)
        beside = add(figures.funding, figures.income)
        is_known = figures.closings > figures.unknown or not figures.unknown
        theirs = line.venue.get(currency)
        cells = {
            ">Gross": money(figures.gross.value, of=currency) if is_known else UNKNOWN,
            ">Fees": money(figures.fees.value, of=currency, is_signed=False),
            ">Net": money(figures.net.value, of=currency) if is_known else UNKNOWN,
            ">Beside": money(beside, of=currency),
            ">The venue's": money(theirs, of=currency) if theirs is not None else "",
            "Currency": currency,
        }
        yield [*words, *(cells[name] for name in columns)]
        words = [""] * len(words)


def closing_table(result: "Result") -> "Table":
    """Every closing."""
    from tieout.cli import tables
    from tieout.cli.words import clean

    made = tables.table(
        ">Row", *account_column(result), "Symbol", *CLOSING_COLUMNS, title="By closing"
    )
    for line in result.closings:
        made.add_row(
            tables.text("" if line.row is None else f"{line.row:,}"),
            *account_cell(result, line.account),
            *(tables.text(each) for each in (clean(line.symbol), *closing_words(line))),
        )
    return made


def closing_words(line: "ClosingLine") -> tuple[str, ...]:
    """What a closing took, at which price, and what it made."""
    from tieout.cli.words import money, price, quantity

    closing, found = line.closing, line.verdict
    gross = closing.gross
    return (
        quantity(closing.quantity),
        price(closing.price),
        UNKNOWN if gross is None else money(gross.value, of=closing.currency),
        money(closing.fees.value, of=closing.currency, is_signed=False),
        UNKNOWN if gross is None else money(gross.minus(closing.fees).value, closing.currency),
        "" if found is None else quantity(found.theirs),
        "" if found is None else "yes" if found.agrees else "NO",
    )


def remark_lines(result: "Result") -> "list[Text]":
    """What was not used, and why."""
    from tieout.cli import tables
    from tieout.cli.words import clean
    from tieout.replay.output import remarks

    return [tables.text(clean(line), tables.QUIET) for line in remarks(result, is_full=False)]


def account_column(result: "Result") -> list[str]:
    """The column of the account, where there is more than one."""
    return ["Account"] if result.accounts > 1 else []


def account_cell(result: "Result", account: str | None) -> "list[Text]":
    from tieout.cli import tables
    from tieout.cli.words import clean
    from tieout.replay.words import shortened

    return [tables.text(shortened(clean(account or "")))] if result.accounts > 1 else []


def with_more(made: "Table", rows: int) -> "Table":
    """Say under a table that it has more rows than it shows."""
    if rows > ROWS_SHOWN_MAX:
        made.caption = f"and {rows - ROWS_SHOWN_MAX:,} more; --json lists all"
        made.caption_justify = "left"
    return made
