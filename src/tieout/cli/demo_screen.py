"""What the demo shows: a live screen on a terminal, a block a round elsewhere, JSON if asked."""

import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from tieout.cli.output import console

if TYPE_CHECKING:
    from rich.live import Live

    from tieout.wiring import Answer, Desk

RUNS_SHOWN = 6


class Screen(Protocol):
    """Where rounds are shown."""

    def announce(self, step: int, caption: str) -> None:
        """What happens now, before the sync."""
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

    def announce(self, step: int, caption: str) -> None:
        self._announced = {"round": step + 1, "caption": caption}

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

    def announce(self, step: int, caption: str) -> None:
        console().print(f"\n--- round {step + 1}: {caption}")

    def show(self, answers: "Sequence[Answer]") -> None:
        from tieout.cli.sync import show

        show(answers, self._opened)
        console().print(positions_of(self._opened))
        sys.stdout.flush()


class LiveScreen:
    """Caption, positions, breaks and the latest runs, drawn anew each round."""

    def __init__(self, opened: "Desk", live: "Live") -> None:
        self._opened = opened
        self._live = live
        self._captions: deque[str] = deque(maxlen=RUNS_SHOWN)
        self._body: list[Any] = []

    def announce(self, step: int, caption: str) -> None:
        self._captions.append(f"{step + 1:>3}  {caption}")
        self._draw("syncing ...")

    def show(self, answers: "Sequence[Answer]") -> None:
        from tieout.cli.run_tables import runs_table
        from tieout.cli.sync import lines_of_answer

        lines = [line for each in answers for line in lines_of_answer(each, self._opened)]
        runs = self._opened.store.runs(limit=RUNS_SHOWN)
        names = {each.account: self._opened.name_of(each.account) for each in runs}
        self._body = [
            *lines,
            positions_of(self._opened),
            runs_table(runs, names, now=self._opened.clock.now(), width=self._live.console.width),
        ]
        self._draw("Ctrl-C ends the demo")

    def _draw(self, footer: str) -> None:
        from rich.console import Group

        from tieout.cli import tables

        *before, latest = self._captions
        captions = [tables.text(each, tables.QUIET) for each in before[-2:]]
        head = [*captions, tables.text(latest, "bold cyan"), tables.text("")]
        self._live.update(
            Group(*head, *self._body, tables.text(footer, tables.QUIET)), refresh=True
        )


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
