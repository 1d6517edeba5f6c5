"""A service with a broker that things happen at."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.broker import Broker, open_broker
from seeds.running import Running


@pytest.fixture
def environment() -> dict[str, str]:
    """What a test sets beside the file; a test overrides it with its own parameters."""
    return {}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with open_broker(tmp_path) as opened:
        for symbol in ("AAPL", "GOOGL", "TSLA"):
            opened.trade(symbol, "10")
        yield opened


@pytest.fixture
def running(tmp_path: Path, broker: Broker, environment: dict[str, str]) -> Iterator[Running]:
    made = Running(tmp_path, broker, environment)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def two_accounts(tmp_path: Path, broker: Broker) -> Iterator[Running]:
    """Two logins at the same broker; the second account holds something else."""
    broker.market.open_account("second", cash="1000000")
    broker.market.list_asset("MSFT", price="400")
    broker.market.trade("second", "MSFT", "2")
    keys = broker.simulator.credentials("second")
    settings = tmp_path / "tieout.toml"
    number = broker.market.account("second").number
    settings.write_text(
        settings.read_text(encoding="utf-8")
        + f"""
[[connections]]
name = "other"
venue = "alpaca"
address = "{broker.simulator.address}"
key = "{keys.key_id}"
secret = "{keys.secret_key}"

[accounts."other/{number}"]
name = "second"
""",
        encoding="utf-8",
    )
    made = Running(tmp_path, broker, {})
    made.start()
    yield made
    made.stop()


@pytest.fixture
def adopted(running: Running) -> Running:
    """The same, with a book that agrees with the broker; what follows happens now."""
    assert running.result()["created"] == ["AAPL", "GOOGL", "TSLA"]
    running.broker.goes_live()
    return running
