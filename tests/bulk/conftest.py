"""What the tests of `tieout diff` share: files from text, the command."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from tieout.cli.diff import diff

app = typer.Typer()
app.command("diff")(diff)


@app.callback()
def main() -> None:
    """A program with one command, called by its name."""


@dataclass(frozen=True)
class Answer:
    """What a run of the command left behind."""

    status: int
    stdout: bytes
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


Write = Callable[..., str]
Run = Callable[..., Answer]


@pytest.fixture(params=["plain", "duckdb"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a file, from a text, bytes or lines, in a folder that is the current one."""
    monkeypatch.chdir(tmp_path)

    def write_file(name: str, content: str | bytes | Iterable[str]) -> str:
        if not isinstance(content, str | bytes):
            content = "".join(f"{line}\n" for line in content)
        data = content.encode() if isinstance(content, str) else content
        Path(name).write_bytes(data)
        return name

    return write_file


@pytest.fixture
def run() -> Run:
    """Run `tieout diff` with arguments."""

    def run_diff(*arguments: str, stdin: bytes | None = None, columns: int = 120) -> Answer:
        result = CliRunner().invoke(
            app,
            ["diff", *arguments],
            input=stdin,
            env={"COLUMNS": str(columns), "FORCE_COLOR": None, "NO_COLOR": "1"},
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout_bytes, result.stderr)

    return run_diff


@pytest.fixture
def tie(write: Write, run: Run, engine: str) -> Callable[..., Any]:
    """Compare two CSV files, given as lines, and return the JSON answer."""

    def tie_lines(ours: list[str], theirs: list[str], *arguments: str) -> Any:
        names = (write("ours.csv", ours), write("theirs.csv", theirs))
        answer = run(*names, "--json", "--engine", engine, *arguments)
        assert answer.status in (0, 1), answer.stderr
        return answer.json

    return tie_lines
