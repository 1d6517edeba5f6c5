"""Which reader a file needs: a venue's own, or the one for files in our own words."""

from collections.abc import Callable, Mapping

from tieout.bulk.faults import FileFault
from tieout.replay.activity_file import ActivityFile
from tieout.replay.alpaca import AlpacaActivities
from tieout.replay.coinbase import CoinbaseFills
from tieout.replay.export import Export
from tieout.replay.files import FillsFile
from tieout.replay.flex import FlexStatement
from tieout.replay.hyperliquid import HyperliquidFills
from tieout.replay.hyperliquid_csv import HyperliquidTrades


def hyperliquid(file: FillsFile) -> Export:
    """The venue's API in JSON, or its trade history as a spreadsheet."""
    return HyperliquidTrades(file) if file.kind == "csv" else HyperliquidFills(file)


READERS: Mapping[str, Callable[[FillsFile], Export]] = {
    "hyperliquid": hyperliquid,
    "alpaca": AlpacaActivities,
    "ibkr-flex": FlexStatement,
    "coinbase": CoinbaseFills,
}


def export_of(file: FillsFile, venue: str | None) -> Export:
    """The file as fills. Raises `FileFault` where it is not what it is said to be."""
    if venue is None:
        return ActivityFile(file)
    if venue not in READERS:
        raise FileFault(f"{venue!r} is no venue; allowed are {', '.join(READERS)}", file=file.name)
    return READERS[venue](file)
