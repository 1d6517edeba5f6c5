"""Reading the steps of a case file: what happened, what we booked, what the broker reported."""

from collections.abc import Sequence
from datetime import datetime

from tieout.cases.case import BEFORE_EVERYTHING, Step
from tieout.cases.fields import Fields, fields_of
from tieout.cases.material import Members, Number, as_text
from tieout.cases.rows import SIDES
from tieout.core.activity import (
    ACTIVITY_TYPES,
    Activity,
    ActivityId,
    is_negation,
    missing_fields,
)
from tieout.core.instrument import ASSET_CLASSES
from tieout.core.snapshot import (
    FAILURE_KINDS,
    LOCAL_ACTIONS,
    Failure,
    Holding,
    Local,
    LocalAction,
    Snapshot,
)

STEP_KEYS = ("at", "activities", "local", "snapshot", "failure", "approve")
SNAPSHOT_KEYS = ("as_of", "complete", "holdings")
FAILURE_KEYS = ("kind", "message")
ACTIVITY_KEYS = (
    "id", "type", "symbol", "quantity", "price", "fee", "fee_currency", "cash", "currency", "cost",
    "ratio", "to", "side", "lot", "venue_id", "deleveraged", "cancels", "realized_pnl", "at",
    "earliest_at", "base_rate",
)  # fmt: skip
LOCAL_KEYS = ("action", "symbol", "quantity", "price", "side", "at")
HOLDING_NUMBERS = (
    "quantity", "average_price", "price", "multiplier", "leverage", "liquidation_price",
    "realized_pnl",
)  # fmt: skip
HOLDING_TEXTS = ("symbol", "venue_id", "side", "asset_class", "currency", "margin_mode")
HOLDING_KEYS = (
    "symbol", "quantity", "average_price", "price", "venue_id", "side", "leverage",
    "liquidation_price", "margin_mode", "realized_pnl", "multiplier", "currency", "asset_class",
)  # fmt: skip

NEEDED = {
    "quantity": "a quantity",
    "price": "a price",
    "cash": "the cash that was received or paid",
    "ratio": "a ratio",
    "to": "the symbol it becomes",
}
LOCAL_NEEDS: dict[LocalAction, tuple[str, ...]] = {
    "open": ("quantity", "price"),
    "reduce": ("quantity", "price"),
    "close": ("price",),
    "ignore_break": (),
    "accept_broker": (),
    "keep_book": (),
    "set_cost": ("price",),
}


def read_steps(top: Fields) -> tuple[Step, ...]:
    """The steps in order; no step is earlier than the one before it."""
    top.need("steps", "a list of what happened")
    steps: list[Step] = []
    read: list[tuple[Fields, Activity]] = []
    for path, item in top.items("steps"):
        fields = fields_of(item, path, STEP_KEYS, top.faults)
        happened = read_activities(fields)
        activities = tuple(activity for _, activity in happened)
        step = read_step(fields, activities, steps[-1].at if steps else None)
        if steps and step.at < steps[-1].at:
            fields.fault("at", "goes back in time: it is before the step above it")
        steps.append(step)
        read += happened
    note_missing(read)
    return tuple(steps)


def read_step(
    fields: Fields, activities: tuple[Activity, ...], previous_at: datetime | None
) -> Step:
    """One step; its time and that of its snapshot stand in for each other."""
    given_at = fields.moment("at")
    snapshot = read_outcome_of_fetch(fields, given_at)
    as_of = snapshot.as_of if isinstance(snapshot, Snapshot) else None
    at = given_at or as_of or latest_of(activities, previous_at)
    local = read_local(fields, at)
    at = at or max((booking.at for booking in local), default=None)
    if at is None:
        fields.need("at", "the time of the step")
    return Step(
        at=at or BEFORE_EVERYTHING,
        activities=activities,
        local=local,
        snapshot=snapshot,
        approve=fields.flag("approve") or False,
    )


def latest_of(activities: tuple[Activity, ...], previous_at: datetime | None) -> datetime | None:
    """When a step without a time and snapshot was: with its last activity, or the step before."""
    times = [activity.at for activity in activities]
    return max((*times, *((previous_at,) if previous_at else ())), default=None)


def read_outcome_of_fetch(fields: Fields, step_at: datetime | None) -> Snapshot | Failure | None:
    """A snapshot, a failed fetch, or None where only activities arrived."""
    if fields.has("failure"):
        if fields.has("snapshot"):
            fields.fault("snapshot", "must be null where the fetch failed")
        return read_failure(fields)
    snapshot = fields.object("snapshot", SNAPSHOT_KEYS)
    if snapshot is not None:
        return read_snapshot(snapshot, step_at)
    if "snapshot" in fields.members:
        fields.fault("failure", "missing: why there is no snapshot (or leave snapshot out)")
    return None


def read_failure(fields: Fields) -> Failure:
    failure = fields.object("failure", FAILURE_KEYS)
    assert failure is not None, fields.path
    failure.need("kind", f"one of {', '.join(FAILURE_KINDS)}")
    return Failure(
        kind=failure.word("kind", FAILURE_KINDS) or "unavailable",
        message=failure.text("message") or "",
    )


