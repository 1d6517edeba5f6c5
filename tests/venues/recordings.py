"""Replies of the real Alpaca, recorded by others and kept beside this repository, not in it."""

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml

FOLDER = Path(__file__).parents[3] / "shared" / "venues" / "alpaca"
ABSENT = "the recorded replies are not here: put them into ../shared/venues/alpaca"


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One recorded exchange."""

    name: str
    method: str
    path: str
    status: int
    body: bytes
    content_type: str


def recordings() -> list[Recording]:
    """All of them; none where the folder is absent, which a warning in the summary says."""
    if not FOLDER.is_dir():
        warnings.warn(ABSENT, stacklevel=2)
        return []
    found = [_from_json(file) for file in sorted(FOLDER.glob("*/*.json"))]
    return found + [_from_yaml(file) for file in sorted(FOLDER.glob("*cassettes/*.yml"))]


def _from_json(file: Path) -> Recording:
    (exchange,) = json.loads(file.read_text(encoding="utf-8"))
    response = exchange["response"]
    return Recording(
        name=file.stem,
        method=exchange["request"]["method"].upper(),
        path=urlsplit(exchange["request"]["url"]).path,
        status=response["status_code"],
        body=response["body"].encode(),
        content_type=response["headers"].get("Content-Type", ""),
    )


def _from_yaml(file: Path) -> Recording:
    exchange = yaml.safe_load(file.read_text(encoding="utf-8"))["http_interactions"][-1]
    response = exchange["response"]
    return Recording(
        name=file.stem,
        method=exchange["request"]["method"].upper(),
        path=urlsplit(exchange["request"]["uri"]).path,
        status=response["status"]["code"],
        body=response["body"]["string"].encode(),
        content_type=next(iter(response["headers"].get("Content-Type", [])), ""),
    )
