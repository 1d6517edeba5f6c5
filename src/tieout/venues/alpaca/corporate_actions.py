"""Corporate actions: the rows that belong together become one activity, or few.

Alpaca books an action as rows of their own, minutes apart (nine in a recorded split), tied by a
group id. The activity gets its id from the group and its terms from what any one row says, so it
is the same whichever rows have been seen; where one row alone does not tell, the others are
waited for. Prices in these rows are worths for the record: nothing was traded at them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tieout.core.activity import Activity, ActivityId, ActivityType, Ratio
from tieout.core.numbers import ONE, ZERO
from tieout.venues.alpaca.legs import (
    Legs,
    is_removal,
    legs_of,
    merger_in_text,
    names,
    ratio_of,
    renamed,
    spin_off_in_text,
    split_in_text,
    told,
    told_ratio,
    units,
)
from tieout.venues.alpaca.moments import ended_at, opened_at, written_at
from tieout.venues.alpaca.wire import ActivityRow
from tieout.venues.http.bodies import number

# Kind on the wire -> kind here. SSP, SSO and SC are the names of before.
KINDS: Mapping[str, str] = {
    "SPLIT": "SPLIT", "SSP": "SPLIT", "NC": "NC", "SC": "NC", "MA": "MA", "REORG": "REORG",
    "SPIN": "SPIN", "SSO": "SPIN", "OPCA": "OPCA",
}  # fmt: skip
UNIT_SPLIT = "USPLIT"
WORTHLESS = "WRM"
OTHER_HALF_WAIT = timedelta(days=1)

Rows = Sequence[ActivityRow]


def key_of(row: ActivityRow) -> str:
    """What the rows of one action have in common; it becomes the activity's id."""
    kind = KINDS[row.kind]
    group = row.group_id or row.ca_id
    if group:
        return f"{kind}:{group}"
    day = (row.date or row.created_at or "")[:10]
    size = units([row])
    by = {
        "SPLIT": UNIT_SPLIT if row.sub_kind == UNIT_SPLIT else row.name,
        "REORG": row.name,
        "MA": row.description or "",
        "NC": f"{size}",
        "OPCA": f"{row.sub_kind}:{size}",
    }
    return f"{kind}:{day}:{by.get(kind, '')}".rstrip(":")


def activities_of(key: str, rows: Rows) -> list[Activity]:
    """The activities of one action; none while its rows do not tell everything."""
    return _TRANSLATIONS[key.partition(":")[0]](key, rows)


def is_waiting(rows: Rows, *, now: datetime) -> bool:
    """Whether the missing rows of an action may still come."""
    times = [at for row in rows if (at := written_at(row) or ended_at(row)) is not None]
    return not times or now - max(times) < OTHER_HALF_WAIT


def as_far_as_told(key: str, rows: Rows) -> list[Activity]:
    """What to report of an action whose other rows did not come.

    New units of unknown origin are a transfer without cost. For the rest the activity lacks what
    it needs, and is reported as wrong instead of being guessed.
    """
    kind = key.partition(":")[0]
    legs = legs_of(rows)
    first = (*legs.removed, *legs.added, *legs.paid)[0]
    if not legs.removed and legs.added and kind != "SPLIT":
        return [replace(_activity(key, first, "transfer", rows), quantity=number(first.qty))]
    if kind == "REORG" and legs.removed:
        return _worthless(key, rows, legs)
    types: dict[str, ActivityType] = {"SPLIT": "split", "NC": "rename", "SPIN": "spin_off"}
    return [_activity(key, first, types.get(kind, "merger"), rows)]


def _activity(key: str, row: ActivityRow, kind: ActivityType, rows: Rows) -> Activity:
    at = [moment for moment in map(opened_at, rows) if moment is not None]
    assert at, key  # rows without any time were sorted out before
    return Activity(
        id=ActivityId(key),
        type=kind,
        symbol=row.name,
        at=min(at),
        currency=row.currency or None,
        venue_id=told(rows, "new_asset_id") or None,
    )


def _split(key: str, rows: Rows) -> list[Activity]:
    if told(rows, "alternate_symbol") or any(row.sub_kind == UNIT_SPLIT for row in rows):
        return _unit_split(key, rows)
    ratio = (
        told_ratio(rows, new="new_rate", old="old_rate")
        or split_in_text(rows)
        or told_ratio(rows, new="new_qty", old="old_qty")
        or _split_by_units(rows)
    )
    if ratio is None:
        return []
    return [replace(_activity(key, rows[0], "split", rows), ratio=ratio)]


def _split_by_units(rows: Rows) -> Ratio | None:
    legs = legs_of(rows)
    ratio = ratio_of(units(legs.added), units(legs.removed))
    if ratio is None:
        return None
    # Signs are turned round for a short; whether there are more or fewer units is not.
    sub_kind = rows[0].sub_kind
    is_forward = ratio.new >= ratio.old
    is_told_forward = {"FSPLIT": True, "RSPLIT": False}.get(sub_kind, is_forward)
    return ratio if is_forward == is_told_forward else Ratio(new=ratio.old, old=ratio.new)


def _unit_split(key: str, rows: Rows) -> list[Activity]:
    """A unit falls into its share and its warrant: the one takes the cost, the other has none."""
    legs = legs_of(rows, old=told(rows, "old_symbol"))
    if not legs.removed or len(names(legs.added)) < 2:
        return []
    return _exchange(key, rows, legs, to=told(rows, "new_symbol"), ratio=None)


