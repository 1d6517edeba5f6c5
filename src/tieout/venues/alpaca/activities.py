"""Rows of GET /v2/account/activities as activities: what moved a position, and what did not.

An activity depends on its own row, or on the rows of its group, and on nothing else: it comes
out the same whenever and however often it is read, which is what its id promises.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from tieout.core.activity import Activity, ActivityId, ActivityType, Ratio
from tieout.core.numbers import ONE, ZERO, divide, magnitude, multiply, negate
from tieout.venues.alpaca.corporate_actions import (
    KINDS,
    activities_of,
    as_far_as_told,
    is_waiting,
    key_of,
)
from tieout.venues.alpaca.legs import ratio_of
from tieout.venues.alpaca.moments import (
    began_at,
    ended_at,
    opened_at,
    seen_at,
    traded_at,
)
from tieout.venues.alpaca.positions import OPTION_MULTIPLIER, pair_or_ticker
from tieout.venues.alpaca.wire import ActivityRow, Unreadable
from tieout.venues.http.bodies import number

# `correct` is "required manual input; as valid as executed" (ENUM.AccountActivity).
BOOKED = ("", "executed", "correct", "corrected")
CANCELED = ("canceled", "cancelled")
BUSTS = ("trade_bust", "bust")
CORRECTIONS = ("trade_correct", "correction", "correct")
CASH_ONLY = (
    "ACATC", "CSD", "CSR", "CSW", "FXCNV", "FXTRD", "INT", "INTNRA", "INTTW", "JNL", "JNLC",
    "MEM", "SUB", "SWP", "TRANS", "WH",
)  # fmt: skip
MAY_CARRY_UNITS = ("CSD", "CSW", "JNL", "TRANS")

NO_POSITION = "moves cash, no position"
LEFT_OUT = {"OPCSH": "is the price of the option event it belongs to"}
UNKNOWN_KIND = "a kind that Tieout does not know, not booked"

# What a row comes to: an activity, or in words why there is none.
Outcome = Activity | str


@dataclass(slots=True)
class Translated:
    """The activities in order of time, what was left out and why, and what could not be read."""

    activities: list[Activity] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def translated(rows: Iterable[ActivityRow | Unreadable], *, now: datetime) -> Translated:
    """All rows. `now` only decides how long the other half of a corporate action is awaited."""
    result = Translated()
    left_out: Counter[tuple[str, str]] = Counter()
    groups: dict[str, list[ActivityRow]] = {}
    usable = _usable(rows, result.problems)
    settled = _cash_settlements(usable)
    for row in usable:
        if row.kind in KINDS:
            groups.setdefault(key_of(row), []).append(row)
            continue
        outcome = _single(row, settled)
        if isinstance(outcome, Activity):
            result.activities.append(outcome)
        else:
            left_out[row.kind, outcome] += 1
    for key, members in groups.items():
        outcomes = _group(key, members, now=now)
        result.activities.extend(outcomes)
        if not outcomes:
            left_out[key, "waits for its other half"] += 1
    result.activities = _with_ids_of_their_own(sorted(result.activities, key=lambda it: it.at))
    result.ignored = [f"{count} x {kind}: {why}" for (kind, why), count in left_out.items()]
    return result


def _usable(rows: Iterable[ActivityRow | Unreadable], problems: list[str]) -> list[ActivityRow]:
    """The rows that can be told apart and put in time; what is wrong with the others."""
    usable = []
    for row in rows:
        if isinstance(row, Unreadable):
            problems.append(f"activities: {row}")
        elif not row.id:
            problems.append(f"activities: a {row.kind or 'nameless'} row has no id")
        elif seen_at(row) is None:
            problems.append(f"activities: {row.id} has neither a time nor a date")
        elif not row.name and row.kind in NAMES_UNITS:
            problems.append(f"activities: {row.id} ({row.kind}) has no symbol")
        else:
            usable.append(row)
    return usable


def _group(key: str, rows: list[ActivityRow], *, now: datetime) -> list[Activity]:
    """The activities of one corporate action; none while a part of it is awaited."""
    valid = [row for row in rows if _status(row) in BOOKED]
    canceled = [row for row in rows if _status(row) in CANCELED]
    members = valid or canceled
    if not members:
        return []
    found = activities_of(key, members)
    if not found and not is_waiting(members, now=now):
        found = as_far_as_told(key, members)
    return found if valid else [taken_back(activity) for activity in found]


def _single(row: ActivityRow, settled: Mapping[str, Decimal]) -> Outcome:
    status = _status(row)
    if status not in (*BOOKED, *CANCELED):
        return f"status {status}, booked once it is executed"
    outcome = _translation(row.kind)(row)
    if isinstance(outcome, str):
        return outcome
    if row.kind in OPTION_EVENTS and row.group_id and row.group_id in settled:
        outcome = _settled_in_cash(outcome, settled[row.group_id])
    return taken_back(outcome) if status in CANCELED else outcome


def _translation(kind: str) -> Callable[[ActivityRow], Outcome]:
    if kind in _TRANSLATIONS:
        return _TRANSLATIONS[kind]
    return _dividend if kind.startswith("DIV") else lambda _: LEFT_OUT.get(kind, UNKNOWN_KIND)


def taken_back(activity: Activity) -> Activity:
    """What undoes an activity that Alpaca now calls canceled: its exact negation."""
    return replace(
        activity,
        id=ActivityId(f"{activity.id}#canceled"),
        cancels=activity.id,
        quantity=None if activity.quantity is None else negate(activity.quantity),
        cash=None if activity.cash is None else negate(activity.cash),
    )


def _status(row: ActivityRow) -> str:
    return (row.status or "").strip().lower()


def _activity(row: ActivityRow, kind: ActivityType, at: datetime | None) -> Activity:
    assert row.id is not None, row  # others were sorted out before
    assert at is not None, row
    return Activity(
        id=ActivityId(row.id),
        type=kind,
        symbol=pair_or_ticker(row.name),
        at=at,
        currency=row.currency or None,
    )


def _within_its_day(row: ActivityRow, activity: Activity) -> Activity:
    """An activity of which only the day is told may show in positions from that day's start."""
    began = began_at(row)
    return (
        activity if began is None or began >= activity.at else replace(activity, earliest_at=began)
    )


