"""A file in our own words: the activity fields of a case file, one activity a row.

`type` may be left out and is then `fill`, as may `id`. Beside the fields of an activity a row may
have `account`, `asset_class` and `multiplier`: what a case file says elsewhere. An empty cell of a
CSV file is not reported; `realized_pnl` is the figure that whoever wrote the file kept.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, tzinfo
from decimal import Decimal
from typing import NoReturn

from tieout.bulk.exact import shortened
from tieout.cases.fields import Faults, fields_of
from tieout.cases.material import Members
from tieout.cases.steps import ACTIVITY_KEYS, read_activity
from tieout.core.activity import Activity
from tieout.core.instrument import (
    ASSET_CLASSES,
    AssetClass,
    Instrument,
    spelling_key,
    told_by_symbol,
)
from tieout.core.numbers import negate
from tieout.replay.export import Fill
from tieout.replay.fields import Fields, place_of
from tieout.replay.files import FillsFile, Row
from tieout.replay.judging import PLAIN, Judge
from tieout.replay.repeats import Repeats

OWN_KEYS = ("account", "asset_class", "multiplier")
KEYS = (*ACTIVITY_KEYS, *OWN_KEYS)
CONTRACTS = ("future", "option")
CURRENCY = "USD"

# Columns that other programs write, and what an activity file calls them.
ADVICE = {
    "qty": "quantity, signed",
    "size": "quantity, signed",
    "amount": "quantity, signed",
    "time": "at",
    "timestamp": "at",
    "date": "at",
    "commission": "fee, a cost is positive",
    "ticker": "symbol",
    "px": "price",
}


class ActivityFile:
    """A file with the activity fields of a case file."""

    judge: Judge = PLAIN
    zone: tzinfo = UTC
    passed_over = 0
    is_ordered = True

    def __init__(self, file: FillsFile) -> None:
        self.file = file
        self.name = file.name
        self._instruments: dict[tuple[str | None, str], tuple[Instrument, int]] = {}
        self._repeats = Repeats(file, column="id")
        if file.kind == "csv":
            self._require_columns(file.columns())

    def fills(self) -> Iterator[Fill]:
        self._repeats.begin()
        for row in self.file.rows():
            fill = self._fill(row)
            if self._repeats.is_first(fill):
                yield fill

    def instrument(self, fill: Fill) -> Instrument:
        return self._instruments[fill.account, fill.instrument][0]

    def remarks(self) -> list[str]:
        return self._repeats.remarks()

    def _fill(self, row: Row) -> Fill:
        activity = self._activity(row)
        fields = Fields(self.file, row)
        account = fields.text("account")
        key = spelling_key(activity.symbol)
        if activity.side is not None:
            key = f"{key}|{activity.side}"
        self._learn(fields, account, key, activity)
        return Fill(
            row=row.number,
            account=account,
            instrument=key,
            activity=activity,
            closes=is_closing(activity),
        )

    def _activity(self, row: Row) -> Activity:
        """The activity of a row, read as a case file is."""
        values = material_of(row)
        if "case" in values and "steps" in values:
            raise self.file.fault("is a case file; `tieout case` runs it")
        values.setdefault("id", f"row {row.number}")
        values.setdefault("type", "fill")
        faults = Faults()
        read = read_activity(fields_of(values, "", KEYS, faults))
        for fault in faults.found.values():
            column = fault.path.removeprefix(".").strip('[]"')
            self._refuse(row, column, with_advice(column, fault.message))
        return read

    def _learn(self, fields: Fields, account: str | None, key: str, activity: Activity) -> None:
        """What the rows say about an instrument; they must not contradict one another."""
        asset_class = fields.text("asset_class")
        if asset_class is not None and asset_class not in ASSET_CLASSES:
            allowed = ", ".join(ASSET_CLASSES)
            fields.refuse("asset_class", f"{shortened(asset_class)} is not one of {allowed}")
        multiplier = fields.number("multiplier")
        if multiplier is not None and multiplier <= 0:
            fields.refuse("multiplier", "must be more than 0")
        known = self._instruments.get((account, key))
        if known is not None and multiplier in (None, known[0].multiplier):
            return
        if known is not None:
            fields.refuse("multiplier", f"is another one than in row {known[1]}")
        found = instrument_of(activity, asset_class, multiplier)
        if found.multiplier is None:
            message = f"is needed for the {found.asset_class} {found.symbol}: the size of one"
            fields.refuse("multiplier", message)
        self._instruments[account, key] = (found, fields.row.number)

    def _refuse(self, row: Row, column: str, message: str) -> NoReturn:
        raise self.file.fault(message, place=place_of(row), column=column)

    def _require_columns(self, columns: tuple[str, ...]) -> None:
        for name in columns:
            if name not in KEYS:
                message = f"unknown column; allowed are {', '.join(KEYS)}"
                raise self.file.fault(with_advice(name, message), place="line 1", column=name)
        for name in ("symbol", "at"):
            if name not in columns:
                message = f"is missing; a file of fills has {', '.join(KEYS)}"
                raise self.file.fault(message, place="line 1", column=name)


def is_closing(activity: Activity) -> bool:
    """Whether a fill must have closed something: it realized more than its own fee."""
    if activity.type != "fill" or not activity.realized_pnl:
        return False
    return activity.fee is None or activity.realized_pnl != negate(activity.fee)


def material_of(row: Row) -> Members:
    """The values of a row as a case file would have them; what is not reported is left out."""
    values = Members()
    values.update((name, value) for name, value in row.values.items() if value not in (None, ""))
    flag = values.get("deleveraged")
    if flag in ("true", "false"):
        values["deleveraged"] = flag == "true"
    return values


def instrument_of(
    activity: Activity, asset_class: AssetClass | None, multiplier: Decimal | None
) -> Instrument:
    """What the symbol tells, and what the row says beyond it."""
    found = told_by_symbol(activity.symbol, venue="file", currency=CURRENCY)
    if activity.type in ("fill", "liquidation") and activity.currency is not None:
        found = replace(found, currency=activity.currency)
    if asset_class is not None and asset_class != found.asset_class:
        size = None if asset_class in CONTRACTS else found.multiplier
        found = replace(found, asset_class=asset_class, multiplier=size)
    return found if multiplier is None else replace(found, multiplier=multiplier)


def with_advice(column: str, message: str) -> str:
    """A message, with the name that is meant where somebody else's was used."""
    meant = ADVICE.get(column.lower())
    if column == "side":
        return f"{message}; quantity is signed, a sale is negative"
    return f"{message}; {column} is called {meant} here" if meant else message
