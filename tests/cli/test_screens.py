"""The demo's screens, and what is told while one waits."""

import io
import sys
import time

import pytest
from rich.console import Console
from rich.live import Live

from cli.morning import AAPL, BTC, TSLA, desk_of
from runs.fakes import Bench
from tieout.cli import output
from tieout.cli.demo_screen import LiveScreen, columns_for, panel, screen_for, side_by_side
from tieout.core.errors import VenueUnavailable
from tieout.wiring import Answer


@pytest.fixture
def bench() -> Bench:
    return Bench()


def answer(bench: Bench, *holdings) -> Answer:
    finished = bench.run(*holdings)
    return Answer(subject=finished.record.account, finished=finished)


def test_a_terminal_shows_captions_positions_and_runs(folder, bench):
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=120, height=50)
    with Live(console=console, auto_refresh=False) as live:
        screen = LiveScreen(desk_of(bench), live)
        screen.announce(0, {"alpaca": "The account opens", "other": "Nothing happens"})
        assert "syncing ..." in written.getvalue()
        screen.show([answer(bench, AAPL, BTC, TSLA)])
        screen.announce(1, {"alpaca": "The broker says that nothing is held"})
        screen.show([answer(bench)])
    shown = written.getvalue()
    for words in (
        "round 1",
        "alpaca  The account opens",
        "other   Nothing",
        "tied out",
        "61,400.25",
        "HELD",
        "Ctrl-C ends",
    ):
        assert words in shown


def test_before_the_first_sync_there_is_nothing_to_show(folder, bench, capsys):
    with screen_for(desk_of(bench), as_json=False) as screen:
        screen.announce(0, {"alpaca": "Away from the start"})
        screen.show([])
    assert "round 1\n  alpaca  Away from the start\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("accounts", "width", "lines"),
    [
        (1, 200, ["0"]),
        (2, 80, ["0", "1"]),
        (2, 130, ["0 1"]),
        (3, 130, ["0 1", "2"]),
        (4, 180, ["0 1 2", "3"]),
        (0, 80, []),
    ],
)
def test_accounts_stand_side_by_side_where_there_is_room(accounts, width, lines):
    console = Console(file=io.StringIO(), width=width)
    columns = columns_for(accounts, width)
    console.print(side_by_side([str(each) for each in range(accounts)], columns))
    shown = [" ".join(line.split()) for line in console.file.getvalue().splitlines()]
    assert [line for line in shown if line] == lines


def test_an_account_without_a_run_shows_why(folder, bench):
    console = Console(file=io.StringIO(), width=80)
    unreached = Answer(
        subject="paper/PA1", error=VenueUnavailable("the broker is away", venue="alpaca")
    )
    console.print(panel(unreached, desk_of(bench), width=80))
    assert "the broker is away" in console.file.getvalue()


def test_a_terminal_gets_a_live_screen(folder, bench, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    with screen_for(desk_of(bench), as_json=False) as screen:
        assert isinstance(screen, LiveScreen)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_long_work_is_told_on_stderr_and_short_work_is_not(monkeypatch, capsys):
    monkeypatch.setattr(output, "QUIET_S_MAX", 0.0)
    with output.progress("counting"):
        wait_for(lambda: "tieout: counting ..." in capsys.readouterr().err)
    monkeypatch.setattr(output, "QUIET_S_MAX", 60.0)
    with output.progress("counting"):
        pass
    assert capsys.readouterr().err == ""


def test_on_a_terminal_something_turns(monkeypatch):
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr(output, "QUIET_S_MAX", 0.0)
    with output.progress("counting"):
        wait_for(lambda: "counting" in shown.getvalue())


def wait_for(is_so) -> None:
    """Look until it is so, for some seconds at most."""
    until = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < until
