"""Alpaca's account activities (GET /v2/account/activities), translated as a sync translates them.

Fills carry no position and no realized figure, so there is nothing to find gaps by or to compare
with. The file has to reach back to when the account was empty: Alpaca does not tell a sale that
closes from one that opens.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from tieout.bulk.exact import shortened
from tieout.core.activity import Activity, ActivityId
from tieout.core.instrument import Instrument, spelling_key, told_by_symbol
from tieout.replay.export import Fill
from tieout.replay.fields import Fields
from tieout.replay.files import FillsFile, Row
from tieout.replay.judging import PLAIN, Judge
from tieout.replay.repeats import counted_once
from tieout.venues.alpaca.activities import Translated, translated
from tieout.venues.alpaca.wire import ActivityRow, activities_in
from tieout.venues.http.bodies import BodyInvalid

NUMBERS = ("qty", "price", "net_amount", "per_share_amount")
READ = (*NUMBERS, "side")
SIDES = ("buy", "sell")  # sell_short and sell_to_close among them

# Nothing is awaited any more: what a file does not have will not come.
AFTER_ALL = datetime.max.replace(tzinfo=UTC)


class AlpacaActivities:
    """A list of activities, of any number of pages."""

    judge: Judge = PLAIN
    zone: tzinfo = ZoneInfo("America/New_York")
    passed_over = 0
    is_ordered = True

    def __init__(self, file: FillsFile) -> None:
        self.file = file
        self.name = file.name
        self._rows: dict[str, int] = {}
        self._repeated = 0
        self._translated = self._read()

    def fills(self) -> Iterator[Fill]:
        for activity in self._translated.activities:
            yield Fill(
                row=self._row_of(activity),
                account=None,
                instrument=spelling_key(activity.symbol),
                activity=activity,
                closes=is_coin_sale(activity),
            )

    def instrument(self, fill: Fill) -> Instrument:
        return instrument_of(fill.activity)

    def remarks(self) -> list[str]:
        left_out = [f"not used: {why}" for why in self._translated.ignored]
        return [*left_out, *counted_once(self._repeated)]

    def _read(self) -> Translated:
        """Everything at once: corporate actions are told by several rows together."""
        if self.file.kind == "csv":
            raise self.file.fault("is not JSON; give it the list that the API answers")
        try:
            rows = activities_in(self.file.whole())
        except BodyInvalid as problem:
            raise self.file.fault(f"{problem}; a list of activities belongs here") from None
        for number, row in enumerate(rows, start=1):
            if not isinstance(row, ActivityRow):
                raise self.file.fault(row, place=f"row {number}")
            if not row.kind:
                message = "is missing or empty; an activity has one, such as FILL"
                raise self.file.fault(message, place=f"row {number}", column="activity_type")
            self._rows.setdefault(row.id or "", number)
            self._check(number, row)
        once = list(dict.fromkeys(rows))
        self._repeated = len(rows) - len(once)
        found = translated(once, now=AFTER_ALL)
        if found.problems:
            raise self.file.fault(found.problems[0].removeprefix("activities: "))
        found.activities = self._each_once(found.activities)
        return found

    def _each_once(self, activities: Sequence[Activity]) -> list[Activity]:
        """Overlapping pages tell a row twice; the same id with other content is a fault."""
        once: dict[ActivityId, Activity] = {}
        for activity in activities:
            if once.setdefault(activity.id, activity) != activity:
                message = f"{activity.id} is there twice, with other content"
                place = f"row {self._row_of(activity)}"
                raise self.file.fault(message, place=place, column="id")
        self._repeated += len(activities) - len(once)
        return list(once.values())

    def _check(self, number: int, row: ActivityRow) -> None:
        """Refuse what a sync would take for not reported, under the name that the file has."""
        fields = Fields(self.file, Row(number, None, {name: getattr(row, name) for name in READ}))
        for name in NUMBERS:
            fields.number(name)
        takes_back = row.previous_id or row.previous_execution_id
        if row.kind != "FILL" or takes_back:
            return
        if not fields.needed("side").lower().startswith(SIDES):
            fields.refuse("side", f"{shortened(row.side or '')} is neither {' nor '.join(SIDES)}")
        fields.needed_number("price")
        if not fields.needed_number("qty"):
            fields.refuse("qty", "must not be 0")

    def _row_of(self, activity: Activity) -> int:
        """The row of an activity; one that several rows tell goes by the first of them."""
        return self._rows.get(activity.id.partition("#")[0], 1)


def instrument_of(activity: Activity) -> Instrument:
    """What an activity is about, as far as its symbol tells."""
    return told_by_symbol(activity.symbol, venue="alpaca", currency="USD")


def is_coin_sale(activity: Activity) -> bool:
    """Whether a fill sells a coin, which cannot be sold short: it closes what was held."""
    is_sale = activity.type == "fill" and activity.quantity is not None and activity.quantity < 0
    return is_sale and instrument_of(activity).asset_class == "spot"