def read_snapshot(snapshot: Fields, step_at: datetime | None) -> Snapshot:
    """What the broker reported. Only a snapshot that says it is not complete may lack its list."""
    as_of = snapshot.moment("as_of") or step_at
    if as_of is None:
        snapshot.need("as_of", "the time of the snapshot, unless the step has its own")
    complete = snapshot.flag("complete") is not False
    if complete:
        snapshot.need("holdings", "the list of what the broker holds, [] where it is nothing")
    return Snapshot(
        as_of=as_of or BEFORE_EVERYTHING,
        holdings=tuple(
            read_holding(item, path, snapshot) for path, item in snapshot.items("holdings")
        ),
        complete=complete,
    )


def read_holding(item: object, path: str, snapshot: Fields) -> Holding:
    """A row as the broker wrote it: its keys are the file's, what is wrong in it the broker's."""
    if not isinstance(item, Members):
        return Holding("", problem=f"the row is {as_text(item) or 'null'}, not an object")
    row = fields_of(item, path, HOLDING_KEYS, snapshot.faults).members
    problem = problem_of(row)
    if problem is not None:
        symbol = row.get("symbol")
        return Holding(symbol if is_text(symbol) else "", problem=problem)  # type: ignore[arg-type]
    numbers = {key: as_text(row.get(key)) for key in HOLDING_NUMBERS}
    texts = {key: row.get(key) for key in HOLDING_TEXTS}
    return Holding(**numbers, **texts)  # type: ignore[arg-type]


def problem_of(row: Members) -> str | None:
    """Why a row cannot be told at all: its numbers are judged where they are used."""
    if not is_text(row.get("symbol")):
        return "the row has no symbol"
    for key in HOLDING_TEXTS:
        if row.get(key) is not None and not is_text(row[key]):
            return f"{key} {as_text(row[key])} is not a text"
    for key, allowed in (("side", SIDES), ("asset_class", ASSET_CLASSES)):
        if row.get(key) is not None and row[key] not in allowed:
            return f"{key} {row[key]} is not one of {', '.join(allowed)}"
    return None


def is_text(value: object) -> bool:
    """Whether a value is a text with something in it, made of whole characters."""
    if not isinstance(value, str) or isinstance(value, Number):
        return False
    return bool(value.strip()) and as_text(value) == value


def read_activities(fields: Fields) -> list[tuple[Fields, Activity]]:
    """The activities of a step, each with the place where it stands."""
    objects = [
        fields_of(item, path, ACTIVITY_KEYS, fields.faults)
        for path, item in fields.items("activities")
    ]
    return [(each, read_activity(each)) for each in objects]


def read_activity(fields: Fields) -> Activity:
    """One activity; what its type needs is checked when all are known."""
    fields.need("type", f"one of {', '.join(ACTIVITY_TYPES)}")
    return Activity(
        id=ActivityId(fields.required_text("id", "the venue's id of the activity")),
        type=fields.word("type", ACTIVITY_TYPES) or "expiry",
        symbol=fields.required_text("symbol", "the name of the instrument"),
        at=fields.required_moment("at", "when it happened"),
        quantity=fields.number("quantity"),
        price=fields.number("price"),
        fee=fields.number("fee"),
        fee_currency=fields.text("fee_currency"),
        cash=fields.number("cash"),
        currency=fields.text("currency"),
        cost=fields.number("cost"),
        ratio=fields.ratio("ratio"),
        to=fields.text("to"),
        side=fields.word("side", SIDES),
        lot=activity_id(fields, "lot"),
        venue_id=fields.text("venue_id"),
        deleveraged=fields.flag("deleveraged") or False,
        cancels=activity_id(fields, "cancels"),
        realized_pnl=fields.number("realized_pnl"),
        earliest_at=fields.moment("earliest_at"),
        base_rate=fields.positive("base_rate"),
    )


def activity_id(fields: Fields, key: str) -> ActivityId | None:
    text = fields.text(key)
    return None if text is None else ActivityId(text)


def note_missing(read: Sequence[tuple[Fields, Activity]]) -> None:
    """Note what the types need and the file does not give.

    What only takes another activity back needs no more than its type and the negated quantity.
    """
    targets = {activity.id: activity for _, activity in read}
    for fields, activity in read:
        target = targets.get(activity.cancels) if activity.cancels else None
        if activity.cancels and (target is None or is_negation(activity, target)):
            continue
        if fields.word("type", ACTIVITY_TYPES) is None:
            continue
        article = "an" if activity.type[0] in "aeiou" else "a"
        for name in missing_fields(activity):
            fields.fault(name, f"{article} {activity.type} needs {NEEDED[name]}")


def read_local(fields: Fields, step_at: datetime | None) -> tuple[Local, ...]:
    """Our own bookings and decisions, made at the time of the step unless they say otherwise."""
    bookings = []
    for path, item in fields.items("local"):
        local = fields_of(item, path, LOCAL_KEYS, fields.faults)
        local.need("action", f"one of {', '.join(LOCAL_ACTIONS)}")
        action = local.word("action", LOCAL_ACTIONS)
        for name in LOCAL_NEEDS[action] if action else ():
            local.need(name, f"{action} needs a {name}")
        at = local.moment("at")
        if at is None and step_at is None:
            local.need("at", "the time of the booking, unless the step has its own")
        bookings.append(
            Local(
                action=action or "ignore_break",
                symbol=local.required_text("symbol", "the name of the instrument"),
                at=at or step_at or BEFORE_EVERYTHING,
                quantity=local.number("quantity"),
                price=local.number("price"),
                side=local.word("side", SIDES),
            )
        )
    return tuple(bookings)
