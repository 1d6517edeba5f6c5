"""Writing a case as canonical JSON, so that what is read again is the same case."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from tieout.cases.case import CASE_VERSION, Case, Step
from tieout.cases.output import Json, time_text
from tieout.core.activity import Activity, Ratio
from tieout.core.book import Account, Book, BookRow, RowLot
from tieout.core.instrument import Instrument, spelling_key, told_by_symbol
from tieout.core.numbers import plain
from tieout.core.pnl import price_of
from tieout.core.policy import Policy, Tolerance
from tieout.core.position import Ledger, Position
from tieout.core.snapshot import Failure, Holding, Local, Snapshot


def case_json(case: Case) -> Json:
    """A case as JSON material: what is at its default or not known is left out."""
    material: Json = {
        "case": CASE_VERSION,
        "account": account_json(case.account),
        "policy": policy_json(case.policy),
    }
    if case.instruments:
        material["instruments"] = [instrument_json(each) for each in case.instruments]
    if case.book:
        material["book"] = [row_json(row) for row in case.book]
    return material | {"steps": [step_json(step) for step in case.steps]}


def case_text(case: Case) -> str:
    """The text of a case file."""
    return json.dumps(case_json(case), indent=2, ensure_ascii=False) + "\n"


def written(value: object) -> object:
    """A number, time or ratio as the format has it; other values as they are."""
    match value:
        case Decimal():
            return plain(value)
        case datetime():
            return time_text(value)
        case date():
            return value.isoformat()
        case Ratio(new=new, old=old):
            return plain(new) if old == 1 else f"{plain(new)}/{plain(old)}"
        case tuple():
            return [written(item) for item in value]
        case _:
            return value


def known(fields: Mapping[str, object]) -> Json:
    """The fields that say something: None, False and empty lists are left out."""
    return {
        name: written(value)
        for name, value in fields.items()
        if value is not None and value is not False and value != ()
    }


def account_json(account: Account) -> Json:
    return {
        "id": account.id,
        "venue": account.venue,
        "currency": account.currency,
        "history": account.history,
    }


def policy_json(policy: Policy) -> Json:
    """The whole policy, so that a later change of a default does not change an old case."""
    material = known(
        {
            "truth": policy.truth,
            "on_missing": policy.on_missing,
            "missing_confirmations": policy.missing_confirmations,
            "alert_confirmations": policy.alert_confirmations,
            "cost_basis": policy.cost_basis,
            "guard_close_share": policy.guard_close_share,
            "guard_close_min": policy.guard_close_min,
        }
    )
    material |= {"guard_empty": policy.guard_empty, "grace_s": plain(policy.grace_s)}
    material["tolerance"] = tolerance_json(policy.tolerance)
    rules = policy.by_kind.items()
    if rules:
        material["by_kind"] = {
            kind: known({"truth": rule.truth, "limit": rule.limit}) for kind, rule in rules
        }
    return material


def tolerance_json(tolerance: Tolerance) -> Json:
    return known(
        {
            "quantity": tolerance.quantity,
            "average_price": tolerance.average_price,
            "average_price_relative": tolerance.average_price_relative,
            "money": tolerance.money,
        }
    )


def instrument_json(instrument: Instrument) -> Json:
    """An instrument; that it is not inverse is said where its symbol tells otherwise."""
    told = told_by_symbol(instrument.symbol, venue="", currency=instrument.currency)
    linear = {"inverse": False} if told.inverse and not instrument.inverse else {}
    return (
        known(
            {
                "symbol": instrument.symbol,
                "asset_class": instrument.asset_class,
                "multiplier": instrument.multiplier,
                "currency": instrument.currency,
                "venue_ids": instrument.venue_ids,
                "spellings": instrument.spellings,
                "expires": instrument.expires,
                "price_decimals": instrument.price_decimals,
                "inverse": instrument.inverse,
            }
        )
        | linear
    )


def row_json(row: BookRow) -> Json:
    return known(
        {
            "symbol": row.symbol,
            "side": row.side,
            "quantity": row.quantity,
            "average_price": row.average_price,
            "status": row.status,
            "opened_at": row.opened_at,
            "basis": row.basis,
            "venue_id": row.venue_id,
            "multiplier": row.multiplier,
            "currency": row.currency,
            "realized": row.realized,
            "expires": row.expires,
        }
    ) | ({"lots": [lot_json(lot) for lot in row.lots]} if row.lots else {})


def lot_json(lot: RowLot) -> Json:
    return known({"quantity": lot.quantity, "price": lot.price, "at": lot.at, "fees": lot.fees})


def step_json(step: Step) -> Json:
    material: Json = {"at": time_text(step.at)}
    if step.activities:
        material["activities"] = [activity_json(each) for each in step.activities]
    if step.local:
        material["local"] = [local_json(each) for each in step.local]
    match step.snapshot:
        case Snapshot():
            material["snapshot"] = snapshot_json(step.snapshot)
        case Failure(kind=kind, message=message):
            material |= {"snapshot": None, "failure": {"kind": kind, "message": message}}
        case None:
            pass
    return material | ({"approve": True} if step.approve else {})


def activity_json(activity: Activity) -> Json:
    return known(
        {
            "id": activity.id,
            "type": activity.type,
            "symbol": activity.symbol,
            "side": activity.side,
            "quantity": activity.quantity,
            "price": activity.price,
            "fee": activity.fee,
            "fee_currency": activity.fee_currency,
            "cash": activity.cash,
            "currency": activity.currency,
            "cost": activity.cost,
            "ratio": activity.ratio,
            "to": activity.to,
            "lot": activity.lot,
            "venue_id": activity.venue_id,
            "deleveraged": activity.deleveraged,
            "cancels": activity.cancels,
            "realized_pnl": activity.realized_pnl,
            "at": activity.at,
            "earliest_at": activity.earliest_at,
            "base_rate": activity.base_rate,
        }
    )


def local_json(booking: Local) -> Json:
    return known(
        {
            "action": booking.action,
            "symbol": booking.symbol,
            "side": booking.side,
            "quantity": booking.quantity,
            "price": booking.price,
            "at": booking.at,
        }
    )


def snapshot_json(snapshot: Snapshot) -> Json:
    return {
        "as_of": time_text(snapshot.as_of),
        "complete": snapshot.complete,
        "holdings": [holding_json(row) for row in snapshot.holdings],
    }


def holding_json(row: Holding) -> Json:
    """A row as it was; one that could not be read at all stays one that cannot be used."""
    material = {name: text for name, text in row._asdict().items() if text is not None}
    if material.pop("problem", None) is not None:
        material["quantity"] = None
    return material


def case_of(book: Book, *, policy: Policy, steps: tuple[Step, ...]) -> Case:
    """The case that starts from a book as it stands: its open positions become the first rows."""
    ledgers = sorted(
        book.ledgers.values(), key=lambda ledger: (ledger.instrument.symbol, ledger.id)
    )
    held = [ledger for ledger in ledgers if ledger.position is not None]
    return Case(
        account=book.account,
        policy=policy,
        instruments=each_once(instruments_of(book, ledgers)),
        book=tuple(row_of(ledger) for ledger in held),
        steps=steps,
    )


def instruments_of(book: Book, ledgers: Sequence[Ledger]) -> Iterator[Instrument]:
    """The instruments of a book: those of open positions first, then as they were told, newest
    first."""
    ranked = sorted(ledgers, key=lambda ledger: (ledger.position is None, bool(ledger.joined)))
    yield from (ledger.instrument for ledger in ranked)
    yield from reversed(book.instruments)


def each_once(instruments: Iterable[Instrument]) -> tuple[Instrument, ...]:
    """The first of those that are one instrument: after a rename, two names have the same id.

    A spelling that two of them had one after the other is the first one's, unless ids tell them
    apart.
    """
    found: list[Instrument] = []
    ids: set[str] = set()
    spelt: set[str] = set()
    names: dict[str, bool] = {}  # symbols, and whether one without an id has it
    for each in instruments:
        if not ids.isdisjoint(each.venue_ids):
            continue
        if names.get(each.symbol, False) or (each.symbol in names and not each.venue_ids):
            continue
        own = each.spellings
        if not each.venue_ids:
            own = tuple(name for name in own if spelling_key(name) not in spelt)
            spelt.update(map(spelling_key, own))
        found.append(replace(each, spellings=own))
        ids.update(each.venue_ids)
        names[each.symbol] = not each.venue_ids
    return tuple(sorted(found, key=lambda each: (each.symbol, each.venue_ids)))


def row_of(ledger: Ledger) -> BookRow:
    """An open position as a row of a case file; quotients keep all the digits they have."""
    position = ledger.position
    assert position is not None, ledger.id
    net = position.totals.of(ledger.instrument.currency).net.value
    return BookRow(
        symbol=ledger.instrument.symbol,
        quantity=position.quantity,
        average_price=position.average_price(ledger.instrument),
        status=position.status,
        opened_at=position.opened_at,
        basis=position.basis,
        lots=lots_of(ledger, position) if position.basis == "actual" else (),
        side=ledger.side,
        venue_id=ledger.instrument.venue_ids[-1] if ledger.instrument.venue_ids else None,
        realized=net or None,
    )


def lots_of(ledger: Ledger, position: Position) -> tuple[RowLot, ...]:
    """The lots of a position, none where the cost of one is not known."""
    instrument = ledger.instrument
    lots = []
    for lot in position.lots:
        if lot.cost is None or instrument.multiplier is None:
            return ()
        price = price_of(
            lot.cost,
            quantity=lot.quantity,
            multiplier=instrument.multiplier,
            inverse=instrument.inverse,
        )
        if price is None:
            return ()
        lots.append(RowLot(quantity=lot.quantity, price=price, at=lot.at, fees=lot.fees.value))
    return tuple(lots)
