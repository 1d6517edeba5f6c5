"""What the real Hyperliquid sent, recorded by others and kept beside this repository, not in it."""

import json
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[3] / "shared" / "venues" / "hyperliquid"
TRADES = FOLDER / "trade_history_csv" / "fills_2_accounts.csv"
ABSENT = "the recorded replies are not here: put them into ../shared/venues/hyperliquid"


def is_here() -> bool:
    return FOLDER.is_dir()


def cassette(name: str) -> tuple[dict[str, Any], bytes]:
    """What the SDK asked in a recorded exchange, and the body that came."""
    file = FOLDER / "sdk_cassettes" / f"test_{name}.yaml"
    exchange = yaml.safe_load(file.read_text(encoding="utf-8"))["interactions"][0]
    return json.loads(exchange["request"]["body"]), exchange["response"]["body"]["string"].encode()


def payload(name: str) -> bytes:
    """A body that somebody kept as a file."""
    return (FOLDER / "nautilus" / f"{name}.json").read_bytes()
