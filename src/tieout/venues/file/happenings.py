"""Rows of a file of activities, in the fields that a case file has."""

from tieout.bulk.sheet import Side
from tieout.cases.fields import Faults, Fields, fields_of
from tieout.cases.material import Members
from tieout.cases.steps import ACTIVITY_KEYS, NEEDED, read_activity
from tieout.core.activity import Activity, missing_fields
from tieout.core.instrument import ASSET_CLASSES, Instrument, told_by_symbol
from tieout.core.numbers import ONE
from tieout.venues.file.contents import Contents, Name
from tieout.venues.file.sheets import columns_of, require

ABOUT_IT = ("asset_class", "multiplier")
COLUMNS = ("account", *ABOUT_IT, *ACTIVITY_KEYS)
NEEDED_COLUMNS = ("id", "symbol", "at")
CONTRACTS = ("future", "option")


def activities_in(side: Side, *, currency: str) -> Contents:
    """Every row of a file of activities; one that cannot be used is a problem of its account."""
    if side.columns is None:
        return Contents()
    columns = columns_of(side, COLUMNS)
    require(side, NEEDED_COLUMNS, COLUMNS)
    activities: list[tuple[Name, Activity]] = []
    problems: list[tuple[Name, str]] = []
    instruments: dict[Instrument, None] = {}
    accounts: set[str] = set()
    for at, texts in side.rows(columns):
        cells = zip(columns, map(str.strip, texts), strict=True)
        values = Members([(name, text) for name, text in cells if text])
        name = _account(values, columns)
        accounts.update([name] if name else [])
        faults = Faults()
        if name == "":
            faults.add("account", "the row names no account")
        activity, instrument = _read(values, faults, currency=currency)
        if faults.found:
            problems.append((name or None, _first(side, at, faults)))
            continue
        activities.append((name, activity))
        if instrument is not None:
            instruments[instrument] = None
    return Contents(
        accounts=frozenset(accounts),
        activities=tuple(activities),
        instruments=tuple(instruments),
        problems=tuple(problems),
    )


def _account(values: Members, columns: list[str]) -> Name:
    """The account a row names; "" where it should and does not."""
    return str(values.pop("account", "")) if "account" in columns else None


def _read(values: Members, faults: Faults, *, currency: str) -> tuple[Activity, Instrument | None]:
    values.setdefault("type", "fill")
    flag = values.get("deleveraged")
    if isinstance(flag, str) and flag.lower() in ("true", "false"):
        values["deleveraged"] = flag.lower() == "true"
    fields = fields_of(values, "", (*ACTIVITY_KEYS, *ABOUT_IT), faults)
    activity = read_activity(fields)
    if not activity.cancels and not faults.found:
        for name in missing_fields(activity):
            fields.fault(name, f"missing: {activity.type} needs {NEEDED[name]}")
    return activity, _instrument(fields, activity, currency)


def _instrument(fields: Fields, activity: Activity, currency: str) -> Instrument | None:
    """What a row says about the thing itself; None where it says nothing."""
    asset_class = fields.word("asset_class", ASSET_CLASSES)
    multiplier = fields.positive("multiplier")
    if asset_class is None and multiplier is None:
        return None
    told = told_by_symbol(activity.symbol, venue="file", currency=currency)
    kind = asset_class or told.asset_class
    size = told.multiplier if kind == told.asset_class else None if kind in CONTRACTS else ONE
    return Instrument(
        symbol=activity.symbol,
        asset_class=kind,
        currency=activity.currency or told.currency,
        multiplier=multiplier or size,
        expires=told.expires,
    )


def _first(side: Side, at: int, faults: Faults) -> str:
    """The first thing that is wrong with a row, with its place."""
    fault = next(iter(faults.found.values()))
    column = fault.path.removeprefix(".").strip('[]"')
    return str(side.fault(fault.message, at=at, columns=[column]))
