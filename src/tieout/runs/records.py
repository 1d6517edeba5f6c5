"""What is kept of a run for ever, and what the world is told of it."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tieout.core.book import AccountId, Book
from tieout.core.breaks import Break
from tieout.core.numbers import plain
from tieout.core.plan import Change, Plan, StepError
from tieout.core.planning import EVENTS
from tieout.core.snapshot import Failure, Snapshot
from tieout.ports import Event, RunRecord
from tieout.runs.order import Drafted, Order, Parts
from tieout.runs.statistics import timestamp

UPDATED, FAILED = "position:updated", "system:error"
SEEDS = (UPDATED, FAILED)


def record_of(drafted: Drafted, *, finished_at: datetime, parts: Parts) -> RunRecord:
    """The record of a run that came to a plan."""
    plan, fetched = drafted.plan, drafted.fetched
    failure = fetched.snapshot if isinstance(fetched.snapshot, Failure) else None
    return RunRecord(
        id=drafted.run,
        account=drafted.order.account.id,
        trigger=drafted.order.trigger,
        started_at=drafted.started_at,
        finished_at=finished_at,
        outcome=plan.outcome,
        reason=plan.reason,
        tied_out=plan.tied_out,
        counts=_counts(drafted),
        venue_calls=len(fetched.evidence),
        errors=(*_whole(plan, failure), *(error_text(error) for error in plan.errors)),
        statement=_statement(parts.statement(plan), ignored=fetched.ignored),
    )


def _whole(plan: Plan, failure: Failure | None) -> tuple[str, ...]:
    """What was wrong with the reading as a whole, apart from single rows and activities."""
    if failure is not None:
        return (failure.message,)
    return (plan.reason,) if plan.outcome == "partial" and plan.reason is not None else ()


def failed_record(
    order: Order, run: str, started_at: datetime, finished_at: datetime, *, message: str
) -> RunRecord:
    """The record of a run that wrote nothing else."""
    return RunRecord(
        id=run,
        account=order.account.id,
        trigger=order.trigger,
        started_at=started_at,
        finished_at=finished_at,
        outcome="failed",
        reason=message,
        tied_out=False,
        errors=(message,),
    )


def error_text(error: StepError) -> str:
    """An error of a plan in one line: where, then what."""
    places = (error.symbol, error.activity, None if error.row is None else f"row {error.row}")
    where = " ".join(place for place in places if place)
    return f"{where}: {error.message}" if where else error.message


def _counts(drafted: Drafted) -> dict[str, int]:
    plan, fetched = drafted.plan, drafted.fetched
    snapshot = fetched.snapshot
    return {
        "activities": len(fetched.activities),
        "breaks": sum(found.status == "open" for found in plan.breaks),
        "changes": len(plan.changes),
        "created": len(plan.created),
        "errors": len(plan.errors),
        "holdings": len(snapshot.holdings) if isinstance(snapshot, Snapshot) else 0,
        "marked": plan.marked,
        "removed": len(plan.removed),
        "unchanged": plan.unchanged,
        "updated": len(plan.updated),
    }


def _statement(statement: Mapping[str, Any], *, ignored: Iterable[str]) -> str:
    """The statement as text; what the venue reported and nobody used is listed too."""
    material = {**statement, "ignored": list(ignored)} if ignored else statement
    return json.dumps(material, ensure_ascii=False)


# Events


def events_of(plan: Plan, *, account: AccountId, run: str, before: Book) -> tuple[Event, ...]:
    """What to tell: each change and break by itself, and seed 000's two events for the whole."""
    told = [
        *((name, _updated(plan)) for name in plan.events if name == UPDATED),
        *((name, _change(each)) for each in plan.changes for name in _names(each)),
        *(("break:opened", _break(each)) for each in plan.breaks if _is_new(each, before)),
        *(("break:resolved", _break(each)) for each in plan.breaks if each.status == "resolved"),
    ]
    if plan.outcome == "failed":
        told.append((FAILED, failure_payload(plan.reason, at=plan.at)))
    if plan.outcome == "held":
        told.append(("run:held", _outcome(plan)))
    told.append(("run:finished", _outcome(plan)))
    named = {"account": account, "run": run}
    return tuple(
        # The seed's two have exactly the seed's keys; the outbox knows account and run as well.
        Event(type=name, at=plan.at, payload=_text(payload if name in SEEDS else payload | named))
        for name, payload in told
    )


def _names(change: Change) -> tuple[str, ...]:
    return EVENTS.get(change.kind, ("position:changed",))


def _is_new(found: Break, before: Book) -> bool:
    return found.status == "open" and found.id not in before.open_breaks


def _updated(plan: Plan) -> dict[str, Any]:
    """Seed 000's payload."""
    return {
        "type": "reconciliation",
        "created": list(plan.created),
        "updated": list(plan.updated),
        "removed": list(plan.removed),
        "timestamp": timestamp(plan.at),
    }


def failure_payload(error: str | None, *, at: datetime) -> dict[str, Any]:
    """Seed 000's payload of `system:error`."""
    return {
        "message": "Position reconciliation failed",
        "error": error,
        "timestamp": timestamp(at),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "symbol": change.symbol,
        "side": change.side,
        "kind": change.kind,
        "from": plain(change.before),
        "to": plain(change.after),
        "status": change.status,
        "reconciliation": change.reconciliation,
    }


def _break(found: Break) -> dict[str, Any]:
    return {
        "id": found.id,
        "kind": found.kind,
        "symbol": found.symbol,
        "side": found.side,
        "remainder": None if found.remainder is None else plain(found.remainder),
    }


def _outcome(plan: Plan) -> dict[str, Any]:
    return {
        "outcome": plan.outcome,
        "reason": plan.reason,
        "tied_out": plan.tied_out,
        "timestamp": timestamp(plan.at),
    }


def _text(payload: Mapping[str, Any]) -> str:
    return json.dumps(payload, ensure_ascii=False)
