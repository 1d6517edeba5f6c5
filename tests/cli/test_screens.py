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
from tieout.cli.demo_screen import LiveScreen, screen_for
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
        screen.announce(0, "The account opens")
        assert "syncing ..." in written.getvalue()
        screen.show([answer(bench, AAPL, BTC, TSLA)])
        screen.announce(1, "The broker says that nothing is held")
        screen.show([answer(bench)])
    shown = written.getvalue()
    for words in ("  1  The account opens", "tied out", "61,400.25", "HELD", "Ctrl-C ends"):
        assert words in shown


def test_before_the_first_sync_there_is_nothing_to_show(folder, bench, capsys):
    with screen_for(desk_of(bench), as_json=False) as screen:
        screen.announce(0, "Away from the start")
        screen.show([])
    assert "round 1: Away from the start" in capsys.readouterr().out


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
