"""Where a row contradicts what the book knows of an instrument: contract size and currency.

Only what somebody stated is known: the venue in its last row, a person or the venue in the list
of instruments, or whoever gave the book another value than the symbol alone tells.
"""

from collections.abc import Container, Mapping
from dataclasses import replace
from decimal import Decimal

from tieout.core.draft import Draft
from tieout.core.instrument import Instrument, LedgerId, told_by_symbol
from tieout.core.matching import Names, is_revalued, known_number
from tieout.core.policy import KindRule
from tieout.core.snapshot import Holding
from tieout.core.tracking import Found

# What may give the units of an instrument another contract size.
RESIZING = frozenset(("split", "merger", "spin_off", "rename"))

Facts = Mapping[str, Decimal | str]


def without_contradictions(draft: Draft, key: LedgerId, row: Holding) -> Holding:
    """The row; where it contradicts what is known of an open position, without its facts.

    The draft notes the difference. The broker is believed only where that is set for this kind.
    """
    ledger = draft.ledger(key)
    if not is_revalued(ledger.instrument, row) or _is_resized(draft, key):
        return row
    is_believed = draft.policy.by_kind.get("reference") == KindRule(truth="broker")
    if is_believed or (ledger.is_flat and not draft.expected(key).quantity):
        return row
    last = draft.book.marks.get(key)
    names = contradicting(draft.names, ledger.instrument, row, last=last)
    if not names:
        return row
    ours, theirs = _facts(ledger.instrument), _facts_of_row(row)
    draft.apart[key] = Found(
        kind="reference", ledger=key, side=ledger.side, row=row,
        before={name: ours[name] for name in names},
        ours={name: ours[name] for name in names},
        theirs={name: theirs[name] for name in names},
    )  # fmt: skip
    return row._replace(multiplier=None, currency=None, asset_class=None)


def comparable(draft: Draft, key: LedgerId, row: Holding) -> Holding:
    """A row, without figures that are of another contract size or currency than ours."""
    apart = draft.apart.get(key)
    if apart is None:
        return row
    is_other_money = "currency" in (apart.theirs or {})
    return row._replace(average_price=None, price=None if is_other_money else row.price)


def as_mark(draft: Draft, key: LedgerId, row: Holding) -> Holding:
    """A row as the mark of its position: all that it said, but for a price that is none of ours."""
    return row._replace(price=comparable(draft, key, row).price)


def _is_resized(draft: Draft, key: LedgerId) -> bool:
    """Whether an activity since the last applied snapshot explains another contract size."""
    state = draft.book.state
    return any(
        fact.activity.type in RESIZING
        and (fact.order >= state.next_order or state.as_of is None or fact.at > state.as_of)
        for fact in draft.happened_to(key)
    )


def contradicting(
    names: Names, instrument: Instrument, row: Holding, *, last: Holding | None
) -> list[str]:
    """The facts in which a row says another thing than is known of the instrument.

    `last` is the row before it. What the list of instruments says as well, such as a person in
    the settings, is no contradiction but news.
    """
    told = told_by_symbol(instrument.symbol, venue=names.venue, currency=names.currency)
    is_same_class = row.asset_class in (None, "", instrument.asset_class)
    ours, theirs, before = _facts(instrument), _facts_of_row(row), _facts_of_row(last)
    in_list, by_symbol = _facts(names.listed(row.symbol, venue_id=row.venue_id)), _facts(told)
    return [
        name
        for name in theirs
        if name in ours
        and theirs[name] not in (ours[name], in_list.get(name))
        and (
            name in before
            or ours[name] != by_symbol.get(name)
            or (is_same_class and ours[name] == in_list.get(name))
        )
    ]


def found_apart(draft: Draft, seen: Container[LedgerId], *, counts: bool) -> list[Found]:
    """The contradictions in rows that were used, but for those a person told us to live with.

    The positions drift while they last: ours stays until a person decides.
    """
    found = []
    for key, one in draft.apart.items():
        ledger = draft.ledger(key)
        assert one.row is not None, key
        is_kept = ledger.kept == (one.row.quantity, one.row.average_price)
        is_same = _facts_of_row(draft.book.marks.get(key)) == _facts_of_row(one.row)
        if key not in seen or (is_kept and is_same):
            continue
        if is_kept:
            draft.put(replace(ledger, kept=None))  # theirs is another one now
        symbol = draft.expected(key).instrument.symbol
        found.append(replace(one, symbol=symbol, counts=counts))
        if ledger.reconciliation != "FAILED":
            draft.set_status(key, "DRIFT")
    return found


def _facts(instrument: Instrument | None) -> Facts:
    if instrument is None:
        return {}
    return _known(instrument.multiplier, instrument.currency)


def _facts_of_row(row: Holding | None) -> Facts:
    if row is None:
        return {}
    return _known(known_number(row.multiplier), row.currency)


def _known(multiplier: Decimal | None, currency: str | None) -> Facts:
    facts: dict[str, Decimal | str] = {} if multiplier is None else {"multiplier": multiplier}
    return {**facts, "currency": currency} if currency else facts
