"""Schemathesis against the live service and the simulated broker, with every check."""

import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.broker import open_broker
from tieout.settings import read_settings
from tieout.store.memory import MemoryStore
from web.document import OPERATIONS
from web.house import House, opened, secret_of, some_runs
from web.live import live

PROGRAM = "import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())"
MINE = "everything"

CONFIG = f"""
[auth.openapi.key]
api_key = "{secret_of(MINE)}"

[[operations]]
include-name = "POST /api/runs/{{run_id}}/approve"
parameters = {{ run_id = "run-3" }}

[[operations]]
include-name = "GET /api/breaks/{{break_id}}"
parameters = {{ break_id = "B1" }}
"""

# Nobody told schemathesis the password, and once the run is approved it cannot be rejected and
# has no break left.
UNREACHED = {
    "POST /api/login", "POST /api/runs/{run_id}/reject", "POST /api/breaks/{break_id}/{action}",
}  # fmt: skip


class Spared(MemoryStore):
    """The key that schemathesis has cannot be revoked, or it would be shut out by its own doing."""

    def revoke_key(self, key_id: str, *, at: datetime) -> bool:
        return key_id != MINE and super().revoke_key(key_id, at=at)


class Witness:
    """Stands before the application and notes what came of every operation."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.seen: defaultdict[str, set[int]] = defaultdict(set)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def noting(message: Any) -> None:
            if message["type"] == "http.response.start":
                operation = f"{scope['method']} {scope.get('path_template')}"
                self.seen[operation].add(message["status"])
            await send(message)

        await self.app(scope, receive, noting)


@pytest.fixture
def traded(tmp_path: Path) -> Iterator[House]:
    """A house at a broker where something was bought, and can be synced."""
    with open_broker(tmp_path) as broker:
        broker.trade("AAPL", "10")
        broker.trade("BTC/USD", "0.5")
        settings = read_settings(environment={}, folder=tmp_path)
        store = Spared()
        some_runs(store, account="other/PA1")
        with opened(store, settings=settings, at=datetime.now(UTC)) as house:
            house.app.state.hub.close()  # so that every stream ends after its greeting
            yield house


def schemathesis(url: str, folder: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    arguments = [
        "run", f"{url}/schema/openapi.json", "--generation-deterministic",
        "--continue-on-failure", "--no-color", *options,
    ]  # fmt: skip
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    print(found.stdout)
    return found


def test_schemathesis_finds_nothing(traded: House, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(CONFIG, encoding="utf-8")
    witness = Witness(traded.app)
    with live(traded, witness) as url:
        found = schemathesis(url, tmp_path, "--max-examples=15")
    assert found.returncode == 0, found.stdout + found.stderr
    assert [each for each in traded.log.lines if each["level"] == "error"] == []
    never = {each for each in OPERATIONS if not any(code < 300 for code in witness.seen[each])}
    assert never <= UNREACHED


def test_schemathesis_without_any_configuration_finds_nothing(
    traded: House, tmp_path: Path
) -> None:
    witness = Witness(traded.app)
    with live(traded, witness) as url:
        header = f"X-API-Key: {secret_of(MINE)}"
        found = schemathesis(url, tmp_path, "--header", header, "--max-examples=10")
    assert found.returncode == 0, found.stdout + found.stderr
    assert {200, 400, 401, 409} <= witness.seen["PATCH /api/settings"]
