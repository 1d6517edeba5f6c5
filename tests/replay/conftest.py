"""A file of fills, replayed; and the recorded exports, where they are beside this repository."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tieout.cli.main import app
from tieout.replay.output import result_json
from tieout.replay.result import Result
from tieout.replay.running import replay_file

SHARED = Path(__file__).parents[3] / "shared" / "venues"

Replay = Callable[..., Result]


@pytest.fixture
def recorded() -> Path:
    """The folder of recorded exports; they are read where they are and never copied."""
    if not SHARED.is_dir():
        pytest.skip("the recorded exports (shared/venues) are not beside this repository")
    return SHARED


@pytest.fixture
def replay(tmp_path: Path) -> Replay:
    """Replay a text, bytes or JSON material as a file of that name."""

    def run(content: Any, *, name: str = "fills.csv", **options: Any) -> Result:
        path = tmp_path / name
        if not isinstance(content, str | bytes):
            content = json.dumps(content)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return replay_file(str(path), **options)

    return run


@pytest.fixture
def tieout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`tieout ARGUMENTS` in a folder of its own, in which files are put by name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments: str, files: dict[str, str] | None = None, stdin: str = "") -> Any:
        for name, text in (files or {}).items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        return CliRunner().invoke(app, arguments, input=stdin)

    return run


def shown(result: Result) -> Any:
    """The result as a program reads it."""
    return json.loads(json.dumps(result_json(result)))