def _nonzero(text: str | None) -> Decimal | None:
    return number(text) or None


def _fill(row: ActivityRow) -> Outcome:
    """A trade. Alpaca charges no fee in it; fees come as activities of their own."""
    side = (row.side or "").strip().lower()
    quantity = number(row.qty)
    if quantity is not None and side.startswith("sell"):  # sell, sell_short, sell_to_close
        quantity = negate(magnitude(quantity))
    elif not side.startswith("buy"):
        quantity = None
    trade = replace(
        _activity(row, "fill", traded_at(row)), quantity=quantity, price=number(row.price)
    )
    words = {text.strip().lower() for text in (row.type, row.execution_type) if text}
    before = row.previous_id or row.previous_execution_id
    if words.intersection(BUSTS):
        return _busted(trade, before)
    if before and words.intersection(CORRECTIONS):
        return replace(trade, cancels=ActivityId(before))
    return trade


def _busted(trade: Activity, before: str | None) -> Activity:
    """A bust undoes the trade it names; one that names none is undone by a trade at its price."""
    undone = None if trade.quantity is None else negate(trade.quantity)
    return replace(trade, quantity=undone, cancels=ActivityId(before) if before else None)


def _fee(row: ActivityRow) -> Outcome:
    """A fee in dollars, or in the coin: crypto pays in what was received, once a day (CFEE)."""
    if not row.name:
        return NO_POSITION
    fee = _within_its_day(row, _activity(row, "fee", ended_at(row)))
    quantity = _nonzero(row.qty) if row.kind == "CFEE" else None
    if quantity is not None:
        return replace(fee, quantity=quantity, price=number(row.price))
    cash = _nonzero(row.net_amount)
    return "an amount of 0" if cash is None else replace(fee, cash=cash)


def _dividend(row: ActivityRow) -> Outcome:
    """Money for holding; `qty` is the number of shares that it was paid on."""
    if not row.name:
        return NO_POSITION
    text = (row.description or "").strip().lower()
    if row.sub_kind == "SDIV" or text.startswith("stock div"):
        return _stock_dividend(row)
    cash = _nonzero(row.net_amount)
    if cash is None:
        return "an amount of 0"
    return replace(_activity(row, "dividend", ended_at(row)), cash=cash)


