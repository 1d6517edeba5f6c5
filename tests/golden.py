"""Golden files: what people and programs read, kept as files; the diff is reviewed.

`TIEOUT_GOLDEN=rewrite` (or `make golden`) writes them anew.
"""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def check_golden(name: str, text: str) -> None:
    """Compare a text with the file of that name."""
    path = FOLDER / name
    if os.environ.get("TIEOUT_GOLDEN") == "rewrite":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{name} is not there yet: make golden"
    assert text == path.read_text(encoding="utf-8"), f"{name} differs: make golden, then read"
