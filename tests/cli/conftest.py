"""A folder to stand in, a broker to sync with, and the program."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.broker import Broker, open_broker
from cli.shell import Result, settings_in
from tieout.cli.main import run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working folder, in UTC, without any setting from outside."""
    for name in settings_in(os.environ):
        monkeypatch.delenv(name)
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.delenv("COLUMNS", raising=False)
    time.tzset()
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def tieout(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Runs a command in this process."""

    def command(*arguments: str) -> Result:
        capsys.readouterr()
        status = run(list(arguments))
        told = capsys.readouterr()
        return Result(status=status, out=told.out, err=told.err)

    return command


@pytest.fixture
def broker(folder: Path) -> Iterator[Broker]:
    with open_broker(folder) as opened:
        yield opened