def _rename(key: str, rows: Rows) -> list[Activity]:
    old, new = renamed(rows[0])
    legs = legs_of(rows, old=old)
    old = old or (legs.removed[0].name if legs.removed else "")
    new = new or (legs.added[0].name if legs.added else "")
    if not old or not new:
        return []
    return [replace(_activity(key, rows[0], "rename", rows), symbol=old, to=new)]


def _spin_off(key: str, rows: Rows) -> list[Activity]:
    """New shares for holders of the old ones. What they cost is decided by a person."""
    parent, child, ratio = spin_off_in_text(rows)
    parent = told(rows, "source_symbol") or parent
    child = told(rows, "new_symbol") or child
    ratio = (
        told_ratio(rows, new="new_rate", old="source_rate")
        or ratio
        or told_ratio(rows, new="new_qty", old="source_qty")
    )
    if not (parent and child and ratio):
        return _spin_off_by_units(key, rows)
    found = _activity(key, rows[0], "spin_off", rows)
    return [replace(found, symbol=parent, to=child, ratio=ratio)]


def _spin_off_by_units(key: str, rows: Rows) -> list[Activity]:
    """The parent is taken out and put back at another worth; the child only comes in."""
    removed = {row.name for row in rows if is_removal(row)}
    parents = [row for row in rows if row.name in removed and is_removal(row)]
    children = [row for row in rows if row.name not in removed]
    ratio = ratio_of(units(children), units(parents))
    if ratio is None:
        return []
    found = _activity(key, parents[0], "spin_off", rows)
    return [replace(found, to=children[0].name, ratio=ratio)]


def _merger(key: str, rows: Rows) -> list[Activity]:
    old, new, ratio = merger_in_text(rows)
    new = told(rows, "acquirer_symbol") or new
    ratio = told_ratio(rows, new="acquirer_rate", old="acquiree_rate") or ratio
    old = told(rows, "acquiree_symbol") or old
    sub_kind = rows[0].sub_kind
    if sub_kind == "CMA":
        old = old or rows[0].name  # there is no other symbol in it
    legs = legs_of(rows, old=old)
    has_units = bool(new and ratio) or bool(legs.added and legs.removed)
    if sub_kind in ("SMA", "SCMA") and not has_units:
        return []
    if sub_kind in ("CMA", "SCMA") and not legs.cash:
        return []
    if not (legs.removed or old) or not (has_units or legs.cash):
        return []
    return _exchange(key, rows, legs, to=new, ratio=ratio, old=old)


def _reorganization(key: str, rows: Rows) -> list[Activity]:
    legs = legs_of(rows)
    if legs.removed and (legs.added or legs.cash):
        return _exchange(key, rows, legs, to="", ratio=None)
    is_worthless = any(
        row.sub_kind == WORTHLESS or "worthless" in (row.description or "").lower() for row in rows
    )
    return _worthless(key, rows, legs) if is_worthless and legs.removed else []


def _worthless(key: str, rows: Rows, legs: Legs) -> list[Activity]:
    """Units that are taken out for nothing end at 0."""
    row = legs.removed[0]
    return [replace(_activity(key, row, "expiry", rows), quantity=number(row.qty), price=ZERO)]


def _contract_change(key: str, rows: Rows) -> list[Activity]:
    """An option contract is replaced by an adjusted one; the worth of its legs is no money."""
    old, new = renamed(rows[0])
    legs = legs_of(rows, old=old)
    ratio = told_ratio(rows, new="new_qty", old="old_qty") or ratio_of(
        units(legs.added), units(legs.removed)
    )
    old = old or (legs.removed[0].name if legs.removed else "")
    new = new or (legs.added[0].name if legs.added else "")
    if not (old and new and ratio):
        return []
    if ratio.new == ratio.old and not legs.cash:
        return [replace(_activity(key, rows[0], "rename", rows), symbol=old, to=new)]
    return _exchange(key, rows, legs, to=new, ratio=ratio, old=old)


def _exchange(
    key: str, rows: Rows, legs: Legs, *, to: str, ratio: Ratio | None, old: str = ""
) -> list[Activity]:
    """Old units for new ones, for money, or for both; a second kind of new units has no cost."""
    symbol = old or legs.removed[0].name
    added = {row.name: row for row in sorted(legs.added, key=_has_no_price)}
    main = to or next(iter(added), "")
    found = replace(
        _activity(key, rows[0], "merger", rows),
        symbol=symbol,
        to=main or None,
        ratio=ratio or _units_for(added.get(main), legs) if main else None,
        cash=legs.cash or None,
    )
    others = [
        replace(
            found,
            id=ActivityId(f"{key}#{name}"),
            type="spin_off",
            to=name,
            ratio=_units_for(row, legs),
            cash=None,
        )
        for name, row in added.items()
        if name != main
    ]
    return [*others, found]


def _has_no_price(row: ActivityRow) -> bool:
    return not number(row.price)


def _units_for(row: ActivityRow | None, legs: Legs) -> Ratio | None:
    if row is None:
        return None
    return ratio_of(units([row]), units(legs.removed) or ONE)


_TRANSLATIONS: Mapping[str, Callable[[str, Rows], list[Activity]]] = {
    "SPLIT": _split,
    "NC": _rename,
    "MA": _merger,
    "REORG": _reorganization,
    "SPIN": _spin_off,
    "OPCA": _contract_change,
}
