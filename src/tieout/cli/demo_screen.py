"""What the demo shows: a live screen on a terminal, a block a round elsewhere, JSON if asked."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from tieout.cli.output import console

if TYPE_CHECKING:
    from rich.live import Live

    from tieout.wiring import Answer, Desk
    from tieout.wiring.material import Line

RUNS_SHOWN = 6
PANEL_WIDTH_MIN = 58

Captions = Mapping[str, str]  # by venue


class Screen(Protocol):
    """Where rounds are shown."""

    def announce(self, step: int, captions: Captions) -> None:
        """What happens now at each venue, before the sync."""
        ...

    def show(self, answers: "Sequence[Answer]") -> None:
        """How things stand after the sync."""
        ...


@contextmanager
def screen_for(opened: "Desk", *, as_json: bool) -> "Iterator[Screen]":
    """The right screen for where stdout goes."""
    if as_json:
        yield JsonLines(opened)
    elif not sys.stdout.isatty():
        yield Blocks(opened)
    else:
        from rich.live import Live

        with Live(console=console(), auto_refresh=False, transient=False) as live:
            yield LiveScreen(opened, live)


class JsonLines:
    """One JSON object a round, on a line of its own."""

    def __init__(self, opened: "Desk") -> None:
        self._opened = opened
        self._announced: dict[str, Any] = {}

    def announce(self, step: int, captions: Captions) -> None:
        self._announced = {"round": step + 1, "captions": dict(captions)}

    def show(self, answers: "Sequence[Answer]") -> None:
        from tieout.cli.output import json_line
        from tieout.cli.sync import answers_json

        material = {**self._announced, **answers_json(answers, self._opened)}
        sys.stdout.write(json_line(material))
        sys.stdout.flush()


class Blocks:
    """One block of plain text a round."""

    def __init__(self, opened: "Desk") -> None:
        self._opened = opened

    def announce(self, step: int, captions: Captions) -> None:
        shown = console()
        shown.print(f"\n--- round {step + 1}")
        for line in caption_lines(captions):
            shown.print(line, soft_wrap=True)
        shown.print()

    def show(self, answers: "Sequence[Answer]") -> None:
        from tieout.cli.sync import show

        show(answers, self._opened)
        console().print(positions_of(self._opened))
        sys.stdout.flush()


class LiveScreen:
    """What happens, every account beside the others, and the latest runs, drawn anew each round."""

    def __init__(self, opened: "Desk", live: "Live") -> None:
        self._opened = opened
        self._live = live
        self._head: list[Any] = []
        self._body: list[Any] = []

    def announce(self, step: int, captions: Captions) -> None:
        from tieout.cli import tables

        self._head = [tables.text(f"round {step + 1}", tables.QUIET), *caption_lines(captions)]
        self._draw("syncing ...")

    def show(self, answers: "Sequence[Answer]") -> None:
        from tieout.cli.run_tables import runs_table

        width = self._live.console.width
        runs = self._opened.store.runs(limit=RUNS_SHOWN)
        names = {each.account: self._opened.name_of(each.account) for each in runs}
        columns = columns_for(len(answers), width)
        panels = [panel(each, self._opened, width=width // columns) for each in answers]
        self._body = [
            side_by_side(panels, columns),
            runs_table(runs, names, now=self._opened.clock.now(), width=width),
        ]
        self._draw("Ctrl-C ends the demo")

    def _draw(self, footer: str) -> None:
        from rich.console import Group

        from tieout.cli import tables

        foot = tables.text(footer, tables.QUIET)
        self._live.update(Group(*self._head, tables.text(""), foot, *self._body), refresh=True)


def caption_lines(captions: Captions) -> list[Any]:
    """What happens at each venue, a line each."""
    from tieout.cli import tables

    widest = max(map(len, captions), default=0)
    return [
        tables.text(f"  {venue:<{widest}}  {caption}", "bold cyan")
        for venue, caption in captions.items()
    ]


def panel(answer: "Answer", opened: "Desk", *, width: int) -> Any:
    """One account: how it stands, what changed, what it holds."""
    from rich.console import Group

    from tieout.cli import tables
    from tieout.cli.sync import lines_of_answer

    held = _held(answer, opened)
    table = tables.positions_table(held, has_accounts=False, width=width)
    return Group(*lines_of_answer(answer, opened), table if held else "")


def columns_for(panels: int, width: int) -> int:
    """In how many columns so many panels stand on a screen of this width."""
    return max(1, min(panels, width // PANEL_WIDTH_MIN))


def side_by_side(panels: Sequence[Any], columns: int) -> Any:
    """Panels in so many columns, row by row."""
    from rich.table import Table

    made = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for _ in range(columns):
        made.add_column(ratio=1)
    for first in range(0, len(panels), columns):
        made.add_row(*panels[first : first + columns])
    return made


def _held(answer: "Answer", opened: "Desk") -> "list[Line]":
    from tieout.wiring.material import lines_of

    if answer.finished is None:
        return []
    account = answer.finished.record.account
    book = answer.finished.after
    return lines_of(account, book.ledgers.values(), book.marks, name=opened.name_of(account))


def positions_of(opened: "Desk") -> Any:
    """The table of all open positions."""
    from tieout.cli import tables
    from tieout.wiring.material import lines_of

    accounts = opened.store.accounts()
    lines = []
    for account in accounts:
        book = opened.store.load(account).book
        name = opened.name_of(account.id)
        lines += lines_of(account.id, book.ledgers.values(), book.marks, name=name)
    if not lines:
        return tables.text("No open positions.", tables.QUIET)
    return tables.positions_table(lines, has_accounts=len(accounts) > 1, width=console().width)
