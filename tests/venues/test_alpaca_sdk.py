"""The SDK is imported without what it does not need, and still works where it needs it."""

import subprocess
import sys

QUESTIONS = """
import sys
from tieout.venues.alpaca.sdk import TradingClient
assert "pandas" not in sys.modules
from alpaca.trading.requests import GetCorporateAnnouncementsRequest
asked = GetCorporateAnnouncementsRequest(
    ca_types=["split"], since="2026-01-01", until="2026-02-01"
)
import pandas
assert sys.modules["pandas"] is pandas
assert str(pandas.Timestamp(asked.since).date()) == "2026-01-01"
"""


def test_pandas_is_imported_only_when_the_sdk_uses_it():
    subprocess.run([sys.executable, "-c", QUESTIONS], check=True, timeout=60)