def _stock_dividend(row: ActivityRow) -> Outcome:
    """A dividend in shares is a small split; without its terms, units that cost nothing."""
    ratio = (
        ratio_of(number(row.new_qty), number(row.entitled_qty))
        or ratio_of(number(row.rate), ONE)
        or ratio_of(number(row.per_share_amount), ONE)
    )
    if ratio is not None and ratio.new > ratio.old:
        return replace(_activity(row, "split", opened_at(row)), ratio=ratio)
    gift = _activity(row, "transfer", opened_at(row))
    return replace(gift, quantity=number(row.qty), cost=ZERO)


def _cash_in_lieu(row: ActivityRow) -> Outcome:
    """Money for the fraction a split left: a split of 1 for 1 that pays, so no unit moves."""
    if not row.name:
        return NO_POSITION
    paid = _activity(row, "split", ended_at(row))
    return replace(paid, ratio=Ratio(new=ONE, old=ONE), cash=number(row.net_amount))


def _transfer(row: ActivityRow) -> Outcome:
    """Units from or to another account. The price is that of the day and no cost."""
    if not row.name:
        return NO_POSITION
    return replace(_activity(row, "transfer", opened_at(row)), quantity=number(row.qty))


def _cash_or_units(row: ActivityRow) -> Outcome:
    has_units = row.kind in MAY_CARRY_UNITS and row.name and _nonzero(row.qty)
    return _transfer(row) if has_units else NO_POSITION


def _option_event(row: ActivityRow) -> Outcome:
    """The contract ends at 0; shares that change hands with it are an OPTRD of their own."""
    kind = OPTION_EVENTS[row.kind]
    event = _within_its_day(row, _activity(row, kind, ended_at(row)))
    return replace(event, quantity=_nonzero(row.qty))


def _option_trade(row: ActivityRow) -> Outcome:
    """Shares delivered at the strike. `price` may be the market's (documented: 90 for 150)."""
    quantity, paid = _nonzero(row.qty), _nonzero(row.net_amount)
    price = number(row.price)
    if quantity is not None and paid is not None:
        price = divide(magnitude(paid), magnitude(quantity))
    delivery = _within_its_day(row, _activity(row, "fill", ended_at(row)))
    return replace(delivery, quantity=quantity, price=price)


def _maturity(row: ActivityRow) -> Outcome:
    """A bond is paid back: its units end at what was paid for each."""
    quantity, paid = _nonzero(row.qty), number(row.net_amount)
    price = divide(magnitude(paid), magnitude(quantity)) if quantity and paid else None
    return replace(_activity(row, "expiry", opened_at(row)), quantity=quantity, price=price)


def _cash_settlements(rows: Iterable[ActivityRow]) -> dict[str, Decimal]:
    """What index options paid at their end, by the group of the event it belongs to."""
    return {
        row.group_id: number(row.net_amount) or ZERO
        for row in rows
        if row.kind == "OPCSH" and row.group_id
    }


def _settled_in_cash(event: Activity, paid: Decimal) -> Activity:
    if not event.quantity:
        return event
    units = multiply(magnitude(event.quantity), Decimal(OPTION_MULTIPLIER))
    return replace(event, price=divide(magnitude(paid), units))


def _with_ids_of_their_own(activities: list[Activity]) -> list[Activity]:
    """Two kinds of activity never share an id: Alpaca's option sample gives both rows one."""
    owners: dict[str, tuple[str, str]] = {}
    result = []
    for activity in activities:
        owner = (activity.type, activity.symbol)
        if owners.setdefault(activity.id, owner) != owner:
            activity = replace(activity, id=ActivityId(f"{activity.id}#{activity.type}"))
        result.append(activity)
    return result


OPTION_EVENTS: Mapping[str, ActivityType] = {
    "OPEXP": "expiry",
    "OPASN": "assignment",
    "OPEXC": "exercise",
    "OPXRC": "exercise",
}

# About units whatever else they say. Others may be about money alone, or name more in details.
NAMES_UNITS = frozenset(("FILL", "OPTRD", "FIMAT", *OPTION_EVENTS))

_TRANSLATIONS: Mapping[str, Callable[[ActivityRow], Outcome]] = {
    "FILL": _fill,
    **dict.fromkeys(("CFEE", "FEE", "PTC", "PTR"), _fee),
    "CIL": _cash_in_lieu,
    **dict.fromkeys(("ACATS", "JNLS", "VOF"), _transfer),
    **dict.fromkeys(CASH_ONLY, _cash_or_units),
    **dict.fromkeys(OPTION_EVENTS, _option_event),
    "OPTRD": _option_trade,
    "FIMAT": _maturity,
}
