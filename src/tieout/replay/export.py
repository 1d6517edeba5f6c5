"""What a reader makes of a venue's export: fills in the file's order, and what they trade."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Protocol

from tieout.core.activity import Activity
from tieout.core.instrument import Instrument
from tieout.core.numbers import ZERO
from tieout.replay.judging import Judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One row of the file, counted from 1 without the heading, and what it says happened.

    `account` is None where the file tells none; `instrument` tells its instruments apart. `start`
    is the position before the fill as the venue reports it, `start_error` how far that figure is
    off at most because the export rounds it. `closes` says that the venue calls it a closing.
    `version` tells which execution this is a version of, and its number, where a venue corrects
    one by another: of the versions in a file only the highest counts.
    """

    row: int
    account: str | None
    instrument: str
    activity: Activity
    start: Decimal | None = None
    start_error: Decimal = ZERO
    closes: bool = False
    version: tuple[str, int] | None = None

    @property
    def at(self) -> datetime:
        return self.activity.at

    @property
    def is_trade(self) -> bool:
        return self.activity.type in ("fill", "liquidation")


class Export(Protocol):
    """A file of fills. Reading raises `FileFault` with the place; it can be read again.

    `is_ordered` says that fills of one moment stand in the order in which they happened;
    `zone` is where the venue's day begins. `remarks` and `passed_over` are complete once all fills
    were read: what of the file was not used, and why.
    """

    name: str
    judge: Judge
    zone: tzinfo
    is_ordered: bool

    def fills(self) -> Iterator[Fill]:
        """Every fill, in the order of the file."""

    def instrument(self, fill: Fill) -> Instrument:
        """What a fill trades; asked for only after all fills were read once."""

    @property
    def passed_over(self) -> int:
        """How many rows trade something and could not be used: the positions are off by them."""

    def remarks(self) -> list[str]:
        """What was left out, in words."""
