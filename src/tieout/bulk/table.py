"""The statement as people read it in a terminal."""

import os
from itertools import islice

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tieout.bulk.report_lines import headings, lines
from tieout.bulk.statement import Statement

LINES_MAX = 200
"""What scrolls past is not read; JSON and reports have all."""
WIDTH_IN_A_FILE = 200
"""Columns where there is no terminal, so that figures are not broken over lines."""

FIGURES = ("ours", "theirs", "difference")


def print_statement(statement: Statement) -> None:
    """The breaks, a line for each field, then what was compared and the result."""
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = Console(highlight=False, width=WIDTH_IN_A_FILE)
    if not statement.is_tied_out:
        print_breaks(statement, console)
    console.print(summary(statement))
    counts = ", ".join(f"{count:,} {kind}" for kind, count in statement.counts.items())
    result = "Tied out." if statement.is_tied_out else f"Not tied out: {counts}."
    console.print(text(result), style="bold")


def print_breaks(statement: Statement, console: Console) -> None:
    """The table of breaks, as far as anyone reads in a terminal."""
    names = headings(statement)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in names:
        is_figure = name in FIGURES
        table.add_column(
            text(name),
            justify="right" if is_figure else "left",
            overflow="fold",
            no_wrap=name == "kind",
        )
    rest = lines(statement)
    for line in islice(rest, LINES_MAX):
        table.add_row(*[text("–" if cell is None else cell) for cell in line])
    console.print(table)
    if next(rest, None) is not None:
        console.print(f"Only the first {LINES_MAX} lines; --json and --out have all.\n")


def summary(statement: Statement) -> Table:
    """What was compared with what."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(overflow="fold")
    table.add_column(justify="right")
    table.add_row("ours", text(statement.ours_name), rows(statement.ours))
    table.add_row("theirs", text(statement.theirs_name), rows(statement.theirs))
    table.add_row("on both sides", "", rows(statement.matched))
    table.add_row("key", text(", ".join(statement.key)), "")
    table.add_row("compared", text(", ".join(statement.fields) or "which keys are there"), "")
    if statement.left_out:
        table.add_row("not compared", text(", ".join(statement.left_out)), "")
    return table


def rows(count: int) -> str:
    """A number of rows in words."""
    return f"{count:,} row{'' if count == 1 else 's'}"


def text(cell: str) -> Text:
    """A cell as it is: no markup, and nothing that a terminal would obey."""
    shown = [character if character.isprintable() else ascii(character)[1:-1] for character in cell]
    return Text("".join(shown))
